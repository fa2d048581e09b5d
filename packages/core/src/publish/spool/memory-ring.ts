/** Rows that no disk takes: they wait in memory, which has room for a few. */

import type { QueuedRow } from '../row.js';

const MAX_BYTES = 8 * 1024 * 1024;
/** Rows that are taken out at a time. */
const MAX_ROWS = 100;

export class MemoryRing {
  readonly #rows: QueuedRow[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  hasRoomFor(row: QueuedRow): boolean {
    return this.#bytes + row.bytes.byteLength <= MAX_BYTES;
  }

  put(row: QueuedRow): void {
    this.#rows.push(row);
    this.#bytes += row.bytes.byteLength;
  }

  /** @returns the oldest rows, which are no longer here */
  drain(count = MAX_ROWS): QueuedRow[] {
    const rows = this.#rows.splice(0, count);
    for (const row of rows) this.#bytes -= row.bytes.byteLength;
    return rows;
  }
}
