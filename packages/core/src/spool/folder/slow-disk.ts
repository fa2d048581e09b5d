/** Detects a disk whose writes block the event loop. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { monotonicMs } from '../../platform/clock.js';

/** A longer write is slow. */
const SLOW_MS = 5;
const WINDOW_MS = 1000;
/** Time in slow writes that makes a window bad. A few slow writes come from a busy processor. */
const TOO_MUCH_MS = 100;
const PAUSE_MS = 60_000;

/** Measures the writes of one spool. */
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

  /** Whether to write only rows that cannot be sent. */
  get isSlow(): boolean {
    return this.#until > 0 && monotonicMs() < this.#until;
  }

  /** Adds the duration of a write. @param now on the monotonic clock */
  addWrite(ms: number, now: number): void {
    this.#all++;
    if (ms > SLOW_MS) {
      this.#slow++;
      this.#slowMs += ms;
    }
    if (now - this.#windowStart > WINDOW_MS) this.#endWindow(now);
  }

  /** Two bad windows in a row mean a slow disk. */
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
