import { setImmediate } from 'node:timers/promises';
import { Refusal } from '../refusal.js';

const SLICE_MS = 12;

/**
 * How long a read may take. Reads of one thread take turns: between two pieces of its work, each awaits `turn()`, which
 * lets others run once its slice is used up.
 */
export class Budget {
  readonly #until: number;
  #sliceUntil = performance.now() + SLICE_MS;

  constructor(ms: number) {
    this.#until = performance.now() + ms;
  }

  /** @throws Refusal 503 once the time is used up */
  async turn(): Promise<void> {
    const now = performance.now();
    if (now > this.#until) throw new Refusal(503, 'the search took too long', false);
    if (now < this.#sliceUntil) return;
    await setImmediate();
    this.#sliceUntil = performance.now() + SLICE_MS;
  }
}
