/** The folder of a spool and the state of its disk, shared by all parts of the spool. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { monotonicMs } from '../../platform/clock.js';
import type { SpoolFiles } from '../../platform/spool-files.js';
import type { Segment } from '../segment/segment.js';
import { QUARANTINE, segmentsIn } from '../segment/segment-names.js';
import { Quarantine } from './quarantine.js';
import { releaseFile } from './segment-owner.js';
import { SlowDisk } from './slow-disk.js';
import type { SpoolConfig } from './spool-options.js';

const RETRY_DISK_MS = 1000;
const MAX_FILE_BYTES = 8 * 1024 * 1024;
const MIN_FILE_BYTES = 16 * 1024;

export interface SpoolFolderOptions {
  readonly files: SpoolFiles;
  readonly config: SpoolConfig;
  /** Names the destination. Rows on disk are sent only to the destination that they were written for. */
  readonly address: string;
  readonly diagnostics: Diagnostics;
}

/** One spool folder. */
export class SpoolFolder {
  readonly path: string;
  readonly files: SpoolFiles;
  readonly config: SpoolConfig;
  readonly diagnostics: Diagnostics;
  /** The id of this process in the names of its segments. */
  readonly owner: string;
  /** A file of this size counts as full. A folder holds several, so that the oldest rows can be deleted without all others. */
  readonly fullBytes: number;
  readonly quarantine: Quarantine;
  readonly slowDisk: SlowDisk;
  #notBefore = 0;
  #failures = 0;

  /** @throws Error if the folder is not safe, or cannot be created */
  constructor({ files, config, address, diagnostics }: SpoolFolderOptions) {
    this.files = files;
    this.config = config;
    this.diagnostics = diagnostics;
    const { syncs } = this;
    files.prepare(config.dir, { syncs });
    this.path = files.join(config.dir, files.fingerprint(address));
    files.prepare(this.path, { syncs });
    this.owner = files.owner();
    this.fullBytes = Math.min(
      MAX_FILE_BYTES,
      Math.max(MIN_FILE_BYTES, Math.floor(config.maxBytes / 8)),
    );
    this.quarantine = new Quarantine(files, files.join(this.path, QUARANTINE), {
      fullBytes: this.fullBytes,
      syncs,
    });
    this.slowDisk = new SlowDisk(diagnostics);
  }

  /** How often the disk has failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether writes are paused because the disk failed within the last second. */
  get isPaused(): boolean {
    return this.#notBefore > 0 && monotonicMs() < this.#notBefore;
  }

  /** Ends the pause after a failure. */
  resume(): void {
    this.#notBefore = 0;
  }

  /** Reports that the disk failed, pauses writes for a second, and has later rows written to a new segment. */
  pauseAfterFailure(error: unknown): void {
    this.#pause();
    this.reportFailure(error);
  }

  /** The same for a segment that cannot be read. */
  pauseAfterFailedRead({ path }: Segment, error: unknown): void {
    this.#pause();
    this.diagnostics.report(
      'error',
      'spool_failed',
      `cannot read ${path}; its rows stay on disk until that works again`,
      error,
    );
  }

  #pause(): void {
    this.#notBefore = monotonicMs() + RETRY_DISK_MS;
    this.#failures++;
  }

  /** Reports a failed write, without a pause: other files may still be written. */
  reportFailure(error: unknown): void {
    this.diagnostics.report(
      'error',
      'spool_failed',
      `cannot write to ${this.path}; rows wait in memory until that works again`,
      error,
    );
  }

  /** Whether the files have to survive the death of the machine. */
  get syncs(): boolean {
    return this.config.durability === 'fsync';
  }

  /** Reports rows that were deleted because the folder was full or they were too old. */
  reportLost(reason: 'spool_full' | 'spool_expired', count: number): void {
    if (count === 0) return;
    const { maxBytes, maxAgeMs } = this.config;
    const why =
      reason === 'spool_full'
        ? `its files reached spool.maxBytes, which is ${maxBytes}, and the oldest rows go first`
        : `they were older than spool.maxAgeMs, which is ${maxAgeMs}`;
    this.diagnostics.report(
      'error',
      `lost_${reason}`,
      `${count} rows were deleted from ${this.path}: ${why}`,
    );
  }

  /** Deletes a segment. If that fails, another process will find only finished traces in it. */
  remove(segment: Segment): void {
    try {
      segment.remove();
    } catch (error) {
      this.reportFailure(error);
    }
  }

  /** Releases a segment, so that another process may adopt it. Deletes one whose traces are all finished. */
  release(segment: Segment): void {
    if (segment.isClosed) return;
    if (segment.isDone) {
      this.remove(segment);
      return;
    }
    this.syncNow(segment);
    segment.close();
    releaseFile(this.files, this.path, segment.id, this.owner);
  }

  /** With `durability: 'fsync'`, syncs what was written of the segment: no timer will. */
  syncNow(segment: Segment): void {
    if (!this.syncs) return;
    try {
      segment.syncNow();
    } catch (error) {
      this.reportFailure(error);
    }
  }

  /** Renews this process's lease on the segment. */
  touch(segment: Segment): void {
    try {
      this.files.touch(segment.path);
    } catch {
      // Another process has adopted it, which is noticed before its rows are sent.
    }
  }

  /** Closes a segment that another process has adopted, because this one's lease expired. @returns whether it was one */
  closeAdoptedByOther(segment: Segment): boolean {
    const { files, path } = this;
    if (segment.isClosed || files.stat(segment.path) !== undefined) return false;
    // Adopted means that the file has another owner's name now. A moved folder has no such name.
    const isThere = segmentsIn(files, path).some(({ id }) => id === segment.id);
    if (!isThere || !segment.isLinked) return false;
    segment.closeAdoptedByOther();
    return true;
  }

  /** Writes the deleted file of a segment again, unless all its traces are finished. */
  rewriteDeleted(segment: Segment): void {
    if (segment.isDone) {
      segment.close();
      return;
    }
    this.files.prepare(this.path, { syncs: this.syncs });
    segment.rewriteDeleted();
    this.diagnostics.report(
      'warn',
      'spool_deleted',
      `${segment.path} was deleted while in use, and was written again`,
    );
  }
}
