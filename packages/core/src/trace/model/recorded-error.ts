/** Errors as traces record them. */

import { isProxy } from '#platform';
import { errorMessage, errorName, isError } from '../../values/read-safely.js';

/** An error of a step or a trace. */
export interface RecordedError {
  readonly name: string;
  readonly message: string;
}

/** The name and message of what was thrown, read without running its code. */
export function recordedError(error: unknown, redacted: (value: unknown) => string): RecordedError {
  if (typeof error !== 'object' || error === null || isProxy(error)) {
    return { name: typeof error, message: error === undefined ? 'undefined' : redacted(error) };
  }
  const message = errorMessage(error);
  // For a thrown object that is not an error, its properties are the message.
  return {
    name: errorName(error),
    message: redacted(message === '' && !isError(error) ? error : message),
  };
}
