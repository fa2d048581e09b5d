/** Ended traces whose rows wait for promises of functions among the options. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { elapsedSince, monotonicMs } from '../../platform/clock.js';
import { startTimer, stopTimer, type Timer, unref, waitAtMost } from '../../platform/timers.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';

/** Longest wait of a row. */
const LONGEST_PROMISE_MS = 10_000;

export class AwaitingTraces {
  readonly #diagnostics: Diagnostics;
  readonly #queue: (trace: RecordedTrace) => void;
  readonly #traces = new Map<RecordedTrace, Promise<void>>();

  /** @param queue called with each trace when it waits no longer */
  constructor(diagnostics: Diagnostics, queue: (trace: RecordedTrace) => void) {
    this.#diagnostics = diagnostics;
    this.#queue = queue;
  }

  get size(): number {
    return this.#traces.size;
  }

  [Symbol.iterator](): Iterator<RecordedTrace> {
    return this.#traces.keys();
  }

  /** Queues the trace when its promises have settled, or after 10 seconds without their values. */
  add(trace: RecordedTrace): void {
    this.#traces.set(trace, this.#queueWhenSettled(trace));
  }

  async #queueWhenSettled(trace: RecordedTrace): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = unref(startTimer(resolve, LONGEST_PROMISE_MS));
    });
    await Promise.race([trace.whenOptionsSettle(), late]);
    stopTimer(timer);
    try {
      if (this.#traces.has(trace)) this.#queueNow(trace);
    } catch (error) {
      trace.reportFailure('queue', error);
    }
  }

  /** Queues all traces now, without values that are still promised. */
  queueAllNow(): void {
    for (const trace of this.#traces.keys()) this.#queueNow(trace);
  }

  #queueNow(trace: RecordedTrace): void {
    this.#traces.delete(trace);
    if (trace.isAwaitingOptions) {
      this.#diagnostics.report(
        'warn',
        'option_too_late',
        'a promise of a function among the options had not settled when the row had to be sent; the row goes without its value',
      );
    }
    this.#queue(trace);
  }

  /** Resolves when the trace with this id does not wait. */
  async whenQueued(inferenceId: string): Promise<void> {
    for (const [trace, queued] of this.#traces) {
      if (trace.inferenceId === inferenceId) await queued;
    }
  }

  /** Waits for all of them and keeps the process alive, at most until the deadline. @returns the milliseconds waited */
  async waitForAll(deadlineMs: number): Promise<number> {
    const start = monotonicMs();
    await waitAtMost(Promise.allSettled(this.#traces.values()), deadlineMs);
    return Math.min(elapsedSince(start), deadlineMs);
  }
}
