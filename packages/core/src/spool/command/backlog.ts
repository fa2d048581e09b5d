/** Counts or deletes the traces that wait in a spool folder, for `openlayer-replay`. */

import { wallClockMs } from '../../platform/clock.js';
import type { SpoolFiles } from '../../platform/spool-files.js';
import { adoptFile, isAdoptable } from '../folder/segment-owner.js';
import { FrameKind } from '../segment/frame.js';
import { numbersIn } from '../segment/payloads.js';
import { readFrames } from '../segment/read-frames.js';
import { nameOf, QUARANTINE, segmentsIn } from '../segment/segment-names.js';

/** What waits for one pipeline. */
export interface Backlog {
  readonly folder: string;
  /** Traces that no living process owns. */
  readonly waiting: number;
  /** Segments of living processes. */
  readonly ownedByOthers: number;
  readonly bytes: number;
}

/** What waits in the folder, one entry for each pipeline. Changes nothing. */
export async function backlogOf(files: SpoolFiles, dir: string): Promise<readonly Backlog[]> {
  const backlogs: Backlog[] = [];
  for (const folder of foldersIn(files, dir)) backlogs.push(await backlogIn(files, folder));
  return backlogs;
}

/** The subfolders of the pipelines. */
function foldersIn(files: SpoolFiles, dir: string): readonly string[] {
  const names = files.list(dir).filter((name) => /^[0-9a-f]{16}$/.test(name));
  return names.map((name) => files.join(dir, name));
}

async function backlogIn(files: SpoolFiles, folder: string): Promise<Backlog> {
  let waiting = 0;
  let ownedByOthers = 0;
  let bytes = 0;
  const now = wallClockMs();
  for (const name of segmentsIn(files, folder)) {
    const path = files.join(folder, nameOf(name.id, name.owner));
    bytes += files.stat(path)?.bytes ?? 0;
    if (isAdoptable(files, folder, name, now)) waiting += await waitingIn(files, path);
    else ownedByOthers++;
  }
  return { folder, waiting, ownedByOthers, bytes };
}

async function waitingIn(files: SpoolFiles, path: string): Promise<number> {
  const traces = new Set<number>();
  let below = 0;
  let file: number;
  try {
    file = files.open(path);
  } catch {
    // Another process has adopted it.
    return 0;
  }
  try {
    await readFrames(files, file, {
      frame({ kind, number, payload }) {
        if (kind === FrameKind.start || kind === FrameKind.row) {
          traces.add(number);
          below = Math.max(below, number + 1);
        } else if (kind === FrameKind.done) {
          for (const each of numbersIn(payload, below)) traces.delete(each);
        }
      },
      damage() {},
    });
  } finally {
    files.closeFile(file);
  }
  return traces.size;
}

/** What was deleted for one pipeline. */
export interface Purged {
  readonly folder: string;
  readonly deleted: number;
  /** Segments of living processes, which were not deleted: their processes would write them again. */
  readonly ownedByOthers: number;
}

/** Deletes all segments that no living process owns, and the quarantine. */
export async function purge(files: SpoolFiles, dir: string): Promise<readonly Purged[]> {
  const purged: Purged[] = [];
  for (const folder of foldersIn(files, dir)) purged.push(await purgeFolder(files, folder));
  return purged;
}

async function purgeFolder(files: SpoolFiles, folder: string): Promise<Purged> {
  let deleted = 0;
  let ownedByOthers = 0;
  const owner = files.owner();
  const now = wallClockMs();
  for (const name of segmentsIn(files, folder)) {
    if (!isAdoptable(files, folder, name, now)) {
      ownedByOthers++;
      continue;
    }
    // Renamed first, so that no other process sends its rows.
    const path = adoptFile(files, folder, name, owner);
    if (path === undefined) continue;
    deleted += await waitingIn(files, path);
    files.remove(path);
  }
  const quarantine = files.join(folder, QUARANTINE);
  for (const name of files.list(quarantine)) files.remove(files.join(quarantine, name));
  return { folder, deleted, ownedByOthers };
}
