/** The interface that everything between the publisher and the network has. A new concern wraps it. */

import type { Row } from './row.js';

/** Rows of one layout, sent in one call. */
export interface Batch {
  /** JSON text of the `config` that all its rows share. */
  readonly layout: string;
  readonly rows: readonly Row[];
}

/** What became of the rows of a batch. Together the numbers are the rows. */
export interface Delivery {
  readonly delivered: number;
  /** Rows that the platform will never take, by reason. */
  readonly lost: Readonly<Record<string, number>>;
  /** Why, where rows were lost. */
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

/** Stable codes of why a batch was not delivered. */
export type SendErrorCode =
  | 'unreachable'
  | 'bad_answer'
  | 'busy'
  | 'unauthorized'
  | 'not_found'
  | 'refused'
  | 'rejected'
  | 'too_large'
  | 'given_up';

/** A batch was not delivered. */
export class SendError extends Error {
  override readonly name = 'SendError';
  readonly code: SendErrorCode;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** What the answer asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: SendErrorCode,
    message: string,
    details: {
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Whether the same batch may be taken later. */
  get isRetryable(): boolean {
    return this.code === 'unreachable' || this.code === 'bad_answer' || this.code === 'busy';
  }
}
