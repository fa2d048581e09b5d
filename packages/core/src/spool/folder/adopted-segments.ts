/** Segments of dead processes that this process has adopted: one at a time, the oldest first. */

import { wallClockMs } from '../../platform/clock.js';
import { Ledger } from '../../publish/counts/ledger.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import { interruptedRow } from '../segment/interrupted-row.js';
import { type Recovered, recover } from '../segment/recover.js';
import type { Segment } from '../segment/segment.js';
import { nameOf, type SegmentName } from '../segment/segment-names.js';
import { positionOf, type SegmentPosition } from '../segment/segment-position.js';
import { AdoptableSegments } from './adoptable-segments.js';
import type { Maintenance } from './lease.js';
import { readBack } from './read-back.js';
import { adoptFile, releaseFile } from './segment-owner.js';
import type { SpoolFolder } from './spool-folder.js';

/** A file that is older may come from a snapshot of the whole disk, in which no file looks like a copy. */
const FRESH_MS = 3_600_000;
/** Rows returned at a time. */
const MAX_ROWS = 100;
/** Damaged ranges of one segment that are kept, and the bytes of each. */
const MAX_DAMAGES = 100;
const MAX_DAMAGE_BYTES = 8 * 1024 * 1024;
interface Adopted extends Recovered {
  /** When its process last renewed the lease, in epoch milliseconds. */
  readonly aliveMs: number;
}

/** Adopts the segments of dead processes, which become this one's, and reads their rows. */
export class AdoptedSegments {
  /** Counts the adopted rows. */
  readonly ledger = new Ledger();
  #found = 0;
  readonly #folder: SpoolFolder;
  #segment: Segment | undefined;
  /** Rows of traces that were open when their process ended. */
  readonly #interrupted: QueuedRow[] = [];
  readonly #adoptable: AdoptableSegments;
  #isReading = false;

  constructor(folder: SpoolFolder) {
    this.#folder = folder;
    this.#adoptable = new AdoptableSegments(folder);
  }

  /** Number of adopted rows. */
  get found(): number {
    return this.#found;
  }

  /** The adopted segment that is not finished. */
  get segment(): Segment | undefined {
    return this.#segment;
  }

