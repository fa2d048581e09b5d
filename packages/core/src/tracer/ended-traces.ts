/** Ended traces, until their rows are queued, sampled out or dropped. */

import { atTurnEnd } from '#platform';
import type { Diagnostics } from '../diagnostics/diagnostics.js';
import { elapsedSince, monotonicMs } from '../platform/clock.js';
import {
  startMicrotask,
  startTimer,
  stopTimer,
  type Timer,
  unref,
  waitAtMost,
} from '../platform/timers.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import type { Publishing } from './publishing.js';

/** Traces of a full batch. */
const FULL = 16;

/** Traces after which the batch does not wait for the end of the turn. */
const MAX_WAITING = 64;

/** Traces between which no request is served. Each delays the requests that arrive meanwhile by about 50 microseconds. */
const MAX_AT_ONCE = 8;

/** Longest wait of a batch without a spool. */
const MAX_WAIT_MS = 20;

/** Longest wait of a row for promises of functions among the options. */
const LONGEST_PROMISE_MS = 10_000;

export interface EndedTracesOptions {
  readonly publishing: Publishing;
  /** Whether rows are written to disk, which must not wait longer than needed. */
  readonly hasSpool: boolean;
  readonly diagnostics: Diagnostics;
  /** Runs a function outside any request's scope. */
  readonly runDetached: (fn: () => void) => void;
  /** Called after each trace whose row was queued, sampled out or dropped. */
  readonly onQueued: () => void;
}

/** Finalizes ended traces, and queues their rows. */
export class EndedTraces {
  readonly #options: EndedTracesOptions;
  /** Traces that ended within the code that is running and are finalized alone, in a microtask. */
  readonly #ended = new Set<RecordedTrace>();
  /**
   * Batch of traces to finalize, and of finalized ones whose rows are to be written: all one after the other, which keeps that code
   * in the processor's cache, and needs no turn of the event loop for each.
   */
  readonly #unfinalized = new Set<RecordedTrace>();
  readonly #finalized = new Set<RecordedTrace>();
  /** Whether something will queue the batch. */
  #isScheduled = false;
  /** Runs while traces wait. It delays an exit of the process, so that their rows are not lost. */
  #timer: Timer | undefined;
  /** Traces whose rows wait for promises of functions among the options. */
  readonly #awaiting = new Map<RecordedTrace, Promise<void>>();
  /** Callbacks for traces whose requests the platform keeps alive until the row is delivered. */
  readonly #requestEnds = new Map<RecordedTrace, () => void>();
  #sampledOut = 0;

  constructor(options: EndedTracesOptions) {
    this.#options = options;
  }

  /** Number of traces whose rows wait for promises of functions among the options. */
  get awaiting(): number {
    return this.#awaiting.size;
  }

  /** Number of traces whose rows are not queued. */
  get size(): number {
    return this.#ended.size + this.#waiting + this.#awaiting.size;
  }

