/** Segments of processes that have died: taken over one at a time, the oldest first. */

import { Ledger } from '../ledger.js';
import type { QueuedRow } from '../row.js';
import type { SpoolFolder } from './folder.js';
import { interruptedRow } from './interrupted-row.js';
import { claim, isOrphan, nameOf, type SegmentName, segmentsIn } from './names.js';
import { readBack } from './read-back.js';
import { recover } from './recover.js';
import type { Segment, SpoolEntry } from './segment.js';
import { State } from './trace-table.js';

/** Rows that are handed on at a time. */
const MAX_ROWS = 100;
/** Damages of one segment whose bytes are kept, and how many of each. */
const MAX_DAMAGES = 100;
const MAX_DAMAGE_BYTES = 8 * 1024 * 1024;

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
    const { files, path, owner } = this.#folder;
    const now = Date.now();
    for (const name of segmentsIn(files, path)) {
      if (name.owner === owner || this.#newer.has(name.id)) continue;
      if (!isOrphan(files, path, name, now)) continue;
      if (await this.#take(name)) return true;
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
      const rows = segment.kept === 0 ? [] : await readBack(this.#folder, segment, this.ledger);
      if (rows.length > 0) return rows;
      // Rows that could not even be read stay where they are.
      if (segment.isDone) segment.remove();
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

  /**
   * Looks after the file.
   * @param isTouched whether it is to show that its owner lives
   */
  tend(isTouched: boolean): void {
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

  async #take(name: SegmentName): Promise<boolean> {
    const { files, path: folder, owner, config } = this.#folder;
    try {
      const modifiedMs = files.look(files.join(folder, nameOf(name.id, name.owner)))?.modifiedMs;
      const path = claim(files, folder, name, owner);
      if (path === undefined) return false;
      this.#onTaken();
      const { segment, interrupted, damages, isNewer } = await recover(files, path, name);
      if (isNewer) {
        this.#leaveToNewer(segment);
        return false;
      }
      await this.#setDamagesAside(segment, damages);
      for (const [number, start] of interrupted) {
        this.#interrupt(start, modifiedMs ?? Date.now(), { segment, number });
      }
      const rows = segment.kept + this.#interrupted.length;
      if (Date.now() - name.createdMs > config.maxAgeMs) {
        this.#interrupted.length = 0;
        segment.remove();
        this.found += rows;
        this.ledger.drop('spool_expired', rows);
        return false;
      }
      if (rows === 0) {
        segment.remove();
        return false;
      }
      this.found += rows;
      this.ledger.spooled += rows;
      this.#segment = segment;
      return true;
    } catch (error) {
      this.#folder.failed(error);
      return false;
    }
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
