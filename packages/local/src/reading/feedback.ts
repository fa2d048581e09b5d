import type { Feedback, FeedbackColumns } from '../page-api.js';
import type { StoredRow } from '../storage/stored-row.js';
import { cutText } from '../values/cut-text.js';
import { inputNames } from './columns.js';
import { textOf } from './known-values.js';

/** Limit for the text of a value, a comment or a ground truth, in characters. */
const MAX_FEEDBACK = 1000;

/** Columns that have the feedback if no update names another. The page writes the last one that is free. */
const COLUMNS = {
  humanFeedback: ['human_feedback', 'feedback', 'humanFeedback'],
  comment: ['feedback_comment', 'feedbackComment', 'comment'],
  groundTruth: ['groundTruth'],
} as const;

/** The keys of an update's config that name such a column. */
const KEYS = {
  humanFeedback: 'humanFeedbackColumnName',
  comment: undefined,
  groundTruth: 'groundTruthColumnName',
} as const;

type Part = keyof typeof COLUMNS;
type UpdatedRow = Pick<
  StoredRow,
  'row' | 'config' | 'updateConfig' | 'updatedColumns' | 'updatedAt'
>;

/** The feedback that updates of the row have added; null if there is none. */
export function feedbackOf(stored: UpdatedRow): Feedback | null {
  const { row, updatedAt } = stored;
  if (updatedAt === null) return null;
  const partOf = (part: Part) => {
    const column = columnOf(part, stored);
    return column === undefined ? undefined : row[column];
  };
  const [value, comment] = [partOf('humanFeedback'), partOf('comment')];
  const groundTruth = partOf('groundTruth');
  if (value === undefined && comment === undefined && groundTruth === undefined) return null;
  return {
    value: cutValue(value),
    isPositive: isPositive(value),
    comment: comment === undefined ? null : cutText(textOf(comment), MAX_FEEDBACK),
    groundTruth: cutValue(groundTruth),
    at: updatedAt,
  };
}

/** The columns for the feedback of a reader: those that have feedback, else columns that the app has not written. */
export function feedbackColumnsOf(stored: UpdatedRow): FeedbackColumns {
  const nameOf = (part: Part) => columnOf(part, stored) ?? freeColumn(part, stored);
  return {
    humanFeedback: nameOf('humanFeedback'),
    comment: nameOf('comment'),
    groundTruth: nameOf('groundTruth'),
  };
}

/** The column that has this part of the feedback. */
function columnOf(part: Part, { row, config, updateConfig, updatedColumns }: UpdatedRow) {
  const isSet = (name: string) => row[name] !== undefined && row[name] !== null;
  const key = KEYS[part];
  const named = key && updateConfig[key];
  if (typeof named === 'string' && isSet(named)) return named;
  const inputs = new Set(inputNames(config));
  // Of rows that an earlier version of this package has updated, any column may come from an update.
  const updated = updatedColumns ?? Object.keys(row);
  const names: readonly string[] = COLUMNS[part];
  const found = updated.filter((name) => !inputs.has(name) && isSet(name));
  const rank = (name: string) => names.indexOf(name.replace(/_+$/, ''));
  return found.filter((name) => rank(name) >= 0).sort((a, b) => rank(a) - rank(b))[0];
}

/** If the app has all of the columns, the name gets an underscore at its end. */
function freeColumn(part: Part, { row, config, updatedColumns }: UpdatedRow): string {
  const inputs = new Set(inputNames(config));
  const updated = new Set(updatedColumns);
  const isFree = (name: string) =>
    !inputs.has(name) && (updated.has(name) || row[name] === undefined || row[name] === null);
  const names: readonly string[] = [...COLUMNS[part]].reverse();
  let column = names.find(isFree) ?? `${names[0]}_`;
  while (!isFree(column)) column += '_';
  return column;
}

/** The value, or the beginning of its text if that is long: the row has it whole. */
function cutValue(value: unknown): unknown {
  const text = textOf(value);
  return text.length <= MAX_FEEDBACK ? (value ?? null) : cutText(text, MAX_FEEDBACK);
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
