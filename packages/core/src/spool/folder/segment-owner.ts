/**
 * The owner of a segment, which is in the name of its file. A process adopts a segment whose owner has ended by putting its own
 * id there; the rename succeeds for one process alone. It releases a segment by taking its id out.
 */

import type { SpoolFiles } from '../../platform/spool-files.js';
import { NO_OWNER, nameOf, type SegmentName } from '../segment/segment-names.js';
import { LEASE_MS, LONG_LEASE_MS } from './lease.js';

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
 * Adopts a segment, and begins a lease on it: the one of its former owner may have ended, and any process could adopt the segment
 * again.
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

/** Releases a segment of this process, so that any process may adopt it. */
export function releaseFile(files: SpoolFiles, folder: string, id: string, owner: string): void {
  files.rename(files.join(folder, nameOf(id, owner)), files.join(folder, nameOf(id, undefined)));
}
