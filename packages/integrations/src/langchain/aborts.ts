/** Recognises runs that ended because the app aborted them. */

import { isError } from '@openlayer-tracing/core/integration';
import { isAbort, isTimeout, thrownText } from '../common/failures/call-error.js';
import { arrayOrEmpty, objectOrEmpty } from '../common/json.js';
import { nameSet } from '../common/names.js';

/** The messages of the errors that LangGraph, LangChain and its clients throw, whatever the reason of an abort. */
const MESSAGES = nameSet('Abort Aborted AbortError');

/**
 * Whether a run that threw was aborted by the app. A timeout is a failure. An aborted signal alone proves nothing: LangGraph aborts
 * all other nodes when one of them fails.
 * @param signal of the run, if it is known
 */
export function isLeft(error: unknown, signal: unknown): boolean {
  const { aborted, reason } = objectOrEmpty(signal);
  if (aborted !== true) return isAbort(error);
  if (isTimeout(reason)) return false;
  // Several nodes may have thrown.
  const several: readonly unknown[] = isError(error)
    ? arrayOrEmpty((error as Partial<AggregateError>).errors)
    : [];
  if (several.length > 0) return several.every((each) => isLeft(each, signal));
  const message = thrownText(error);
  return isAbort(error) || error === reason || message === reason || MESSAGES.has(message);
}
