import type { Feedback } from '../page-api.js';
import type { StoredRow } from '../storage/stored-row.js';
import { head, textOf } from './values.js';

/** Characters of a value, a comment or a ground truth. */
const MAX_FEEDBACK = 1000;

/** Columns that carry feedback where the update did not say which one does. */
const FEEDBACK_COLUMNS = ['human_feedback', 'humanFeedback', 'feedback'];
const COMMENT_COLUMNS = ['feedback_comment', 'feedbackComment', 'comment'];

/** The feedback that updates of the row have added; null if there is none. */
export function feedbackOf({ row, updateConfig, updatedAt }: StoredRow): Feedback | null {
  if (updatedAt === null) return null;
  const named = (key: string) => (typeof updateConfig[key] === 'string' ? [updateConfig[key]] : []);
  const first = (names: readonly string[]) =>
    names.map((name) => row[name]).find((value) => value !== undefined && value !== null);
  const value = first([...named('humanFeedbackColumnName'), ...FEEDBACK_COLUMNS]);
  const comment = first(COMMENT_COLUMNS);
  const groundTruth = first([...named('groundTruthColumnName'), 'groundTruth']);
  if (value === undefined && comment === undefined && groundTruth === undefined) return null;
  return {
    value: cutValue(value),
    isPositive: isPositive(value),
    comment: comment === undefined ? null : head(textOf(comment), MAX_FEEDBACK),
    groundTruth: cutValue(groundTruth),
    at: updatedAt,
  };
}

/** The value, or the beginning of its text if that is long: the row has it whole. */
function cutValue(value: unknown): unknown {
  const text = textOf(value);
  return text.length <= MAX_FEEDBACK ? (value ?? null) : head(text, MAX_FEEDBACK);
}

/** Whether a value of feedback is praise; null for values that are neither praise nor blame. */
function isPositive(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    // Thumbs are 1 and 0 or -1, stars go from 1 to 5.
    if (value <= 0) return false;
    if (value <= 1) return value >= 0.5;
    return value === 3 ? null : value > 3;
  }
  if (typeof value !== 'string') return null;
  const share = shareOf(value);
  if (share !== undefined) return Math.abs(share - 0.6) < 1e-9 ? null : share > 0.6;
  const text = value.toLowerCase().replace(/[^\p{L}\p{N}\p{So}]/gu, '');
  if (/^(thumbs?)?up$|^(positive|good|like|liked|yes|true|correct|helpful|👍)$/u.test(text))
    return true;
  if (
    /^(thumbs?)?down$|^(negative|bad|dislike|disliked|no|false|wrong|incorrect|unhelpful|👎)$/u.test(
      text,
    )
  )
    return false;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? isPositive(number) : null;
}

/** The share of a rating: 0.8 for `4/5`, `4 out of 5` and `★★★★☆`. */
function shareOf(rating: string): number | undefined {
  const [, given, most] =
    /^\s*(\d+(?:\.\d+)?)\s*(?:\/|(?:out )?of)\s*(\d+)\s*$/i.exec(rating) ?? [];
  if (given !== undefined && Number(most) > 0) return Number(given) / Number(most);
  if (!/^\s*[★⭐]+\ufe0f?☆*\s*$/u.test(rating)) return undefined;
  const full = rating.match(/[★⭐]/gu)?.length ?? 0;
  const empty = rating.match(/☆/g)?.length ?? 0;
  return full / Math.max(full + empty, 5);
}
