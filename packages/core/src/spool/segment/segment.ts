/** One file of the spool: the traces that began while it was the newest, and their state. */

import { allocate, writeUtf8 } from '#platform';
import type { SpoolFiles } from '../../platform/spool-files.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import { assertWritten, FrameKind, HEADER_BYTES, MAX_PAYLOAD_BYTES, writeHeader } from './frame.js';
import { numbersText, rowHead } from './payloads.js';
import { type ReadRows, SegmentReader } from './segment-reader.js';
import { State, TraceTable } from './trace-table.js';

/** Bytes of a deleted file that are copied at a time. */
const CHUNK_BYTES = 1024 * 1024;

/** The shared buffer in which frames are built. Safe, because nothing is awaited before they are written. */
let scratch = allocate(64 * 1024);

function scratchOf(bytes: number): Uint8Array {
  if (bytes <= scratch.byteLength) return scratch;
  if (bytes > 1024 * 1024) return allocate(bytes);
  scratch = allocate(bytes * 2);
  return scratch;
}

export interface SegmentFacts {
  /** Independent of the owner. */
  readonly id: string;
  readonly path: string;
  /** Descriptor, open to read and append. */
  readonly file: number;
  readonly createdMs: number;
  /** Whether another process wrote it, and this one has adopted it. @default false */
  readonly isAdopted?: boolean | undefined;
}

/** One spool file, open for writing. */
export class Segment {
  readonly files: SpoolFiles;
  readonly id: string;
  readonly path: string;
  readonly createdMs: number;
  readonly #table: TraceTable;
  #file: number;
  #bytes: number;
  #isClosed = false;
  readonly #isAdopted: boolean;
  #isAdoptedByOther = false;
  #mayHaveArrived = false;
  /** Whether something was written since the last fdatasync. */
  #isDirty = false;
  /** Whether the folder's entry of the file may not be on the disk. */
  #isUnlisted = true;
  #readers = 0;
  #syncs = 0;
  /** `start` payloads of traces, not yet written. */
  readonly #starts = new Map<number, string>();
  /** Descriptors to be closed when no read or sync is pending. */
  readonly #retired: number[] = [];
  readonly #reader: SegmentReader;

  /** @param table the state of the traces in the file */
  constructor(files: SpoolFiles, facts: SegmentFacts, table = new TraceTable()) {
    this.files = files;
    this.#table = table;
    this.#reader = new SegmentReader(this, table);
    this.id = facts.id;
    this.path = facts.path;
    this.#file = facts.file;
    this.createdMs = facts.createdMs;
    this.#isAdopted = facts.isAdopted === true;
    this.#bytes = files.sizeOf(facts.file);
  }

  /** Descriptor, open to read and append. */
  get file(): number {
    return this.#file;
  }

  /** Bytes of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether its file is closed: later changes of its traces are not recorded. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Number of traces that began and have no final row. */
  get openTraces(): number {
    return this.#table.count(State.open);
  }

  /** Number of rows that are queued in memory or being sent. */
  get queuedRows(): number {
    return this.#table.count(State.queued);
  }

  /** Number of rows that are in this file and not in memory. */
  get spooledRows(): number {
    return this.#table.count(State.spooled);
  }

  /** Whether all its traces are finished. */
  get isDone(): boolean {
    return this.openTraces + this.queuedRows + this.spooledRows === 0;
  }

  /** Adds a trace; its `start` frame is written later. @returns the number of the trace */
  addStart(text: string): number {
    const number = this.#table.traces;
    this.#table.set(number, State.open);
    this.#starts.set(number, text);
    return number;
  }

  /** Number of `start` frames that are not yet written. */
  get starts(): number {
    return this.#starts.size;
  }

