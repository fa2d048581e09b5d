/**
 * The segments that this process writes, oldest first. Longer than other files, since each of their ends (full, old,
 * deleted, taken over, done) leaves the list and the counts as they have to be.
 */

import { monotonicMs, wallClockMs } from '../../trace/clock.js';
import type { Ledger } from '../ledger.js';
import type { SpoolFiles } from './files.js';
import type { SpoolFolder } from './folder.js';
import { nameOf, newSegmentId } from './names.js';
import { Segment, type SegmentFacts } from './segment.js';
import { State } from './trace-table.js';

const MAX_SEGMENT_BYTES = 8 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 16 * 1024;
/** Having shown for the last time that it lives, a process is not taken for dead before it is twice as long ago. */
const TRUSTED_MS = 60_000;

export class OwnSegments {
  readonly #folder: SpoolFolder;
  readonly #ledger: Ledger;
  readonly #segmentBytes: number;
  readonly #all: Segment[] = [];
  /** The newest, where it takes more. */
  #active: Segment | undefined;
  /** By the clock that all processes share: until then, the segments are ours. */
  #trustedUntil = 0;
  /** Is told that something was written. */
  onWrite: () => void = () => {};
  /** Is told of each new segment. */
  onNew: () => void = () => {};
  /** Whether what others have left is being deleted, so that nothing of ours has to be. */
  isRoomComing: () => boolean = () => false;
  /** Finds the segment of another process that this one has taken over. */
  inherited: () => Segment | undefined = () => undefined;

