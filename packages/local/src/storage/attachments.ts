import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IN_MEMORY } from './database.js';

/** Files that clients have uploaded for their traces. Beyond a limit for all files together, the oldest are deleted. */
export interface Attachments {
  /** Keeps the bytes under an id of 32 hexadecimal digits. */
  add(id: string, bytes: Buffer): Promise<void>;
  /** Deletes the files that were uploaded before `time` in epoch milliseconds. @throws Error if one of them stays */
  removeBefore(time: number): void;
  /** The bytes; undefined if there are none under that id, or none any more. */
  read(id: string): Promise<Buffer | undefined>;
}

const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
const MAX_FOLDER_BYTES = 512 * 1024 * 1024;

const ID = /^[0-9a-f]{32}$/;
/** Ends the name of a file that is being written. */
const PART = '.part';

/** Keeps files in memory, 64 MiB at most, or beside the file of the traces, 512 MiB at most. */
export function openAttachments(tracesFile: string): Attachments {
  return tracesFile === IN_MEMORY
    ? memoryAttachments()
    : folderAttachments(`${tracesFile}-attachments`);
}

function memoryAttachments(): Attachments {
  const kept = new Map<string, Buffer>();
  const sizes = new Sizes(MAX_MEMORY_BYTES);
  return {
    async add(id, bytes) {
      kept.set(id, bytes);
      sizes.add(id, bytes.length, Date.now());
      for (const old of sizes.excess()) {
        kept.delete(old);
        sizes.remove(old);
      }
    },
    removeBefore(time) {
      for (const old of sizes.olderThan(time)) {
        kept.delete(old);
        sizes.remove(old);
      }
    },
    read: async (id) => kept.get(id),
  };
}

function folderAttachments(folder: string): Attachments {
  let sizes: Sizes | undefined;
  /** The folder is read at the first upload, since most servers never get one. */
  const opened = () => {
    sizes ??= sizesIn(folder);
    return sizes;
  };
  const fileOf = (id: string) => join(folder, id);
  return {
    async add(id, bytes) {
      const sizes = opened();
      const part = fileOf(id) + PART;
      try {
        // Written under another name first, so that a reader never finds a part of it.
        await writeFile(part, bytes, { mode: 0o600 });
        await rename(part, fileOf(id));
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
      sizes.add(id, bytes.length, Date.now());
      for (const old of sizes.excess()) {
        await rm(fileOf(old), { force: true });
        sizes.remove(old);
      }
    },
    removeBefore(time) {
      if (!sizes && !existsSync(folder)) return;
      const failures: unknown[] = [];
      for (const old of opened().olderThan(time)) {
        try {
          rmSync(fileOf(old), { force: true });
          opened().remove(old);
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
    async read(id) {
      if (!ID.test(id)) return undefined;
      return readFile(fileOf(id)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
  };
}

/** The sizes of the files in the folder. Files beyond the limit are deleted, and those whose upload was interrupted. */
function sizesIn(folder: string): Sizes {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const sizes = new Sizes(MAX_FOLDER_BYTES);
  const names = readdirSync(folder);
  for (const name of names) {
    if (name.endsWith(PART)) rmSync(join(folder, name), { force: true });
  }
  const files = names
    .filter((name) => ID.test(name))
    .map((name) => ({ name, ...statsOf(join(folder, name)) }))
    .sort((a, b) => a.mtimeMs - b.mtimeMs);
  for (const { name, size, mtimeMs } of files) sizes.add(name, size, mtimeMs);
  for (const old of sizes.excess()) {
    rmSync(join(folder, old), { force: true });
    sizes.remove(old);
  }
  return sizes;
}

function statsOf(file: string): { readonly size: number; readonly mtimeMs: number } {
  return statSync(file, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
}

/** The lengths and times of the files, oldest first. */
class Sizes {
  readonly #files = new Map<string, { readonly bytes: number; readonly time: number }>();
  readonly #limit: number;
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(id: string, bytes: number, time: number): void {
    this.remove(id);
    this.#total += bytes;
    this.#files.set(id, { bytes, time });
  }

  /** @returns the ids of the files to delete, so that the total stays within the limit: never the newest */
  excess(): string[] {
    const found: string[] = [];
    let total = this.#total;
    for (const [id, { bytes }] of this.#files) {
      if (total <= this.#limit || found.length === this.#files.size - 1) break;
      total -= bytes;
      found.push(id);
    }
    return found;
  }

  /** @returns the ids of the files that are older than `time` */
  olderThan(time: number): string[] {
    const found: string[] = [];
    for (const [id, file] of this.#files) {
      if (file.time >= time) break;
      found.push(id);
    }
    return found;
  }

  remove(id: string): void {
    this.#total -= this.#files.get(id)?.bytes ?? 0;
    this.#files.delete(id);
  }
}
