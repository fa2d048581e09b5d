/** The spool's files on Node: readable by their owner alone, and never opened through a link. */

import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  promises,
  readdirSync,
  read as readFile,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
// A named import of `crc32` would fail in a Node that is too old, before its version is checked.
import zlib from 'node:zlib';
import type { SpoolFiles } from '../spool-files.js';
import { onExit } from './exit.js';
import { fingerprint, isAlive, owner } from './owner.js';
import { atTurnEnd } from './turn-end.js';

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants;
// Windows has neither.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** The absolute path; the path unchanged if the working directory was deleted. */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch {
    return path;
  }
}

export const nodeSpoolFiles: SpoolFiles = {
  join,
  prepare(folder, { syncs }) {
    // For a relative path in a deleted working directory, Node's recursive mkdirSync never returns.
    if (!isAbsolute(folder))
      throw new Error(
        `there is no working directory to find ${folder} in; name it by an absolute path`,
      );
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (syncs && made !== undefined) syncEntriesNow(folder, made);
    const folderStat = lstatSync(folder);
    if (!folderStat.isDirectory())
      throw new Error(`${folder} is not a folder, or is a link to one; name a folder`);
    assertOwn(folderStat, folder);
    if (process.platform !== 'win32' && (folderStat.mode & 0o002) !== 0) {
      throw new Error(`${folder} can be written by everybody; chmod 700 it, or name another`);
    }
  },
  list(folder) {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  stat(path) {
    try {
      const found = lstatSync(path);
      if (!isOwnFile(found)) return undefined;
      return { bytes: found.size, modifiedMs: found.mtimeMs };
    } catch {
      return undefined;
    }
  },
  create: (path) => openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
  open(path) {
    const file = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
    if (isOwnFile(fstatSync(file))) return file;
    closeSync(file);
    throw new Error(`${path} is not a regular file of this user`);
  },
  closeFile: (file) => closeSync(file),
  append: (file, bytes, length) => writeSync(file, bytes, 0, length),
  truncate: (file, length) => ftruncateSync(file, length),
  sizeOf: (file) => fstatSync(file).size,
  identityOf(file) {
    const { ino, birthtimeNs } = fstatSync(file, { bigint: true });
    return fingerprint(`${ino} ${birthtimeNs}`).slice(0, 8);
  },
  isLinked: (file) => fstatSync(file).nlink > 0,
  read: (file, target, position) =>
    new Promise((resolve, reject) => {
      readFile(file, target, 0, target.byteLength, position, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      );
    }),
  readSync: (file, target, position) => readSync(file, target, 0, target.byteLength, position),
  sync: (file) =>
    new Promise((resolve, reject) => {
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
    }),
  syncNow: (file) => fdatasyncSync(file),
  syncEntry,
  syncEntryNow,
  rename(from, to) {
    try {
      renameSync(from, to);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  },
  remove(path) {
    try {
      unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  },
  touch(path) {
    const now = new Date();
    utimesSync(path, now, now);
  },
  checksum: (bytes) => zlib.crc32(bytes),
  fingerprint,
  owner,
  isAlive,
  onExit,
  atTurnEnd: (work) => void atTurnEnd(work).unref(),
};

/** Windows lets nobody sync a folder. */
const SYNCS_FOLDERS = process.platform !== 'win32';
/** Codes for folders that cannot be synced: of some mounted file systems, or above our own and not ours to read. */
const CANNOT_SYNC: ReadonlySet<unknown> = new Set(['EINVAL', 'ENOTSUP', 'EACCES', 'EPERM']);

async function syncEntry(path: string): Promise<void> {
  if (!SYNCS_FOLDERS) return;
  try {
    const folder = await promises.open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    throwUnlessUnsyncable(error);
  }
}

function syncEntryNow(path: string): void {
  if (!SYNCS_FOLDERS) return;
  try {
    const folder = openSync(dirname(path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    throwUnlessUnsyncable(error);
  }
}

function throwUnlessUnsyncable(error: unknown): void {
  if (!CANNOT_SYNC.has((error as NodeJS.ErrnoException).code)) throw error;
}

/** Syncs the entries of the folder and of those above it, up to the topmost one that was made. */
function syncEntriesNow(folder: string, topmost: string): void {
  for (let path = resolve(folder); path.length >= topmost.length; path = dirname(path)) {
    syncEntryNow(path);
    if (path === topmost) return;
  }
}

function isOwnFile(found: Stats): boolean {
  return found.isFile() && found.nlink === 1 && isOwn(found);
}

function isOwn(found: Stats): boolean {
  return process.geteuid === undefined || found.uid === process.geteuid();
}

function assertOwn(found: Stats, path: string): void {
  if (!isOwn(found)) throw new Error(`${path} belongs to another user; name a folder of your own`);
}
