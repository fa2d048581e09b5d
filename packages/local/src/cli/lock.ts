import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Terminal } from './terminal.js';

/**
 * Marks a file of traces as used by this process. Two servers on one file would each delete rows that the other still
 * counts. @returns a function that takes the mark away
 * @throws Error if another process uses the file
 */
export function lock(file: string, { pid, isRunning }: Terminal): () => void {
  const lockFile = `${file}.lock`;
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    if (created(lockFile, pid)) return () => rmSync(lockFile, { force: true });
    const holder = Number.parseInt(readFileSync(lockFile, 'utf8'), 10);
    // In a container each start may get the same process id, so that our own id is left from an earlier start.
    if (holder !== pid && isRunning(holder)) {
      throw new Error(
        `${file} is used by another openlayer-local (process ${holder}): end it, or choose --file or --memory. ` +
          `If that process is something else, delete ${lockFile}`,
      );
    }
    rmSync(lockFile, { force: true });
  }
}

function created(lockFile: string, pid: number): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(lockFile, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new Error(`cannot write ${lockFile}: ${(error as Error).message}`, { cause: error });
  }
  writeSync(descriptor, `${pid}\n`);
  closeSync(descriptor);
  return true;
}
