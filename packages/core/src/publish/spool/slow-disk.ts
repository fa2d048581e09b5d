/** Notices a disk that holds up the event loop. */

import type { Diagnostics } from '../../diagnostics.js';
import { monotonicMs } from '../../trace/clock.js';

/** A write that takes longer is slow. */
const SLOW_MS = 5;
const WINDOW_MS = 1000;
/** Of a window, in slow writes: a processor that is busy with others gives a few. */
const TOO_MUCH_MS = 100;
const PAUSE_MS = 60_000;

export class SlowDisk {
  readonly #diagnostics: Diagnostics;
  #windowStart = 0;
  #slow = 0;
  #slowMs = 0;
  #all = 0;
  #wasBad = false;
  #until = 0;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  /** Whether writing has to wait until it must be. */
  get isSlow(): boolean {
    return this.#until > 0 && monotonicMs() < this.#until;
  }

  /** Hears of each write. */
  took(ms: number, now: number): void {
    this.#all++;
    if (ms > SLOW_MS) {
      this.#slow++;
      this.#slowMs += ms;
    }
    if (now - this.#windowStart > WINDOW_MS) this.#endWindow(now);
  }

  /** Two bad ones in a row are no accident. */
  #endWindow(now: number): void {
    const isBad = this.#slowMs > TOO_MUCH_MS && this.#slow * 10 >= this.#all;
    if (isBad && this.#wasBad) {
      this.#until = now + PAUSE_MS;
      this.#diagnostics.report(
        'warn',
        'spool_slow',
        `writing to the spool takes more than ${SLOW_MS} ms; for a minute, only what cannot be sent is written`,
      );
    }
    this.#wasBad = isBad;
    this.#windowStart = now;
    this.#slow = this.#slowMs = this.#all = 0;
  }
}
