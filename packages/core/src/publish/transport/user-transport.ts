/** The interface of transports that apps write, for the option `transport`. */

/** A row of a batch. */
export interface BatchRow {
  /** The id of the row, unique within the batch. */
  readonly inferenceId: string;
  /** JSON text of a `WireRow`, in UTF-8. */
  readonly bytes: Uint8Array;
}

/** Rows of one layout, sent in one call. */
export interface Batch {
  /** JSON text of the `config` that all its rows share. */
  readonly layout: string;
  /** At most `batch.maxBatchRows`. */
  readonly rows: readonly BatchRow[];
}

/** What became of the rows of a batch. The numbers must add up to the rows of the batch. */
export interface Delivery {
  /** Rows that the platform has. */
  readonly delivered: number;
  /** Rows that are dropped, by reason: a `DropReason` or a reason of the transport's own. */
  readonly lost: Readonly<Record<string, number>>;
  /** Rows on disk, to be sent later. @default 0 */
  readonly spooled?: number | undefined;
  /** Rows in memory, to be sent later. @default 0 */
  readonly held?: number | undefined;
  /** Rows that the platform refused, kept on disk. @default 0 */
  readonly quarantined?: number | undefined;
  /** Why rows were not delivered. */
  readonly error?: unknown;
  /** What the operator should know although the rows were delivered. Reported for exports, as `publish_warning`. */
  readonly warning?: string | undefined;
}

/** Options of one send. */
export interface SendOptions {
  /** Aborts at the shutdown of the tracer: the send should end then. */
  readonly signal?: AbortSignal | undefined;
  /** How many attempts to send the batch have failed. @default 0 */
  readonly retries?: number | undefined;
  /** Whether the rows waited in the spool. @default false */
  readonly isReplay?: boolean | undefined;
}

/** Sends batches. */
export interface Transport {
  /**
   * Sends a batch.
   * @returns what became of each row
   * @throws SendError if no row was delivered. With a spool, the rows stay on disk and are sent again, whatever was thrown;
   *   those that are `rejected`, `too_large` or `isFinal` go to its quarantine. In `exports` without a spool, the send is
   *   retried if the error is retryable. Otherwise, and always for the option `transport` without a spool, the rows are dropped
   *   and counted under its `code`, or `internal_error` for any other error
   */
  send(batch: Batch, options: SendOptions): Promise<Delivery>;
  /** Called once, at the shutdown of the tracer. */
  close(): void;
}