  constructor(folder: SpoolFolder, ledger: Ledger) {
    this.#folder = folder;
    this.#ledger = ledger;
    this.#segmentBytes = Math.min(
      MAX_SEGMENT_BYTES,
      Math.max(MIN_SEGMENT_BYTES, Math.floor(folder.config.maxBytes / 8)),
    );
    folder.onFailure = () => {
      if (this.#active !== undefined) this.#seal(this.#active);
    };
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

  /** Writes to the newest segment, where the disk can be written to. */
  write<R>(write: (segment: Segment) => R): R | undefined {
    const folder = this.#folder;
    if (folder.isResting) return undefined;
    try {
      // It may have stood still for longer than any of its timers.
      if (wallClockMs() > this.#trustedUntil) this.#findAgain();
      const start = monotonicMs();
      const result = write(this.#writable());
      const end = monotonicMs();
      folder.slow.took(end - start, end);
      folder.wakes();
      this.onWrite();
      return result;
    } catch (error) {
      folder.failed(error);
      return undefined;
    }
  }

  /** Gives up what another process has taken over. */
  leaveTaken(): void {
    for (const segment of this.#all) {
      const { kept } = segment;
      if (!this.#folder.leaveTaken(segment)) continue;
      this.#ledger.spooled -= kept;
      this.#ledger.drop('taken_over', kept);
    }
    this.forgetGone();
  }

  /** Finds out which files are still there, and ours. */
  #findAgain(): void {
    this.#trustedUntil = wallClockMs() + TRUSTED_MS;
    this.leaveTaken();
    for (const segment of this.#all) {
      if (this.#folder.files.isLinked(segment.file)) continue;
      this.#folder.restore(segment);
      // Only what is in it is asked for before it is sent.
      this.#seal(segment);
    }
    this.forgetGone();
  }

  /** Writes down which traces have begun. */
  writeStarts(): void {
    for (const segment of this.#all) {
      if (segment.starts === 0 || segment.isGone) continue;
      try {
        segment.writeStarts();
      } catch (error) {
        this.#folder.failed(error);
      }
    }
  }

  /**
   * Looks after the files.
   * @param isTouched whether they are to show that their owner lives
   */
  tend(isTouched: boolean): void {
    const { config } = this.#folder;
    const oldest = wallClockMs() - config.maxAgeMs;
    this.#findAgain();
    for (const segment of [...this.#all]) {
      if (segment.createdMs < oldest) this.#giveAway(segment, 'spool_expired');
      else if (isTouched) this.#folder.touch(segment);
    }
    this.forgetGone();
    const active = this.#active;
    if (active?.isDone && active.bytes > 0 && isTouched) this.#seal(active);
    this.removeDone();
  }

  /** Deletes those of which nothing is left to do. */
  removeDone(): void {
    let isAny = false;
    for (const segment of this.#all) {
      if (!segment.isSealed || segment.isGone || !segment.isDone) continue;
      this.#folder.remove(segment);
      isAny = true;
    }
    if (isAny) this.forgetGone();
  }

  /** Leaves those to others in which no trace is open. */
  giveUp(): void {
    for (const segment of [...this.#all]) {
      if (segment.table.counts[State.open] > 0) continue;
      this.#seal(segment);
      this.#folder.giveUp(segment);
    }
    this.forgetGone();
  }

  forgetGone(): void {
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const segment = this.#all[i] as Segment;
      if (!segment.isGone) continue;
      this.#all.splice(i, 1);
      if (this.#active === segment) this.#active = undefined;
    }
  }

  measureOthers(): void {
    const paths = new Set<string | undefined>(this.#all.map(({ path }) => path));
    this.#folder.measureOthers(paths.add(this.inherited()?.path));
  }

  #writable(): Segment {
    const active = this.#active;
    if (active !== undefined && !active.isGone && active.bytes < this.#segmentBytes) return active;
    if (active !== undefined) this.#seal(active);
    if (!this.isRoomComing()) this.makeRoomFor(1);
    const { files, path: folder, owner } = this.#folder;
    files.prepare(folder);
    const segment = new Segment(files, newFile(files, folder, owner));
    this.#active = segment;
    this.#all.push(segment);
    this.onNew();
    return segment;
  }

  #seal(segment: Segment): void {
    segment.isSealed = true;
    if (this.#active === segment) this.#active = undefined;
  }

  /** Where the folder is full, what is oldest goes: first of the quarantine, then of the segments. */
  makeRoomFor(segments: number): void {
    // Others write there, too.
    this.measureOthers();
    while (!this.hasRoomFor(segments)) {
      if (this.#folder.dropSetAside()) continue;
      const oldest = this.#all.find((segment) => !segment.isGone);
      if (oldest === undefined) return;
      this.#giveAway(oldest, 'spool_full');
    }
  }

  /** Whether so many segments may be filled, of which the newest is one. */
  hasRoomFor(segments: number): boolean {
    const { otherBytes, config } = this.#folder;
    const filled = this.bytes - (this.#active?.bytes ?? 0);
    const used = otherBytes + filled + (this.inherited()?.bytes ?? 0);
    return used + segments * this.#segmentBytes <= config.maxBytes;
  }

  /** Deletes a segment with all that waits in it. */
  #giveAway(segment: Segment, reason: 'spool_full' | 'spool_expired'): void {
    const count = segment.kept;
    this.#seal(segment);
    this.#folder.remove(segment);
    this.forgetGone();
    this.#ledger.spooled -= count;
    this.#ledger.drop(reason, count);
    this.#folder.lost(reason, count);
  }
}

/** A new file whose name tells it from its copies. */
function newFile(files: SpoolFiles, folder: string, owner: string): SegmentFacts {
  const createdMs = wallClockMs();
  const provisional = files.join(folder, nameOf(newSegmentId(createdMs), owner));
  const file = files.create(provisional);
  try {
    const id = newSegmentId(createdMs, files.identityOf(file));
    const path = files.join(folder, nameOf(id, owner));
    if (!files.rename(provisional, path)) throw new Error(`${provisional} was taken away`);
    return { id, path, file, createdMs };
  } catch (error) {
    files.closeFile(file);
    files.remove(provisional);
    throw error;
  }
}
