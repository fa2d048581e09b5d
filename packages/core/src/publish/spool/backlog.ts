/** What waits in a spool folder, counted without touching it. */

import type { SpoolFiles } from './files.js';
import { Kind } from './frame.js';
import { isOrphan, nameOf, segmentsIn } from './names.js';
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
  const now = Date.now();
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
