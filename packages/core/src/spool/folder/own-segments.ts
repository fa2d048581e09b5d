/** The segments that this process writes, oldest first. */

import { monotonicMs, wallClockMs } from '../../platform/clock.js';
import type { SpoolFiles } from '../../platform/spool-files.js';
import type { Ledger } from '../../publish/counts/ledger.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import { fitsFrame } from '../segment/payloads.js';
import { Segment, type SegmentFacts } from '../segment/segment.js';
import { nameOf, newSegmentId } from '../segment/segment-names.js';
import type { SegmentPosition } from '../segment/segment-position.js';
import type { AdoptedSegments } from './adopted-segments.js';
import { type Maintenance, RECHECK_MS } from './lease.js';
import type { SpoolFolder } from './spool-folder.js';
import { type OwnFiles, SpoolSpace } from './spool-space.js';

/** When this number of traces has started, their `start` frames are written at once, not at the end of the turn. */
const MAX_STARTS = 16;

/** What own segments need. */
export interface OwnSegmentsOptions {
  readonly folder: SpoolFolder;
  /** Their bytes count as well when space is made for a segment. */
  readonly adopted: AdoptedSegments;
  /** Counts the rows of this process. */
  readonly ledger: Ledger;
  /** Runs a function outside any request's scope. */
  readonly runDetached: (fn: () => void) => void;
}

/** The own segments of one spool folder. */
export class OwnSegments implements OwnFiles {
  /** The space that they and all other files of the folder take. */
  readonly space: SpoolSpace;
  readonly #folder: SpoolFolder;
  readonly #ledger: Ledger;
  readonly #runDetached: (fn: () => void) => void;
  readonly #all: Segment[] = [];
  /** The segment in which the next trace starts, unless it is full or the disk has failed since; undefined if it is sealed. */
  #newest: Segment | undefined;
  /** How often the disk had failed when the newest segment was created. */
  #failuresBefore = 0;
  /** When to check again whether another process has adopted the files, in epoch milliseconds. None can have before. */
  #recheckAt = 0;
  /** Whether `start` frames will be written at the end of this turn. */
  #writesStartsLater = false;

  constructor({ folder, adopted, ledger, runDetached }: OwnSegmentsOptions) {
    this.#folder = folder;
    this.#ledger = ledger;
    this.#runDetached = runDetached;
    this.space = new SpoolSpace({ folder, adopted, own: this, runDetached });
  }

  [Symbol.iterator](): Iterator<Segment> {
    return this.#all[Symbol.iterator]();
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  get paths(): readonly string[] {
    return this.#all.map(({ path }) => path);
  }

  get bytes(): number {
    let bytes = 0;
    for (const segment of this.#all) bytes += segment.bytes;
    return bytes;
  }

  get finalBytes(): number {
    return this.bytes - (this.#active?.bytes ?? 0);
  }

  /** The newest segment; undefined if it is sealed. A failure of the disk seals it, since another file may still be writable. */
  get #active(): Segment | undefined {
    return this.#failuresBefore === this.#folder.failures ? this.#newest : undefined;
  }

  /**
   * Adds a trace that has started. Its `start` frame is written at the end of the turn, together with others.
   * @returns its position; undefined if writing is paused or failed
   */
  addStart(text: string): SegmentPosition | undefined {
    if (this.#folder.isPaused) return undefined;
    let segment: Segment;
    let number: number;
    try {
      segment = this.#writable();
      number = segment.addStart(text);
    } catch (error) {
      this.#folder.pauseAfterFailure(error);
      return undefined;
    }
    if (segment.starts >= MAX_STARTS) {
      this.writeStarts();
    } else if (!this.#writesStartsLater) {
      this.#writesStartsLater = true;
      this.#runDetached(() =>
        this.#folder.files.atTurnEnd(() => {
          this.#writesStartsLater = false;
          this.writeStarts();
        }),
      );
    }
    return { segment, number };
  }

  /** Writes what is known of an open trace by now. */
  writeProgress({ segment, number }: SegmentPosition, text: string): void {
    if (this.#folder.isPaused || segment.isClosed) return;
    try {
      segment.writeProgress(number, text);
    } catch (error) {
      this.#folder.pauseAfterFailure(error);
    }
  }

  /**
   * Writes the current row of a trace, which stays open, and measures how long the disk takes.
   * @param position the trace's position; undefined if nothing was written of it
   * @returns its position; undefined if writing is paused or failed, or if the row is too long
   */
  append(position: SegmentPosition | undefined, row: QueuedRow): SegmentPosition | undefined {
    const folder = this.#folder;
    // A row that is too long could not be read back, and waits in memory.
    if (!fitsFrame(row) || folder.isPaused) return undefined;
    try {
      const segment = this.#writable();
      const start = monotonicMs();
      const written = this.#append(segment, position, row);
      const end = monotonicMs();
      folder.slowDisk.addWrite(end - start, end);
      folder.resume();
      return written;
    } catch (error) {
      folder.pauseAfterFailure(error);
      return undefined;
    }
  }

  #append(newest: Segment, position: SegmentPosition | undefined, row: QueuedRow): SegmentPosition {
    if (position?.segment.isAdoptedByOther(position.number)) return position;
    // The segment in which the trace began may have been deleted to make space.
    if (position !== undefined && !position.segment.isClosed) {
      try {
        position.segment.appendRow(position.number, row);
        return position;
      } catch (error) {
        if (position.segment === newest) throw error;
        // Another file may still be writable.
        this.#folder.reportFailure(error);
      }
    }
    const number = newest.appendNewRow(row);
    if (position !== undefined) this.#finishFormer(position);
    return { segment: newest, number };
  }

