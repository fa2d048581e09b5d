/** Recognises runs that ended because the app aborted them, or because their time was over. */

import { isError } from '@openlayer-tracing/core/integration';
import { thrownError, timeoutError } from '../common/failures/call-error.js';
import { isAbort, isTimeout, thrownText } from '../common/failures/thrown.js';
import { arrayOrEmpty, objectOrEmpty } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { wordSet } from '../common/words.js';

/** The messages of the errors that LangGraph, LangChain and its clients throw, whatever the reason of an abort. */
const MESSAGES = wordSet('Abort Aborted AbortError');

/**
 * Whether a run that threw was aborted by the app. A timeout is a failure. An aborted signal alone proves nothing: LangGraph aborts
 * all other nodes when one of them fails.
 * @param signal of the run, if it is known
 */
export function isAborted(error: unknown, signal: unknown): boolean {
  const { aborted, reason } = objectOrEmpty(signal);
  if (aborted !== true) return isAbort(error);
  if (isTimeout(reason)) return false;
  // Several nodes may have thrown.
  const several: readonly unknown[] = isError(error)
    ? arrayOrEmpty((error as Partial<AggregateError>).errors)
    : [];
  if (several.length > 0) return several.every((each) => isAborted(each, signal));
  return isErrorOfAbort(error, reason);
}

function isErrorOfAbort(error: unknown, reason: unknown): boolean {
  const message = thrownText(error);
  return isAbort(error) || error === reason || message === reason || MESSAGES.has(message);
}

/**
 * The recordable error of a run that threw. If its time was over, this is the reason of the signal: what LangChain and its clients
 * throw does not say so.
 */
export function errorOfRun(options: CallOptions, error: unknown, signal: unknown): unknown {
  const { aborted, reason } = objectOrEmpty(signal);
  return aborted === true && isTimeout(reason) && isErrorOfAbort(error, reason)
    ? timeoutError(options, reason)
    : thrownError(options, error);
}