  /** Number of traces in the batch. */
  get #waiting(): number {
    return this.#unfinalized.size + this.#finalized.size;
  }

  /** The traces whose rows wait for promises. */
  [Symbol.iterator](): Iterator<RecordedTrace> {
    return this.#awaiting.keys();
  }

  /** Number of traces that the function `sample` left out. */
  get sampledOut(): number {
    return this.#sampledOut;
  }

  /** Calls `done` when the trace has ended and its row is delivered or dropped. */
  whenDelivered(trace: RecordedTrace, done: () => void): void {
    this.#requestEnds.set(trace, done);
  }

  /**
   * Takes a trace that has ended. What the app may change later is read now, and the rest of the work waits for a batch. A trace that
   * is finalized alone is finalized soon: within its own async context, which functions among the options may read, but not within
   * the call that ended it.
   */
  add(trace: RecordedTrace): void {
    const { runDetached } = this.#options;
    if (this.#isQueuedAtOnce(trace)) {
      runDetached(() => {
        if (this.#finalize(trace)) this.#queue(trace);
      });
    } else if (trace.isFinalizedAlone) {
      this.#ended.add(trace);
      runDetached(() => {
        startMicrotask(() => {
          if (this.#ended.delete(trace)) this.#finalizeAlone(trace);
        });
      });
    } else {
      this.#unfinalized.add(trace);
      this.#schedule();
      // The end of a response rarely runs in a scope.
      if (trace.scope.get() === undefined) trace.readAtEnd();
      else runDetached(() => trace.readAtEnd());
    }
  }

  /** Whether the row is queued within the call that ends the trace: on some platforms, later work ends with the request. */
  #isQueuedAtOnce(trace: RecordedTrace): boolean {
    return atTurnEnd === undefined || this.#requestEnds.has(trace);
  }

  /** Queues the rows of all ended traces, outside the scope of the request that causes it. Never throws. */
  queueAll(): void {
    if (this.#ended.size + this.#waiting === 0) return;
    this.#options.runDetached(() => {
      for (const trace of this.#ended) {
        this.#ended.delete(trace);
        this.#finalizeAlone(trace);
      }
      this.#queueWaiting(Number.POSITIVE_INFINITY);
    });
  }

  /** Finalizes a trace before the batch. Never throws, since an error in a microtask would end the process. */
  #finalizeAlone(trace: RecordedTrace): void {
    try {
      if (!this.#finalize(trace)) return;
      this.#finalized.add(trace);
      this.#schedule();
    } catch (error) {
      trace.reportFailure('finalize', error);
    }
  }

  /** Finalizes a trace, and decides whether it is kept. @returns whether its row is to be queued now. Never throws. */
  #finalize(trace: RecordedTrace): boolean {
    try {
      trace.finalize();
    } catch (error) {
      trace.reportFailure('finalize', error);
    }
    try {
      if (!trace.isAwaitingOptions) return this.#isKept(trace);
      this.#awaiting.set(trace, this.#queueWhenSettled(trace));
    } catch (error) {
      trace.reportFailure('finalize', error);
    }
    return false;
  }

  /** Lets the batch be queued: from the next turn of the event loop on if it is full, else soon. */
  #schedule(): void {
    const { hasSpool, publishing, runDetached } = this.#options;
    const count = this.#waiting;
    const isFull = count === FULL && !hasSpool;
    if (this.#isScheduled && !isFull && count !== MAX_WAITING) return;
    this.#isScheduled = true;
    runDetached(() => {
      if (count >= MAX_WAITING) startMicrotask(() => this.#queueWaiting(count));
      else if (hasSpool) this.#queueNext(MAX_WAITING);
      else if (count >= FULL || !publishing.mayDelayExit) this.#queueNext(MAX_AT_ONCE);
      else this.#timer = startTimer(() => this.#queueWaiting(MAX_AT_ONCE), MAX_WAIT_MS);
    });
  }

  /** Queues the oldest of the batch in the next turn of the event loop, or soon where that would delay an exit. */
  #queueNext(most: number): void {
    const queue = () => this.#queueWaiting(most);
    if (atTurnEnd === undefined || !this.#options.publishing.mayDelayExit) startMicrotask(queue);
    else atTurnEnd(queue);
  }

  /**
   * Queues the oldest of the batch, and the others in the next turns of the event loop. Never throws, since an error in a timer
   * would end the process.
   */
  #queueWaiting(most: number): void {
    try {
      this.#queueBatch(most);
    } catch (error) {
      this.#options.diagnostics.report(
        'error',
        'internal_error',
        'tracing failed in the batch; what is left of it goes with the next one',
        error,
      );
    }
  }

  /** A trace that ends meanwhile, as in a function for diagnostics, comes in a later turn. */
  #queueBatch(most: number): void {
    if (this.#timer !== undefined) stopTimer(this.#timer);
    this.#timer = undefined;
    this.#isScheduled = false;
    for (const trace of taken(this.#unfinalized, most))
      if (this.#finalize(trace)) this.#finalized.add(trace);
    for (const trace of taken(this.#finalized, most)) {
      try {
        this.#queue(trace);
      } catch (error) {
        trace.reportFailure('queue', error);
      }
    }
    if (this.#waiting === 0) return;
    this.#isScheduled = true;
    this.#queueNext(most);
  }

  async #queueWhenSettled(trace: RecordedTrace): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = unref(startTimer(resolve, LONGEST_PROMISE_MS));
    });
    await Promise.race([trace.whenOptionsSettle(), late]);
    stopTimer(timer);
    try {
      if (this.#awaiting.has(trace)) this.#queueWithoutPending(trace);
    } catch (error) {
      trace.reportFailure('publish', error);
    }
  }

  /** Resolves when the row with this id does not wait for promises of functions among the options. */
  async whenQueued(inferenceId: string): Promise<void> {
    for (const [trace, queued] of this.#awaiting)
      if (trace.inferenceId === inferenceId) await queued;
  }

  /** Queues all rows that wait for promises, without their values. */
  queueAwaiting(): void {
    for (const trace of this.#awaiting.keys()) this.#queueWithoutPending(trace);
  }

  #queueWithoutPending(trace: RecordedTrace): void {
    this.#awaiting.delete(trace);
    if (trace.isAwaitingOptions) {
      this.#options.diagnostics.report(
        'warn',
        'option_too_late',
        'a promise of a function among the options had not settled when the row had to be sent; the row goes without its value',
      );
    }
    if (this.#isKept(trace)) this.#queue(trace);
  }

  /** Decides about a trace by the option `sample`. @returns whether its row is to be queued */
  #isKept(trace: RecordedTrace): boolean {
    const { publishing } = this.#options;
    try {
      if (trace.decideSampling()) return true;
      this.#sampledOut++;
      publishing.discard(trace);
    } catch (error) {
      publishing.drop('internal_error', 1);
      trace.reportFailure('sample', error);
    }
    this.#takeDone(trace)?.();
    this.#release(trace);
    return false;
  }

  /** Queues the row of a trace. */
  #queue(trace: RecordedTrace): void {
    const { publishing } = this.#options;
    const done = this.#takeDone(trace);
    try {
      if (done === undefined) publishing.queue(trace);
      else publishing.sendNow(trace).then(done, done);
    } catch (error) {
      done?.();
      publishing.drop('internal_error', 1);
      trace.reportFailure('publish', error);
    }
    this.#release(trace);
  }

  #takeDone(trace: RecordedTrace): (() => void) | undefined {
    const done = this.#requestEnds.get(trace);
    if (done !== undefined) this.#requestEnds.delete(trace);
    return done;
  }

  #release(trace: RecordedTrace): void {
    try {
      trace.releaseValues();
    } catch (error) {
      trace.reportFailure('releaseValues', error);
    }
    this.#options.onQueued();
  }

  /** Waits for pending promises and keeps the process alive, at most until the deadline. @returns the milliseconds waited */
  async waitForOptions(deadlineMs: number): Promise<number> {
    const start = monotonicMs();
    await waitAtMost(Promise.allSettled(this.#awaiting.values()), deadlineMs);
    return Math.min(elapsedSince(start), deadlineMs);
  }
}

/** Takes the oldest traces of now one by one: those that are left can be counted, and taken by another call. */
function* taken(traces: Set<RecordedTrace>, most: number): Generator<RecordedTrace> {
  let count = Math.min(traces.size, most);
  for (const trace of traces) {
    if (count-- === 0) return;
    traces.delete(trace);
    yield trace;
  }
}
