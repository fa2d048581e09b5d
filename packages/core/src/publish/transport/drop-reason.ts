/** Why rows were dropped, and why a batch was not delivered. */

/**
 * Why a batch was not delivered. If its rows are dropped, the code is the drop reason.
 *
 * `unreachable`, `bad_answer` and `busy` are retried; `unauthorized` and `not_found` are retried every few minutes with
 * a spool; the others are final.
 */
export type SendErrorCode =
  /** No connection, or it broke, or no complete response came within `timeoutMs`. */
  | 'unreachable'
  /**
   * A redirect, or a 2xx whose body is not `{"success":true}`: the address is not the API's. Elsewhere an answer is a model's, and
   * this would be a response; the code is public, so it keeps its name.
   */
  | 'bad_answer'
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

/** Why rows were dropped: the keys of `dropped` in `stats()`. A transport of the app's own may add reasons. */
export type DropReason =
  | SendErrorCode
  /** The queue in memory held `batch.maxQueueBytes`. */
  | 'queue_full'
  /** The tracer was shut down before the row was delivered, or the trace ended after that. */
  | 'shut_down'
  /** `limits.maxOpenTraces` traces were open, so the request was not traced. */
  | 'too_many_open'
  /** The spool held `spool.maxBytes`, or neither the disk nor the memory in its place took the row. */
  | 'spool_full'
  /** The row was on disk for longer than `spool.maxAgeMs`. */
  | 'spool_expired'
  /** The row cannot be read back from disk. */
  | 'spool_damaged'
  /** Another process has adopted the file with the row, and sends and counts it. */
  | 'taken_over'
  /** This library, or a transport of the app's own, failed. */
  | 'internal_error';
