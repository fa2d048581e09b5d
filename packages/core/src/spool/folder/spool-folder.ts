/** The folder of a spool and the state of its disk, shared by all parts of the spool. */

import { allocate } from '#platform';
import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { monotonicMs } from '../../platform/clock.js';
import type { SpoolFiles } from '../../platform/spool-files.js';
import type { Ledger } from '../../publish/counts/ledger.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import type { Segment, SpoolEntry } from '../segment/segment.js';
import { QUARANTINE, segmentsIn } from '../segment/segment-names.js';
import { type DeletedFile, Quarantine } from './quarantine.js';
import { releaseFile } from './segment-owner.js';
import { SlowDisk } from './slow-disk.js';
import type { SpoolConfig } from './spool-options.js';

const RETRY_DISK_MS = 1000;
const MAX_FILE_BYTES = 8 * 1024 * 1024;
const MIN_FILE_BYTES = 16 * 1024;

export interface SpoolFolderOptions {
  readonly files: SpoolFiles;
  readonly config: SpoolConfig;
  /** Names the pipeline, which has a subfolder of its own, so that its rows are sent to no other. */
  readonly destination: string;
  readonly diagnostics: Diagnostics;
  /** Called when the disk failed. */
  readonly onFailure: () => void;
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
  #otherBytes = 0;
  #notBefore = 0;
  readonly #mayHaveArrived = new WeakSet<Segment>();
  /** Segments that another process has adopted: written by this process, or adopted by it before. */
  readonly #adoptedElsewhere = new WeakMap<Segment, 'own' | 'adopted'>();
  readonly #onFailure: () => void;

  /** @throws Error if the folder is not safe, or cannot be created */
  constructor({ files, config, destination, diagnostics, onFailure }: SpoolFolderOptions) {
    this.#onFailure = onFailure;
    this.files = files;
    this.config = config;
    this.diagnostics = diagnostics;
    const { syncs } = this;
    files.prepare(config.dir, { syncs });
    this.path = files.join(config.dir, files.fingerprint(destination));
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

  /** Bytes of other processes' segments and of the quarantine, when they were last measured. */
  get otherBytes(): number {
    return this.#otherBytes;
  }

  /** Whether writes are paused because the disk failed within the last second. */
  get isPaused(): boolean {
    return this.#notBefore > 0 && monotonicMs() < this.#notBefore;
  }

  /** Ends the pause after a failure. */
  resume(): void {
    this.#notBefore = 0;
  }

  /** Reports that the disk failed, and pauses writes for a second. */
  reportFailure(error: unknown): void {
    this.#notBefore = monotonicMs() + RETRY_DISK_MS;
    this.#onFailure();
    this.reportWriteFailure(error);
  }

  /** Reports a failed write, without a pause: other files may still be written. */
  reportWriteFailure(error: unknown): void {
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

  /**
   * Writes a row that the platform refuses to the quarantine.
   * @param ledger counts the row
   * @returns a promise that resolves when the row may be deleted elsewhere, and rejects if writing failed
   */
  async quarantineRow(row: QueuedRow, ledger: Ledger): Promise<void> {
    this.#otherBytes += this.quarantine.add(row, ledger);
    await this.quarantine.sync();
  }

  /** Deletes the oldest file of the quarantine. @returns undefined if there is none */
  deleteQuarantined(): DeletedFile | undefined {
    const deleted = this.quarantine.deleteOldest();
    this.#otherBytes -= deleted?.bytes ?? 0;
    return deleted;
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
      this.reportWriteFailure(error);
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
      this.reportWriteFailure(error);
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
  closeAdoptedElsewhere(segment: Segment, origin: 'own' | 'adopted'): boolean {
    const { files, path } = this;
    if (segment.isClosed || files.stat(segment.path) !== undefined) return false;
    // Adopted means that the file has another owner's name now. A moved folder has no such name.
    const isThere = segmentsIn(files, path).some(({ id }) => id === segment.id);
    if (!isThere || !files.isLinked(segment.file)) return false;
    segment.close();
    this.#adoptedElsewhere.set(segment, origin);
    return true;
  }

  /** Whether the row is left to another process that has adopted its segment. */
  isAdoptedElsewhere(entry: SpoolEntry | undefined): boolean {
    if (entry === undefined) return false;
    const origin = this.#adoptedElsewhere.get(entry.segment);
    // An own trace that was open then has only its start in that file: the row that this process writes is worth more.
    return origin === 'adopted' || (origin === 'own' && entry.segment.hasRow(entry.number));
  }

  /** Marks a segment whose rows may have been delivered: the platform is queried before each row is sent. */
  markMayHaveArrived(segment: Segment): void {
    this.#mayHaveArrived.add(segment);
  }

  /**
   * Whether the segment's rows may have been delivered: its file is a copy, or was deleted while in use, perhaps by a process
   * that adopted it and sent its rows.
   */
  mayHaveArrived(segment: Segment): boolean {
    return this.#mayHaveArrived.has(segment) || !this.files.isLinked(segment.file);
  }

  /** Writes the deleted file of a segment again, unless all its traces are finished. */
  rewriteDeleted(segment: Segment): void {
    if (segment.isDone) {
      segment.seal();
      segment.close();
      return;
    }
    this.files.prepare(this.path, { syncs: this.syncs });
    replaceDeletedFile(this.files, segment);
    this.#mayHaveArrived.add(segment);
    this.diagnostics.report(
      'warn',
      'spool_deleted',
      `${segment.path} was deleted while in use, and was written again`,
    );
  }

  /** Measures the files of other processes and the quarantine. @param except paths of segments that are counted elsewhere */
  measureOthers(except: ReadonlySet<string | undefined>): void {
    let bytes = 0;
    for (const folder of [this.path, this.quarantine.path]) {
      for (const name of this.files.list(folder)) {
        const path = this.files.join(folder, name);
        if (!except.has(path)) bytes += this.files.stat(path)?.bytes ?? 0;
      }
    }
    this.#otherBytes = bytes;
  }
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Copies a deleted file, whose content is still readable through the open descriptor, to a new file of the same name.
 * @throws Error if there is no room for it; then the segment goes on with the deleted file
 */
function replaceDeletedFile(files: SpoolFiles, segment: Segment): void {
  const file = files.create(segment.path);
  try {
    copy(files, segment, file);
  } catch (error) {
    files.closeFile(file);
    files.remove(segment.path);
    throw error;
  }
  segment.replaceFile(file);
}

function copy(files: SpoolFiles, { file: from, bytes }: Segment, to: number): void {
  const chunk = allocate(CHUNK_BYTES);
  for (let position = 0; position < bytes; ) {
    const wanted = chunk.subarray(0, Math.min(CHUNK_BYTES, bytes - position));
    const read = files.readSync(from, wanted, position);
    if (read === 0) break;
    const written = files.append(to, chunk, read);
    if (written < read)
      throw new Error(`${written} of ${read} bytes were written: the disk is full`);
    position += read;
  }
}