  /** Finishes the trace in its former segment, since another segment has its row now. */
  #finishFormer({ segment, number }: SegmentPosition): void {
    try {
      segment.finishTraces([number]);
    } catch (error) {
      this.#folder.reportFailure(error);
    }
  }

  /** Closes the segments that another process has adopted, which counts their rows. */
  closeAdoptedByOther(): void {
    for (const segment of this.#all) {
      const { spooledRows } = segment;
      if (!this.#folder.closeAdoptedByOther(segment)) continue;
      this.#ledger.dropSpooled('taken_over', spooledRows);
    }
    this.#forgetClosed();
  }

  /** Closes segments that another process has adopted, and rewrites deleted files. */
  #recheckFiles(): void {
    this.#recheckAt = wallClockMs() + RECHECK_MS;
    this.closeAdoptedByOther();
    for (const segment of this.#all) {
      if (segment.isLinked) continue;
      this.#folder.rewriteDeleted(segment);
      // Rows of a rewritten file are looked up before they are sent. Later rows go to a new file, which needs no lookups.
      this.#seal(segment);
    }
    this.#forgetClosed();
  }

  /** Writes the `start` frames of traces. */
  writeStarts(): void {
    for (const segment of this.#all) {
      if (segment.starts === 0 || segment.isClosed) continue;
      try {
        segment.writeStarts();
      } catch (error) {
        this.#folder.pauseAfterFailure(error);
      }
    }
  }

  /** Checks the files once a second. */
  maintain({ renewsLease }: Maintenance): void {
    const { config } = this.#folder;
    const oldest = wallClockMs() - config.maxAgeMs;
    this.#recheckFiles();
    for (const segment of [...this.#all]) {
      if (segment.createdMs < oldest) this.#drop(segment, 'spool_expired');
      // The time of the file is the last sign of life that the rows of open traces have.
      else if (renewsLease || segment.openTraces > 0) this.#folder.touch(segment);
    }
    this.#forgetClosed();
    const active = this.#active;
    if (active?.isDone && active.bytes > 0 && renewsLease) this.#seal(active);
    this.removeDone();
  }

  /** Deletes segments whose traces are all finished, except the one in which the next trace starts. */
  removeDone(): void {
    let isAny = false;
    const active = this.#active;
    for (const segment of this.#all) {
      if (segment === active || segment.isClosed || !segment.isDone) continue;
      this.#folder.remove(segment);
      isAny = true;
    }
    if (isAny) this.#forgetClosed();
  }

  /** Releases the segments without open traces. */
  release(): void {
    for (const segment of [...this.#all]) {
      if (segment.openTraces > 0) continue;
      this.#seal(segment);
      this.#folder.release(segment);
    }
    this.#forgetClosed();
  }

  /** Removes closed segments from the list. */
  #forgetClosed(): void {
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const segment = this.#all[i] as Segment;
      if (!segment.isClosed) continue;
      this.#all.splice(i, 1);
      this.#seal(segment);
    }
  }

  /** The segment in which the next trace starts: the newest, or a new one. */
  #writable(): Segment {
    // The process may have been suspended, so that no timer has checked the files.
    if (wallClockMs() > this.#recheckAt) this.#recheckFiles();
    const active = this.#active;
    const { files, path: folder, owner, syncs, fullBytes } = this.#folder;
    if (active !== undefined && !active.isClosed && active.bytes < fullBytes) return active;
    this.sealNewest();
    this.space.freeNow();
    files.prepare(folder, { syncs });
    const segment = new Segment(files, newFile(files, folder, owner));
    this.#newest = segment;
    this.#failuresBefore = this.#folder.failures;
    this.#all.push(segment);
    this.space.freeLater();
    return segment;
  }

  /** Makes the next trace start in a new segment. */
  sealNewest(): void {
    this.#newest = undefined;
  }

  #seal(segment: Segment): void {
    if (this.#newest === segment) this.sealNewest();
  }

  dropOldest(): boolean {
    const oldest = this.#all.find((segment) => !segment.isClosed);
    if (oldest === undefined) return false;
    this.#drop(oldest, 'spool_full');
    return true;
  }

  /** Deletes a segment with its waiting rows, which count as dropped. */
  #drop(segment: Segment, reason: 'spool_full' | 'spool_expired'): void {
    const count = segment.spooledRows;
    this.#folder.remove(segment);
    this.#forgetClosed();
    this.#ledger.dropSpooled(reason, count);
    this.#folder.reportLost(reason, count);
  }
}

/** Creates a segment file, with its identity in its name, by which copies are recognised. */
function newFile(files: SpoolFiles, folder: string, owner: string): SegmentFacts {
  const createdMs = wallClockMs();
  const provisional = files.join(folder, nameOf(newSegmentId(createdMs), owner));
  const file = files.create(provisional);
  try {
    const id = newSegmentId(createdMs, files.identityOf(file));
    const path = files.join(folder, nameOf(id, owner));
    if (!files.rename(provisional, path)) throw new Error(`${provisional} was removed or renamed`);
    return { id, path, file, createdMs };
  } catch (error) {
    files.closeFile(file);
    files.remove(provisional);
    throw error;
  }
}
