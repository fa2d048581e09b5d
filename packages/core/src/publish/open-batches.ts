/** Rows that are gathered until they fill a call: rows of one layout go together. */

import type { QueuedRow } from './row.js';
import type { Batch } from './transport.js';

interface OpenBatch {
  readonly rows: QueuedRow[];
  readonly ids: Set<string>;
  bytes: number;
}

export interface BatchLimits {
  /** Rows of one call. @default 100 */
  readonly maxBatchRows: number;
  /** Bytes of the rows of one call; a larger row is sent alone. @default 1048576 */
  readonly maxBatchBytes: number;
}

export class OpenBatches {
  readonly #limits: BatchLimits;
  readonly #onFull: (batch: Batch) => void;
  readonly #byLayout = new Map<string, OpenBatch>();

  /** @param onFull is given each batch that takes no further row */
  constructor(limits: BatchLimits, onFull: (batch: Batch) => void) {
    this.#limits = limits;
    this.#onFull = onFull;
  }

  get isEmpty(): boolean {
    return this.#byLayout.size === 0;
  }

  add(row: QueuedRow): void {
    const { maxBatchRows, maxBatchBytes } = this.#limits;
    const batch = this.#batchFor(row);
    batch.rows.push(row);
    batch.ids.add(row.inferenceId);
    batch.bytes += row.bytes.byteLength;
    if (batch.rows.length >= maxBatchRows || batch.bytes >= maxBatchBytes) this.#seal(row.layout);
  }

  /** What there is is sent, however little it is. */
  sealAll(): void {
    for (const layout of [...this.#byLayout.keys()]) this.#seal(layout);
  }

  *rows(): Generator<QueuedRow> {
    for (const { rows } of this.#byLayout.values()) yield* rows;
  }

  #batchFor(row: QueuedRow): OpenBatch {
    let batch = this.#byLayout.get(row.layout);
    // The platform's rows are keyed by their id: twice in one call would be ambiguous.
    if (
      batch !== undefined &&
      (batch.ids.has(row.inferenceId) ||
        batch.bytes + row.bytes.byteLength > this.#limits.maxBatchBytes)
    ) {
      this.#seal(row.layout);
      batch = undefined;
    }
    if (batch === undefined) {
      batch = { rows: [], ids: new Set(), bytes: 0 };
      this.#byLayout.set(row.layout, batch);
    }
    return batch;
  }

  #seal(layout: string): void {
    const batch = this.#byLayout.get(layout);
    if (batch === undefined) return;
    this.#byLayout.delete(layout);
    this.#onFull({ layout, rows: batch.rows });
  }
}
