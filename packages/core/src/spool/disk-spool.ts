/**
 * The spool on disk: a write-ahead log of traces that are not delivered. A trace is written at its start, before the end of its
 * response, and at its own end. The log has segments of this process, and those that it adopted from dead ones.
 */

import type { Diagnostics } from '../diagnostics/diagnostics.js';
import type { SpoolFiles } from '../platform/spool-files.js';
import type { Ledger } from '../publish/counts/ledger.js';
import type { QueuedRow } from '../publish/row/queued-row.js';
import { rowOf } from '../publish/row/row.js';
import type { ReplayHandle, ReplayOptions, Spool, SpooledTrace } from '../publish/spool.js';
import type { DropReason } from '../publish/transport/drop-reason.js';
import type { RowDelivery, RowTransport } from '../publish/transport/row-transport.js';
import type { Redactor } from '../values/redaction/redactor.js';
import { AdoptedSegments } from './folder/adopted-segments.js';
import { OwnSegments } from './folder/own-segments.js';
import { readBack } from './folder/read-back.js';
import { SpoolFolder } from './folder/spool-folder.js';
import type { SpoolConfig } from './folder/spool-options.js';
import type { SpoolSpace } from './folder/spool-space.js';
import { Upkeep } from './folder/upkeep.js';
import { progressText, startText } from './segment/interrupted-row.js';
import type { Segment } from './segment/segment.js';
import {
  type InSpool,
  isAdoptedByOther,
  numbersBySegment,
  positionOf,
  type SegmentPosition,
} from './segment/segment-position.js';
import { Replay, type Replayable, type WaitingRows } from './sending/replay.js';
import { type RowKeeper, withKeeping } from './sending/with-keeping.js';
import { type SendLog, withSendLog } from './sending/with-send-log.js';
import { UnwrittenRows } from './unwritten-rows.js';

/** What a spool needs of its destination. */
export interface OpenSpoolOptions {
  readonly diagnostics: Diagnostics;
  /** Counts the rows of this process. */
  readonly ledger: Ledger;
  /** Masks names. */
  readonly redactor: Redactor;
  /** Runs a function outside any request's scope. */
  readonly runDetached: (fn: () => void) => void;
}

export interface DiskSpoolOptions extends OpenSpoolOptions {
  readonly config: SpoolConfig;
  readonly files: SpoolFiles;
  /** Names the destination. Rows on disk are sent only to the destination that they were written for. */
  readonly address: string;
}

/** What was written of an open trace. */
interface WrittenTrace {
  readonly position: SegmentPosition | undefined;
  /** The row as it was written ahead, and the trace's revision at that time. */
  readonly row?: QueuedRow | undefined;
  readonly revision?: number | undefined;
  /** The age of the trace when its progress was written last, in milliseconds. */
  readonly progressMs?: number | undefined;
  /** The trace's `soFarRevision` at that time. */
  readonly soFarRevision?: number | undefined;
}

/** The progress of a trace is written from this age on, and then whenever its age has doubled, in milliseconds. */
const PROGRESS_MS = 100;

/** The spool of one tracer for one destination. */
export class DiskSpool implements Spool, RowKeeper, SendLog, WaitingRows {
  readonly #options: OpenSpoolOptions;
  readonly #folder: SpoolFolder;
  readonly #own: OwnSegments;
  readonly #adopted: AdoptedSegments;
  readonly #space: SpoolSpace;
  readonly #memory = new UnwrittenRows();
  /** The rows of each send that is under way. */
  readonly #inFlight = new Set<readonly QueuedRow[]>();
  readonly #upkeep: Upkeep;
  readonly #written = new WeakMap<SpooledTrace, WrittenTrace>();
  #replay: Replay | undefined;
  #isExiting = false;

