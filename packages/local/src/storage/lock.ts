import { realpathSync } from 'node:fs';
import { lockFile } from './database.js';

/**
 * Locks a traces file for this server: two servers on one file would each delete rows that the other still counts.
 * @returns a function that unlocks it, as the end of the process does
 * @throws Error if another server uses the file
 */
export function lock(file: string): () => void {
  const unlock = tryLock(file);
  if (unlock !== undefined) return unlock;
  throw new Error(
    `${file} is used by another openlayer-local: end it, or use another file, or keep the traces in memory`,
  );
}

/** @returns a function that unlocks the file; undefined if another process has locked it */
export function tryLock(file: string): (() => void) | undefined {
  return lockFile(`${realName(file)}-lock`);
}

/** The name of the file that a symbolic link leads to: SQLite uses that one too. */
function realName(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file; // does not exist yet
  }
}
