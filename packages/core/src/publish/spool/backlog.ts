/** What waits in a spool folder, counted without touching it. */

import { wallClockMs } from '../../trace/clock.js';
import type { SpoolFiles } from './files.js';
import { Kind } from './frame.js';
import { claim, isOrphan, nameOf, QUARANTINE, segmentsIn } from './names.js';
import { numbersIn } from './payloads.js';
import { readFrames } from './read-frames.js';

/** Of one pipeline. */
export interface Backlog {
  readonly folder: string;
  /** Traces that nobody who is alive sends. */
  readonly waiting: number;
  /** Segments of processes that are alive. */
  readonly ownedByOthers: number;
  readonly bytes: number;
}

export async function backlogOf(files: SpoolFiles, dir: string): Promise<readonly Backlog[]> {
  const backlogs: Backlog[] = [];
  for (const name of files.list(dir)) {
    if (!/^[0-9a-f]{16}$/.test(name)) continue;
    backlogs.push(await backlogIn(files, files.join(dir, name)));
  }
  return backlogs;
}

async function backlogIn(files: SpoolFiles, folder: string): Promise<Backlog> {
  let waiting = 0;
  let ownedByOthers = 0;
  let bytes = 0;
  const now = wallClockMs();
  for (const name of segmentsIn(files, folder)) {
    const path = files.join(folder, nameOf(name.id, name.owner));
    bytes += files.look(path)?.bytes ?? 0;
    if (isOrphan(files, folder, name, now)) waiting += await waitingIn(files, path);
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
    // Somebody was faster.
    return 0;
  }
  try {
    await readFrames(files, file, {
      frame({ kind, number, payload }) {
        if (kind === Kind.start || kind === Kind.row) {
          traces.add(number);
          below = Math.max(below, number + 1);
        } else if (kind === Kind.done) {
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

/** What was deleted of one pipeline, and what was not. */
export interface Purged {
  readonly folder: string;
  readonly deleted: number;
  /** Segments of processes that are alive, which would write them again. */
  readonly ownedByOthers: number;
}

/** Deletes all that waits in a spool folder and is nobody's who is alive, and what was set aside. */
export async function purge(files: SpoolFiles, dir: string): Promise<readonly Purged[]> {
  const purged: Purged[] = [];
  for (const name of files.list(dir)) {
    if (!/^[0-9a-f]{16}$/.test(name)) continue;
    purged.push(await purgeFolder(files, files.join(dir, name)));
  }
  return purged;
}

async function purgeFolder(files: SpoolFiles, folder: string): Promise<Purged> {
  let deleted = 0;
  let ownedByOthers = 0;
  const owner = files.owner();
  const now = Date.now();
  for (const name of segmentsIn(files, folder)) {
    if (!isOrphan(files, folder, name, now)) {
      ownedByOthers++;
      continue;
    }
    // From now on nobody else can send what is in it.
    const path = claim(files, folder, name, owner);
    if (path === undefined) continue;
    deleted += await waitingIn(files, path);
    files.remove(path);
  }
  const setAside = files.join(folder, QUARANTINE);
  for (const name of files.list(setAside)) files.remove(files.join(setAside, name));
  return { folder, deleted, ownedByOthers };
}
