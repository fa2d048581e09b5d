/** Holds rows in memory that could not be written to disk, up to 8 MiB, or one that is larger. */

import type { QueuedRow } from '../publish/row/queued-row.js';

const MAX_BYTES = 8 * 1024 * 1024;
/** Rows lent at a time. */
const MAX_ROWS = 100;

/** Rows in memory, the oldest first. */
export class UnwrittenRows {
  readonly #rows: QueuedRow[] = [];
  #lent: readonly QueuedRow[] = [];
  #bytes = 0;

  /** Bytes of the rows that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  hasRoomFor(row: QueuedRow): boolean {
    return this.#bytes === 0 || this.#bytes + row.byteLength <= MAX_BYTES;
  }

  put(row: QueuedRow): void {
    this.#rows.push(row);
    this.#bytes += row.byteLength;
  }

  /**
   * Takes out the oldest rows, to send them. They are remembered until the next call, since nothing else has them.
   * @returns them
   */
  lend(): readonly QueuedRow[] {
    this.#lent = this.#takeOut(MAX_ROWS);
    return this.#lent;
  }

  /** Takes out all rows, those that are lent first. */
  takeAll(): readonly QueuedRow[] {
    const lent = this.#lent;
    this.#lent = [];
    return [...lent, ...this.#takeOut(this.#rows.length)];
  }

  #takeOut(count: number): QueuedRow[] {
    const rows = this.#rows.splice(0, count);
    for (const row of rows) this.#bytes -= row.byteLength;
    return rows;
  }
}
