/** Names of segment files: creation time, identity of the file, and owner. */

import { randomUuid } from '../../platform/random-id.js';
import type { SpoolFiles } from '../../platform/spool-files.js';

const SUFFIX = '.wal';
/** The subfolder for rows that the platform refuses. */
export const QUARANTINE = 'quarantine';
/** The owner in the name of a segment that was released. */
export const NO_OWNER = '0';

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
