/** What a transport of the user's is: the part of a batch that is not ours to change. */

/** A row as it is sent. */
export interface BatchRow {
  readonly inferenceId: string;
  /** JSON text of a `WireRow`, in UTF-8. */
  readonly bytes: Uint8Array;
}

/** Rows of one layout, sent in one call. */
export interface Batch {
  /** JSON text of the `config` that all its rows share. */
  readonly layout: string;
  readonly rows: readonly BatchRow[];
}

/** What became of the rows of a batch. Together the numbers are the rows. */
export interface Delivery {
  readonly delivered: number;
  /** Rows that the platform will never take, by reason. */
  readonly lost: Readonly<Record<string, number>>;
  /** Rows that are sent later, from disk. */
  readonly spooled?: number | undefined;
  /** Rows that are sent later, from memory. */
  readonly held?: number | undefined;
  /** Rows that the platform will never take, set aside on disk. */
  readonly quarantined?: number | undefined;
  /** Why, where rows were not delivered. */
  readonly error?: unknown;
}

export interface SendOptions {
  /** Gives up: the process is shutting down. */
  readonly signal?: AbortSignal | undefined;
}

export interface Transport {
  /**
   * Delivers a batch.
   * @throws SendError where none of its rows is known to have been taken
   */
  send(batch: Batch, options: SendOptions): Promise<Delivery>;
  /** Frees what it holds. */
  close(): void;
}
