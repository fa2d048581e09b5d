/** What apps pass to an update of a published row, and what they get. */

import { describeError } from '../../diagnostics/diagnostics.js';
import { SendError } from '../../publish/transport/send-error.js';
import { isError } from '../../values/reading/read-safely.js';

/**
 * Feedback on a published row: 1 to 100 columns that JSON can hold. Undefined values are left out. Values under keys known as
 * secrets are masked, as in traces.
 */
export interface Feedback {
  /** A person's verdict, in any form that the app uses: `thumbs_up`, `4`, `true`, ... */
  readonly humanFeedback?: string | number | boolean | undefined;
  /** The output that would have been right. */
  readonly groundTruth?: unknown;
  /** Any other key becomes a column: a comment, a conversion, a revenue. A column that the trace itself wrote is an error. */
  readonly [signal: string]: unknown;
}

/** Options of an update. */
export interface UpdateOptions {
  /**
   * Limit for the update with all retries, in milliseconds. If the platform does not have the row by then, the update fails.
   * @default 15000
   */
  readonly deadlineMs?: number | undefined;
}

/**
 * Whether a row was updated, and if not, why. `JSON.stringify` shows the error's name and message. The error is a `SendError` if
 * the platform did not take the update in time, a `TypeError` or `ConfigError` if an argument is wrong, and another `Error` if no
 * platform is configured.
 */
export type UpdateResult = { readonly ok: true } | { readonly ok: false; readonly error: Error };

/** The result of a failed update, from whatever was thrown. Never throws. */
export function failedUpdate(thrown: unknown): UpdateResult {
  let error = new Error('the update failed');
  try {
    error = isError(thrown) ? thrown : new Error(describeError(thrown));
    return Object.defineProperty({ ok: false, error } as const, 'toJSON', {
      value: () => ({ ok: false, error: asJson(error) }),
    });
  } catch {
    return { ok: false, error };
  }
}

/** Name and message of an error, which `JSON.stringify` leaves out. */
function asJson(error: Error): object {
  if (error instanceof SendError) return error.toJSON();
  const { name, message } = error;
  return { name, message };
}
