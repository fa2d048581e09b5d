/** Why rows were dropped. */

import type { SendErrorCode } from './send-error.js';

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
