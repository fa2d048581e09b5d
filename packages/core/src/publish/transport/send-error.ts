import { recognizeAcrossCopies } from '../../platform/process-wide.js';

/**
 * Why a batch was not delivered. If its rows are dropped, the code is the drop reason.
 *
 * `unreachable`, `bad_response` and `busy` are retried. Without a spool, rows with any other code are dropped. With a spool, rows
 * that are `rejected` or `too_large` go to its quarantine. All others stay on disk and are sent again; for `unauthorized` and
 * `not_found`, every few minutes.
 */
export type SendErrorCode =
  /** No connection, or it broke, or no complete response came within `timeoutMs`. */
  | 'unreachable'
  /** A redirect, or a 2xx whose body is not `{"success":true}`: the address is not the API's. */
  | 'bad_response'
  /** Status 408, 409, 425, 429 or 5xx. */
  | 'busy'
  /** Status 401 or 403: the API key is wrong or lacks a permission. */
  | 'unauthorized'
  /** Status 404: the pipeline does not exist; for an update, the row. */
  | 'not_found'
  /** Any other status from 400 to 499. */
  | 'refused'
  /** Status 400 or 422: the platform does not accept the row. */
  | 'rejected'
  /** Status 413: the row is larger than the platform accepts, also after it was cut. */
  | 'too_large'
  /** The send was aborted: by a shutdown, by a deadline, or because a Worker's request was cancelled. */
  | 'given_up';

/** Why a batch was not delivered, or a row not updated. `code` is stable. */
export class SendError extends Error {
  override readonly name = 'SendError';
  readonly code: SendErrorCode;
  /** HTTP status; undefined without a response. */
  readonly status: number | undefined;
  /** The wait by the response's `Retry-After`, in milliseconds; undefined without one. */
  readonly retryAfterMs: number | undefined;
  /** Whether the platform may have stored rows despite the failure. */
  readonly isAmbiguous: boolean;
  /** Whether the rows must never be sent again: a spool moves them to its quarantine, like rows that the platform refuses. */
  readonly isFinal: boolean;
  /** Whether the circuit breaker refused the send because of earlier failures. `code` is the code of the last failure. */
  readonly isPaused: boolean;

  constructor(
    code: SendErrorCode,
    message: string,
    details: {
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      isAmbiguous?: boolean | undefined;
      isFinal?: boolean | undefined;
      isPaused?: boolean | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.isAmbiguous = details.isAmbiguous ?? false;
    this.isFinal = details.isFinal ?? false;
    this.isPaused = details.isPaused ?? false;
  }

  /** For `JSON.stringify`: with the name and message, which it leaves out for other errors. */
  toJSON(): {
    readonly name: string;
    readonly code: SendErrorCode;
    readonly message: string;
    readonly status: number | undefined;
    readonly isRetryable: boolean;
  } {
    const { name, code, message, status, isRetryable } = this;
    return { name, code, message, status, isRetryable };
  }

  /** Whether a later attempt may succeed. */
  get isRetryable(): boolean {
    return this.code === 'unreachable' || this.code === 'bad_response' || this.code === 'busy';
  }
}

recognizeAcrossCopies(SendError, 'SendError.v1');
