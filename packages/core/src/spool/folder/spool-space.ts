/** Keeps a spool folder within `spool.maxBytes`: deletes its oldest files before the next file needs their space. */

import type { AdoptedSegments } from './adopted-segments.js';
import type { SpoolFolder } from './spool-folder.js';

/** The files that this process writes. */
export interface OwnFiles {
  readonly paths: readonly string[];
  readonly bytes: number;
  /** Bytes of all but the newest, which may grow. */
  readonly finalBytes: number;
  /** Deletes the oldest with its waiting rows. @returns whether there was one */
  dropOldest(): boolean;
}

export interface SpoolSpaceOptions {
  readonly folder: SpoolFolder;
  readonly adopted: AdoptedSegments;
  readonly own: OwnFiles;
  /** Runs a function outside any request's scope. */
  readonly runDetached: (fn: () => void) => void;
}

/** The space that the files of one spool folder take. */
export class SpoolSpace {
  readonly #folder: SpoolFolder;
  readonly #adopted: AdoptedSegments;
  readonly #own: OwnFiles;
  readonly #runDetached: (fn: () => void) => void;
  /** Bytes of other processes' files and of the quarantine, when they were last measured. */
  #otherBytes = 0;
  #isFreeing = false;
  #isExiting = false;

  constructor({ folder, adopted, own, runDetached }: SpoolSpaceOptions) {
    this.#folder = folder;
    this.#adopted = adopted;
    this.#own = own;
    this.#runDetached = runDetached;
  }

  /** Bytes of all files, approximately. */
  get bytes(): number {
    return this.#otherBytes + this.#adoptedBytes + this.#own.bytes;
  }

  /** Call it when the process exits: only synchronous work is possible from then on. */
  markExiting(): void {
    this.#isExiting = true;
  }

  /** Measures the files of other processes and the quarantine. */
  measure(): void {
    const { files, path, quarantine } = this.#folder;
    const counted = new Set([...this.#own.paths, this.#adopted.segment?.path]);
    let bytes = 0;
    for (const folder of [path, quarantine.path]) {
      for (const name of files.list(folder)) {
        const each = files.join(folder, name);
        if (!counted.has(each)) bytes += files.stat(each)?.bytes ?? 0;
      }
    }
    this.#otherBytes = bytes;
  }

  /** Call it when bytes were written to the quarantine. */
  addBytes(bytes: number): void {
    this.#otherBytes += bytes;
  }

  /**
   * Deletes the oldest files until a further file fits: first those of the quarantine, then own files. It leaves files of dead processes,
   * which can be deleted asynchronously only, to `freeLater`.
   */
  freeNow(): void {
    if (this.#isFreeing && !this.#isExiting) return;
    // Other processes write to the folder too.
    this.measure();
    while (!this.#hasSpaceFor(1)) {
      if (this.#dropQuarantined()) continue;
      if (!this.#own.dropOldest()) return;
    }
  }

  /** Deletes files at the end of this turn unless two further files fit: those of dead processes first, since they are older. */
  freeLater(): void {
    if (this.#isFreeing || this.#hasSpaceFor(2)) return;
    this.#isFreeing = true;
    try {
      this.#runDetached(() => this.#folder.files.atTurnEnd(() => this.#free()));
    } catch (error) {
      this.#isFreeing = false;
      this.#folder.pauseAfterFailure(error);
    }
  }

  async #free(): Promise<void> {
    try {
      while (!this.#hasSpaceFor(2)) {
        if (this.#dropQuarantined()) continue;
        if (!(await this.#adopted.dropOldest())) break;
        this.measure();
      }
      this.#isFreeing = false;
      this.freeNow();
    } catch (error) {
      this.#folder.pauseAfterFailure(error);
    }
    this.#isFreeing = false;
  }

  get #adoptedBytes(): number {
    return this.#adopted.segment?.bytes ?? 0;
  }

  /** Whether this number of full files fits, including the newest own one. */
  #hasSpaceFor(files: number): boolean {
    const { config, fullBytes } = this.#folder;
    const used = this.#otherBytes + this.#adoptedBytes + this.#own.finalBytes;
    return used + files * fullBytes <= config.maxBytes;
  }

  /** Deletes the oldest file of the quarantine, whose rows count as dropped. @returns whether that freed bytes */
  #dropQuarantined(): boolean {
    const deleted = this.#folder.quarantine.deleteOldest();
    if (deleted === undefined) return false;
    const { bytes, counted, others } = deleted;
    this.#otherBytes -= bytes;
    this.#adopted.countFoundAndDropped('spool_full', others);
    let count = others;
    for (const [ledger, rows] of counted) {
      ledger.dropQuarantined(rows);
      count += rows;
    }
    this.#folder.reportLost('spool_full', count);
    return bytes > 0;
  }
}
