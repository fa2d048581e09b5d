/** Keeps rows that the platform refuses, and damaged bytes, in a subfolder for a person to look at. */

import { allocate } from '#platform';
import { wallClockMs } from '../../platform/clock.js';
import type { SpoolFiles } from '../../platform/spool-files.js';
import type { Ledger } from '../../publish/counts/ledger.js';
import type { QueuedRow } from '../../publish/row/queued-row.js';
import { assertWritten, FrameKind, frameHeaderOf, HEADER_BYTES } from '../segment/frame.js';
import { Segment } from '../segment/segment.js';
import { newSegmentId } from '../segment/segment-names.js';

/** A file that was deleted from the quarantine. */
export interface DeletedFile {
  readonly bytes: number;
  /** The number of its rows in each ledger of this process. */
  readonly counted: ReadonlyMap<Ledger, number>;
  /** The number of its rows if another process wrote it, else 0. */
  readonly others: number;
}

export interface QuarantineOptions {
  /** A file of this size counts as full. */
  readonly fullBytes: number;
  /** Whether its files have to survive the death of the machine. */
  readonly syncs: boolean;
}

/** The quarantine of one spool folder. */
export class Quarantine {
  readonly #files: SpoolFiles;
  readonly #folder: string;
  readonly #fullBytes: number;
  readonly #syncs: boolean;
  #segment: Segment | undefined;
  /** The rows in the files that this process wrote, by their paths. */
  readonly #written = new Map<string, Map<Ledger, number>>();

  constructor(files: SpoolFiles, folder: string, { fullBytes, syncs }: QuarantineOptions) {
    this.#files = files;
    this.#folder = folder;
    this.#fullBytes = fullBytes;
    this.#syncs = syncs;
  }

  get path(): string {
    return this.#folder;
  }

  /** Keeps a row that the ledger counts. @returns the bytes that it takes on disk */
  add(row: QueuedRow, ledger: Ledger): number {
    const segment = this.#open();
    const before = segment.bytes;
    segment.appendNewRow(row);
    const counted = this.#written.get(segment.path);
    counted?.set(ledger, (counted.get(ledger) ?? 0) + 1);
    return segment.bytes - before;
  }

  /** Syncs the kept rows to disk, if they have to survive the death of the machine. */
  async sync(): Promise<void> {
    if (this.#syncs) await this.#segment?.sync();
  }

  /** Keeps the bytes of a damaged range. */
  async addBytes(bytes: Uint8Array): Promise<void> {
    this.#createFolder();
    const path = this.#files.join(this.#folder, `${newSegmentId(wallClockMs())}${DAMAGED}`);
    const file = this.#files.create(path);
    try {
      assertWritten(this.#files.append(file, bytes, bytes.byteLength), bytes.byteLength);
      if (this.#syncs) {
        await this.#files.sync(file);
        await this.#files.syncEntry(path);
      }
    } catch (error) {
      // The bytes are still in the damaged file, and are quarantined from there again.
      this.#files.remove(path);
      throw error;
    } finally {
      this.#files.closeFile(file);
    }
  }

  /** Deletes the oldest of its files that can be deleted. @returns undefined if there is none */
  deleteOldest(): DeletedFile | undefined {
    const names = this.#files.list(this.#folder).filter(isOwnName).sort();
    for (const name of names) {
      const path = this.#files.join(this.#folder, name);
      const bytes = this.#files.stat(path)?.bytes ?? 0;
      const counted = this.#written.get(path);
      const others = counted === undefined && name.endsWith(REFUSED) ? this.#rowsIn(path) : 0;
      try {
        if (this.#segment?.path === path) this.close();
        this.#files.remove(path);
      } catch {
        continue;
      }
      this.#written.delete(path);
      return { bytes, counted: counted ?? new Map(), others };
    }
    return undefined;
  }

  /** Number of rows in a file. Reads headers only, since this runs between two writes of the app's rows. */
  #rowsIn(path: string): number {
    const files = this.#files;
    const header = allocate(HEADER_BYTES);
    let rows = 0;
    let file: number;
    try {
      file = files.open(path);
    } catch {
      // Another process has deleted it.
      return 0;
    }
    try {
      for (let position = 0; files.readSync(file, header, position) === HEADER_BYTES; ) {
        const frame = frameHeaderOf(header);
        if (frame === undefined) break;
        if (frame.kind === FrameKind.row) rows++;
        position += HEADER_BYTES + frame.payloadBytes;
      }
    } finally {
      files.closeFile(file);
    }
    return rows;
  }

  /** Closes the current file; the next row creates another. */
  close(): void {
    this.#segment?.close();
    this.#segment = undefined;
  }

  #open(): Segment {
    const segment = this.#segment;
    const isFull = segment !== undefined && segment.bytes >= this.#fullBytes;
    if (segment !== undefined && !isFull && this.#files.isLinked(segment.file)) return segment;
    this.close();
    this.#createFolder();
    const createdMs = wallClockMs();
    const id = newSegmentId(createdMs);
    const path = this.#files.join(this.#folder, `${id}${REFUSED}`);
    const file = this.#files.create(path);
    this.#segment = new Segment(this.#files, { id, path, file, createdMs });
    this.#written.set(path, new Map());
    return this.#segment;
  }

  #createFolder(): void {
    this.#files.prepare(this.#folder, { syncs: this.#syncs });
  }
}

/** The end of the names of files with refused rows. */
const REFUSED = '.refused';
const DAMAGED = '.damaged';

/** A person may keep other things in the folder. */
function isOwnName(name: string): boolean {
  return name.endsWith(REFUSED) || name.endsWith(DAMAGED);
}
