/**
 * Names of segment files: creation time, identity of the file, and owner. A process adopts a segment whose owner has ended by
 * putting its own name into the file's name; the rename succeeds for one process alone. It releases a segment by taking its name
 * out.
 */

import { randomUuid } from '../platform/random-id.js';
import type { SpoolFiles } from '../platform/spool-files.js';

const SUFFIX = '.wal';
/** The subfolder for rows that the platform refuses. */
export const QUARANTINE = 'quarantine';
/** The owner in the name of a segment that was released. */
const NO_OWNER = '0';
/** Lease of an owner whose process cannot be checked from here, on another machine or in another container. */
const LEASE_MS = 120_000;
/** Lease of an owner whose process runs: it renews its leases every 10 s, so after this time the thread that owned the file has ended. */
const LONG_LEASE_MS = 300_000;

export interface SegmentName {
  /** Sorts by time. */
  readonly id: string;
  /** Identity of the file when it was created; a copy has another one. */
  readonly identity: string;
  readonly owner: string;
  readonly createdMs: number;
}

/** A new id, sortable by time. @param identity of the file, if it is known */
export function newSegmentId(now: number, identity = randomUuid().slice(0, 8)): string {
  return `${now.toString(36).padStart(9, '0')}-${identity}`;
}

export function nameOf(id: string, owner: string | undefined): string {
  return `${id}.${owner ?? NO_OWNER}${SUFFIX}`;
}

function parseName(name: string): SegmentName | undefined {
  const found = /^([0-9a-z]{9})-([0-9a-f]{8})\.([0-9A-Za-z-]+)\.wal$/.exec(name);
  if (found === null) return undefined;
  const [, created, identity, owner] = found as unknown as [string, string, string, string];
  const createdMs = Number.parseInt(created, 36);
  return { id: `${created}-${identity}`, identity, owner, createdMs };
}

/** The segments of a folder, oldest first. */
export function segmentsIn(files: SpoolFiles, folder: string): readonly SegmentName[] {
  return files
    .list(folder)
    .map(parseName)
    .filter((name) => name !== undefined)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whether the segment has no owner, or its owner is dead. */
export function isAdoptable(
  files: SpoolFiles,
  folder: string,
  name: SegmentName,
  now: number,
): boolean {
  if (name.owner === NO_OWNER) return true;
  const isAlive = files.isAlive(name.owner);
  if (isAlive === false) return true;
  const found = files.stat(files.join(folder, nameOf(name.id, name.owner)));
  if (found === undefined) return false;
  return now - found.modifiedMs > (isAlive === undefined ? LEASE_MS : LONG_LEASE_MS);
}

/**
 * Adopts a segment by renaming its file, and begins a lease on it: the one of its former owner may have ended, and any process
 * could adopt the segment again.
 * @returns its new path; undefined if another process was faster
 */
export function adoptFile(
  files: SpoolFiles,
  folder: string,
  name: SegmentName,
  owner: string,
): string | undefined {
  const to = files.join(folder, nameOf(name.id, owner));
  if (!files.rename(files.join(folder, nameOf(name.id, name.owner)), to)) return undefined;
  try {
    files.touch(to);
  } catch (error) {
    if (files.stat(to) === undefined) return undefined;
    throw error;
  }
  return to;
}
