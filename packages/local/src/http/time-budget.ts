import { setImmediate } from 'node:timers/promises';
import { Refusal } from './refusal.js';

const SLICE_MS = 12;

/**
 * How long a read may take. Reads of one thread take turns: between two pieces of its work, each awaits `turn()`, which
 * lets others run once its slice is used up.
 */
export class TimeBudget {
  readonly #until: number;
  readonly #signal: AbortSignal | undefined;
  #sliceUntil = performance.now() + SLICE_MS;

  /** @param signal ends the read at its next turn */
  constructor(ms: number, signal?: AbortSignal) {
    this.#signal = signal;
    this.#until = performance.now() + ms;
  }

  /** @throws Refusal 503 once the time is used up, or the reason of the signal */
  async turn(): Promise<void> {
    this.#signal?.throwIfAborted();
    const now = performance.now();
    if (now > this.#until) throw new Refusal(503, 'the read took too long', { isViolation: false });
    if (now < this.#sliceUntil) return;
    await setImmediate();
    this.#sliceUntil = performance.now() + SLICE_MS;
  }
}
