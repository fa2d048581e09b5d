/** The traces that are open, and the end of those that are open for too long. */

import { unref } from '../publish/delay.js';
import type { RecordedTrace } from './recorded-trace.js';

const SWEEP_MS = 1000;

export class OpenTraces {
  readonly #traces = new Set<RecordedTrace>();
  readonly #outside: (fn: () => void) => void;
  #isSweeping = false;
  #sweptAt = 0;

  /** @param outside runs a function outside any request's scope */
  constructor(outside: (fn: () => void) => void) {
    this.#outside = outside;
  }

  get size(): number {
    return this.#traces.size;
  }

  add(trace: RecordedTrace): void {
    this.#traces.add(trace);
    if (!this.#isSweeping) this.#outside(() => this.#sweepLater());
  }

  delete(trace: RecordedTrace): void {
    this.#traces.delete(trace);
  }

  /** One timer at most, and none while nothing is open. */
  #sweepLater(): void {
    this.#isSweeping = this.#traces.size > 0;
    if (!this.#isSweeping) return;
    this.#sweptAt = performance.now();
    unref(setTimeout(() => this.#sweep(), SWEEP_MS));
  }

  #sweep(): void {
    // After a blocked event loop, answers may be on their way that only now can be seen.
    const isLate = performance.now() - this.#sweptAt > 2 * SWEEP_MS;
    if (!isLate) {
      for (const trace of this.#traces) if (trace.elapsedMs() > trace.maxAgeMs) trace.abandon();
    }
    this.#sweepLater();
  }
}
