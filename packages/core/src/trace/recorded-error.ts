/** An error that a step or a trace ended with. */

import { isNativeError, isProxy } from '#platform';
import { errorMessage, errorName } from './read-safely.js';

/** What went wrong, as texts. */
export interface RecordedError {
  readonly name: string;
  readonly message: string;
}

/** Whatever was thrown, as a name and a message. It stays as it is, and no code of its own runs. */
export function recordedError(error: unknown, redacted: (value: unknown) => string): RecordedError {
  if (typeof error !== 'object' || error === null || isProxy(error)) {
    return { name: typeof error, message: error === undefined ? 'undefined' : redacted(error) };
  }
  const message = errorMessage(error);
  // What was thrown although it is no error says most by its values.
  return {
    name: errorName(error),
    message: redacted(message === '' && !isNativeError(error) ? error : message),
  };
}
