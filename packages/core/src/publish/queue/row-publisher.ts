/** What the publisher for processes and the publisher for Workers have in common. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import type { Ledger } from '../counts/ledger.js';
import type { QueuedRow } from '../row/queued-row.js';
import type { RowDelivery, RowTransport } from '../transport/row-transport.js';
import type { BatchLimits } from './open-batches.js';

/** Limits of batches and of the queue in memory. */
export interface PublisherLimits extends BatchLimits {
  /** Longest time that a row waits for its batch to fill, in milliseconds. @default 1000 */
  readonly maxDelayMs: number;
  /** Bytes of rows that wait or are being sent. Further rows go to the spool, or are dropped as `queue_full`. @default 33554432 */
  readonly maxQueueBytes: number;
}

/** What a publisher needs. */
export interface PublisherOptions {
  readonly transport: RowTransport;
  readonly limits: PublisherLimits;
  readonly diagnostics: Diagnostics;
  /** Runs a function outside any request's scope, so that timers and sockets do not keep a request in memory. */
  readonly runDetached: (fn: () => void) => void;
  readonly ledger: Ledger;
  /** Keeps rows that do not fit in the queue, or come after the shutdown; undefined without a spool. */
  readonly overflow?: ((rows: readonly QueuedRow[]) => RowDelivery) | undefined;
  /** Called with the duration of each successful send, in milliseconds. */
  readonly onSent?: ((ms: number) => void) | undefined;
}

/** Sends rows, and counts what became of them. */
export interface RowPublisher {
  /** Queues a row. A row that the queue cannot take is spooled, or dropped and counted. */
  add(row: QueuedRow): void;
  /**
   * Sends a row at once, without waiting for others.
   * @returns a promise that resolves when the row's request may end
   */
  sendNow(row: QueuedRow): Promise<void>;
  /** Every row in the queue now. */
  queuedRows(): Generator<QueuedRow>;
  /** Sends the queued rows. Resolves when they are delivered, dropped or kept on disk, or at the deadline. Never rejects. */
  flush(deadlineMs: number): Promise<void>;
  /** Sends the queued rows, and accepts no further ones. Never rejects. */
  shutdown(deadlineMs: number): Promise<void>;
  /** Whether a process that is about to exit may be kept alive for rows. */
  readonly mayDelayExit: boolean;
}

/** How long a shutdown waits for sends that it has aborted, which count their rows themselves. */
export const ABORT_GRACE_MS = 50;

/**
 * How long one request tries to send: Workers keep it alive for 30 s after the response, and so may other runtimes on which
 * requests have an execution context with `waitUntil`, for example Bun.
 */
export const MAX_REQUEST_SEND_MS = 25_000;
