/** One file of the spool: the traces that began while it was the newest, and what became of them. */

import { allocate, utf8Text, writeUtf8 } from '#platform';
import type { QueuedRow } from '../row.js';
import type { SpoolFiles } from './files.js';
import { type Frame, frameAt, HEADER_BYTES, Kind, sealFrame } from './frame.js';
import { State, TraceTable } from './trace-table.js';

/** The memory that frames are put together in. Nothing is awaited between that and their writing. */
let scratch = allocate(64 * 1024);

function scratchOf(bytes: number): Uint8Array {
  if (bytes <= scratch.byteLength) return scratch;
  if (bytes > 1024 * 1024) return allocate(bytes);
  scratch = allocate(bytes * 2);
  return scratch;
}

const NEWLINE = 10;

export interface SegmentFacts {
  /** The same whoever owns it. */
  readonly id: string;
  readonly path: string;
  /** Open, to read and append. */
  readonly file: number;
  readonly createdMs: number;
}

export class Segment {
  readonly files: SpoolFiles;
  readonly id: string;
  readonly path: string;
  readonly createdMs: number;
  readonly table = new TraceTable();
  file: number;
  bytes: number;
  /** Whether no further traces begin in it. */
  isSealed = false;
  /** Whether its file was given up: what is still to be said of its traces is said nowhere. */
  isGone = false;
  /** Whether something was written since the disk was last told to keep it. */
  isDirty = false;
  /** Up to there, by order in the file, no row waits. */
  #done = 0;
  #readers = 0;
  /** What is known of traces that began in this turn of the event loop. */
  readonly #starts = new Map<number, string>();
  /** To be closed when nobody reads them any more. */
  readonly #retired: number[] = [];

  constructor(files: SpoolFiles, facts: SegmentFacts) {
    this.files = files;
    this.id = facts.id;
    this.path = facts.path;
    this.file = facts.file;
    this.createdMs = facts.createdMs;
    this.bytes = files.bytesOf(facts.file);
  }

  /** Rows that nothing but this file has. */
  get kept(): number {
    return this.table.counts[State.kept];
  }

  /** Whether nothing in it is of use any more. */
  get isDone(): boolean {
    const { counts } = this.table;
    return counts[State.open] + counts[State.held] + counts[State.kept] === 0;
  }

  /** @returns the number of the trace */
  begin(text: string): number {
    const number = this.table.traces;
    this.table.set(number, State.open);
    this.#starts.set(number, text);
    return number;
  }

  /** Whether traces began that nothing on disk tells of yet. */
  get hasStarts(): boolean {
    return this.#starts.size > 0;
  }

