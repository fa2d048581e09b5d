/** The segments that this process writes, oldest first. */

import { monotonicMs, wallClockMs } from '../../platform/clock.js';
import type { SpoolFiles } from '../../platform/spool-files.js';
import type { Ledger } from '../../publish/counts/ledger.js';
import { Segment, type SegmentFacts } from '../segment/segment.js';
import { nameOf, newSegmentId } from '../segment/segment-names.js';
import type { AdoptedSegments, Maintenance } from './adopted-segments.js';
import type { SpoolFolder } from './spool-folder.js';

/** Less than the shortest lease: until then, no process can have adopted the files, and they need not be checked. */
const RECHECK_MS = 60_000;

export interface RoomMaking {
  /** Whether segments of dead processes are being deleted, so that own ones need not be. */
  readonly isMakingRoom: boolean;
}

/** The own segments of one spool folder. */
export class OwnSegments {
  readonly #folder: SpoolFolder;
  readonly #ledger: Ledger;
  readonly #adopted: AdoptedSegments;
  readonly #all: Segment[] = [];
  /** The newest segment, unless it is sealed. */
  #active: Segment | undefined;
  /** Number of segments that were created. */
  #created = 0;
  /** When to check the files again, in epoch milliseconds: until then, no process has adopted them. */
  #recheckAt = 0;

  /** @param adopted their bytes count as well when room is made for a segment */
  constructor(folder: SpoolFolder, ledger: Ledger, adopted: AdoptedSegments) {
    this.#folder = folder;
    this.#ledger = ledger;
    this.#adopted = adopted;
  }

  [Symbol.iterator](): Iterator<Segment> {
    return this.#all[Symbol.iterator]();
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  get bytes(): number {
    let bytes = 0;
    for (const segment of this.#all) bytes += segment.bytes;
    return bytes;
  }

  /** Number of segments that were created. It shows whether a `write` has created one. */
  get created(): number {
    return this.#created;
  }

  /**
   * Calls `write` with the newest segment, and measures how long the disk takes.
   * @returns what `write` returns; undefined if writing failed or is paused
   */
  write<R>(write: (segment: Segment) => R, room: RoomMaking): R | undefined {
    const folder = this.#folder;
    return this.use((segment) => {
      const start = monotonicMs();
      const result = write(segment);
      const end = monotonicMs();
      folder.slowDisk.addWrite(end - start, end);
      folder.resume();
      return result;
    }, room);
  }

  /**
   * Calls `use` with the newest segment, to which it need not write.
   * @returns what `use` returns; undefined if that failed or writing is paused
   */
  use<R>(use: (segment: Segment) => R, room: RoomMaking): R | undefined {
    const folder = this.#folder;
    if (folder.isPaused) return undefined;
    try {
      // The process may have been suspended, so that no timer has checked the files.
      if (wallClockMs() > this.#recheckAt) this.#recheckFiles();
      return use(this.#writable(room));
    } catch (error) {
      folder.reportFailure(error);
      return undefined;
    }
  }

  /** Closes the segments that another process has adopted, which counts their rows. */
  closeAdoptedElsewhere(): void {
    for (const segment of this.#all) {
      const { spooledRows } = segment;
      if (!this.#folder.closeAdoptedElsewhere(segment, 'own')) continue;
      this.#ledger.dropSpooled('taken_over', spooledRows);
    }
    this.forgetClosed();
  }

  /** Closes segments that another process has adopted, and rewrites deleted files. */
  #recheckFiles(): void {
    this.#recheckAt = wallClockMs() + RECHECK_MS;
    this.closeAdoptedElsewhere();
    for (const segment of this.#all) {
      if (this.#folder.files.isLinked(segment.file)) continue;
      this.#folder.rewriteDeleted(segment);
      // Sealed, since the rows in it are looked up before they are sent, and later rows need not be.
      this.#seal(segment);
    }
    this.forgetClosed();
  }

  /** Writes the `start` frames of traces. */
  writeStarts(): void {
    for (const segment of this.#all) {
      if (segment.starts === 0 || segment.isClosed) continue;
      try {
        segment.writeStarts();
      } catch (error) {
        this.#folder.reportFailure(error);
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
      else if (renewsLease) this.#folder.touch(segment);
    }
    this.forgetClosed();
    const active = this.#active;
    if (active?.isDone && active.bytes > 0 && renewsLease) this.#seal(active);
    this.removeDone();
  }

  /** Deletes sealed segments whose traces are all finished. */
  removeDone(): void {
    let isAny = false;
    for (const segment of this.#all) {
      if (!segment.isSealed || segment.isClosed || !segment.isDone) continue;
      this.#folder.remove(segment);
      isAny = true;
    }
    if (isAny) this.forgetClosed();
  }

  /** Releases the segments without open traces. */
  release(): void {
    for (const segment of [...this.#all]) {
      if (segment.openTraces > 0) continue;
      this.#seal(segment);
      this.#folder.release(segment);
    }
    this.forgetClosed();
  }

  /** Removes closed segments from the list. */
  forgetClosed(): void {
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const segment = this.#all[i] as Segment;
      if (!segment.isClosed) continue;
      this.#all.splice(i, 1);
      if (this.#active === segment) this.#active = undefined;
    }
  }

  measureOthers(): void {
    const paths = new Set<string | undefined>(this.#all.map(({ path }) => path));
    this.#folder.measureOthers(paths.add(this.#adopted.segment?.path));
  }

  #writable(room: RoomMaking): Segment {
    const active = this.#active;
    if (active !== undefined && !active.isClosed && active.bytes < this.#folder.fullBytes)
      return active;
    if (active !== undefined) this.#seal(active);
    if (!room.isMakingRoom) this.makeRoomFor(1);
    const { files, path: folder, owner, syncs } = this.#folder;
    files.prepare(folder, { syncs });
    const segment = new Segment(files, newFile(files, folder, owner));
    this.#active = segment;
    this.#all.push(segment);
    this.#created++;
    return segment;
  }

  /** Makes the next trace start in a new segment. */
  sealNewest(): void {
    if (this.#active !== undefined) this.#seal(this.#active);
  }

  #seal(segment: Segment): void {
    segment.seal();
    if (this.#active === segment) this.#active = undefined;
  }

  /** Deletes the oldest files until `segments` segments fit: first of the quarantine, then own segments. */
  makeRoomFor(segments: number): void {
    // Other processes write to the folder too.
    this.measureOthers();
    while (!this.hasRoomFor(segments)) {
      if (this.#adopted.dropQuarantined()) continue;
      const oldest = this.#all.find((segment) => !segment.isClosed);
      if (oldest === undefined) return;
      this.#drop(oldest, 'spool_full');
    }
  }

  /** Whether the folder has room for this number of full segments, including the newest. */
  hasRoomFor(segments: number): boolean {
    const { otherBytes, config, fullBytes } = this.#folder;
    const filled = this.bytes - (this.#active?.bytes ?? 0);
    const used = otherBytes + filled + (this.#adopted.segment?.bytes ?? 0);
    return used + segments * fullBytes <= config.maxBytes;
  }

  /** Deletes a segment with its waiting rows, which count as dropped. */
  #drop(segment: Segment, reason: 'spool_full' | 'spool_expired'): void {
    const count = segment.spooledRows;
    this.#seal(segment);
    this.#folder.remove(segment);
    this.forgetClosed();
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
