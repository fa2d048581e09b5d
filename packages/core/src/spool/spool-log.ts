/** A write-ahead log of rows that are not delivered, in segments of this process and of dead ones. */

import type { Diagnostics } from '../diagnostics/diagnostics.js';
import type { SpoolFiles } from '../platform/spool-files.js';
import type { Ledger } from '../publish/counts/ledger.js';
import type { QueuedRow, RowPosition } from '../publish/row/queued-row.js';
import type { DropReason } from '../publish/transport/drop-reason.js';
import type { RowDelivery } from '../publish/transport/row-transport.js';
import { AdoptedSegments } from './folder/adopted-segments.js';
import { OwnSegments } from './folder/own-segments.js';
import { readBack } from './folder/read-back.js';
import { SpoolFolder } from './folder/spool-folder.js';
import type { SpoolConfig } from './folder/spool-options.js';
import { Upkeep } from './folder/upkeep.js';
import { MemoryRing } from './memory-ring.js';
import { fitsFrame } from './segment/payloads.js';
import { entryOf, type Segment, type SpoolEntry } from './segment/segment.js';
import type { Replayable } from './sending/replay.js';

export interface SpoolLogOptions {
  readonly config: SpoolConfig;
  readonly files: SpoolFiles;
  /** Names the pipeline, which has a subfolder of its own, so that its rows are sent to no other. */
  readonly destination: string;
  readonly diagnostics: Diagnostics;
  /** Counts the rows of this process. */
  readonly ledger: Ledger;
  readonly runDetached: (fn: () => void) => void;
  /** Called when rows wait to be sent again. */
  readonly onKept: () => void;
}

/** Anything with a position in the spool. */
interface InSpool {
  readonly position?: RowPosition | undefined;
}

/** When this number of traces has started, their `start` frames are written at once, not at the end of the turn. */
const MAX_STARTS = 16;

/** The log of one spool folder. */
export class SpoolLog {
  readonly #folder: SpoolFolder;
  readonly #ledger: Ledger;
  readonly #runDetached: (fn: () => void) => void;
  readonly #onKept: () => void;
  readonly #own: OwnSegments;
  readonly #adopted: AdoptedSegments;
  readonly #memory = new MemoryRing();
  readonly #upkeep: Upkeep;
  #hasStarts = false;
  /** Whether the process is exiting. */
  #isExiting = false;

