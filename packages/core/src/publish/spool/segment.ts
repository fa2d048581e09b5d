/**
 * One file of the spool: the traces that began while it was the newest, and what became of them. Longer than other files,
 * since what stands in it and what is known of that in memory change together.
 */

import { allocate, writeUtf8 } from '#platform';
import type { QueuedRow } from '../row.js';
import type { SpoolFiles } from './files.js';
import { HEADER_BYTES, Kind, sealFrame } from './frame.js';
import { numbersText, rowHead } from './payloads.js';
import { NOTHING_READ, type ReadRows, SegmentReader } from './segment-reader.js';
import { State, TraceTable } from './trace-table.js';

/** The memory that frames are put together in. Nothing is awaited between that and their writing. */
let scratch = allocate(64 * 1024);

function scratchOf(bytes: number): Uint8Array {
  if (bytes <= scratch.byteLength) return scratch;
  if (bytes > 1024 * 1024) return allocate(bytes);
  scratch = allocate(bytes * 2);
  return scratch;
}

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
  #readers = 0;
  /** What is known of traces that began in this turn of the event loop. */
  readonly #starts = new Map<number, string>();
  /** To be closed when nobody reads them any more. */
  readonly #retired: number[] = [];
  readonly #reader = new SegmentReader(this);

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

  /** Traces that began and that nothing on disk tells of yet. */
  get starts(): number {
    return this.#starts.size;
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
    const { bytes } = row;
    const head = rowHead(row);
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
    if (kind === Kind.done && this.starts > 0)
      for (const each of numbers) this.#starts.delete(each);
    const text = numbersText(numbers);
    const target = scratchOf(HEADER_BYTES + text.length);
    this.#write(target, kind, 0, writeUtf8(target, text, HEADER_BYTES));
  }

  /** The next rows that wait, up to so many bytes of the file, but one at least. */
  async readKept(maxBytes: number): Promise<ReadRows> {
    this.#readers++;
    try {
      const read = await this.#reader.next(maxBytes);
      return this.isGone ? NOTHING_READ : read;
    } finally {
      this.#readers--;
      if (this.#readers === 0)
        for (const file of this.#retired.splice(0)) this.files.closeFile(file);
    }
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

/** Who a row is on disk. */
export interface SpoolEntry {
  readonly segment: Segment;
  readonly number: number;
}
