/** The folder of a spool, and how its disk does: what all parts of the spool share. */

import type { Diagnostics } from '../../diagnostics.js';
import { monotonicMs } from '../../trace/clock.js';
import type { SpoolFiles } from './files.js';
import { nameOf, QUARANTINE, segmentsIn } from './names.js';
import { Quarantine } from './quarantine.js';
import { restored } from './restore.js';
import type { Segment, SpoolEntry } from './segment.js';
import type { SpoolConfig } from './settings.js';
import { SlowDisk } from './slow-disk.js';

const RETRY_DISK_MS = 1000;

export class SpoolFolder {
  readonly path: string;
  readonly files: SpoolFiles;
  readonly config: SpoolConfig;
  readonly diagnostics: Diagnostics;
  /** How this process calls itself in the names of its segments. */
  readonly owner: string;
  readonly quarantine: Quarantine;
  readonly slow: SlowDisk;
  /** Of segments that are not ours, and of the quarantine, when they were last looked at. */
  otherBytes = 0;
  #notBefore = 0;
  readonly #doubtful = new WeakSet<Segment>();
  readonly #taken = new WeakSet<Segment>();
  /** Is told that the disk failed. */
  onFailure: () => void = () => {};

  /**
   * @param destination has a folder of its own: rows can then reach no other pipeline than the one they are for
   * @throws Error where the folder is not to be trusted, or cannot be had
   */
  constructor(
    files: SpoolFiles,
    config: SpoolConfig,
    destination: string,
    diagnostics: Diagnostics,
  ) {
    this.files = files;
    this.config = config;
    this.diagnostics = diagnostics;
    files.prepare(config.dir);
    this.path = files.join(config.dir, files.fingerprint(destination));
    files.prepare(this.path);
    this.owner = files.owner();
    this.quarantine = new Quarantine(files, files.join(this.path, QUARANTINE));
    this.slow = new SlowDisk(diagnostics);
  }

  /** Whether the disk failed a moment ago. */
  get isResting(): boolean {
    return this.#notBefore > 0 && monotonicMs() < this.#notBefore;
  }

  /** The disk does its work, or is to be tried whatever it did before. */
  wakes(): void {
    this.#notBefore = 0;
  }

  failed(error: unknown): void {
    this.#notBefore = monotonicMs() + RETRY_DISK_MS;
    this.onFailure();
    this.tell(error);
  }

  /** Says that the disk failed, where that does not keep anything else from being written. */
  tell(error: unknown): void {
    this.diagnostics.report(
      'error',
      'spool_failed',
      `cannot write to ${this.path}; rows wait in memory until that works again`,
      error,
    );
  }

  /** Deletes what is oldest of the quarantine. @returns whether there was anything */
  dropSetAside(): boolean {
    const freed = this.quarantine.removeOldest();
    this.otherBytes -= freed;
    return freed > 0;
  }

  /** Says that rows were deleted because the folder takes no more, or keeps nothing for longer. */
  lost(reason: 'spool_full' | 'spool_expired', count: number): void {
    if (count === 0) return;
    const { maxBytes, maxAgeMs } = this.config;
    this.diagnostics.report(
      'error',
      `lost_${reason}`,
      `${count} rows were deleted from ${this.path}: it keeps ${maxBytes} bytes and ${maxAgeMs} ms, the newest first`,
    );
  }

  /** Deletes a segment. Where that cannot be, nothing in it is of use to whoever finds it. */
  remove(segment: Segment): void {
    try {
      segment.remove();
    } catch (error) {
      this.tell(error);
    }
  }

  /** Leaves a segment to whoever comes next, or to nobody where nothing in it is of use. */
  giveUp(segment: Segment): void {
    if (segment.isGone) return;
    if (segment.isDone) {
      this.remove(segment);
      return;
    }
    segment.close();
    this.files.rename(segment.path, this.files.join(this.path, nameOf(segment.id, undefined)));
  }

  /** Shows the other processes that the segment's owner lives. */
  touch(segment: Segment): void {
    try {
      this.files.touch(segment.path);
    } catch {
      // Somebody has taken it over: that is found before its rows are sent.
    }
  }

  /** Closes a segment that another process has taken over, since it took this one for dead. @returns whether it was one */
  leaveTaken(segment: Segment): boolean {
    const { files, path } = this;
    if (segment.isGone || files.look(segment.path) !== undefined) return false;
    // A folder that was moved, or that cannot be read, has no other name of it.
    const isThere = segmentsIn(files, path).some(({ id }) => id === segment.id);
    if (!isThere || !files.isLinked(segment.file)) return false;
    segment.close();
    this.#taken.add(segment);
    return true;
  }

  /** Whether another process sends the row. */
  isTaken(entry: SpoolEntry | undefined): boolean {
    return (
      entry !== undefined &&
      this.#taken.has(entry.segment) &&
      entry.segment.table.hasRow(entry.number)
    );
  }

  /** The platform may have what is in it: it is asked before a row is sent. */
  doubt(segment: Segment): void {
    this.#doubtful.add(segment);
  }

  /**
   * Whether the platform may have what is in it: its file is a copy, or was deleted in use, perhaps by a process that took
   * it over and has sent what was in it.
   */
  isDoubtful(segment: Segment): boolean {
    return this.#doubtful.has(segment) || !this.files.isLinked(segment.file);
  }

  /** Gives a segment whose file was deleted another, where anything in it is of use. */
  restore(segment: Segment): void {
    if (segment.isDone) {
      segment.isSealed = true;
      segment.close();
      return;
    }
    this.files.prepare(this.path);
    restored(this.files, segment);
    this.#doubtful.add(segment);
    this.diagnostics.report(
      'warn',
      'spool_deleted',
      `${segment.path} was deleted while in use, and was written again`,
    );
  }

  /** @param except the paths of segments that are counted by themselves */
  measureOthers(except: ReadonlySet<string | undefined>): void {
    let bytes = 0;
    for (const folder of [this.path, this.quarantine.path]) {
      for (const name of this.files.list(folder)) {
        const path = this.files.join(folder, name);
        if (!except.has(path)) bytes += this.files.look(path)?.bytes ?? 0;
      }
    }
    this.otherBytes = bytes;
  }
}
