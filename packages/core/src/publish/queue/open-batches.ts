/** Collects rows into batches. The rows of a batch have one layout. */

import type { QueuedRow } from '../row/queued-row.js';
import type { RowBatch } from '../transport/row-transport.js';

interface OpenBatch {
  readonly rows: QueuedRow[];
  readonly ids: Set<string>;
  bytes: number;
}

/** Limits of one batch. */
export interface BatchLimits {
  /** Rows of one batch. @default 100 */
  readonly maxBatchRows: number;
  /** Bytes of the rows of one batch. A larger row is sent alone. @default 1048576 */
  readonly maxBatchBytes: number;
}

/** The batches that are not yet complete, one for each layout. */
export class OpenBatches {
  readonly #limits: BatchLimits;
  readonly #onFull: (batch: RowBatch) => void;
  readonly #byLayout = new Map<string, OpenBatch>();

  /** @param onFull called with each batch that is complete */
  constructor(limits: BatchLimits, onFull: (batch: RowBatch) => void) {
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
    batch.bytes += row.byteLength;
    if (batch.rows.length >= maxBatchRows || batch.bytes >= maxBatchBytes) this.#seal(row.layout);
  }

  /** Completes all batches, however small. */
  sealAll(): void {
    for (const layout of [...this.#byLayout.keys()]) this.#seal(layout);
  }

  /** The rows of all open batches. */
  *rows(): Generator<QueuedRow> {
    for (const { rows } of this.#byLayout.values()) yield* rows;
  }

  #batchFor(row: QueuedRow): OpenBatch {
    let batch = this.#byLayout.get(row.layout);
    // Rows are keyed by their id, which must not be twice in one call.
    if (
      batch !== undefined &&
      (batch.ids.has(row.inferenceId) || batch.bytes + row.byteLength > this.#limits.maxBatchBytes)
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

/** Groups rows into batches of one layout with distinct ids, within the limits and in their order. */
export function batchesOf(rows: readonly QueuedRow[], limits: BatchLimits): readonly RowBatch[] {
  const batches: RowBatch[] = [];
  const open = new OpenBatches(limits, (batch) => batches.push(batch));
  for (const row of rows) open.add(row);
  open.sealAll();
  return batches;
}
