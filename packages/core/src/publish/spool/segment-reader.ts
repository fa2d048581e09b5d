/** Reads the rows of a segment that wait to be sent again, in their order. */

import { allocate } from '#platform';
import type { QueuedRow } from '../row.js';
import { type Frame, frameAt, HEADER_BYTES } from './frame.js';
import { parseRow } from './payloads.js';
import type { Segment } from './segment.js';
import { State } from './trace-table.js';

export interface ReadRows {
  readonly rows: readonly QueuedRow[];
  /** Rows that wait there and cannot be read. */
  readonly damaged: number;
}

export const NOTHING_READ: ReadRows = { rows: [], damaged: 0 };

export class SegmentReader {
  readonly #segment: Segment;
  /** Up to there, by order in the file, no row waits. */
  #done = 0;

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /** The next rows, up to so many bytes of the file, but one at least. */
  async next(maxBytes: number): Promise<ReadRows> {
    const segment = this.#segment;
    const { table } = segment;
    // A row that memory still holds may have to wait here later.
    while (this.#done < table.rows && this.#isPast(this.#done)) this.#done++;
    let first = this.#done;
    while (first < table.rows && !this.#isKept(first)) first++;
    if (first === table.rows) return NOTHING_READ;
    let damaged = 0;
    const start = table.offsetAt(first);
    const window = allocate(Math.min(maxBytes, segment.bytes - start));
    const read = await segment.files.read(segment.file, window, start);
    if (segment.isGone) return NOTHING_READ;
    const rows: QueuedRow[] = [];
    for (let index = first; index < table.rows; index++) {
      if (!this.#isKept(index)) continue;
      const found = frameAt(
        window.subarray(0, read),
        table.offsetAt(index) - start,
        start,
        segment.files.checksum,
      );
      if (found === 'cut' && index > first) break;
      const frame = found === 'cut' ? await this.#readFrame(start) : found;
      if (segment.isGone) break;
      const row = typeof frame === 'object' ? this.#rowOf(frame) : undefined;
      if (row !== undefined) {
        rows.push(row);
      } else {
        damaged++;
        table.set(table.numberAt(index) as number, State.done);
      }
      if (found === 'cut') break;
    }
    return { rows, damaged };
  }

  /** A frame that is longer than the window. */
  async #readFrame(offset: number): Promise<Frame | 'none' | 'cut'> {
    const { files, file, bytes: segmentBytes } = this.#segment;
    const header = allocate(HEADER_BYTES);
    await files.read(file, header, offset);
    const length = new DataView(header.buffer, header.byteOffset).getUint32(16, true);
    const bytes = allocate(HEADER_BYTES + Math.min(length, segmentBytes - offset));
    const read = await files.read(file, bytes, offset);
    return frameAt(bytes.subarray(0, read), 0, offset, files.checksum);
  }

  #rowOf(frame: Frame): QueuedRow | undefined {
    const segment = this.#segment;
    const entry = { segment, number: frame.number };
    const row = parseRow(frame.payload, entry);
    if (row !== undefined && segment.table.isUnsure(frame.number)) row.arrival = 'unknown';
    return row;
  }

  #isKept(index: number): boolean {
    const { table } = this.#segment;
    const number = table.numberAt(index);
    return number !== undefined && table.stateOf(number) === State.kept;
  }

  #isPast(index: number): boolean {
    const { table } = this.#segment;
    const number = table.numberAt(index);
    return number === undefined || table.stateOf(number) === State.done;
  }
}
