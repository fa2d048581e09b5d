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
  readonly #syncs: boolean;
  #segment: Segment | undefined;

  /** @param syncs whether its files have to survive the death of the machine */
  constructor(files: SpoolFiles, folder: string, { syncs }: { readonly syncs: boolean }) {
    this.#files = files;
    this.#folder = folder;
    this.#syncs = syncs;
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

  /** Syncs the kept rows to disk, if they have to survive the death of the machine. */
  async sync(): Promise<void> {
    if (this.#syncs) await this.#segment?.sync();
  }

  /** Keeps the bytes of a damaged range. */
  async addBytes(bytes: Uint8Array): Promise<void> {
    this.#prepare();
    const path = this.#files.join(this.#folder, `${newSegmentId(wallClockMs())}.damaged`);
    const file = this.#files.create(path);
    try {
      this.#files.append(file, bytes, bytes.byteLength);
      if (this.#syncs) {
        await this.#files.sync(file);
        await this.#files.syncEntry(path);
      }
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
    this.#prepare();
    const createdMs = wallClockMs();
    const id = newSegmentId(createdMs);
    const path = this.#files.join(this.#folder, `${id}.refused`);
    const file = this.#files.create(path);
    this.#segment = new Segment(this.#files, { id, path, file, createdMs });
    return this.#segment;
  }

  #prepare(): void {
    this.#files.prepare(this.#folder, { syncs: this.#syncs });
  }
}
