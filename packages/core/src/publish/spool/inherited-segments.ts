/**
 * Segments of processes that have died: taken over one at a time, the oldest first. Longer than other files, since each
 * way in which one may be lost again (to another process, to age, to a full folder) counts the same rows.
 */

import { wallClockMs } from '../../trace/clock.js';
import { Ledger } from '../ledger.js';
import type { QueuedRow } from '../row.js';
import type { SpoolFolder } from './folder.js';
import { interruptedRow } from './interrupted-row.js';
import { claim, isOrphan, nameOf, type SegmentName, segmentsIn } from './names.js';
import { readBack } from './read-back.js';
import { type Recovered, recover } from './recover.js';
import type { Segment, SpoolEntry } from './segment.js';
import { State } from './trace-table.js';

/** What was last written to longer ago may be of a snapshot of the whole disk, on which no file is a copy. */
const FRESH_MS = 3_600_000;
/** Rows that are handed on at a time. */
const MAX_ROWS = 100;
/** Damages of one segment whose bytes are kept, and how many of each. */
const MAX_DAMAGES = 100;
const MAX_DAMAGE_BYTES = 8 * 1024 * 1024;

interface Claimed extends Recovered {
  /** When its process was last known to live. */
  readonly aliveMs: number;
}

export class InheritedSegments {
  /** Counts their rows. */
  readonly ledger = new Ledger();
  /** Rows that were found in them. */
  found = 0;
  readonly #folder: SpoolFolder;
  /** Is told when a segment has become ours. */
  readonly #onTaken: () => void;
  #segment: Segment | undefined;
  /** Rows made of what a process that died has left of its open traces. */
  readonly #interrupted: QueuedRow[] = [];
  readonly #newer = new Set<string>();
  #isReading = false;

  constructor(folder: SpoolFolder, onTaken: () => void) {
    this.#folder = folder;
    this.#onTaken = onTaken;
  }

  /** The one that was taken over last and is not done. */
  get segment(): Segment | undefined {
    return this.#segment;
  }

