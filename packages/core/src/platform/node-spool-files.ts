/** The spool's files on Node: private, of our own, and never through a link. */

import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  read as readFile,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers';
// Not by its name, without which a Node that is too old would not come to say so.
import zlib from 'node:zlib';
import type { SpoolFiles } from '../publish/spool/files.js';
import { onExit } from './node-exit.js';
import { fingerprint, isAlive, owner } from './node-owner.js';

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants;
// Windows has neither.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

export const nodeSpoolFiles: SpoolFiles = {
  absolute(path) {
    try {
      return resolve(path);
    } catch {
      return path;
    }
  },
  join,
  prepare(folder) {
    // To make a relative one where the working directory was deleted, Node tries for ever.
    if (!isAbsolute(folder))
      throw new Error(
        `there is no working directory to find ${folder} in; name it by an absolute path`,
      );
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    if (!found.isDirectory()) throw new Error(`${folder} is no folder, or a link to one`);
    assertOwn(found, folder);
    if (process.platform !== 'win32' && (found.mode & 0o002) !== 0) {
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
  look(path) {
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
    throw new Error(`${path} is no plain file of ours`);
  },
  closeFile: (file) => closeSync(file),
  append: (file, bytes, length) => writeSync(file, bytes, 0, length),
  truncate: (file, length) => ftruncateSync(file, length),
  bytesOf: (file) => fstatSync(file).size,
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
  readNow: (file, target, position) => readSync(file, target, 0, target.byteLength, position),
  sync: (file) =>
    new Promise((resolve, reject) => {
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
    }),
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
  soon: (work) => void setImmediate(work).unref(),
};

function isOwnFile(found: Stats): boolean {
  return found.isFile() && found.nlink === 1 && isOwn(found);
}

function isOwn(found: Stats): boolean {
  return process.geteuid === undefined || found.uid === process.geteuid();
}

function assertOwn(found: Stats, path: string): void {
  if (!isOwn(found)) throw new Error(`${path} belongs to another user; name a folder of your own`);
}
