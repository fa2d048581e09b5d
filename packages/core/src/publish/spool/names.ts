/**
 * Names of segments: when they began, which file they are, and whose. To take one over is to rename it, which one alone
 * can do.
 */

import { randomUuid } from '../../trace/random-id.js';
import type { SpoolFiles } from './files.js';

export const SUFFIX = '.wal';
/** The folder of what the platform refuses, below that of its pipeline. */
export const QUARANTINE = 'quarantine';
/** Stands in a name for an owner that has given the segment up. */
const NOBODY = '0';
/** An owner of which nothing can be known shows that it is alive by touching its files. */
const LEASE_MS = 120_000;
/** An owner that is alive and has not touched a file for so long: a thread of it that was ended, or stopped. */
const LONG_LEASE_MS = 300_000;

export interface SegmentName {
  /** Sorts by time. */
  readonly id: string;
  /** Of the file that it was written to first. */
  readonly identity: string;
  readonly owner: string;
  readonly createdMs: number;
}

/** @param identity of its file, as far as that is known */
export function newSegmentId(now: number, identity = randomUuid().slice(0, 8)): string {
  return `${now.toString(36).padStart(9, '0')}-${identity}`;
}

export function nameOf(id: string, owner: string | undefined): string {
  return `${id}.${owner ?? NOBODY}${SUFFIX}`;
}

export function parseName(name: string): SegmentName | undefined {
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

/** Whether nobody will come back to the segment. */
export function isOrphan(
  files: SpoolFiles,
  folder: string,
  name: SegmentName,
  now: number,
): boolean {
  if (name.owner === NOBODY) return true;
  const isAlive = files.isAlive(name.owner);
  if (isAlive === false) return true;
  const found = files.look(files.join(folder, nameOf(name.id, name.owner)));
  if (found === undefined) return false;
  return now - found.modifiedMs > (isAlive === undefined ? LEASE_MS : LONG_LEASE_MS);
}

/** Takes a segment over. @returns its new path; undefined where somebody else was faster */
export function claim(
  files: SpoolFiles,
  folder: string,
  name: SegmentName,
  owner: string,
): string | undefined {
  const to = files.join(folder, nameOf(name.id, owner));
  return files.rename(files.join(folder, nameOf(name.id, name.owner)), to) ? to : undefined;
}