  /** Writes down which traces have begun. A trace whose row is there needs no such word. */
  writeStarts(): void {
    if (this.#starts.size === 0) return;
    const target = scratchOf(this.#mostStartBytes());
    this.#append(target, this.#sealStarts(target));
  }

  /** Takes the row of a trace, in place of any that it had. Traces that have begun meanwhile come along with the same write. */
  appendRow(number: number, row: QueuedRow): void {
    this.#starts.delete(number);
    this.table.forgetRow(number);
    const { inferenceId, layout, bytes } = row;
    const head = `${inferenceId}\n${layout}\n`;
    const most = HEADER_BYTES + head.length * 3 + bytes.byteLength;
    const target = scratchOf(this.#mostStartBytes() + most);
    const at = this.#sealStarts(target);
    const frame = at === 0 ? target : target.subarray(at);
    const start = HEADER_BYTES + writeUtf8(frame, head, HEADER_BYTES);
    frame.set(bytes, start);
    const payloadBytes = start - HEADER_BYTES + bytes.byteLength;
    const offset = this.bytes + at;
    this.#append(
      target,
      at + sealFrame(frame, Kind.row, number, payloadBytes, this.files.checksum),
    );
    this.table.addRow(number, offset);
  }

  /** Takes the row of a trace that did not begin here. @returns the number of the trace */
  appendNewRow(row: QueuedRow): number {
    const number = this.table.traces;
    this.table.set(number, State.open);
    try {
      this.appendRow(number, row);
    } catch (error) {
      this.table.set(number, State.done);
      throw error;
    }
    return number;
  }

  #mostStartBytes(): number {
    let bytes = 0;
    for (const text of this.#starts.values()) bytes += HEADER_BYTES + text.length * 3;
    return bytes;
  }

  /** @returns the bytes that the frames of traces that have begun take */
  #sealStarts(target: Uint8Array): number {
    let at = 0;
    for (const [number, text] of this.#starts) {
      const frame = target.subarray(at);
      const payloadBytes = writeUtf8(frame, text, HEADER_BYTES);
      at += sealFrame(frame, Kind.start, number, payloadBytes, this.files.checksum);
    }
    this.#starts.clear();
    return at;
  }

  /** Says the same of several traces. */
  note(kind: Kind, numbers: readonly number[]): void {
    if (this.isGone || numbers.length === 0) return;
    // What is over never needs to have begun.
    if (kind === Kind.done && this.hasStarts) for (const each of numbers) this.#starts.delete(each);
    const text = JSON.stringify(rangesOf(numbers));
    const target = scratchOf(HEADER_BYTES + text.length);
    this.#write(target, kind, 0, writeUtf8(target, text, HEADER_BYTES));
  }

  /** The next rows that wait, up to so many bytes of the file, but one at least. */
  async readKept(maxBytes: number): Promise<{ rows: readonly QueuedRow[]; damaged: number }> {
    this.#readers++;
    try {
      const read = await this.#readKept(maxBytes);
      return this.isGone ? { rows: [], damaged: 0 } : read;
    } finally {
      this.#readers--;
      if (this.#readers === 0)
        for (const file of this.#retired.splice(0)) this.files.closeFile(file);
    }
  }

  async #readKept(maxBytes: number): Promise<{ rows: readonly QueuedRow[]; damaged: number }> {
    const { table } = this;
    // A row that memory still holds may have to wait here later.
    while (this.#done < table.rows && this.#isPast(this.#done)) this.#done++;
    let first = this.#done;
    while (first < table.rows && !this.#isKept(first)) first++;
    let damaged = 0;
    if (first === table.rows) return { rows: [], damaged };
    const start = table.offsetAt(first);
    const window = allocate(Math.min(maxBytes, this.bytes - start));
    const read = await this.files.read(this.file, window, start);
    if (this.isGone) return { rows: [], damaged };
    const rows: QueuedRow[] = [];
    for (let index = first; index < table.rows; index++) {
      if (!this.#isKept(index)) continue;
      const found = frameAt(
        window.subarray(0, read),
        table.offsetAt(index) - start,
        start,
        this.files.checksum,
      );
      if (found === 'cut' && index > first) break;
      const frame = found === 'cut' ? await this.#readFrame(start) : found;
      if (this.isGone) break;
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

  close(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#retire(this.file);
  }

  /** Goes on in another file that holds the same. */
  replaceFile(file: number): void {
    this.#retire(this.file);
    this.file = file;
  }

  /** Its number would be given to another file while it is being read. */
  #retire(file: number): void {
    if (this.#readers > 0) this.#retired.push(file);
    else this.files.closeFile(file);
  }

  /** Closes the file and deletes it. */
  remove(): void {
    if (this.isGone) return;
    this.close();
    this.files.remove(this.path);
  }

  async #readFrame(offset: number): Promise<Frame | 'none' | 'cut'> {
    const header = allocate(HEADER_BYTES);
    await this.files.read(this.file, header, offset);
    const length = new DataView(header.buffer, header.byteOffset).getUint32(16, true);
    const bytes = allocate(HEADER_BYTES + Math.min(length, this.bytes - offset));
    const read = await this.files.read(this.file, bytes, offset);
    return frameAt(bytes.subarray(0, read), 0, offset, this.files.checksum);
  }

  #rowOf(frame: Frame): QueuedRow | undefined {
    const entry = { segment: this as Segment, number: frame.number };
    const row = parseRow(frame.payload, entry);
    if (row !== undefined && this.table.isUnsure(frame.number)) row.arrival = 'unknown';
    return row;
  }

  #isKept(index: number): boolean {
    const number = this.table.numberAt(index);
    return number !== undefined && this.table.stateOf(number) === State.kept;
  }

  #isPast(index: number): boolean {
    const number = this.table.numberAt(index);
    return number === undefined || this.table.stateOf(number) === State.done;
  }

  #write(target: Uint8Array, kind: Kind, number: number, payloadBytes: number): void {
    this.#append(target, sealFrame(target, kind, number, payloadBytes, this.files.checksum));
  }

  #append(target: Uint8Array, length: number): void {
    if (this.isGone) throw new Error('the segment was given up');
    let written = 0;
    try {
      written = this.files.append(this.file, target, length);
      if (written < length)
        throw new Error(`${written} of ${length} bytes were written: the disk is full`);
    } catch (error) {
      // A frame that is there in part would be taken for damage.
      if (written > 0) this.#cutBack();
      throw error;
    }
    this.bytes += length;
    this.isDirty = true;
  }

  #cutBack(): void {
    try {
      this.files.truncate(this.file, this.bytes);
    } catch {
      // Whatever comes next stands behind it.
      this.bytes = this.files.bytesOf(this.file);
    }
  }
}

/** `[[1, 3], [7, 7]]` for 1, 2, 3 and 7. */
function rangesOf(numbers: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

/** The numbers of a list, as far as it is one. */
export function* numbersIn(payload: Uint8Array, below: number): Generator<number> {
  const ranges = parsed(utf8Text(payload));
  if (!Array.isArray(ranges)) return;
  for (const range of ranges as unknown[]) {
    if (!Array.isArray(range)) return;
    const [from, to] = range as [number, number];
    if (!Number.isInteger(from) || !Number.isInteger(to)) return;
    for (let number = Math.max(from, 0); number <= to && number < below; number++) yield number;
  }
}

/** Undefined where it is no JSON: a frame that is whole need not be one of ours. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Who a row is on disk. */
export interface SpoolEntry {
  readonly segment: Segment;
  readonly number: number;
}

/** The row of a frame's payload; undefined where it is none. */
export function parseRow(payload: Uint8Array, entry: SpoolEntry): QueuedRow | undefined {
  const first = payload.indexOf(NEWLINE);
  const second = payload.indexOf(NEWLINE, first + 1);
  if (first < 0 || second < 0) return undefined;
  return {
    inferenceId: utf8Text(payload.subarray(0, first)),
    layout: utf8Text(payload.subarray(first + 1, second)),
    bytes: payload.subarray(second + 1),
    entry,
  };
}
