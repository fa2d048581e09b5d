/**
 * Keeps on disk what is not yet delivered: a write-ahead log in segments, of this process and of those that have died.
 * It is long because it is the one owner of the folder's state: what is appended, what was evicted, and what failed.
 */

import type { Diagnostics } from '../../diagnostics.js';
import { unref } from '../delay.js';
import { Ledger } from '../ledger.js';
import type { QueuedRow } from '../row.js';
import type { Delivery } from '../transport.js';
import type { SpoolFiles } from './files.js';
import { Kind } from './frame.js';
import { interruptedRow } from './interrupted-row.js';
import { claim, isOrphan, nameOf, newSegmentId, type SegmentName, segmentsIn } from './names.js';
import { Quarantine } from './quarantine.js';
import { recover } from './recover.js';
import { restored } from './restore.js';
import { Segment, type SpoolEntry } from './segment.js';
import type { SpoolConfig } from './settings.js';
import { SlowDisk } from './slow-disk.js';
import { State } from './trace-table.js';

export interface SpoolTools {
  readonly config: SpoolConfig;
  readonly files: SpoolFiles;
  /** A folder of its own for each pipeline: rows can then reach no other than the one they are for. */
  readonly destination: string;
  readonly diagnostics: Diagnostics;
  /** Counts the rows of this process. */
  readonly ledger: Ledger;
  readonly outside: (fn: () => void) => void;
}

/** Rows to be sent again, and whose they are. */
export interface Replayable {
  readonly rows: readonly QueuedRow[];
  readonly ledger: Ledger;
  /** Whether no disk has them. */
  readonly isFromMemory: boolean;
}

const RETRY_DISK_MS = 1000;
const TICK_MS = 1000;
const TOUCH_EVERY_TICKS = 10;
/** What the memory takes in place of a disk that fails. */
const MAX_RING_BYTES = 8 * 1024 * 1024;
const MAX_SEGMENT_BYTES = 8 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 16 * 1024;
const REPLAY_WINDOW_BYTES = 1024 * 1024;
const SYNC_MS = 50;

export class Spool {
  readonly folder: string;
  /** Counts the rows of processes that have died, as this one takes them over. */
  readonly adopted = new Ledger();
  adoptedRows = 0;
  readonly #files: SpoolFiles;
  readonly #config: SpoolConfig;
  readonly #diagnostics: Diagnostics;
  readonly #ledger: Ledger;
  readonly #outside: (fn: () => void) => void;
  readonly #owner: string;
  readonly #quarantine: Quarantine;
  readonly #slow: SlowDisk;
  readonly #segmentBytes: number;
  #active: Segment | undefined;
  /** Of this process, oldest first, the active one included. */
  readonly #own: Segment[] = [];
  /** Of another that has died. */
  #taken: Segment | undefined;
  readonly #interrupted: QueuedRow[] = [];
  /** Rows that no disk took. */
  #ring: QueuedRow[] = [];
  #ringBytes = 0;
  /** Of segments that are not ours, and of the quarantine, when they were last looked at. */
  #otherBytes = 0;
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  #hasStarts = false;
  #ticks = 0;
  /** The process is about to end. */
  #isLeaving = false;
  readonly #newer = new Set<string>();
  #forgetExit: (() => void) | undefined;
  /** Is told that rows wait to be sent again. */
  onKept: () => void = () => {};
  /** At the end of the process: has what is in memory appended. */
  beforeExit: () => void = () => {};