  /** @throws Error if the folder is not safe, or cannot be created */
  constructor(options: SpoolLogOptions) {
    const { config, files, destination, diagnostics, ledger, runDetached } = options;
    this.#ledger = ledger;
    this.#runDetached = runDetached;
    this.#onKept = options.onKept;
    this.#folder = new SpoolFolder({
      files,
      config,
      destination,
      diagnostics,
      onFailure: () => this.#own.sealNewest(),
    });
    this.#adopted = new AdoptedSegments(this.#folder, () => {
      this.#own.measureOthers();
      this.#upkeep.maintainLater();
    });
    this.#own = new OwnSegments(this.#folder, ledger, this.#adopted);
    this.#upkeep = new Upkeep({
      folder: this.#folder,
      own: this.#own,
      adopted: this.#adopted,
      runDetached,
    });
    this.#own.measureOthers();
    this.#upkeep.makeRoomLater();
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** Counts the rows that this process adopted from dead processes. */
  get adopted(): Ledger {
    return this.#adopted.ledger;
  }

  get adoptedRows(): number {
    return this.#adopted.found;
  }

  /** Bytes of rows in memory that could not be written to disk. */
  get memoryBytes(): number {
    return this.#memory.bytes;
  }

  /** Bytes on disk, of all processes, approximately. */
  get bytes(): number {
    return this.#folder.otherBytes + (this.#adopted.segment?.bytes ?? 0) + this.#own.bytes;
  }

  /** Whether rows are written before the last bytes of their responses. */
  get writesAhead(): boolean {
    return this.#folder.config.mode === 'wal' && !this.#folder.slowDisk.isSlow;
  }

  /** Records that a trace has started. @returns its position; undefined if nothing is written */
  recordStart(text: string): SpoolEntry | undefined {
    if (!this.writesAhead) return undefined;
    const { created } = this.#own;
    const entry = this.#own.use(
      (segment) => ({ segment, number: segment.addStart(text) }),
      this.#upkeep,
    );
    this.#keepUp(created, entry !== undefined);
    if (entry === undefined) return undefined;
    if (entry.segment.starts >= MAX_STARTS) {
      this.#own.writeStarts();
    } else if (!this.#hasStarts) {
      this.#hasStarts = true;
      this.#runDetached(() => this.#folder.files.atTurnEnd(() => this.#writeStarts()));
    }
    return entry;
  }

  /** Writes the `start` frames of this turn at once. */
  #writeStarts(): void {
    this.#hasStarts = false;
    this.#own.writeStarts();
  }

  /** Writes the current row of a trace, which stays open. @returns its position; undefined if writing failed */
  append(entry: SpoolEntry | undefined, row: QueuedRow): SpoolEntry | undefined {
    // It could not be read back, and waits in memory.
    if (!fitsFrame(row)) return undefined;
    return this.#write((segment) => {
      if (entry !== undefined && this.#folder.isAdoptedElsewhere(entry)) return entry;
      // The segment in which the trace began may have been deleted to make room.
      if (entry !== undefined && !entry.segment.isClosed) {
        try {
          entry.segment.appendRow(entry.number, row);
          return entry;
        } catch (error) {
          if (entry.segment === segment) throw error;
          // Another file may still be writable.
          this.#folder.reportWriteFailure(error);
        }
      }
      const number = segment.appendNewRow(row);
      if (entry !== undefined) this.#finishFormer(entry);
      return { segment, number };
    });
  }

  /** Writes to the newest own segment, and starts the upkeep that it needs after that. */
  #write(write: (segment: Segment) => SpoolEntry): SpoolEntry | undefined {
    const { created } = this.#own;
    const entry = this.#own.write(write, this.#upkeep);
    this.#keepUp(created, entry !== undefined);
    return entry;
  }

  /** Starts the upkeep after a use of the newest segment. @param created segments that there were before */
  #keepUp(created: number, hasWritten: boolean): void {
    try {
      if (this.#own.created > created) {
        this.#upkeep.maintainLater();
        this.#upkeep.makeRoomLater();
      }
      if (hasWritten) this.#upkeep.syncLater();
    } catch (error) {
      this.#folder.reportFailure(error);
    }
  }

  /** Finishes the trace in its former segment, since another segment has its row now. */
  #finishFormer({ segment, number }: SpoolEntry): void {
    try {
      segment.finishTraces([number]);
    } catch (error) {
      this.#folder.reportWriteFailure(error);
    }
  }

  /** Whether the row is on disk. */
  hasCurrent(row: QueuedRow): boolean {
    const entry = entryOf(row);
    return entry !== undefined && !entry.segment.isClosed && entry.segment.hasRow(entry.number);
  }

  /** Marks the row on disk as out of date, so that `keep` writes the trace's row again. */
  forgetRow({ segment, number }: SpoolEntry): void {
    segment.forgetRow(number);
  }

  /** Marks the row of a trace as queued in memory. */
  setQueued({ segment, number }: SpoolEntry): void {
    segment.setQueued(number);
  }

  /** Marks traces as finished: delivered, quarantined, or not to be published. */
  finish(rows: readonly InSpool[]): void {
    this.#recordForAll(rows, (segment, numbers) => segment.finishTraces(numbers));
    this.#own.removeDone();
  }

  /** Returns the rows that another process may have sent. */
  rowsThatMayHaveArrived(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    const segments = new Set(rows.map((row) => entryOf(row)?.segment));
    for (const each of segments) {
      if (each?.isClosed !== false || !this.#folder.mayHaveArrived(each)) segments.delete(each);
    }
    return segments.size === 0 ? [] : rows.filter((row) => segments.has(entryOf(row)?.segment));
  }

  /**
   * Records that rows are about to be sent.
   * @returns those that no other process has adopted
   */
  beginSend(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    this.#own.closeAdoptedElsewhere();
    this.#adopted.closeAdoptedElsewhere();
    this.#recordForAll(rows, (segment, numbers) => segment.recordSent(numbers));
    return this.#notAdoptedElsewhere(rows);
  }

  #notAdoptedElsewhere(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    const isAny = rows.some((row) => this.#folder.isAdoptedElsewhere(entryOf(row)));
    return isAny ? rows.filter((row) => !this.#folder.isAdoptedElsewhere(entryOf(row))) : rows;
  }

  /** Records that rows were sent and did not arrive. */
  notArrived(rows: readonly QueuedRow[]): void {
    this.#recordForAll(rows, (segment, numbers) => segment.recordNotArrived(numbers));
  }

  /** Keeps the rows on disk or in memory. Rows that fit in neither are lost. */
  keepAll(rows: readonly QueuedRow[], error?: unknown): RowDelivery {
    const ours = this.#notAdoptedElsewhere(rows);
    const counts = { disk: 0, memory: 0, nowhere: 0 };
    for (const row of ours) counts[this.keep(row)]++;
    const { disk: spooled, memory, nowhere } = counts;
    const lost: Partial<Record<DropReason, number>> = {};
    if (nowhere > 0) lost.spool_full = nowhere;
    if (ours !== rows) lost.taken_over = rows.length - ours.length;
    return { delivered: 0, lost, spooled, held: memory, error };
  }

  /**
   * Keeps a row to be sent again.
   * @returns where it is now
   */
  keep(row: QueuedRow): 'disk' | 'memory' | 'nowhere' {
    if (this.keepOnDisk(row)) return 'disk';
    if (!this.#memory.hasRoomFor(row)) {
      this.#folder.diagnostics.report(
        'error',
        'spool_full',
        `the disk of ${this.folder} cannot be written to and the memory in its place is full; rows are dropped and counted`,
      );
      return 'nowhere';
    }
    this.#memory.put(row);
    this.#onKept();
    return 'memory';
  }

  /** Keeps a row on disk to be sent again. @returns whether that succeeded */
  keepOnDisk(row: QueuedRow): boolean {
    if (this.#adopted.putBack(row)) return true;
    const entry = entryOf(row);
    if (this.#folder.slowDisk.isSlow && this.#memory.hasRoomFor(row) && !this.#isExiting)
      return false;
    const position = this.hasCurrent(row) ? entry : this.append(entry, row);
    if (position === undefined) return false;
    // Also for a row that is known to have arrived, which is not recorded on disk: it is looked up again.
    position.segment.setSpooled(position.number, row.mayHaveArrived);
    this.#onKept();
    return true;
  }

  /** Keeps a row that the platform refuses in the quarantine. @returns whether that succeeded */
  async quarantine(row: QueuedRow): Promise<boolean> {
    try {
      const ledger = this.#adopted.hasRow(row) ? this.adopted : this.#ledger;
      await this.#folder.quarantineRow(row, ledger);
      // With 'failure-only' or a slow disk, there may be no new segment that makes room.
      this.#upkeep.makeRoomLater();
      return true;
    } catch (error) {
      this.#folder.reportFailure(error);
      return false;
    }
  }

  /** The next rows to be sent again, the oldest first; undefined if there are none. */
  async next(): Promise<Replayable | undefined> {
    this.#own.closeAdoptedElsewhere();
    const ledger = this.#ledger;
    const inMemory = this.#memory.drain();
    // They count as queued until they are kept again.
    for (const row of inMemory) ledger.requeueFromMemory(row.byteLength);
    if (inMemory.length > 0) return { rows: inMemory, ledger, isFromMemory: true };
    // Rows of dead processes are older than own ones.
    const adoptedRows = await this.#adopted.next();
    if (adoptedRows.length > 0)
      return { rows: adoptedRows, ledger: this.adopted, isFromMemory: false };
    // A copy, since segments may be removed from the list while one is read.
    for (const segment of [...this.#own]) {
      if (segment.isClosed || segment.spooledRows === 0) continue;
      const rows = await readBack(this.#folder, segment, ledger);
      if (rows.length > 0) return { rows, ledger, isFromMemory: false };
    }
    return undefined;
  }

  /** Adopts the oldest segment of a dead process. @returns whether there is one */
  adopt(): Promise<boolean> {
    // Otherwise an own segment that another process adopted could be found again.
    this.#own.closeAdoptedElsewhere();
    return this.#adopted.adopt();
  }

  /** Deletes the own segments whose traces are all finished, the newest included. */
  removeDone(): void {
    try {
      this.#own.sealNewest();
      this.#own.removeDone();
      if (this.#own.isEmpty && this.#adopted.segment === undefined) this.#upkeep.stop();
      this.#folder.quarantine.close();
    } catch (error) {
      this.#folder.reportFailure(error);
    }
  }

  /** Releases all segments, so that other processes may adopt them and send their rows. */
  release(): void {
    try {
      this.#adopted.release();
      this.#own.release();
      // Segments of open traces stay owned: their leases are still renewed.
      if (this.#own.isEmpty) this.#upkeep.stop();
      this.#folder.quarantine.close();
    } catch (error) {
      this.#folder.reportFailure(error);
    }
  }

  /**
   * Writes rows in memory to disk at the exit of the process.
   * @param queuedRows called at the exit; returns the queued rows
   * @returns a function that removes the registration
   */
  keepRowsAtExit(queuedRows: () => Iterable<QueuedRow>): () => void {
    return this.#folder.files.onExit(() => this.#atExit(queuedRows));
  }

  /** Calls `record` with each segment and the numbers of its traces. */
  #recordForAll(
    rows: readonly InSpool[],
    record: (segment: Segment, numbers: readonly number[]) => void,
  ): void {
    const bySegment = new Map<Segment, number[]>();
    for (const row of rows) {
      const entry = entryOf(row);
      if (entry === undefined || entry.segment.isClosed) continue;
      const numbers = bySegment.get(entry.segment);
      if (numbers === undefined) bySegment.set(entry.segment, [entry.number]);
      else numbers.push(entry.number);
    }
    for (const [segment, numbers] of bySegment) {
      try {
        record(segment, numbers);
        this.#upkeep.syncLater();
      } catch (error) {
        // Another file may still be writable.
        this.#folder.reportWriteFailure(error);
      }
    }
  }

  #atExit(queuedRows: () => Iterable<QueuedRow>): void {
    this.#folder.resume();
    this.#isExiting = true;
    this.#upkeep.markExiting();
    for (const row of queuedRows()) if (!this.hasCurrent(row)) this.keep(row);
    for (const row of this.#memory.drain(Number.POSITIVE_INFINITY)) this.keepOnDisk(row);
    this.#writeStarts();
    for (const segment of this.#own) {
      if (segment.isDone) this.#folder.remove(segment);
      else this.#folder.syncNow(segment);
    }
    if (this.#adopted.segment !== undefined) this.#folder.syncNow(this.#adopted.segment);
  }
}
