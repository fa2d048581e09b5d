/** Reads the waiting rows of a spool file in order. */

import { allocate } from '#platform';
import type { SpoolFiles } from '../../platform/spool-files.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import { type Frame, frameAt, frameHeaderOf, HEADER_BYTES } from './frame.js';
import { parseRow } from './payloads.js';
import { State, type TraceTable } from './trace-table.js';

/** The part of a segment that is needed to read it. */
export interface ReadableSegment {
  readonly files: SpoolFiles;
  /** Descriptor, open to read. */
  readonly file: number;
  readonly bytes: number;
  readonly isClosed: boolean;
}

export interface ReadRows {
  readonly rows: readonly QueuedRow[];
  /** Number of waiting rows that cannot be read. */
  readonly damaged: number;
}

/** Remembers how far all rows are finished, so that they are not searched again. */
export class SegmentReader {
  readonly #segment: ReadableSegment;
  readonly #table: TraceTable;
  /** Index of the first row that is not finished. */
  #firstOpen = 0;

  constructor(segment: ReadableSegment, table: TraceTable) {
    this.#segment = segment;
    this.#table = table;
  }

  /** The next waiting rows, from up to `maxBytes` of the file, but at least one. */
  async next(maxBytes: number): Promise<ReadRows> {
    const segment = this.#segment;
    const table = this.#table;
    // Rows in memory are not skipped for good, since they may have to wait here later.
    while (this.#firstOpen < table.rows && this.#isPast(this.#firstOpen)) this.#firstOpen++;
    let first = this.#firstOpen;
    while (first < table.rows && !this.#isSpooled(first)) first++;
    const rows: QueuedRow[] = [];
    let damaged = 0;
    if (first === table.rows) return { rows, damaged };
    const start = table.offsetAt(first);
    const window = allocate(Math.min(maxBytes, segment.bytes - start));
    const read = await segment.files.read(segment.file, window, start);
    if (segment.isClosed) return { rows, damaged };
    for (let index = first; index < table.rows; index++) {
      if (!this.#isSpooled(index)) continue;
      const frameInWindow = frameAt(
        window.subarray(0, read),
        table.offsetAt(index) - start,
        start,
        segment.files.checksum,
      );
      if (frameInWindow === 'cut' && index > first) break;
      const frame = frameInWindow === 'cut' ? await this.#readFrame(start) : frameInWindow;
      if (segment.isClosed) break;
      const row = typeof frame === 'object' ? this.#rowOf(frame) : undefined;
      if (row !== undefined) {
        rows.push(row);
      } else {
        damaged++;
        table.set(table.numberAt(index) as number, State.done);
      }
      if (frameInWindow === 'cut') break;
    }
    return { rows, damaged };
  }

  /** Reads a frame that is longer than the window. */
  async #readFrame(offset: number): Promise<Frame | 'none' | 'cut'> {
    const { files, file, bytes: segmentBytes } = this.#segment;
    const header = allocate(HEADER_BYTES);
    await files.read(file, header, offset);
    const payloadBytes = frameHeaderOf(header)?.payloadBytes ?? 0;
    const bytes = allocate(HEADER_BYTES + Math.min(payloadBytes, segmentBytes - offset));
    const read = await files.read(file, bytes, offset);
    return frameAt(bytes.subarray(0, read), 0, offset, files.checksum);
  }

  #rowOf(frame: Frame): QueuedRow | undefined {
    const segment = this.#segment;
    const position = { segment, number: frame.number };
    const row = parseRow(frame.payload, position);
    if (row !== undefined && this.#table.mayHaveArrived(frame.number)) row.setArrival('unknown');
    return row;
  }

  #isSpooled(index: number): boolean {
    const table = this.#table;
    const number = table.numberAt(index);
    return number !== undefined && table.stateOf(number) === State.spooled;
  }

  #isPast(index: number): boolean {
    const table = this.#table;
    const number = table.numberAt(index);
    return number === undefined || table.stateOf(number) === State.done;
  }
}
