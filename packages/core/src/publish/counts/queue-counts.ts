import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import type { QueuedRow } from '../row/queued-row.js';
import type { RowDelivery } from '../transport/row-transport.js';
import { countDelivery, reportUndelivered } from './delivery.js';
import type { Ledger } from './ledger.js';

/** What the counts of a queue need. */
export interface QueueCountsOptions {
  readonly ledger: Ledger;
  readonly diagnostics: Diagnostics;
  readonly limits: { readonly maxQueueBytes: number };
}

/** Counts the rows that one publisher has in memory, and reports those that it drops. */
export class QueueCounts {
  readonly #ledger: Ledger;
  readonly #diagnostics: Diagnostics;
  readonly #maxBytes: number;

  constructor({ ledger, diagnostics, limits }: QueueCountsOptions) {
    this.#ledger = ledger;
    this.#diagnostics = diagnostics;
    this.#maxBytes = limits.maxQueueBytes;
  }

  get isEmpty(): boolean {
    return this.#ledger.queued === 0;
  }

  hasRoomFor(row: QueuedRow): boolean {
    return this.#ledger.queuedBytes + row.byteLength <= this.#maxBytes;
  }

  /** Counts a row as queued. */
  add(row: QueuedRow): void {
    this.#ledger.queue(row.byteLength);
  }

  /** Drops a row for which there is no room, and reports it. */
  dropFull(): void {
    this.#ledger.drop('queue_full', 1);
    this.#diagnostics.report(
      'warn',
      'queue_full',
      `${this.#ledger.queued} rows wait to be sent; further ones are dropped and counted until the platform takes some`,
    );
  }

  /** Drops a row that came after the shutdown. */
  dropShutDown(): void {
    this.#ledger.drop('shut_down', 1);
  }

  /** Removes the rows of a batch. Reports those that were not delivered. */
  remove(rows: readonly QueuedRow[], delivery: RowDelivery): void {
    countDelivery(this.#ledger, 'queued', rows, delivery);
    reportUndelivered(delivery, this.#diagnostics);
  }
}
