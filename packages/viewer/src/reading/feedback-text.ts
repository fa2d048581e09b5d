/** Feedback in a word. Apps send thumbs and ratings in many forms. */

import type { Feedback } from '../../../local/src/page-api.js';
import { jsonText } from '../json.js';

/** The thumb of the feedback, by the rule of the filter "Feedback". */
export function thumbOf(feedback: Feedback | null): 'up' | 'down' | undefined {
  if (feedback === null || feedback.isPositive === null) return undefined;
  return feedback.isPositive ? 'up' : 'down';
}

/** `good` or `bad` for a thumb; a rating or a text as it was sent. */
export function feedbackText({ value, isPositive }: Feedback): string {
  if (isPositive !== null && isThumb(value)) return isPositive ? 'good' : 'bad';
  if (value === null || value === undefined) return 'comment';
  return typeof value === 'object' ? jsonText(value, 0) : String(value);
}

/** Whether a value is a thumb and nothing more. */
export function isThumb(value: unknown): boolean {
  return /^(true|false|-?1|0|👍|👎|(thumbs?[ _-]?)?(up|down))$/iu.test(String(value));
}
