/** Periodic work of a spool: checks its files, renews their leases, syncs them to disk. */

import { startTimer, stopTimer, type Timer, unref } from '../../platform/timers.js';
import type { AdoptedSegments } from './adopted-segments.js';
import { RENEW_MS } from './lease.js';
import type { OwnSegments } from './own-segments.js';
import type { SpoolFolder } from './spool-folder.js';

export interface UpkeepOptions {
  readonly folder: SpoolFolder;
  readonly own: OwnSegments;
  readonly adopted: AdoptedSegments;
  readonly runDetached: (fn: () => void) => void;
}

const TICK_MS = 1000;
const TICKS_PER_RENEWAL = RENEW_MS / TICK_MS;
const SYNC_MS = 50;

/** The timers of one spool. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #timer: Timer | undefined;
  #syncTimer: Timer | undefined;
  #ticks = 0;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Starts the timers that the files need, unless they run. Call it after files were created, adopted or written to. Never throws. */
  start(): void {
    try {
      this.#maintainLater();
      this.#syncLater();
    } catch (error) {
      this.#options.folder.pauseAfterFailure(error);
    }
  }

  stop(): void {
    stopTimer(this.#timer);
    stopTimer(this.#syncTimer);
    this.#timer = this.#syncTimer = undefined;
  }

  /** Checks the files once a second from now on, while there are any. */
  #maintainLater(): void {
    if (this.#timer !== undefined) return;
    const { own, adopted, runDetached } = this.#options;
    if (own.isEmpty && adopted.segment === undefined) return;
    runDetached(() => {
      this.#timer = unref(startTimer(() => this.#maintain(), TICK_MS));
    });
  }

  /** With `durability: 'fsync'`, syncs written files within 50 ms. */
  #syncLater(): void {
    const { folder, runDetached } = this.#options;
    if (this.#syncTimer !== undefined || !folder.syncs) return;
    runDetached(() => {
      this.#syncTimer = unref(startTimer(() => this.#sync(), SYNC_MS));
    });
  }

  #maintain(): void {
    const { folder, own, adopted } = this.#options;
    this.#timer = undefined;
    const renewsLease = ++this.#ticks % TICKS_PER_RENEWAL === 0;
    try {
      own.maintain({ renewsLease });
      adopted.maintain({ renewsLease });
    } catch (error) {
      folder.pauseAfterFailure(error);
    }
    // A deleted file that was written again is not synced yet.
    this.start();
  }

  /** Syncs all written files, off the main thread. */
  #sync(): void {
    const { folder, own, adopted } = this.#options;
    this.#syncTimer = undefined;
    for (const segment of [...own, adopted.segment]) {
      segment?.sync().catch((error: unknown) => {
        if (!segment.isClosed) folder.pauseAfterFailure(error);
      });
    }
  }
}
