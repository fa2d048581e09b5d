/** The open traces, the oldest first. Abandons traces that are open for too long, or stuck while others need their place. */

import { timersOutliveRequests } from '#platform';
import { monotonicMs } from '../platform/clock.js';
import { startTimer, unref } from '../platform/timers.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';

const SWEEP_MS = 1000;
/** Ended traces are removed from the array when they are more than the open ones and this number. */
const MAX_ENDED = 64;
/** A trace without a maximal age is stuck when nothing is recorded in it for this long: the default age of requests. */
const STUCK_MS = 600_000;
/** Stuck traces that are abandoned at a time, so that their rows do not fill the queue. */
const MAX_ABANDONED = 100;

/** When a trace made progress for the last time. */
interface Progress {
  readonly progress: number;
  readonly sinceMs: number;
}

/**
 * The open traces of a tracer. They are in an array, where ended traces stay for a while: taking each one out of a Set would be
 * slower.
 */
export class OpenTraces {
  readonly #runDetached: (fn: () => void) => void;
  readonly #onSweep: ((trace: RecordedTrace) => void) | undefined;
  /** In the order in which they were opened. */
  #traces: RecordedTrace[] = [];
  #size = 0;
  #isSweeping = false;
  #sweptAt = 0;
  /** Progress of the open traces that have no maximal age, and have a maximal idle time or are older than `STUCK_MS`. */
  readonly #progress = new WeakMap<RecordedTrace, Progress>();
  #madeRoomAt = Number.NEGATIVE_INFINITY;

  /**
   * @param runDetached runs a function outside any request's scope
   * @param onSweep called once a second with each open trace
   */
  constructor(runDetached: (fn: () => void) => void, onSweep?: (trace: RecordedTrace) => void) {
    this.#runDetached = runDetached;
    this.#onSweep = onSweep;
  }

  get size(): number {
    return this.#size;
  }

  add(trace: RecordedTrace): void {
    if (this.#traces.length > 2 * this.#size + MAX_ENDED) this.#removeEnded();
    this.#traces.push(trace);
    this.#size++;
    if (!timersOutliveRequests) this.#sweepNow();
    else if (!this.#isSweeping) this.#runDetached(() => this.#sweepLater());
  }

  /** Call it once for each trace, when it ends. */
  countEnded(): void {
    this.#size--;
    // The timer, which removes them each second, runs only while traces are open.
    // A new array is faster than to empty this one by its length.
    if (this.#size === 0) this.#traces = [];
  }

  /** The oldest first. Traces may end during the iteration. */
  *[Symbol.iterator](): Generator<RecordedTrace> {
    for (const trace of this.#traces) if (trace.isOpen) yield trace;
  }

  /**
   * Abandons traces that are too old, and the oldest of the stuck ones. Call it when too many are open. Within a second after a
   * call, it does nothing.
   * @returns the number of stuck traces that were abandoned
   */
  makeRoom(): number {
    const now = monotonicMs();
    if (now - this.#madeRoomAt < SWEEP_MS) return 0;
    this.#madeRoomAt = now;
    let abandoned = 0;
    this.#runDetached(() => {
      this.#abandonOld();
      for (const trace of this) {
        if (abandoned === MAX_ABANDONED) return;
        if (trace.hasMaxAge || this.#idleMs(trace) < STUCK_MS) continue;
        trace.abandon();
        abandoned++;
      }
    });
    return abandoned;
  }

  /** How long the trace has made no progress, as far as the sweeps have seen. */
  #idleMs(trace: RecordedTrace): number {
    const isLimited = trace.maxIdleMs !== Number.POSITIVE_INFINITY;
    if (!isLimited && trace.elapsedMs() < STUCK_MS) return 0;
    const now = monotonicMs();
    const { progress } = trace;
    const known = this.#progress.get(trace);
    if (known?.progress === progress) return now - known.sinceMs;
    this.#progress.set(trace, { progress, sinceMs: now });
    return 0;
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

  /** Checks for old traces when a trace opens, on runtimes whose timers end with their request. */
  #sweepNow(): void {
    const now = monotonicMs();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    this.#runDetached(() => this.#abandonOld());
  }

  #abandonOld(): void {
    this.#removeEnded();
    for (const trace of this.#traces) {
      const isUnread = () => this.#idleMs(trace) > trace.maxIdleMs && !trace.isWaiting;
      if (trace.isTooOld || (!trace.hasMaxAge && isUnread())) trace.abandon();
    }
  }

  #sweep(): void {
    try {
      // After a blocked event loop, ends of responses may be pending: check at the next tick.
      const isLate = monotonicMs() - this.#sweptAt > 2 * SWEEP_MS;
      if (!isLate) this.#abandonOld();
      if (this.#onSweep !== undefined) for (const trace of this) this.#onSweep(trace);
      this.#sweepLater();
    } catch {
      // An error in a timer would end the process. The next opened trace starts the timer again.
      this.#isSweeping = false;
    }
  }
}
