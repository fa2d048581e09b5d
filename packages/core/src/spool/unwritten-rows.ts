/** Holds rows in memory that could not be written to disk, up to 8 MiB, or one that is larger. */

import type { QueuedRow } from '../publish/row/queued-row.js';

const MAX_BYTES = 8 * 1024 * 1024;
/** Rows taken out at a time. */
const MAX_ROWS = 100;

/** Rows in memory, the oldest first. */
export class UnwrittenRows {
  readonly #rows: QueuedRow[] = [];
  #bytes = 0;

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

  /** Removes the oldest rows. @returns them */
  drain(count = MAX_ROWS): QueuedRow[] {
    const rows = this.#rows.splice(0, count);
    for (const row of rows) this.#bytes -= row.byteLength;
    return rows;
  }
}
