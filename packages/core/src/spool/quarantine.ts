/** Keeps rows that the platform refuses, and damaged bytes, in a subfolder for a person to look at. */

import { wallClockMs } from '../platform/clock.js';
import type { SpoolFiles } from '../platform/spool-files.js';
import type { QueuedRow } from '../publish/queued-row.js';
import { newSegmentId } from './names.js';
import { Segment } from './segment.js';
import { State } from './trace-table.js';

/** The quarantine of one spool folder. */
export class Quarantine {
  readonly #files: SpoolFiles;
  readonly #folder: string;
  #segment: Segment | undefined;

  constructor(files: SpoolFiles, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  get path(): string {
    return this.#folder;
  }

  /** Keeps a row. @returns the bytes that it takes on disk */
  add(row: QueuedRow): number {
    const segment = this.#open();
    const before = segment.bytes;
    const number = segment.table.traces;
    segment.table.set(number, State.spooled);
    segment.appendRow(number, row);
    return segment.bytes - before;
  }

  /** Syncs the kept rows to disk. */
  async sync(): Promise<void> {
    await this.#segment?.sync();
  }

  /** Keeps the bytes of a damaged range. @param syncs whether to sync them to disk */
  async addBytes(bytes: Uint8Array, { syncs }: { readonly syncs: boolean }): Promise<void> {
    this.#files.prepare(this.#folder);
    const path = this.#files.join(this.#folder, `${newSegmentId(wallClockMs())}.damaged`);
    const file = this.#files.create(path);
    try {
      this.#files.append(file, bytes, bytes.byteLength);
      if (syncs) await this.#files.sync(file);
    } finally {
      this.#files.closeFile(file);
    }
  }

  /** Deletes the oldest file. @returns the bytes that this frees; 0 if there is no file */
  removeOldest(): number {
    const [oldest] = [...this.#files.list(this.#folder)].sort();
    if (oldest === undefined) return 0;
    const path = this.#files.join(this.#folder, oldest);
    const bytes = this.#files.stat(path)?.bytes ?? 0;
    if (this.#segment?.path === path) this.close();
    this.#files.remove(path);
    return bytes;
  }

  /** Closes the current file; the next row creates another. */
  close(): void {
    this.#segment?.close();
    this.#segment = undefined;
  }

  #open(): Segment {
    if (this.#segment !== undefined && this.#files.isLinked(this.#segment.file)) {
      return this.#segment;
    }
    this.close();
    this.#files.prepare(this.#folder);
    const createdMs = wallClockMs();
    const id = newSegmentId(createdMs);
    const path = this.#files.join(this.#folder, `${id}.refused`);
    const file = this.#files.create(path);
    this.#segment = new Segment(this.#files, { id, path, file, createdMs });
    return this.#segment;
  }
}
