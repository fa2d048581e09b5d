/** Reads what was thrown: whether it is an abort or a timeout, and its text. An error of an app may throw when it is read. */

import { isError } from '@openlayer-tracing/core/integration';
import { type JsonObject, objectOrEmpty, stringOrUndefined } from '../json.js';
import { wordSet } from '../words.js';

/** The message of a failure whose own message is unknown or hidden. */
export const DEFAULT_MESSAGE = 'failed';

/** The errors of clients and frameworks for a call that the app aborted, by their names. */
const ABORTS = wordSet('AbortError ModelAbortError APIUserAbortError');

/**
 * Whether the app aborted the call, which is no failure of the provider: by an AbortError, or by a signal with a reason of its own.
 * A timeout is a failure. Never throws.
 * @param signal of the call, if it is known
 */
export function isAbort(error: unknown, signal?: unknown): boolean {
  const isAborted = readOrUndefined(() => {
    const { aborted, reason } = objectOrEmpty(signal);
    // Frameworks throw the reason itself, or an error of their own.
    if (aborted === true) return !isTimeout(reason);
    // Stainless's clients leave the name of their errors at `Error`.
    const { name, constructor: made } = objectOrEmpty(error);
    const className = typeof made === 'function' ? made.name : '';
    return ABORTS.has(String(name)) || ABORTS.has(className);
  });
  return isAborted === true;
}

/** Whether the reason of an abort is that the time of the call is over. Cohere's client gives a string. Never throws. */
export function isTimeout(reason: unknown): boolean {
  if (reason === 'timeout') return true;
  return readOrUndefined(() => objectOrEmpty(reason).name === 'TimeoutError') === true;
}

/** The HTTP status of a failed response, as the error of a client or of a framework states it. Never throws. */
export function statusOf(error: unknown): number | undefined {
  return readOrUndefined(() => {
    const { status, statusCode, $metadata: ofAws } = objectOrEmpty(error);
    const stated = [status, statusCode, objectOrEmpty(ofAws).httpStatusCode];
    return stated.find(
      (each): each is number => typeof each === 'number' && each >= 400 && each <= 599,
    );
  });
}

/** The update of the step of a model call by the status of its failed response, if the error states one. Never throws. */
export function statusUpdate(error: unknown): { readonly metadata?: JsonObject } {
  const status = statusOf(error);
  return status === undefined ? {} : { metadata: { status } };
}

/** The message of an error, or the text of any other value that was thrown. Never throws. */
export function thrownText(error: unknown): string {
  const read = readOrUndefined(() => (isError(error) ? error.message : String(error)));
  return stringOrUndefined(read) ?? DEFAULT_MESSAGE;
}

/** What `read` returns; undefined where code of the error throws, such as a getter or a proxy. */
export function readOrUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