  /** Adopts the oldest segment of a dead process. @returns whether there is one */
  async adopt(): Promise<boolean> {
    if (this.#segment !== undefined) return true;
    for (const name of this.#adoptable.list()) if (await this.#adoptSegment(name)) return true;
    return false;
  }

  /** Deletes the oldest segment of a dead process with its waiting rows. @returns whether there was one */
  async dropOldest(): Promise<boolean> {
    if (this.#dropAdopted()) return true;
    for (const name of this.#adoptable.list()) {
      const adopted = await this.#adoptFile(name);
      if (adopted === undefined) continue;
      this.#drop(adopted, 'spool_full');
      return true;
    }
    return false;
  }

  /** Counts rows of dead processes that were found and deleted at once. */
  countFoundAndDropped(reason: 'spool_full' | 'spool_expired', count: number): void {
    this.#found += count;
    this.ledger.drop(reason, count);
  }

  /** The next rows of the adopted segment; none if it is finished, or if there is none. */
  async next(): Promise<readonly QueuedRow[]> {
    const segment = this.#segment;
    if (segment === undefined) return [];
    const interrupted = this.#interrupted.splice(0, MAX_ROWS);
    if (interrupted.length > 0) return interrupted;
    this.#isReading = true;
    const rows =
      segment.spooledRows === 0 ? [] : await readBack(this.#folder, segment, this.ledger);
    this.#isReading = false;
    // Another process may have adopted the segment meanwhile, and then its rows are counted.
    if (rows.length === 0 && this.#segment === segment) this.#finish(segment);
    return rows;
  }

  /** Deletes the segment, or releases it if reading failed: then its rows stay in the file. */
  #finish(segment: Segment): void {
    if (segment.isDone) {
      this.#folder.remove(segment);
    } else {
      const { spooledRows } = segment;
      this.#folder.release(segment);
      // The process that adopts the segment next, perhaps this one, counts them again.
      this.#found -= spooledRows;
      this.ledger.releaseSpooled(spooledRows);
    }
    this.#segment = undefined;
  }

  /** Whether the row is in the adopted segment. */
  hasRow(row: QueuedRow): boolean {
    const segment = positionOf(row)?.segment;
    return segment !== undefined && segment === this.#segment;
  }

  /** Takes back the row of an interrupted trace, whose start is on disk. @returns whether it is one */
  putBack(row: QueuedRow): boolean {
    const position = positionOf(row);
    if (position === undefined || position.segment !== this.#segment) return false;
    if (position.segment.hasRow(position.number)) return false;
    this.#interrupted.push(row);
    return true;
  }

  /** Closes the segment if another process has adopted it, which counts its rows. */
  closeAdoptedByOther(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    const { spooledRows } = segment;
    if (!this.#folder.closeAdoptedByOther(segment)) return;
    const count = spooledRows + this.#interrupted.splice(0).length;
    this.#segment = undefined;
    this.ledger.dropSpooled('taken_over', count);
  }

  /** Checks the file once a second. */
  maintain({ renewsLease }: Maintenance): void {
    this.closeAdoptedByOther();
    const segment = this.#segment;
    if (segment === undefined || segment.isClosed) return;
    if (!segment.isLinked) this.#folder.rewriteDeleted(segment);
    else if (renewsLease) this.#folder.touch(segment);
  }

  /** Releases the adopted segment, if there is one. */
  release(): void {
    if (this.#segment !== undefined) this.#folder.release(this.#segment);
    this.#segment = undefined;
  }

  async #adoptSegment(name: SegmentName): Promise<boolean> {
    const adopted = await this.#adoptFile(name);
    if (adopted === undefined) return false;
    const { segment, interrupted, damages, aliveMs } = adopted;
    try {
      await this.#setDamagesAside(segment, damages);
      if (wallClockMs() - name.createdMs > this.#folder.config.maxAgeMs) {
        this.#drop(adopted, 'spool_expired');
        return false;
      }
      for (const [number, start] of interrupted) {
        this.#interrupt(start, aliveMs, { segment, number });
      }
      const rows = segment.spooledRows + this.#interrupted.length;
      if (rows === 0) {
        this.#folder.remove(segment);
        return false;
      }
      this.#found += rows;
      this.ledger.spool(rows);
      this.#segment = segment;
    } catch (error) {
      this.#interrupted.length = 0;
      segment.close();
      this.#releaseFile(name, error);
      return false;
    }
    return true;
  }

  /** Adopts a file and reads its state; undefined if another process was faster or its version is newer. */
  async #adoptFile(name: SegmentName): Promise<Adopted | undefined> {
    const { files, path: folder, owner } = this.#folder;
    let segment: Segment | undefined;
    try {
      const before = files.stat(files.join(folder, nameOf(name.id, name.owner)));
      const path = adoptFile(files, folder, name, owner);
      if (path === undefined) return undefined;
      const recovered = await recover(files, path, name);
      segment = recovered.segment;
      const aliveMs = before?.modifiedMs ?? wallClockMs();
      if (!recovered.isNewer) {
        this.#markCopy(segment, name, aliveMs);
        return { ...recovered, aliveMs };
      }
      this.#leaveToNewerVersion(segment);
    } catch (error) {
      segment?.close();
      this.#releaseFile(name, error);
    }
    return undefined;
  }

  /** Releases a file whose adoption failed: under this process's name, nobody would read its rows. */
  #releaseFile({ id }: SegmentName, error: unknown): void {
    const { files, path, owner } = this.#folder;
    this.#folder.pauseAfterFailure(error);
    this.#adoptable.retryLater(id);
    try {
      releaseFile(files, path, id, owner);
    } catch (failure) {
      this.#folder.pauseAfterFailure(failure);
    }
  }

  /** Marks a segment that a backup or snapshot may have restored: its rows may have been delivered since. */
  #markCopy(segment: Segment, { identity }: SegmentName, aliveMs: number): void {
    const isCopy = this.#folder.files.identityOf(segment.file) !== identity;
    if (!isCopy && wallClockMs() - aliveMs < FRESH_MS) return;
    segment.markMayHaveArrived();
    this.#noteMayHaveArrived(segment);
    this.#folder.diagnostics.report(
      'info',
      'spool_copied',
      `${segment.path} is a copy or is old: the platform is queried for each of its rows before the row is sent`,
    );
  }

  /** Notes in the file that its rows may have arrived: the next process could not see any more that the file was old. */
  #noteMayHaveArrived(segment: Segment): void {
    try {
      segment.recordAllWaitingSent();
    } catch (error) {
      this.#folder.reportFailure(error);
    }
  }

  #drop({ segment, interrupted }: Adopted, reason: 'spool_full' | 'spool_expired'): void {
    const count = segment.spooledRows + interrupted.size;
    this.#folder.remove(segment);
    this.countFoundAndDropped(reason, count);
    this.#folder.reportLost(reason, count);
  }

  /** Deletes the adopted segment, unless rows of it are being sent. */
  #dropAdopted(): boolean {
    const segment = this.#segment;
    if (segment === undefined || this.#isReading) return false;
    if (segment.openTraces + segment.queuedRows > this.#interrupted.length) return false;
    const count = segment.spooledRows + this.#interrupted.splice(0).length;
    this.#segment = undefined;
    this.#folder.remove(segment);
    this.ledger.dropSpooled('spool_full', count);
    this.#folder.reportLost('spool_full', count);
    return true;
  }

  #leaveToNewerVersion(segment: Segment): void {
    this.#adoptable.skip(segment.id);
    this.#folder.release(segment);
    this.#folder.diagnostics.report(
      'warn',
      'spool_newer',
      `${segment.path} was written by a newer version of this library, and is left alone; start the newer version once, which sends its rows`,
    );
  }

  #interrupt(start: string, endedMs: number, position: SegmentPosition): void {
    const row = interruptedRow(start, endedMs, position);
    if (row === undefined) {
      position.segment.setUnreadable(position.number);
      return;
    }
    // The process may have been killed after the row was sent and before the `done` frame.
    row.setArrival('unknown');
    this.#interrupted.push(row);
  }

  async #setDamagesAside(
    segment: Segment,
    damages: readonly { readonly offset: number; readonly end: number }[],
  ): Promise<void> {
    const { files, quarantine, diagnostics } = this.#folder;
    for (const { offset, end } of damages.slice(0, MAX_DAMAGES)) {
      const bytes = new Uint8Array(Math.min(end - offset, MAX_DAMAGE_BYTES));
      await files.read(segment.file, bytes, offset);
      await quarantine.addBytes(bytes);
    }
    if (damages.length === 0) return;
    diagnostics.report(
      'error',
      'spool_damaged',
      `${segment.path} is damaged in ${damages.length} places; the bytes are in ${quarantine.path}; all other rows are sent`,
    );
  }
}
