/** Periodic work of a spool: renews leases, syncs files to disk, deletes old files to make room. */

import { startTimer, stopTimer, type Timer, unref } from '../../platform/timers.js';
import type { AdoptedSegments } from './adopted-segments.js';
import type { OwnSegments } from './own-segments.js';
import type { SpoolFolder } from './spool-folder.js';

export interface UpkeepTools {
  readonly folder: SpoolFolder;
  readonly own: OwnSegments;
  readonly adopted: AdoptedSegments;
  readonly runDetached: (fn: () => void) => void;
}

const TICK_MS = 1000;
const TOUCH_EVERY_TICKS = 10;
const SYNC_MS = 50;

/** The timers of one spool. */
export class Upkeep {
  readonly #tools: UpkeepTools;
  #timer: Timer | undefined;
  #syncTimer: Timer | undefined;
  #ticks = 0;
  #isMakingRoom = false;
  #isExiting = false;

  constructor(tools: UpkeepTools) {
    this.#tools = tools;
  }

  /** Whether segments of dead processes are being deleted. */
  get isMakingRoom(): boolean {
    return this.#isMakingRoom && !this.#isExiting;
  }

  /** Call it when the process exits: only synchronous work is possible from then on. */
  markExiting(): void {
    this.#isExiting = true;
  }

  /** Checks the files once a second from now on, while there are any. */
  maintainLater(): void {
    if (this.#timer !== undefined) return;
    this.#tools.runDetached(() => {
      this.#timer = unref(startTimer(() => this.#maintain(), TICK_MS));
    });
  }

  /** With `durability: 'fsync'`, syncs written files within 50 ms. */
  syncLater(): void {
    const { folder, runDetached } = this.#tools;
    if (!folder.syncs || this.#syncTimer !== undefined) return;
    runDetached(() => {
      this.#syncTimer = unref(startTimer(() => this.#sync(), SYNC_MS));
    });
  }

  /** Makes room for the next segment if there is none. */
  makeRoomLater(): void {
    const { folder, own, runDetached } = this.#tools;
    if (this.#isMakingRoom || own.hasRoomFor(2)) return;
    this.#isMakingRoom = true;
    runDetached(() => folder.files.atTurnEnd(() => this.#makeRoom()));
  }

  stop(): void {
    stopTimer(this.#timer);
    stopTimer(this.#syncTimer);
    this.#timer = this.#syncTimer = undefined;
  }

  #maintain(): void {
    const { folder, own, adopted } = this.#tools;
    this.#timer = undefined;
    const renewsLease = ++this.#ticks % TOUCH_EVERY_TICKS === 0;
    try {
      own.maintain({ renewsLease });
      adopted.maintain({ renewsLease });
    } catch (error) {
      folder.reportFailure(error);
    }
    // A deleted file that was written again is not synced yet.
    this.syncLater();
    if (!own.isEmpty || adopted.segment !== undefined) this.maintainLater();
  }

  /** Syncs all written files, off the main thread. */
  #sync(): void {
    const { folder, own, adopted } = this.#tools;
    this.#syncTimer = undefined;
    for (const segment of [...own, adopted.segment]) {
      segment?.sync().catch((error: unknown) => {
        if (!segment.isClosed) folder.reportFailure(error);
      });
    }
  }

  /** Deletes files before the next segment needs the room: files of dead processes first, since they are older. */
  async #makeRoom(): Promise<void> {
    const { folder, own, adopted } = this.#tools;
    try {
      while (!own.hasRoomFor(2)) {
        if (adopted.dropQuarantined()) continue;
        if (!(await adopted.dropOldest())) break;
        own.measureOthers();
      }
      own.makeRoomFor(1);
    } catch (error) {
      folder.reportFailure(error);
    }
    this.#isMakingRoom = false;
  }
}
