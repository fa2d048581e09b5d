/** What the form for feedback sends: the fields that a reader has changed, and nothing else. */

import type { Feedback, FeedbackColumns } from '../../../local/src/page-api.js';
import { isRecord, parseJson, textOf } from '../json.js';

/** The feedback that a row has. */
export type StoredFeedback = Pick<Feedback, 'value' | 'comment' | 'groundTruth'>;

export interface FeedbackForm {
  readonly value: unknown;
  readonly comment: string;
  readonly truth: string;
}

/** The server cuts texts of a summary to 1,000 characters, or one less: a shorter text is whole. */
const MAX_WHOLE = 998;

/** Whether the summary of a trace has the texts of its feedback whole. */
export function isWhole(feedback: StoredFeedback | null): boolean {
  const texts = [feedback?.comment, feedback?.groundTruth];
  return texts.every((each) => typeof each !== 'string' || each.length <= MAX_WHOLE);
}

/** The feedback with the whole texts that its row has in these columns. */
export function wholeFeedback(
  { value }: StoredFeedback,
  row: unknown,
  columns: FeedbackColumns,
): StoredFeedback {
  const { [columns.comment]: comment = null, [columns.groundTruth]: groundTruth = null } = isRecord(
    row,
  )
    ? row
    : {};
  return { value, comment: comment === null ? null : textOf(comment), groundTruth };
}

/** The fields of the form for the feedback that a trace has. A ground truth that is no string is JSON in its field. */
export function formOf(feedback: StoredFeedback | null): FeedbackForm {
  const { value, comment, groundTruth = null } = feedback ?? {};
  return {
    value,
    comment: comment ?? '',
    truth: groundTruth === null ? '' : textOf(groundTruth),
  };
}

/**
 * The body of the update: a field that was emptied is `null`. Fields that the reader has not changed are not sent, since they
 * may have the beginning of a text. Returns `undefined` if nothing was changed.
 */
export function feedbackUpdate(
  {
    feedback,
    columns,
  }: { readonly feedback: StoredFeedback | null; readonly columns: FeedbackColumns },
  { value, comment, truth }: FeedbackForm,
): object | undefined {
  const before = formOf(feedback);
  const row = {
    ...(value !== before.value && { [columns.humanFeedback]: value }),
    ...(text(comment) !== text(before.comment) && { [columns.comment]: text(comment) || null }),
    ...(text(truth) !== text(before.truth) && {
      [columns.groundTruth]: truthOf(text(truth), feedback?.groundTruth),
    }),
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

/** What was typed: JSON in place of a value that was JSON, else a text. */
function truthOf(typed: string, before: unknown): unknown {
  if (typed === '') return null;
  if (before === null || before === undefined || typeof before === 'string') return typed;
  try {
    return parseJson(typed);
  } catch {
    return typed;
  }
}

/** A form may change the ends of lines. */
function text(typed: string): string {
  return typed.replace(/\r\n?/g, '\n').trim();
}