  /** @throws Error where the folder is not to be trusted, or cannot be had */
  constructor(tools: SpoolTools) {
    const { config, files, destination, diagnostics, ledger, outside } = tools;
    this.#files = files;
    this.#config = config;
    this.#diagnostics = diagnostics;
    this.#ledger = ledger;
    this.#outside = outside;
    files.prepare(config.dir);
    this.folder = files.join(config.dir, files.fingerprint(destination));
    files.prepare(this.folder);
    this.#owner = files.owner();
    this.#quarantine = new Quarantine(files, files.join(this.folder, 'quarantine'));
    this.#slow = new SlowDisk(diagnostics);
    this.#segmentBytes = Math.min(
      MAX_SEGMENT_BYTES,
      Math.max(MIN_SEGMENT_BYTES, Math.floor(config.maxBytes / 8)),
    );
    this.#measureOthers();
    this.#forgetExit = files.onExit(() => this.#atExit());
  }

  /** Of rows that no disk took. */
  get memoryBytes(): number {
    return this.#ringBytes;
  }

  /** Takes all of them, or says how many found no place. */
  keepAll(rows: readonly QueuedRow[], error?: unknown): Delivery {
    const counts = { disk: 0, memory: 0, nowhere: 0 };
    for (const row of rows) counts[this.keep(row)]++;
    const { disk: spooled, memory: held, nowhere } = counts;
    return { delivered: 0, lost: nowhere > 0 ? { spool_full: nowhere } : {}, spooled, held, error };
  }

  /** On disk, of all processes, about. */
  get bytes(): number {
    let bytes = this.#otherBytes + (this.#taken?.bytes ?? 0);
    for (const segment of this.#own) bytes += segment.bytes;
    return bytes;
  }

  /** Whether traces are written before their answers leave. */
  get isAhead(): boolean {
    return this.#config.mode === 'wal' && !this.#slow.isSlow;
  }

  /** A trace begins. */
  begin(text: string): SpoolEntry | undefined {
    if (!this.isAhead) return undefined;
    const entry = this.#try((segment) => ({ segment, number: segment.begin(text) }));
    if (entry !== undefined && !this.#hasStarts) {
      this.#hasStarts = true;
      this.#outside(() => this.#files.soon(() => this.#writeStarts()));
    }
    return entry;
  }

  /** One write for all the traces that began in this turn. */
  #writeStarts(): void {
    this.#hasStarts = false;
    for (const segment of this.#own) {
      if (!segment.hasStarts || segment.isGone) continue;
      try {
        segment.writeStarts();
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** Keeps the row of a trace as it is now; the trace stays open. */
  append(entry: SpoolEntry | undefined, row: QueuedRow): SpoolEntry | undefined {
    if (entry !== undefined && !entry.segment.isGone) {
      return this.#try(() => {
        entry.segment.appendRow(entry.number, row);
        return entry;
      });
    }
    return this.#try((segment) => {
      const number = segment.table.traces;
      segment.table.set(number, State.open);
      segment.appendRow(number, row);
      return { segment, number };
    });
  }

  /** The row of the trace goes on in memory, or there is to be none. */
  setHeld(entry: SpoolEntry): void {
    entry.segment.table.set(entry.number, State.held);
  }

  /** There will be no row of the trace, or it is no longer needed. */
  finish(rows: readonly { readonly entry?: SpoolEntry | undefined }[]): void {
    this.#note(Kind.done, rows, (segment, number) => segment.table.set(number, State.done));
    this.#removeDone();
  }

  /**
   * The rows are about to be sent.
   * @returns those that are still ours: a process that was taken for dead finds its segments gone
   */
  sending(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    this.#note(Kind.sent, rows, (segment, number) => segment.table.setUnsure(number, true));
    const lost = new Set<Segment>();
    for (const segment of new Set(rows.map((row) => row.entry?.segment))) {
      if (segment === undefined || segment.isGone) continue;
      if (this.#files.look(segment.path) === undefined && this.#files.isLinked(segment.file)) {
        lost.add(segment);
      }
    }
    if (lost.size === 0) return rows;
    for (const segment of lost) segment.close();
    this.#forgetGone();
    return rows.filter((row) => row.entry === undefined || !lost.has(row.entry.segment));
  }

  /** The rows were sent and have not arrived. */
  notArrived(rows: readonly QueuedRow[]): void {
    this.#note(Kind.kept, rows, (segment, number) => segment.table.setUnsure(number, false));
  }

  /**
   * Memory gives the row up; it is sent again from disk.
   * @returns where it is now
   */
  keep(row: QueuedRow): 'disk' | 'memory' | 'nowhere' {
    if (this.#keepOnDisk(row)) return 'disk';
    const size = row.bytes.byteLength;
    if (this.#ringBytes + size > MAX_RING_BYTES) {
      this.#diagnostics.report(
        'error',
        'spool_full',
        `the disk of ${this.folder} takes nothing and the memory in its place is full; rows are dropped and counted`,
      );
      return 'nowhere';
    }
    this.#ring.push(row);
    this.#ringBytes += size;
    this.onKept();
    return 'memory';
  }

  #keepOnDisk(row: QueuedRow): boolean {
    const { entry } = row;
    if (
      entry !== undefined &&
      entry.segment === this.#taken &&
      !entry.segment.table.hasRow(entry.number)
    ) {
      // What it was made of is there.
      this.#interrupted.push(row);
      return true;
    }
    const isFree = this.#ringBytes + row.bytes.byteLength <= MAX_RING_BYTES;
    if (this.#slow.isSlow && isFree && !this.#isLeaving) return false;
    const isThere =
      entry !== undefined && !entry.segment.isGone && entry.segment.table.hasRow(entry.number);
    const kept = isThere ? entry : this.append(entry, row);
    if (kept === undefined) return false;
    kept.segment.table.set(kept.number, State.kept);
    kept.segment.table.setUnsure(kept.number, row.arrival === 'unknown');
    this.onKept();
    return true;
  }

  /** Sets a row aside that the platform refuses. @returns whether that was possible */
  quarantine(row: QueuedRow): boolean {
    try {
      this.#otherBytes += this.#quarantine.add(row);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** The next rows to be sent again, oldest first; undefined where there are none. */
  async next(): Promise<Replayable | undefined> {
    if (this.#ring.length > 0) {
      const rows = this.#ring.splice(0, 100);
      for (const row of rows) this.#ringBytes -= row.bytes.byteLength;
      return { rows, ledger: this.#ledger, isFromMemory: true };
    }
    // What others have left is older than what is ours.
    const taken = await this.#nextTaken();
    if (taken !== undefined) return taken;
    for (const segment of this.#own) {
      if (segment.isGone || segment.kept === 0) continue;
      const rows = await this.#read(segment, this.#ledger);
      if (rows.length > 0) return { rows, ledger: this.#ledger, isFromMemory: false };
    }
    return undefined;
  }

  /** Looks for segments whose owner has died, and takes the oldest over. */
  async adopt(): Promise<boolean> {
    if (this.#taken !== undefined) return true;
    const now = Date.now();
    for (const name of segmentsIn(this.#files, this.folder)) {
      if (name.owner === this.#owner || this.#newer.has(name.id)) continue;
      if (!isOrphan(this.#files, this.folder, name, now)) continue;
      if (await this.#take(name)) return true;
    }
    return false;
  }

  /** Gives up what others may send from now on. */
  release(): void {
    this.#stopTimer();
    try {
      if (this.#taken !== undefined) this.#giveUp(this.#taken);
      this.#taken = undefined;
      for (const segment of [...this.#own]) {
        if (segment.table.counts[State.open] > 0) continue;
        this.#seal(segment);
        this.#giveUp(segment);
      }
      this.#forgetGone();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Writes nothing more, and leaves no listener behind. */
  forget(): void {
    this.#forgetExit?.();
    this.#forgetExit = undefined;
  }

  #giveUp(segment: Segment): void {
    if (segment.isGone) return;
    if (segment.isDone) {
      segment.remove();
      return;
    }
    segment.close();
    this.#files.rename(segment.path, this.#files.join(this.folder, nameOf(segment.id, undefined)));
  }

  async #nextTaken(): Promise<Replayable | undefined> {
    for (;;) {
      const segment = this.#taken;
      if (segment === undefined) return undefined;
      const interrupted = this.#interrupted.splice(0, 100);
      if (interrupted.length > 0) {
        return { rows: interrupted, ledger: this.adopted, isFromMemory: false };
      }
      const rows = segment.kept === 0 ? [] : await this.#read(segment, this.adopted);
      if (rows.length > 0) return { rows, ledger: this.adopted, isFromMemory: false };
      // Rows that could not even be read stay where they are.
      if (segment.isDone) segment.remove();
      else this.#giveUp(segment);
      if (this.#taken === segment) this.#taken = undefined;
      if (!(await this.adopt())) return undefined;
    }
  }

  /** From now on the rows are under way. */
  async #read(segment: Segment, ledger: Ledger): Promise<readonly QueuedRow[]> {
    try {
      const { rows, damaged } = await segment.readKept(REPLAY_WINDOW_BYTES);
      for (const { entry } of rows) if (entry !== undefined) this.setHeld(entry);
      this.#lost(segment, damaged, ledger);
      return rows;
    } catch (error) {
      this.#failed(error);
      return [];
    }
  }

  /** Rows that could not be read back. */
  #lost(segment: Segment, count: number, ledger: Ledger): void {
    if (count <= 0) return;
    ledger.spooled -= count;
    ledger.drop('spool_damaged', count);
    this.#diagnostics.report(
      'error',
      'spool_damaged',
      `${count} rows of ${segment.path} cannot be read back and are lost`,
    );
  }

  async #take(name: SegmentName): Promise<boolean> {
    try {
      const modifiedMs = this.#files.look(
        this.#files.join(this.folder, nameOf(name.id, name.owner)),
      )?.modifiedMs;
      const path = claim(this.#files, this.folder, name, this.#owner);
      if (path === undefined) return false;
      this.#measureOthers();
      const { segment, interrupted, damages, isNewer } = await recover(this.#files, path, name);
      if (isNewer) {
        this.#newer.add(name.id);
        this.#giveUp(segment);
        this.#diagnostics.report(
          'warn',
          'spool_newer',
          `${path} was written by a newer version of this library, and is left to it`,
        );
        return false;
      }
      await this.#setDamagesAside(segment, damages);
      for (const [number, start] of interrupted) {
        const row = interruptedRow(start, modifiedMs ?? Date.now(), { segment, number });
        if (row === undefined) segment.table.set(number, State.done);
        // Its process may have been killed between two words about it.
        else this.#interrupted.push(Object.assign(row, { arrival: 'unknown' as const }));
      }
      const rows = segment.kept + this.#interrupted.length;
      if (Date.now() - name.createdMs > this.#config.maxAgeMs) {
        this.#interrupted.length = 0;
        segment.remove();
        this.adoptedRows += rows;
        this.adopted.drop('spool_expired', rows);
        return false;
      }
      if (rows === 0) {
        segment.remove();
        return false;
      }
      this.adoptedRows += rows;
      this.adopted.spooled += rows;
      this.#taken = segment;
      this.#tickLater();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async #setDamagesAside(
    segment: Segment,
    damages: readonly { readonly offset: number; readonly end: number }[],
  ): Promise<void> {
    for (const { offset, end } of damages.slice(0, 100)) {
      const bytes = new Uint8Array(Math.min(end - offset, MAX_SEGMENT_BYTES));
      await this.#files.read(segment.file, bytes, offset);
      this.#quarantine.addBytes(bytes);
    }
    if (damages.length === 0) return;
    this.#diagnostics.report(
      'error',
      'spool_damaged',
      `${segment.path} is damaged in ${damages.length} places; the bytes are in ${this.#quarantine.path}, all else is sent`,
    );
  }

  #note(
    kind: Kind,
    rows: readonly { readonly entry?: SpoolEntry | undefined }[],
    change: (segment: Segment, number: number) => void,
  ): void {
    const bySegment = new Map<Segment, number[]>();
    for (const { entry } of rows) {
      if (entry === undefined || entry.segment.isGone) continue;
      change(entry.segment, entry.number);
      const numbers = bySegment.get(entry.segment);
      if (numbers === undefined) bySegment.set(entry.segment, [entry.number]);
      else numbers.push(entry.number);
    }
    for (const [segment, numbers] of bySegment) {
      try {
        segment.note(kind, numbers);
        this.#syncLater();
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** Writes to the newest segment, where the disk can be written to. */
  #try<R>(write: (segment: Segment) => R): R | undefined {
    if (this.#notBefore > 0 && performance.now() < this.#notBefore) return undefined;
    try {
      const start = performance.now();
      const result = write(this.#writable());
      const end = performance.now();
      this.#slow.took(end - start, end);
      this.#notBefore = 0;
      this.#syncLater();
      return result;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #writable(): Segment {
    const active = this.#active;
    if (active !== undefined && !active.isGone && active.bytes < this.#segmentBytes) return active;
    if (active !== undefined) this.#seal(active);
    this.#evict();
    const createdMs = Date.now();
    const id = newSegmentId(createdMs);
    this.#files.prepare(this.folder);
    const path = this.#files.join(this.folder, nameOf(id, this.#owner));
    const file = this.#files.create(path);
    const segment = new Segment(this.#files, { id, path, file, createdMs });
    this.#active = segment;
    this.#own.push(segment);
    this.#tickLater();
    return segment;
  }

  #seal(segment: Segment): void {
    segment.isSealed = true;
    if (this.#active === segment) this.#active = undefined;
  }

  #removeDone(): void {
    let isAny = false;
    for (const segment of this.#own) {
      if (!segment.isSealed || segment.isGone || !segment.isDone) continue;
      segment.remove();
      isAny = true;
    }
    if (isAny) this.#forgetGone();
  }

  #forgetGone(): void {
    for (let i = this.#own.length - 1; i >= 0; i--) {
      const segment = this.#own[i] as Segment;
      if (!segment.isGone) continue;
      this.#own.splice(i, 1);
      if (this.#active === segment) this.#active = undefined;
    }
  }

  /** Where the folder is full, what is oldest goes: first of the quarantine, then of the segments. */
  #evict(): void {
    const room = this.#segmentBytes;
    if (this.bytes + room <= this.#config.maxBytes) return;
    this.#measureOthers();
    while (this.bytes + room > this.#config.maxBytes) {
      const freed = this.#quarantine.removeOldest();
      if (freed > 0) {
        this.#otherBytes -= freed;
        continue;
      }
      const oldest = this.#own.find((segment) => !segment.isGone);
      if (oldest === undefined) return;
      this.#giveAway(oldest, 'spool_full');
    }
  }

  /** Deletes a segment of ours with all that waits in it. */
  #giveAway(segment: Segment, reason: string): void {
    const count = segment.kept;
    this.#seal(segment);
    segment.remove();
    this.#forgetGone();
    this.#ledger.spooled -= count;
    this.#ledger.drop(reason, count);
    if (count === 0) return;
    this.#diagnostics.report(
      'error',
      `lost_${reason}`,
      `${count} rows were deleted from ${this.folder}: it keeps ${this.#config.maxBytes} bytes and ${this.#config.maxAgeMs} ms, the newest first`,
    );
  }

  #measureOthers(): void {
    const own = new Set(this.#own.map(({ path }) => path));
    let bytes = 0;
    for (const folder of [this.folder, this.#quarantine.path]) {
      for (const name of this.#files.list(folder)) {
        const path = this.#files.join(folder, name);
        if (!own.has(path) && path !== this.#taken?.path)
          bytes += this.#files.look(path)?.bytes ?? 0;
      }
    }
    this.#otherBytes = bytes;
  }

  #failed(error: unknown): void {
    this.#notBefore = performance.now() + RETRY_DISK_MS;
    if (this.#active !== undefined) this.#seal(this.#active);
    this.#diagnostics.report(
      'error',
      'spool_failed',
      `cannot write to ${this.folder}; rows wait in memory until that works again`,
      error,
    );
  }

  #syncLater(): void {
    if (this.#config.durability !== 'fsync' || this.#syncTimer !== undefined) return;
    this.#outside(() => {
      this.#syncTimer = unref(setTimeout(() => this.#sync(), SYNC_MS));
    });
  }

  /** One for all that was written meanwhile, and off this thread. */
  #sync(): void {
    this.#syncTimer = undefined;
    for (const segment of this.#own) {
      if (!segment.isDirty || segment.isGone) continue;
      segment.isDirty = false;
      this.#files.sync(segment.file).catch((error: unknown) => {
        if (!segment.isGone) this.#failed(error);
      });
    }
  }

  #tickLater(): void {
    if (this.#timer !== undefined) return;
    this.#outside(() => {
      this.#timer = unref(setTimeout(() => this.#tick(), TICK_MS));
    });
  }

  #tick(): void {
    this.#timer = undefined;
    try {
      this.#look();
      this.#removeDone();
    } catch (error) {
      this.#failed(error);
    }
    if (this.#own.length > 0 || this.#taken !== undefined) this.#tickLater();
  }

  /** Segments whose file was deleted come back; those of which nothing is left to do go; the others show a living owner. */
  #look(): void {
    const isTouched = ++this.#ticks % TOUCH_EVERY_TICKS === 0;
    const oldest = Date.now() - this.#config.maxAgeMs;
    for (const segment of [...this.#own, ...(this.#taken === undefined ? [] : [this.#taken])]) {
      if (segment.isGone) continue;
      if (!this.#files.isLinked(segment.file)) this.#restore(segment);
      else if (segment.createdMs < oldest && this.#own.includes(segment))
        this.#giveAway(segment, 'spool_expired');
      else if (isTouched) this.#touch(segment);
    }
    const active = this.#active;
    if (active?.isDone && active.bytes > 0 && isTouched) this.#seal(active);
  }

  #touch(segment: Segment): void {
    try {
      this.#files.touch(segment.path);
    } catch {
      // Somebody has taken it over: that is found before its rows are sent.
    }
  }

  #restore(segment: Segment): void {
    if (segment.isDone) {
      this.#seal(segment);
      segment.close();
      this.#forgetGone();
      return;
    }
    this.#files.prepare(this.folder);
    restored(this.#files, segment);
    this.#diagnostics.report(
      'warn',
      'spool_deleted',
      `${segment.path} was deleted while in use, and was written again`,
    );
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#syncTimer);
    this.#timer = this.#syncTimer = undefined;
  }

  #atExit(): void {
    this.#notBefore = 0;
    this.#isLeaving = true;
    this.beforeExit();
    for (const row of this.#ring.splice(0)) this.#keepOnDisk(row);
    this.#writeStarts();
    for (const segment of this.#own) if (segment.isDone) segment.remove();
  }
}
