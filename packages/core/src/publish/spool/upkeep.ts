/** What a spool does from time to time: shows that its process lives, has the disk keep what was written, makes room. */

import { startTimer, stopTimer, unref } from '../delay.js';
import type { SpoolFolder } from './folder.js';
import type { InheritedSegments } from './inherited-segments.js';
import type { OwnSegments } from './own-segments.js';

export interface UpkeepTools {
  readonly folder: SpoolFolder;
  readonly own: OwnSegments;
  readonly inherited: InheritedSegments;
  readonly outside: (fn: () => void) => void;
}

const TICK_MS = 1000;
const TOUCH_EVERY_TICKS = 10;
const SYNC_MS = 50;

export class Upkeep {
  readonly #tools: UpkeepTools;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  #ticks = 0;
  /** Whether what others have left is being deleted. */
  isMakingRoom = false;

  constructor(tools: UpkeepTools) {
    this.#tools = tools;
  }

  /** Looks after the files once a second from now on, as long as there are any. */
  tendLater(): void {
    if (this.#timer !== undefined) return;
    this.#tools.outside(() => {
      this.#timer = unref(startTimer(() => this.#tend(), TICK_MS));
    });
  }

  /** Where it is to outlive the machine, what was written is. */
  syncLater(): void {
    const { folder, outside } = this.#tools;
    if (folder.config.durability !== 'fsync' || this.#syncTimer !== undefined) return;
    outside(() => {
      this.#syncTimer = unref(startTimer(() => this.#sync(), SYNC_MS));
    });
  }

  /** Makes room for the next segment, where there is none. */
  makeRoomLater(): void {
    const { folder, own, outside } = this.#tools;
    if (this.isMakingRoom || own.hasRoomFor(2)) return;
    this.isMakingRoom = true;
    outside(() => folder.files.soon(() => this.#makeRoom()));
  }

  stop(): void {
    stopTimer(this.#timer);
    stopTimer(this.#syncTimer);
    this.#timer = this.#syncTimer = undefined;
  }

  #tend(): void {
    const { folder, own, inherited } = this.#tools;
    this.#timer = undefined;
    const isTouched = ++this.#ticks % TOUCH_EVERY_TICKS === 0;
    try {
      own.tend(isTouched);
      inherited.tend(isTouched);
    } catch (error) {
      folder.failed(error);
    }
    if (!own.isEmpty || inherited.segment !== undefined) this.tendLater();
  }

  /** One for all that was written meanwhile, and off this thread. */
  #sync(): void {
    const { folder, own } = this.#tools;
    this.#syncTimer = undefined;
    for (const segment of own) {
      if (!segment.isDirty || segment.isGone) continue;
      segment.isDirty = false;
      folder.files.sync(segment.file).catch((error: unknown) => {
        if (!segment.isGone) folder.failed(error);
      });
    }
  }

  /** What others have left is older than what is ours. It goes before the next segment needs its room. */
  async #makeRoom(): Promise<void> {
    const { folder, own, inherited } = this.#tools;
    try {
      while (!own.hasRoomFor(2)) {
        if (folder.dropSetAside()) continue;
        if (!(await inherited.dropOldest())) break;
        own.measureOthers();
      }
      own.makeRoomFor(1);
    } catch (error) {
      folder.failed(error);
    }
    this.isMakingRoom = false;
  }
}
