/** The traces that are open, oldest first, and the end of those that are open for too long. */

import { timersLast } from '#platform';
import { startTimer, unref } from '../publish/delay.js';
import { monotonicMs } from './clock.js';
import type { RecordedTrace } from './recorded-trace.js';

const SWEEP_MS = 1000;

/** A list that runs through the traces themselves, so that a request adds nothing to it but two references. */
export class OpenTraces {
  readonly #outside: (fn: () => void) => void;
  #first: RecordedTrace | undefined;
  #last: RecordedTrace | undefined;
  #isSweeping = false;
  #sweptAt = 0;
  size = 0;

  /** @param outside runs a function outside any request's scope */
  constructor(outside: (fn: () => void) => void) {
    this.#outside = outside;
  }

  add(trace: RecordedTrace): void {
    trace.openBefore = this.#last;
    if (this.#last === undefined) this.#first = trace;
    else this.#last.openAfter = trace;
    this.#last = trace;
    this.size++;
    if (!timersLast) this.#sweepByTheWay();
    else if (!this.#isSweeping) this.#outside(() => this.#sweepLater());
  }

  delete(trace: RecordedTrace): void {
    const { openBefore, openAfter } = trace;
    if (openBefore === undefined) this.#first = openAfter;
    else openBefore.openAfter = openAfter;
    if (openAfter === undefined) this.#last = openBefore;
    else openAfter.openBefore = openBefore;
    trace.openBefore = trace.openAfter = undefined;
    this.size--;
  }

  /** Oldest first; traces may end meanwhile. */
  *[Symbol.iterator](): Generator<RecordedTrace> {
    let next = this.#first;
    while (next !== undefined) {
      const trace = next;
      next = trace.openAfter;
      yield trace;
    }
  }

  /** One timer at most, and none while nothing is open. */
  #sweepLater(): void {
    this.#isSweeping = this.size > 0;
    if (!this.#isSweeping) return;
    this.#sweptAt = monotonicMs();
    unref(startTimer(() => this.#sweep(), SWEEP_MS));
  }

  /** Where a timer ends with its request, each request looks after those before it. */
  #sweepByTheWay(): void {
    const now = monotonicMs();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    this.#outside(() => this.#endOld());
  }

  #endOld(): void {
    let next = this.#first;
    while (next !== undefined) {
      const trace = next;
      next = trace.openAfter;
      if (trace.elapsedMs() > trace.maxAgeMs) trace.abandon();
    }
  }

  #sweep(): void {
    try {
      // After a blocked event loop, answers may be on their way that only now can be seen.
      const isLate = monotonicMs() - this.#sweptAt > 2 * SWEEP_MS;
      if (!isLate) this.#endOld();
      this.#sweepLater();
    } catch {
      // Thrown by a timer, it would end the process. The next trace that is opened sweeps again.
      this.#isSweeping = false;
    }
  }
}
