import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Terminal } from './terminal.js';

/** How long a lock file without a process id counts as being written. */
const WRITE_MS = 500;
const POLL_MS = 10;

/**
 * Marks a file of traces as used by this process. Two servers on one file would each delete rows that the other still
 * counts. @returns a function that takes the mark away
 * @throws Error if another process uses the file
 */
export function lock(file: string, { pid, isRunning }: Terminal): () => void {
  const lockFile = `${file}.lock`;
  // Unique, since in a container each start may get the same process id.
  const own = `${pid} ${randomUUID()}\n`;
  mkdirSync(dirname(file), { recursive: true });
  while (!isCreated(lockFile, own)) {
    const text = textOf(lockFile);
    if (text === undefined) continue; // released meanwhile
    const holder = Number.parseInt(text, 10);
    // Our own id is left from an earlier start in a container.
    if (holder !== pid && isRunning(holder)) {
      throw new Error(
        `${file} is used by another openlayer-local (process ${holder}): end it, or choose --file or --memory. ` +
          `If that process is something else, delete ${lockFile}`,
      );
    }
    removeStale(lockFile, text);
  }
  return () => {
    if (read(lockFile) === own) rmSync(lockFile, { force: true });
  };
}

function isCreated(lockFile: string, text: string): boolean {
  try {
    writeFileSync(lockFile, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new Error(`cannot write ${lockFile}: ${(error as Error).message}`, { cause: error });
  }
}

/** The text of the lock file, once its creator has written it; undefined if there is no such file. */
function textOf(lockFile: string): string | undefined {
  for (let waited = 0; ; waited += POLL_MS) {
    const text = read(lockFile);
    if (text !== '' || waited >= WRITE_MS) return text;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
}

function read(lockFile: string): string | undefined {
  try {
    return readFileSync(lockFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Removes the lock file of a process that has ended. It is renamed first: of two processes that found it only one renames it,
 * and if the other has already replaced it by its own, that one is put back.
 */
function removeStale(lockFile: string, text: string): void {
  const renamed = `${lockFile}.${randomUUID()}`;
  try {
    renameSync(lockFile, renamed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const removed = read(renamed) ?? '';
  if (removed !== text) isCreated(lockFile, removed);
  rmSync(renamed, { force: true });
}
