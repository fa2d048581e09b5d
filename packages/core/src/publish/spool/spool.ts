/**
 * Keeps on disk what is not yet delivered: a write-ahead log in segments, of this process and of those that have died.
 * Longer than other files, since a row's place is decided here for each thing that may happen to it.
 */

import type { Diagnostics } from '../../diagnostics.js';
import type { Ledger } from '../ledger.js';
import type { QueuedRow } from '../row.js';
import type { Delivery } from '../transport.js';
import type { SpoolFiles } from './files.js';
import { SpoolFolder } from './folder.js';
import { Kind } from './frame.js';
import { InheritedSegments } from './inherited-segments.js';
import { MemoryRing } from './memory-ring.js';
import { OwnSegments } from './own-segments.js';
import { readBack } from './read-back.js';
import type { Segment, SpoolEntry } from './segment.js';
import type { SpoolConfig } from './settings.js';
import { State } from './trace-table.js';
import { Upkeep } from './upkeep.js';

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

/** What may stand in the spool. */
interface Entered {
  readonly entry?: SpoolEntry | undefined;
}

/** A turn in which many requests come may be long: of so many traces that have begun it is said before its end. */
const MAX_STARTS = 16;

export class Spool {
  readonly #folder: SpoolFolder;
  readonly #ledger: Ledger;
  readonly #outside: (fn: () => void) => void;
  readonly #own: OwnSegments;
  readonly #inherited: InheritedSegments;
  readonly #memory = new MemoryRing();
  readonly #upkeep: Upkeep;
  #hasStarts = false;
  /** The process is about to end. */
  #isLeaving = false;
  /** Is told that rows wait to be sent again. */
  onKept: () => void = () => {};
  /** At the end of the process: has what is in memory appended. */
  beforeExit: () => void = () => {};