  /** Writes pending `start` frames. A trace that already has a row needs none. */
  writeStarts(): void {
    if (this.#starts.size === 0) return;
    const target = scratchOf(this.#maxStartBytes());
    this.#append(target, this.#buildStarts(target));
    this.#starts.clear();
  }

  /** Writes a `start` frame of an open trace again, with all that is known by now. Does nothing if it is too long to be read back. */
  writeProgress(number: number, text: string): void {
    if (text.length * 3 > MAX_PAYLOAD_BYTES) return;
    this.#starts.delete(number);
    const target = scratchOf(HEADER_BYTES + text.length * 3);
    const payloadBytes = writeUtf8(target, text, HEADER_BYTES);
    const { checksum } = this.files;
    this.#append(target, writeHeader(target, FrameKind.start, number, payloadBytes, checksum));
  }

  /** Writes the row of a trace, which replaces an earlier one, and pending `start` frames in the same write. */
  appendRow(number: number, row: QueuedRow): void {
    this.#table.forgetRow(number);
    const head = rowHead(row);
    const maxBytes = HEADER_BYTES + head.length * 3 + row.byteLength;
    const target = scratchOf(this.#maxStartBytes() + maxBytes);
    const at = this.#buildStarts(target, number);
    const frame = at === 0 ? target : target.subarray(at);
    const start = HEADER_BYTES + writeUtf8(frame, head, HEADER_BYTES);
    row.writeTo(frame, start);
    const payloadBytes = start - HEADER_BYTES + row.byteLength;
    const offset = this.#bytes + at;
    this.#append(
      target,
      at + writeHeader(frame, FrameKind.row, number, payloadBytes, this.files.checksum),
    );
    this.#starts.clear();
    this.#table.addRow(number, offset);
    // What was sent before it was on disk has not been recorded yet.
    if (row.mayHaveArrived) this.recordSent([number]);
  }

  /** Writes the row of a trace that did not start in this segment. @returns the number of the trace */
  appendNewRow(row: QueuedRow): number {
    const number = this.#table.traces;
    this.#table.set(number, State.open);
    try {
      this.appendRow(number, row);
    } catch (error) {
      this.#table.set(number, State.done);
      throw error;
    }
    return number;
  }

  #maxStartBytes(): number {
    let bytes = 0;
    for (const text of this.#starts.values()) bytes += HEADER_BYTES + text.length * 3;
    return bytes;
  }

  /**
   * Builds the pending `start` frames. They stay pending until they are written.
   * @param withRow number of a trace whose row is written too, so that it needs none
   * @returns their bytes
   */
  #buildStarts(target: Uint8Array, withRow?: number): number {
    let at = 0;
    for (const [number, text] of this.#starts) {
      if (number === withRow) continue;
      const frame = target.subarray(at);
      const payloadBytes = writeUtf8(frame, text, HEADER_BYTES);
      at += writeHeader(frame, FrameKind.start, number, payloadBytes, this.files.checksum);
    }
    return at;
  }

  /** Whether the current row of the trace is in the file. */
  hasRow(number: number): boolean {
    return this.#table.hasRow(number);
  }

  /** Marks the row in the file as out of date. */
  forgetRow(number: number): void {
    this.#table.forgetRow(number);
  }

  /** Marks the row as queued in memory. */
  setQueued(number: number): void {
    this.#table.set(number, State.queued);
  }

  /** Marks the row as one that waits in the file. @param mayHaveArrived whether it was sent and its arrival is unknown */
  setSpooled(number: number, mayHaveArrived: boolean): void {
    this.#table.set(number, State.spooled);
    if (mayHaveArrived) this.#table.markSent(number);
    else this.#table.markNotArrived(number);
  }

  /** Marks a trace as finished, and does not record that: what the file has of it cannot be read. */
  setUnreadable(number: number): void {
    this.#table.set(number, State.done);
  }

  /** Marks traces as finished, and records it: they were delivered, quarantined, or are not to be published. */
  finishTraces(numbers: readonly number[]): void {
    for (const number of numbers) {
      this.#table.set(number, State.done);
      // A finished trace needs no `start` frame.
      this.#starts.delete(number);
    }
    this.#appendNote(FrameKind.done, numbers);
  }

  /** Records that rows are about to be sent, so that they may arrive. */
  recordSent(numbers: readonly number[]): void {
    for (const number of numbers) this.#table.markSent(number);
    this.#appendNote(FrameKind.sent, numbers);
  }

  /** Records that all waiting rows may have arrived. */
  recordAllWaitingSent(): void {
    this.recordSent(this.#table.numbersIn(State.spooled));
  }

  /** Records that rows were sent and did not arrive. */
  recordNotArrived(numbers: readonly number[]): void {
    for (const number of numbers) this.#table.markNotArrived(number);
    this.#appendNote(FrameKind.notArrived, numbers);
  }

  /** Writes a frame about several traces. */
  #appendNote(kind: FrameKind, numbers: readonly number[]): void {
    if (this.#isClosed || numbers.length === 0) return;
    const text = numbersText(numbers);
    const target = scratchOf(HEADER_BYTES + text.length);
    const payloadBytes = writeUtf8(target, text, HEADER_BYTES);
    this.#append(target, writeHeader(target, kind, 0, payloadBytes, this.files.checksum));
  }

  /** The next waiting rows, from up to `maxBytes` of the file, but at least one. */
  async readSpooled(maxBytes: number): Promise<ReadRows> {
    this.#readers++;
    try {
      const read = await this.#reader.next(maxBytes);
      return this.#isClosed ? { rows: [], damaged: 0 } : read;
    } finally {
      this.#readers--;
      this.#closeRetired();
    }
  }

  /** Syncs to disk what was written since the last call. */
  async sync(): Promise<void> {
    if (!this.#isDirty || this.#isClosed) return;
    const isUnlisted = this.#isUnlisted;
    this.#isDirty = this.#isUnlisted = false;
    this.#syncs++;
    try {
      await this.files.sync(this.#file);
      if (isUnlisted && !this.#isClosed) await this.files.syncEntry(this.path);
    } catch (error) {
      this.#isDirty = true;
      this.#isUnlisted ||= isUnlisted;
      throw error;
    } finally {
      this.#syncs--;
      this.#closeRetired();
    }
  }

  /** The same as `sync`, but synchronous. Syncs again what a pending `sync` writes, since that may not be on the disk yet. */
  syncNow(): void {
    if (this.#isClosed || (!this.#isDirty && this.#syncs === 0)) return;
    this.files.syncNow(this.#file);
    if (this.#isUnlisted || this.#syncs > 0) this.files.syncEntryNow(this.path);
    this.#isDirty = this.#isUnlisted = false;
  }

  /** Deletes the end of the file from `bytes` on: a frame that was cut. */
  truncate(bytes: number): void {
    this.files.truncate(this.#file, bytes);
    this.#bytes = bytes;
  }

  /** Closes the file, and leaves it on disk. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#retire(this.#file);
  }

  /** Closes the file, which another process has adopted. */
  closeAdoptedByOther(): void {
    this.close();
    this.#isAdoptedByOther = true;
  }

  /** Whether the trace is left to another process, which has adopted the file. */
  isAdoptedByOther(number: number): boolean {
    // This process still publishes its own traces whose rows are not in the file: the other process has only their starts.
    return this.#isAdoptedByOther && (this.#isAdopted || this.hasRow(number));
  }

  /** Marks the file as one whose rows may have been delivered: the platform is queried before each row is sent. */
  markMayHaveArrived(): void {
    this.#mayHaveArrived = true;
  }

  /**
   * Whether the rows may have been delivered: the file is a copy, or was deleted while in use, perhaps by a process that adopted
   * it and sent its rows.
   */
  get mayHaveArrived(): boolean {
    return this.#mayHaveArrived || !this.isLinked;
  }

  /** Whether the file still has a name: it was not deleted. */
  get isLinked(): boolean {
    return this.files.isLinked(this.#file);
  }

  /**
   * Writes a deleted file again, whose content is still readable through the open descriptor.
   * @throws Error if there is no room for it; then the segment goes on with the deleted file
   */
  rewriteDeleted(): void {
    const file = this.files.create(this.path);
    try {
      this.#copyTo(file);
    } catch (error) {
      this.files.closeFile(file);
      this.files.remove(this.path);
      throw error;
    }
    this.#retire(this.#file);
    this.#file = file;
    this.#isDirty = this.#isUnlisted = true;
    this.#mayHaveArrived = true;
  }

  #copyTo(file: number): void {
    const chunk = allocate(CHUNK_BYTES);
    for (let position = 0; position < this.#bytes; ) {
      const wanted = chunk.subarray(0, Math.min(CHUNK_BYTES, this.#bytes - position));
      const read = this.files.readSync(this.#file, wanted, position);
      if (read === 0) break;
      assertWritten(this.files.append(file, chunk, read), read);
      position += read;
    }
  }

  /** Closes a descriptor after pending reads and syncs, since its number could be reused during them. */
  #retire(file: number): void {
    this.#retired.push(file);
    this.#closeRetired();
  }

  #closeRetired(): void {
    if (this.#readers + this.#syncs > 0) return;
    for (const file of this.#retired.splice(0)) this.files.closeFile(file);
  }

  /** Closes the file and deletes it. */
  remove(): void {
    if (this.#isClosed) return;
    this.close();
    this.files.remove(this.path);
  }

  #append(target: Uint8Array, length: number): void {
    if (this.#isClosed) throw new Error('the segment is closed');
    let written = 0;
    try {
      written = this.files.append(this.#file, target, length);
      assertWritten(written, length);
    } catch (error) {
      // Part of a frame would count as damage.
      if (written > 0) this.#cutBack();
      throw error;
    }
    this.#bytes += length;
    this.#isDirty = true;
  }

  #cutBack(): void {
    try {
      this.truncate(this.#bytes);
    } catch {
      // The next frame is appended after the partial one.
      this.#bytes = this.files.sizeOf(this.#file);
    }
  }
}
