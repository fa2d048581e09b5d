/** The segments of dead processes that this process may adopt. */

import { elapsedSince, monotonicMs, systemClockMs } from '../../platform/clock.js';
import { NO_OWNER, nameOf, type SegmentName, segmentsIn } from '../segment/segment-names.js';
import { RENEWED_AFTER_MS } from './lease.js';
import { isAdoptable } from './segment-owner.js';
import type { SpoolFolder } from './spool-folder.js';

/** A segment whose adoption failed is tried again after this time, since each failure pauses the writes of all rows. */
const RETRY_ADOPTION_MS = 60_000;

/** Finds the segments in one spool folder that may be adopted. */
export class AdoptableSegments {
  readonly #folder: SpoolFolder;
  /** The ids of segments that are not adopted. */
  readonly #skipped = new Set<string>();
  /** When segments whose adoption failed may be tried again, by id. */
  readonly #retryAt = new Map<string, number>();
  /** Files whose lease has ended although their process runs: when it was renewed last, and when this process first saw its end. */
  readonly #ended = new Map<string, { readonly renewedMs: number; readonly seenAt: number }>();

  constructor(folder: SpoolFolder) {
    this.#folder = folder;
  }

  /** The segments that may be adopted now, the oldest first. */
  *list(): Generator<SegmentName> {
    const { files, path, owner } = this.#folder;
    const now = systemClockMs();
    const names = [...segmentsIn(files, path)];
    if (this.#ended.size > 0) this.#forgetAbsent(names);
    for (const name of names) {
      if (name.owner === owner || this.#skipped.has(name.id) || this.#waits(name)) continue;
      if (isAdoptable(files, path, name, now) && !this.#mayBeRenewed(name)) yield name;
    }
  }

  /** Leaves out a segment whose adoption failed, for a minute. */
  retryLater(id: string): void {
    this.#retryAt.set(id, monotonicMs() + RETRY_ADOPTION_MS);
  }

  /** Leaves out a segment from now on. */
  skip(id: string): void {
    this.#skipped.add(id);
  }

  /** Whether an earlier adoption failed less than a minute ago. */
  #waits({ id }: SegmentName): boolean {
    const retryAt = this.#retryAt.get(id);
    if (retryAt === undefined) return false;
    if (retryAt > monotonicMs()) return true;
    this.#retryAt.delete(id);
    return false;
  }

  /** Forgets files that were released, adopted or deleted. */
  #forgetAbsent(names: readonly SegmentName[]): void {
    const present = new Set(names.map(({ id, owner }) => nameOf(id, owner)));
    for (const file of this.#ended.keys()) if (!present.has(file)) this.#ended.delete(file);
  }

  /**
   * Whether the owner of a segment whose lease has ended runs, and may renew it yet. When the clock of the machine jumps, as after
   * a suspension, all leases seem to have ended, until the running processes have renewed them.
   */
  #mayBeRenewed(name: SegmentName): boolean {
    const { files, path } = this.#folder;
    if (name.owner === NO_OWNER || files.isAlive(name.owner) !== true) return false;
    const file = nameOf(name.id, name.owner);
    const renewedMs = files.stat(files.join(path, file))?.modifiedMs ?? 0;
    const seen = this.#ended.get(file);
    if (seen?.renewedMs !== renewedMs) {
      this.#ended.set(file, { renewedMs, seenAt: monotonicMs() });
      return true;
    }
    return elapsedSince(seen.seenAt) < RENEWED_AFTER_MS;
  }
}
