/** The open traces, the oldest first. Abandons traces that are open for too long. */

import { timersLast } from '#platform';
import { monotonicMs } from '../platform/clock.js';
import { startTimer, unref } from '../platform/timers.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';

const SWEEP_MS = 1000;
/** Ended traces are removed from the array when they are more than the open ones and this number. */
const MAX_ENDED = 64;

/**
 * The open traces of a tracer. They are in an array, where ended traces stay for a while: taking each one out of a Set makes a
 * request about 1 us slower.
 */
export class OpenTraces {
  readonly #runDetached: (fn: () => void) => void;
  /** In the order in which they were opened. */
  #traces: RecordedTrace[] = [];
  #size = 0;
  #isSweeping = false;
  #sweptAt = 0;

  /** @param runDetached runs a function outside any request's scope */
  constructor(runDetached: (fn: () => void) => void) {
    this.#runDetached = runDetached;
  }

  get size(): number {
    return this.#size;
  }

  add(trace: RecordedTrace): void {
    if (this.#traces.length > 2 * this.#size + MAX_ENDED) this.#removeEnded();
    this.#traces.push(trace);
    this.#size++;
    if (!timersLast) this.#sweepNow();
    else if (!this.#isSweeping) this.#runDetached(() => this.#sweepLater());
  }

  /** Call it once for each trace, when it ends. */
  countEnded(): void {
    this.#size--;
    // The timer, which removes them each second, runs only while traces are open.
    if (this.#size === 0) this.#traces.length = 0;
  }

  /** The oldest first. Traces may end during the iteration. */
  *[Symbol.iterator](): Generator<RecordedTrace> {
    for (const trace of this.#traces) if (trace.isOpen) yield trace;
  }

  #removeEnded(): void {
    this.#traces = this.#traces.filter((trace) => trace.isOpen);
  }

  /** Starts the timer while traces are open. */
  #sweepLater(): void {
    this.#isSweeping = this.size > 0;
    if (!this.#isSweeping) return;
    this.#sweptAt = monotonicMs();
    unref(startTimer(() => this.#sweep(), SWEEP_MS));
  }

  /** Checks for old traces when a trace opens, on platforms whose timers end with their request. */
  #sweepNow(): void {
    const now = monotonicMs();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    this.#runDetached(() => this.#abandonOld());
  }

  #abandonOld(): void {
    this.#removeEnded();
    for (const trace of this.#traces) if (trace.isTooOld) trace.abandon();
  }

  #sweep(): void {
    try {
      // After a blocked event loop, ends of responses may be pending: check at the next tick.
      const isLate = monotonicMs() - this.#sweptAt > 2 * SWEEP_MS;
      if (!isLate) this.#abandonOld();
      this.#sweepLater();
    } catch {
      // An error in a timer would end the process. The next opened trace starts the timer again.
      this.#isSweeping = false;
    }
  }
}
