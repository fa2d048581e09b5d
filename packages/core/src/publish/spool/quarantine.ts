/** Rows that the platform refuses, and bytes that are no rows: kept beside the segments for a person to look at. */

import { wallClockMs } from '../../trace/clock.js';
import type { QueuedRow } from '../row.js';
import type { SpoolFiles } from './files.js';
import { newSegmentId } from './names.js';
import { Segment } from './segment.js';
import { State } from './trace-table.js';

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

  /** @returns the bytes that it takes */
  add(row: QueuedRow): number {
    const segment = this.#open();
    const before = segment.bytes;
    const number = segment.table.traces;
    segment.table.set(number, State.kept);
    segment.appendRow(number, row);
    return segment.bytes - before;
  }

  /** Keeps bytes of a damaged file. */
  addBytes(bytes: Uint8Array): void {
    this.#files.prepare(this.#folder);
    const path = this.#files.join(this.#folder, `${newSegmentId(wallClockMs())}.damaged`);
    const file = this.#files.create(path);
    try {
      this.#files.append(file, bytes, bytes.byteLength);
    } finally {
      this.#files.closeFile(file);
    }
  }

  /** Deletes what is oldest in it. @returns the bytes that this frees; 0 where there is nothing left */
  removeOldest(): number {
    const [oldest] = [...this.#files.list(this.#folder)].sort();
    if (oldest === undefined) return 0;
    const path = this.#files.join(this.#folder, oldest);
    const bytes = this.#files.look(path)?.bytes ?? 0;
    if (this.#segment?.path === path) this.close();
    this.#files.remove(path);
    return bytes;
  }

  /** Closes its file; the next row opens another. */
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
