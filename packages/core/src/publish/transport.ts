/** The interface that everything between the publisher and the network has. A new concern wraps it. */

import { recognizeAcrossCopies } from '../process-wide.js';
import type { QueuedRow } from './row.js';
import type { Delivery, SendOptions, Batch as UserBatch } from './user-transport.js';

export type { Delivery, SendOptions };

/** Rows of one layout, sent in one call, with what is kept about each of them until it is delivered. */
export interface Batch extends UserBatch {
  readonly rows: readonly QueuedRow[];
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
  /** Whether rows may have arrived all the same. */
  readonly isAmbiguous: boolean;
  /** Whether nothing was sent, since it failed so often before. The code says how. */
  readonly isPaused: boolean;

  constructor(
    code: SendErrorCode,
    message: string,
    details: {
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      isAmbiguous?: boolean | undefined;
      isPaused?: boolean | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.isAmbiguous = details.isAmbiguous ?? false;
    this.isPaused = details.isPaused ?? false;
  }

  /** What `JSON.stringify` shows of it: unlike other errors, its name and message too. */
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

  /** Whether the same batch may be taken later. */
  get isRetryable(): boolean {
    return this.code === 'unreachable' || this.code === 'bad_answer' || this.code === 'busy';
  }
}

recognizeAcrossCopies(SendError, 'SendError.v1');

/** Whether the platform may take the rows of a refused batch one by one. */
export function isAboutRows(error: SendError): boolean {
  return error.code === 'rejected' || error.code === 'too_large';
}