  /** Looks for segments whose owner has died, and takes the oldest over. */
  async adopt(): Promise<boolean> {
    if (this.#segment !== undefined) return true;
    for (const name of this.#orphans()) if (await this.#take(name)) return true;
    return false;
  }

  /** Deletes the oldest of them with all that waits in it. @returns whether there was one */
  async dropOldest(): Promise<boolean> {
    if (this.#dropTaken()) return true;
    for (const name of this.#orphans()) {
      const claimed = await this.#claim(name);
      if (claimed === undefined) continue;
      this.#drop(claimed, 'spool_full');
      return true;
    }
    return false;
  }

  /** The next rows; none where nothing is left by anybody. */
  async next(): Promise<readonly QueuedRow[]> {
    for (;;) {
      const segment = this.#segment;
      if (segment === undefined) return [];
      const interrupted = this.#interrupted.splice(0, MAX_ROWS);
      if (interrupted.length > 0) return interrupted;
      this.#isReading = true;
      const rows = segment.kept === 0 ? [] : await readBack(this.#folder, segment, this.ledger);
      this.#isReading = false;
      if (rows.length > 0) return rows;
      // Rows that could not even be read stay where they are.
      if (segment.isDone) this.#folder.remove(segment);
      else this.#folder.giveUp(segment);
      if (this.#segment === segment) this.#segment = undefined;
      if (!(await this.adopt())) return [];
    }
  }

  /** Takes a row back of which the disk has what it was made of. @returns whether it is one */
  takesBack(row: QueuedRow): boolean {
    const { entry } = row;
    if (entry === undefined || entry.segment !== this.#segment) return false;
    if (entry.segment.table.hasRow(entry.number)) return false;
    this.#interrupted.push(row);
    return true;
  }

  /** Gives up what another process has taken over. */
  leaveTaken(): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    const { kept } = segment;
    if (!this.#folder.leaveTaken(segment)) return;
    const count = kept + this.#interrupted.splice(0).length;
    this.#segment = undefined;
    this.ledger.spooled -= count;
    this.ledger.drop('taken_over', count);
  }

  /**
   * Looks after the file.
   * @param isTouched whether it is to show that its owner lives
   */
  tend(isTouched: boolean): void {
    this.leaveTaken();
    const segment = this.#segment;
    if (segment === undefined || segment.isGone) return;
    if (!this.#folder.files.isLinked(segment.file)) this.#folder.restore(segment);
    else if (isTouched) this.#folder.touch(segment);
  }

  /** Leaves the rest to others. */
  giveUp(): void {
    if (this.#segment !== undefined) this.#folder.giveUp(this.#segment);
    this.#segment = undefined;
  }

  *#orphans(): Generator<SegmentName> {
    const { files, path, owner } = this.#folder;
    const now = wallClockMs();
    for (const name of segmentsIn(files, path)) {
      if (name.owner === owner || this.#newer.has(name.id)) continue;
      if (isOrphan(files, path, name, now)) yield name;
    }
  }

  async #take(name: SegmentName): Promise<boolean> {
    const claimed = await this.#claim(name);
    if (claimed === undefined) return false;
    const { segment, interrupted, damages, aliveMs } = claimed;
    try {
      await this.#setDamagesAside(segment, damages);
      if (wallClockMs() - name.createdMs > this.#folder.config.maxAgeMs) {
        this.#drop(claimed, 'spool_expired');
        return false;
      }
      for (const [number, start] of interrupted) {
        this.#interrupt(start, aliveMs, { segment, number });
      }
      const rows = segment.kept + this.#interrupted.length;
      if (rows === 0) {
        this.#folder.remove(segment);
        return false;
      }
      this.found += rows;
      this.ledger.spooled += rows;
      this.#segment = segment;
      this.#onTaken();
      return true;
    } catch (error) {
      this.#folder.failed(error);
      return false;
    }
  }

  /** Makes a segment ours and finds out what is in it; undefined where it is not to be had. */
  async #claim(name: SegmentName): Promise<Claimed | undefined> {
    const { files, path: folder, owner } = this.#folder;
    try {
      const before = files.look(files.join(folder, nameOf(name.id, name.owner)));
      const path = claim(files, folder, name, owner);
      if (path === undefined) return undefined;
      const recovered = await recover(files, path, name);
      const aliveMs = before?.modifiedMs ?? wallClockMs();
      if (!recovered.isNewer) {
        this.#doubtCopy(recovered.segment, name, aliveMs);
        return { ...recovered, aliveMs };
      }
      this.#leaveToNewer(recovered.segment);
    } catch (error) {
      this.#folder.failed(error);
    }
    return undefined;
  }

  /** What a backup or a snapshot brought back may have been delivered since it was made. */
  #doubtCopy(segment: Segment, { identity }: SegmentName, aliveMs: number): void {
    const isCopy = this.#folder.files.identityOf(segment.file) !== identity;
    if (!isCopy && Date.now() - aliveMs < FRESH_MS) return;
    this.#folder.doubt(segment);
    this.#folder.diagnostics.report(
      'info',
      'spool_copied',
      `${segment.path} is a copy, or lay there for long: the platform is asked for each of its rows before that is sent`,
    );
  }

  #drop({ segment, interrupted }: Claimed, reason: 'spool_full' | 'spool_expired'): void {
    const count = segment.kept + interrupted.size;
    this.#folder.remove(segment);
    this.found += count;
    this.ledger.drop(reason, count);
    this.#folder.lost(reason, count);
  }

  /** The one that was taken over goes first, unless rows of it are under way. */
  #dropTaken(): boolean {
    const segment = this.#segment;
    if (segment === undefined || this.#isReading) return false;
    const { counts } = segment.table;
    if (counts[State.open] + counts[State.held] > this.#interrupted.length) return false;
    const count = counts[State.kept] + this.#interrupted.splice(0).length;
    this.#segment = undefined;
    this.#folder.remove(segment);
    this.ledger.spooled -= count;
    this.ledger.drop('spool_full', count);
    this.#folder.lost('spool_full', count);
    return true;
  }

  #leaveToNewer(segment: Segment): void {
    this.#newer.add(segment.id);
    this.#folder.giveUp(segment);
    this.#folder.diagnostics.report(
      'warn',
      'spool_newer',
      `${segment.path} was written by a newer version of this library, and is left to it`,
    );
  }

  #interrupt(start: string, endedMs: number, entry: SpoolEntry): void {
    const row = interruptedRow(start, endedMs, entry);
    if (row === undefined) entry.segment.table.set(entry.number, State.done);
    // Its process may have been killed between two words about it.
    else this.#interrupted.push(Object.assign(row, { arrival: 'unknown' as const }));
  }

  async #setDamagesAside(
    segment: Segment,
    damages: readonly { readonly offset: number; readonly end: number }[],
  ): Promise<void> {
    const { files, quarantine, diagnostics } = this.#folder;
    for (const { offset, end } of damages.slice(0, MAX_DAMAGES)) {
      const bytes = new Uint8Array(Math.min(end - offset, MAX_DAMAGE_BYTES));
      await files.read(segment.file, bytes, offset);
      quarantine.addBytes(bytes);
    }
    if (damages.length === 0) return;
    diagnostics.report(
      'error',
      'spool_damaged',
      `${segment.path} is damaged in ${damages.length} places; the bytes are in ${quarantine.path}, all else is sent`,
    );
  }
}