  /** @throws Error where the folder is not to be trusted, or cannot be had */
  constructor({ config, files, destination, diagnostics, ledger, outside }: SpoolTools) {
    this.#ledger = ledger;
    this.#outside = outside;
    this.#folder = new SpoolFolder(files, config, destination, diagnostics);
    this.#own = new OwnSegments(this.#folder, ledger);
    this.#inherited = new InheritedSegments(this.#folder, () => {
      this.#own.measureOthers();
      this.#upkeep.tendLater();
    });
    this.#upkeep = new Upkeep({
      folder: this.#folder,
      own: this.#own,
      inherited: this.#inherited,
      outside,
    });
    this.#own.inherited = () => this.#inherited.segment;
    this.#own.isRoomComing = () => this.#upkeep.isMakingRoom && !this.#isLeaving;
    this.#own.onNew = () => {
      this.#upkeep.tendLater();
      this.#upkeep.makeRoomLater();
    };
    this.#own.onWrite = () => this.#upkeep.syncLater();
    this.#own.measureOthers();
    this.#upkeep.makeRoomLater();
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** Counts the rows of processes that have died, as this one takes them over. */
  get adopted(): Ledger {
    return this.#inherited.ledger;
  }

  get adoptedRows(): number {
    return this.#inherited.found;
  }

  /** Of rows that no disk took. */
  get memoryBytes(): number {
    return this.#memory.bytes;
  }

  /** On disk, of all processes, about. */
  get bytes(): number {
    return this.#folder.otherBytes + (this.#inherited.segment?.bytes ?? 0) + this.#own.bytes;
  }

  /** Whether traces are written before their answers leave. */
  get isAhead(): boolean {
    return this.#folder.config.mode === 'wal' && !this.#folder.slow.isSlow;
  }

  /** A trace begins. */
  begin(text: string): SpoolEntry | undefined {
    if (!this.isAhead) return undefined;
    const entry = this.#own.write((segment) => ({ segment, number: segment.begin(text) }));
    if (entry === undefined) return undefined;
    if (entry.segment.starts >= MAX_STARTS) {
      this.#own.writeStarts();
    } else if (!this.#hasStarts) {
      this.#hasStarts = true;
      this.#outside(() => this.#folder.files.soon(() => this.#writeStarts()));
    }
    return entry;
  }

  /** One write for the traces that began in this turn. */
  #writeStarts(): void {
    this.#hasStarts = false;
    this.#own.writeStarts();
  }

  /** Keeps the row of a trace as it is now; the trace stays open. */
  append(entry: SpoolEntry | undefined, row: QueuedRow): SpoolEntry | undefined {
    return this.#own.write((segment) => {
      if (entry !== undefined && this.#folder.isTaken(entry)) return entry;
      // To make room for it, the segment that it began in may have been deleted.
      if (entry !== undefined && !entry.segment.isGone) {
        try {
          entry.segment.appendRow(entry.number, row);
          return entry;
        } catch (error) {
          if (entry.segment === segment) throw error;
          // One file that cannot be written says nothing of the others.
          this.#folder.tell(error);
        }
      }
      const number = segment.appendNewRow(row);
      if (entry !== undefined) this.#moved(entry);
      return { segment, number };
    });
  }

  /** Another segment has the row: whoever finds the one that its trace began in must not take it for cut off. */
  #moved({ segment, number }: SpoolEntry): void {
    segment.table.set(number, State.done);
    if (segment.isGone) return;
    try {
      segment.note(Kind.done, [number]);
    } catch (error) {
      this.#folder.tell(error);
    }
  }

  /** Whether the disk has the row as it is now. */
  has({ entry }: QueuedRow): boolean {
    return entry !== undefined && !entry.segment.isGone && entry.segment.table.hasRow(entry.number);
  }

  /** The row of the trace goes on in memory, or there is to be none. */
  setHeld(entry: SpoolEntry): void {
    entry.segment.table.set(entry.number, State.held);
  }

  /** There will be no row of the trace, or it is no longer needed. */
  finish(rows: readonly Entered[]): void {
    this.#note(Kind.done, rows, (segment, number) => segment.table.set(number, State.done));
    this.#own.removeDone();
  }

  /** Those of which it cannot be known from here whether they were sent by another process. */
  doubtful(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    const segments = new Set(rows.map((row) => row.entry?.segment));
    for (const each of segments) {
      if (each?.isGone !== false || !this.#folder.isDoubtful(each)) segments.delete(each);
    }
    return segments.size === 0 ? [] : rows.filter((row) => segments.has(row.entry?.segment));
  }

  /**
   * The rows are about to be sent.
   * @returns those that are still ours: a process that was taken for dead finds its segments gone
   */
  sending(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    this.#own.leaveTaken();
    this.#inherited.leaveTaken();
    this.#note(Kind.sent, rows, (segment, number) => segment.table.setUnsure(number, true));
    return this.#ours(rows);
  }

  #ours(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    const isTaken = rows.some(({ entry }) => this.#folder.isTaken(entry));
    return isTaken ? rows.filter(({ entry }) => !this.#folder.isTaken(entry)) : rows;
  }

  /** The rows were sent and have not arrived. */
  notArrived(rows: readonly QueuedRow[]): void {
    this.#note(Kind.kept, rows, (segment, number) => segment.table.setUnsure(number, false));
  }

  /** Takes all of them, or says how many found no place. */
  keepAll(rows: readonly QueuedRow[], error?: unknown): Delivery {
    const ours = this.#ours(rows);
    const counts = { disk: 0, memory: 0, nowhere: 0 };
    for (const row of ours) counts[this.keep(row)]++;
    const { disk: spooled, memory: held, nowhere } = counts;
    const lost: Record<string, number> = {};
    if (nowhere > 0) lost.spool_full = nowhere;
    if (ours !== rows) lost.taken_over = rows.length - ours.length;
    return { delivered: 0, lost, spooled, held, error };
  }

  /**
   * Memory gives the row up; it is sent again from disk.
   * @returns where it is now
   */
  keep(row: QueuedRow): 'disk' | 'memory' | 'nowhere' {
    if (this.#keepOnDisk(row)) return 'disk';
    if (!this.#memory.hasRoomFor(row)) {
      this.#folder.diagnostics.report(
        'error',
        'spool_full',
        `the disk of ${this.folder} takes nothing and the memory in its place is full; rows are dropped and counted`,
      );
      return 'nowhere';
    }
    this.#memory.put(row);
    this.onKept();
    return 'memory';
  }

  #keepOnDisk(row: QueuedRow): boolean {
    if (this.#inherited.takesBack(row)) return true;
    const { entry } = row;
    if (this.#folder.slow.isSlow && this.#memory.hasRoomFor(row) && !this.#isLeaving) return false;
    const kept = this.has(row) ? entry : this.append(entry, row);
    if (kept === undefined) return false;
    kept.segment.table.set(kept.number, State.kept);
    // One that was found to have arrived is asked for again: nothing says so on disk.
    kept.segment.table.setUnsure(kept.number, row.arrival !== undefined);
    this.onKept();
    return true;
  }

  /** Sets a row aside that the platform refuses. @returns whether that was possible */
  quarantine(row: QueuedRow): boolean {
    try {
      this.#folder.otherBytes += this.#folder.quarantine.add(row);
      return true;
    } catch (error) {
      this.#folder.failed(error);
      return false;
    }
  }

  /** The next rows to be sent again, oldest first; undefined where there are none. */
  async next(): Promise<Replayable | undefined> {
    this.#own.leaveTaken();
    const ledger = this.#ledger;
    const held = this.#memory.drain();
    // Until they have a place again, they are under way.
    for (const row of held) ledger.queuedBytes += row.bytes.byteLength;
    if (held.length > 0) return { rows: held, ledger, isFromMemory: true };
    // What others have left is older than what is ours.
    const left = await this.#inherited.next();
    if (left.length > 0) return { rows: left, ledger: this.adopted, isFromMemory: false };
    for (const segment of this.#own) {
      if (segment.isGone || segment.kept === 0) continue;
      const rows = await readBack(this.#folder, segment, ledger);
      if (rows.length > 0) return { rows, ledger, isFromMemory: false };
    }
    return undefined;
  }

  /** Looks for segments whose owner has died, and takes the oldest over. */
  adopt(): Promise<boolean> {
    // One of ours could be among them.
    this.#own.leaveTaken();
    return this.#inherited.adopt();
  }

  /** Gives up what others may send from now on. */
  release(): void {
    this.#upkeep.stop();
    try {
      this.#inherited.giveUp();
      this.#own.giveUp();
      this.#folder.quarantine.close();
    } catch (error) {
      this.#folder.failed(error);
    }
  }

  /** Has what is in memory written at the end of the process. @returns a function that takes that back */
  holdExit(): () => void {
    return this.#folder.files.onExit(() => this.#atExit());
  }

  #note(
    kind: Kind,
    rows: readonly Entered[],
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
        this.#upkeep.syncLater();
      } catch (error) {
        // It may be this one file's alone.
        this.#folder.tell(error);
      }
    }
  }

  #atExit(): void {
    this.#folder.wakes();
    this.#isLeaving = true;
    this.beforeExit();
    for (const row of this.#memory.drain(Number.POSITIVE_INFINITY)) this.#keepOnDisk(row);
    this.#writeStarts();
    for (const segment of this.#own) if (segment.isDone) this.#folder.remove(segment);
  }
}