  /** @throws Error if the folder is not safe, or cannot be created */
  constructor(options: DiskSpoolOptions) {
    const { ledger, runDetached } = options;
    const folder = new SpoolFolder(options);
    const adopted = new AdoptedSegments(folder);
    const own = new OwnSegments({ folder, adopted, ledger, runDetached });
    this.#options = options;
    this.#folder = folder;
    this.#adopted = adopted;
    this.#own = own;
    this.#upkeep = new Upkeep({ folder, own, adopted, runDetached });
    this.#space = own.space;
    this.#space.measure();
    this.#space.freeLater();
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** Bytes on disk, of all processes, approximately. */
  get bytes(): number {
    return this.#space.bytes;
  }

  /** Bytes of rows in memory that could not be written to disk. */
  get memoryBytes(): number {
    return this.#memory.bytes;
  }

  /** Counts the rows that this process adopted from dead processes. */
  get adopted(): Ledger {
    return this.#adopted.ledger;
  }

  get adoptedRows(): number {
    return this.#adopted.found;
  }

  /** Whether rows are written before the last bytes of their responses. */
  get #writesAhead(): boolean {
    return this.#folder.config.mode === 'wal' && !this.#folder.slowDisk.isSlow;
  }

  recordStart(trace: SpooledTrace): void {
    if (!this.#writesAhead) return;
    const position = this.#own.addStart(startText(trace, this.#options.redactor));
    this.#upkeep.start();
    if (position !== undefined) this.#written.set(trace, { position });
  }

  recordProgress(trace: SpooledTrace): void {
    const written = this.#written.get(trace);
    if (written?.position === undefined || written.row !== undefined || !this.#writesAhead) return;
    const { endMs: ageMs } = trace;
    const { position, progressMs = PROGRESS_MS / 2 } = written;
    if (ageMs < 2 * progressMs || trace.soFarRevision === written.soFarRevision) return;
    const text = progressText(trace, this.#options.redactor);
    this.#own.writeProgress(position, text);
    const { soFarRevision } = trace;
    this.#written.set(trace, { position, progressMs: ageMs, soFarRevision });
  }

  writeAhead(trace: SpooledTrace): void {
    if (!this.#writesAhead) return;
    const row = rowOf(trace, this.#options.redactor);
    const { revision } = trace;
    const before = this.#written.get(trace)?.position;
    this.#written.set(trace, { position: this.#append(before, row) ?? before, row, revision });
  }

  writeRow(trace: SpooledTrace): QueuedRow {
    const written = this.#written.get(trace);
    this.#written.delete(trace);
    if (written?.row !== undefined && written.revision === trace.revision) {
      return this.#queued(written.row, written.position);
    }
    const row = rowOf(trace, this.#options.redactor);
    const before = written?.position;
    const position = this.#writesAhead ? this.#append(before, row) : undefined;
    // The row on disk is not this one: it is written again if the row has to be kept.
    if (position === undefined) before?.segment.forgetRow(before.number);
    return this.#queued(row, position ?? before);
  }

  #queued(row: QueuedRow, position: SegmentPosition | undefined): QueuedRow {
    position?.segment.setQueued(position.number);
    row.setPosition(position);
    return row;
  }

  discard(trace: SpooledTrace): void {
    const written = this.#written.get(trace);
    if (written !== undefined) this.#recordFinished([written]);
  }

  #append(before: SegmentPosition | undefined, row: QueuedRow): SegmentPosition | undefined {
    const written = this.#own.append(before, row);
    this.#upkeep.start();
    return written;
  }

  withSendLog(transport: RowTransport): RowTransport {
    return withSendLog(transport, this);
  }

  withKeeping(transport: RowTransport): RowTransport {
    return withKeeping(transport, this);
  }

  replay(options: ReplayOptions): ReplayHandle {
    const { runDetached, diagnostics } = this.#options;
    this.#replay = new Replay(this, { ...options, runDetached, diagnostics });
    return this.#replay;
  }

  addInFlight(rows: readonly QueuedRow[]): void {
    this.#inFlight.add(rows);
  }

  removeInFlight(rows: readonly QueuedRow[]): void {
    this.#inFlight.delete(rows);
  }

  /** Marks rows as finished: they were delivered, or are in the quarantine. */
  finish(rows: readonly QueuedRow[]): void {
    for (const row of rows) row.finish();
    this.#recordFinished(rows);
  }

  /** Marks traces as finished. */
  #recordFinished(traces: readonly InSpool[]): void {
    this.#recordForAll(traces, (segment, numbers) => segment.finishTraces(numbers));
    this.#own.removeDone();
  }

  rowsThatMayHaveArrived(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    const segments = new Set(rows.map((row) => positionOf(row)?.segment));
    for (const each of segments) {
      if (each?.isClosed !== false || !each.mayHaveArrived) segments.delete(each);
    }
    return segments.size === 0 ? [] : rows.filter((row) => segments.has(positionOf(row)?.segment));
  }

  beginSend(rows: readonly QueuedRow[]): readonly QueuedRow[] {
    this.#own.closeAdoptedByOther();
    this.#adopted.closeAdoptedByOther();
    this.#recordForAll(rows, (segment, numbers) => segment.recordSent(numbers));
    return notAdoptedByOther(rows);
  }

  recordNotArrived(rows: readonly QueuedRow[]): void {
    this.#recordForAll(rows, (segment, numbers) => segment.recordNotArrived(numbers));
  }

  /** Calls `record` with each segment and the numbers of its traces. */
  #recordForAll(
    rows: readonly InSpool[],
    record: (segment: Segment, numbers: readonly number[]) => void,
  ): void {
    for (const [segment, numbers] of numbersBySegment(rows)) {
      try {
        record(segment, numbers);
      } catch (error) {
        // Another file may still be writable.
        this.#folder.reportFailure(error);
      }
    }
    this.#upkeep.start();
  }

  /** Keeps the rows on disk or in memory. Rows that fit in neither are lost. */
  keepAll(rows: readonly QueuedRow[], error?: unknown): RowDelivery {
    const ours = notAdoptedByOther(rows);
    const counts = { disk: 0, memory: 0, nowhere: 0 };
    for (const row of ours) counts[this.#keep(row)]++;
    const { disk: spooled, memory, nowhere } = counts;
    const lost: Partial<Record<DropReason, number>> = {};
    if (nowhere > 0) lost.spool_full = nowhere;
    if (ours !== rows) lost.taken_over = rows.length - ours.length;
    return { delivered: 0, lost, spooled, held: memory, error };
  }

  importRow(row: QueuedRow): boolean {
    return this.#keepOnDisk(row);
  }

  /** Keeps a row to be sent again. @returns where it is now */
  #keep(row: QueuedRow): 'disk' | 'memory' | 'nowhere' {
    if (this.#keepOnDisk(row)) return 'disk';
    if (!this.#memory.hasRoomFor(row)) {
      this.#options.diagnostics.report(
        'error',
        'spool_full',
        `the disk of ${this.folder} cannot be written to and the memory in its place is full; rows are dropped and counted`,
      );
      return 'nowhere';
    }
    this.#memory.put(row);
    this.#replay?.wakeSoon();
    return 'memory';
  }

  /** Keeps a row on disk to be sent again. @returns whether that succeeded */
  #keepOnDisk(row: QueuedRow): boolean {
    if (this.#adopted.putBack(row)) return true;
    const before = positionOf(row);
    const position = isOnDisk(row) ? before : this.#appendToKeep(before, row);
    if (position === undefined) return false;
    row.setPosition(position);
    // Also for a row that is known to have arrived, which is not recorded on disk: it is looked up again.
    position.segment.setSpooled(position.number, row.mayHaveArrived);
    this.#replay?.wakeSoon();
    return true;
  }

  /** Writes a row that is to be sent again, unless it can wait in memory for a slow disk. */
  #appendToKeep(before: SegmentPosition | undefined, row: QueuedRow): SegmentPosition | undefined {
    const waits = this.#folder.slowDisk.isSlow && !this.#isExiting && this.#memory.hasRoomFor(row);
    return waits ? undefined : this.#append(before, row);
  }

  async quarantine(row: QueuedRow): Promise<boolean> {
    const { quarantine } = this.#folder;
    try {
      const ledger = this.#adopted.hasRow(row) ? this.adopted : this.#options.ledger;
      this.#space.addBytes(quarantine.add(row, ledger));
      await quarantine.sync();
      // With 'failure-only' or a slow disk, there may be no new segment that makes room.
      this.#space.freeLater();
      return true;
    } catch (error) {
      this.#folder.pauseAfterFailure(error);
      return false;
    }
  }

  async next(): Promise<Replayable | undefined> {
    const { ledger } = this.#options;
    this.#own.closeAdoptedByOther();
    const inMemory = this.#memory.lend();
    // They count as queued until they are kept again.
    for (const row of inMemory) ledger.requeueFromMemory(row.byteLength);
    if (inMemory.length > 0) return { rows: inMemory, ledger, isFromMemory: true };
    // Rows of dead processes are older than own ones.
    while (await this.#adopt()) {
      const rows = await this.#adopted.next();
      if (rows.length > 0) return { rows, ledger: this.adopted, isFromMemory: false };
    }
    // A copy, since segments may be removed from the list while one is read.
    for (const segment of [...this.#own]) {
      if (segment.isClosed || segment.spooledRows === 0) continue;
      const rows = await readBack(this.#folder, segment, ledger);
      if (rows.length > 0) return { rows, ledger, isFromMemory: false };
    }
    return undefined;
  }

  /** Adopts the oldest segment of a dead process, unless one is being sent. @returns whether there is one */
  async #adopt(): Promise<boolean> {
    if (this.#adopted.segment !== undefined) return true;
    // Otherwise an own segment that another process adopted could be found again.
    this.#own.closeAdoptedByOther();
    if (!(await this.#adopted.adopt())) return false;
    this.#space.measure();
    this.#upkeep.start();
    return true;
  }

  release(): void {
    try {
      // A replay that goes on needs the files: it would adopt released ones again, and send their rows twice.
      if (this.#replay?.isStopped === false) {
        this.#own.sealNewest();
        this.#own.removeDone();
      } else {
        this.#adopted.release();
        this.#own.release();
      }
      // Segments of open traces stay owned: their leases are still renewed.
      if (this.#own.isEmpty && this.#adopted.segment === undefined) this.#upkeep.stop();
      this.#folder.quarantine.close();
    } catch (error) {
      this.#folder.pauseAfterFailure(error);
    }
  }

  keepRowsAtExit(queuedRows: () => Iterable<QueuedRow>): () => void {
    const unregister = this.#folder.files.onExit(() => this.#keepAtExit(queuedRows));
    return () => {
      // Rows that are in memory alone have nothing but the exit.
      if (this.#memory.bytes + this.#inFlight.size === 0) unregister();
    };
  }

  #keepAtExit(queuedRows: () => Iterable<QueuedRow>): void {
    this.#folder.resume();
    this.#isExiting = true;
    this.#space.markExiting();
    for (const rows of this.#inFlight) for (const row of rows) row.setArrival('unknown');
    for (const row of queuedRows()) if (hasToBeKept(row)) this.#keep(row);
    for (const row of this.#memory.takeAll()) if (hasToBeKept(row)) this.#keepOnDisk(row);
    this.#own.writeStarts();
    for (const segment of this.#own) {
      if (segment.isDone) this.#folder.remove(segment);
      else this.#folder.syncNow(segment);
    }
    if (this.#adopted.segment !== undefined) this.#folder.syncNow(this.#adopted.segment);
  }
}

/** Whether the row is in memory alone. */
function hasToBeKept(row: QueuedRow): boolean {
  return !row.isFinished && !isOnDisk(row) && !isAdoptedByOther(row);
}

/** Whether the current row of the trace is on disk. */
function isOnDisk(row: QueuedRow): boolean {
  const position = positionOf(row);
  return (
    position !== undefined && !position.segment.isClosed && position.segment.hasRow(position.number)
  );
}

/** The rows that are not left to another process; the same array if that is all. */
function notAdoptedByOther(rows: readonly QueuedRow[]): readonly QueuedRow[] {
  return rows.some(isAdoptedByOther) ? rows.filter((row) => !isAdoptedByOther(row)) : rows;
}
