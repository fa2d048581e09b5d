import { isEmpty, type JsonObject } from '../json.js';

/** How the answers to one request ended. */
export interface AnswerEnd {
  /** The reasons for which the model stopped, one for each answer. Values that are no strings are ignored. */
  readonly reasons: readonly unknown[];
  /** The answer; an array of several. */
  readonly output: unknown;
  /** Whether nothing of the answer is missing. */
  readonly isComplete: boolean;
  /** The provider's own reason, if `reasons` are in the words of a framework. */
  readonly rawReason?: string | undefined;
}

const FAILED = /^error$/i;
const FILTERED = /content[_-]?filter/i;

/** The failure that the reason states: the model stopped with an error, or a content filter removed all of its answer. */
export function failureOfEnd({
  reasons,
  output,
  isComplete,
  rawReason,
}: AnswerEnd): JsonObject | undefined {
  const stated = reasons.filter((each) => typeof each === 'string');
  const failed = [...stated, rawReason].find((each) => each !== undefined && FAILED.test(each));
  if (failed !== undefined) return { type: failed, message: `the model stopped: ${failed}` };
  const [reason] = stated;
  const outputs = Array.isArray(output) ? output : [output];
  if (reason === undefined || !FILTERED.test(reason)) return undefined;
  if (!isComplete || !outputs.every(isEmpty)) return undefined;
  const filtered = rawReason ?? reason;
  return { type: filtered, message: `the answer was filtered: ${filtered}` };
}
