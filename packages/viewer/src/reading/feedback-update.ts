/** What the form for feedback sends: the fields that a reader has changed, and nothing else. */

import type { Feedback, FeedbackColumns } from '../../../local/src/page-api.js';

interface FeedbackForm {
  readonly value: unknown;
  readonly comment: string;
  readonly truth: string;
}

/** The fields of the form for the feedback that a trace has. */
export function formOf(feedback: Feedback | null): FeedbackForm {
  const { value, comment, groundTruth } = feedback ?? {};
  return {
    value,
    comment: comment ?? '',
    truth: typeof groundTruth === 'string' ? groundTruth : '',
  };
}

/**
 * The body of the update: a field that was emptied is `null`. The form shows the beginning of a long text alone, so that
 * unchanged fields must not be sent. Returns `undefined` if nothing was changed.
 */
export function feedbackUpdate(
  { feedback, columns }: { readonly feedback: Feedback | null; readonly columns: FeedbackColumns },
  { value, comment, truth }: FeedbackForm,
): object | undefined {
  const before = formOf(feedback);
  const row = {
    ...(value !== before.value && { [columns.humanFeedback]: value }),
    ...(text(comment) !== text(before.comment) && { [columns.comment]: text(comment) || null }),
    ...(text(truth) !== text(before.truth) && { [columns.groundTruth]: text(truth) || null }),
  };
  if (Object.keys(row).length === 0) return undefined;
  return {
    row,
    config: {
      ...(columns.humanFeedback in row && { humanFeedbackColumnName: columns.humanFeedback }),
      ...(columns.groundTruth in row && { groundTruthColumnName: columns.groundTruth }),
    },
  };
}

/** A form may change the ends of lines. */
function text(typed: string): string {
  return typed.replace(/\r\n?/g, '\n').trim();
}
