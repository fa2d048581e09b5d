/**
 * The interface of this library's own transports, which send rows. Retries and other concerns wrap a transport in another one.
 * An app writes the simpler `Transport` of user-transport.ts, which is one of these too.
 */

import type { QueuedRow } from '../row/queued-row.js';
import type { DropReason } from './drop-reason.js';
import type { Batch, Delivery, SendOptions } from './user-transport.js';

/** What became of the rows of a batch, with the reasons that are ours. */
export interface RowDelivery extends Delivery {
  readonly lost: Readonly<Partial<Record<DropReason, number>>>;
}

/** Rows of one layout, sent in one call. */
export interface RowBatch extends Batch {
  readonly rows: readonly QueuedRow[];
}

/** Batches in flight at a time: of a process, or on Workers of one request. */
export const MAX_IN_FLIGHT = 2;

/** Sends batches. */
export interface RowTransport {
  /**
   * Sends a batch.
   * @returns what became of each row
   * @throws SendError if no row is known to be delivered
   */
  send(batch: RowBatch, options: SendOptions): Promise<RowDelivery>;
  /** Closes connections. */
  close(): void;
}
