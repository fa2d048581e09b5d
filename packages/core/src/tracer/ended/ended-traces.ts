/** Ended traces, until their rows are queued, sampled out or dropped. */

import { atTurnEnd } from '#platform';
import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { startMicrotask } from '../../platform/timers.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import type { Destinations } from '../destinations/destinations.js';
import { AwaitingTraces } from './awaiting-traces.js';
import { GroupTimer } from './group-timer.js';
import { TraceQueue } from './trace-queue.js';

export interface EndedTracesOptions {
  readonly destinations: Destinations;
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
  /** Traces whose rows wait for promises of functions among the options. */
  readonly #awaiting: AwaitingTraces;
  /** Traces that ended within the code that is running and are finalized alone, in a microtask. */
  readonly #alone = new TraceQueue();
  /**
   * The group: traces to finalize, and finalized traces whose rows are to be written. Doing each kind of work in one loop keeps its
   * code in the processor's cache.
   */
  readonly #unfinalized = new TraceQueue();
  readonly #finalized = new TraceQueue();
  readonly #timer: GroupTimer;
  /** Callbacks for traces whose requests the runtime keeps alive until the row is delivered. */
  readonly #onDelivered = new Map<RecordedTrace, () => void>();
  #sampledOut = 0;

  constructor(options: EndedTracesOptions) {
    this.#options = options;
    const { hasSpool, runDetached, destinations } = options;
    this.#timer = new GroupTimer({
      hasSpool,
      runDetached,
      mayDelayExit: () => destinations.mayDelayExit,
      work: (maxTraces) => this.#queueSome(maxTraces),
    });
    this.#awaiting = new AwaitingTraces(options.diagnostics, (trace) => {
      if (this.#isKept(trace)) this.#queue(trace);
    });
  }

  /** Number of traces whose rows are not queued. */
  get size(): number {
    return this.#alone.size + this.#groupSize + this.#awaiting.size;
  }

  /** Number of traces whose rows wait for promises of functions among the options. */
  get awaitingCount(): number {
    return this.#awaiting.size;
  }

  /** Number of traces in the group. */
  get #groupSize(): number {
    return this.#unfinalized.size + this.#finalized.size;
  }

  /** Number of traces that the function `sample` left out. */
  get sampledOut(): number {
    return this.#sampledOut;
  }

  /** Calls `done` when the trace has ended and its row is delivered, dropped or kept on disk. */
  whenDelivered(trace: RecordedTrace, done: () => void): void {
    this.#onDelivered.set(trace, done);
  }

  /**
   * Takes a trace that has ended. Reads at once what the app may change later, and does the rest of the work with the group. A trace
   * that is finalized alone is finalized in a microtask: in its own async context, which functions among the options may read, but
   * after the call that ended it.
   */
  add(trace: RecordedTrace): void {
    const { runDetached } = this.#options;
    if (this.#isQueuedAtOnce(trace)) {
      runDetached(() => {
        if (this.#finalize(trace)) this.#queue(trace);
      });
    } else if (trace.isFinalizedAlone) {
      this.#alone.add(trace);
      runDetached(() => {
        startMicrotask(() => {
          // The microtasks run in the order of their traces; `queueAll` may have come first.
          if (this.#alone.oldest === trace) this.#finalizeOldest();
        });
      });
    } else {
      this.#unfinalized.add(trace);
      this.#timer.schedule(this.#groupSize);
      trace.readAtEnd();
    }
  }

  /** Whether the row is queued within the call that ends the trace: on some runtimes, later work ends with the request. */
  #isQueuedAtOnce(trace: RecordedTrace): boolean {
    return atTurnEnd === undefined || this.#onDelivered.has(trace);
  }

  /** Queues the rows of all ended traces, outside the scope of the request that causes it. Never throws. */
  queueAll(): void {
    if (this.#alone.size + this.#groupSize === 0) return;
    this.#options.runDetached(() => {
      let left = this.#alone.size;
      while (left-- > 0) this.#finalizeOldest();
      this.#queueSome(Number.POSITIVE_INFINITY);
    });
  }

  /** Queues the rows that wait for promises, without the values that are still promised. */
  queueAwaiting(): void {
    this.#awaiting.queueAllNow();
  }

  /** Publishes none of the traces whose rows wait for promises: they count as sampled out. */
  sampleOutAwaiting(): void {
    for (const trace of this.#awaiting) trace.sampleOut();
  }

  /** Resolves when the row with this id does not wait for promises. */
  async whenQueued(inferenceId: string): Promise<void> {
    await this.#awaiting.whenQueued(inferenceId);
  }

  /** Waits for all promises and keeps the process alive, at most until the deadline. @returns the milliseconds waited */
  async waitForAll(deadlineMs: number): Promise<number> {
    return await this.#awaiting.waitForAll(deadlineMs);
  }

  /** Finalizes a trace before the group. Never throws, since an error in a microtask would end the process. */
  #finalizeOldest(): void {
    let trace: RecordedTrace | undefined;
    try {
      trace = this.#alone.take();
      if (trace === undefined || !this.#finalize(trace)) return;
      this.#finalized.add(trace);
      this.#timer.schedule(this.#groupSize);
    } catch (error) {
      trace?.reportFailure('finalize', error);
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
      this.#awaiting.add(trace);
    } catch (error) {
      trace.reportFailure('finalize', error);
    }
    return false;
  }

  /**
   * Queues the oldest traces of the group, and the others in the next turns of the event loop. Never throws, since an error in a timer
   * would end the process.
   */
  #queueSome(maxTraces: number): void {
    try {
      this.#timer.clearSchedule();
      // A trace that ends meanwhile, as in a function for diagnostics, comes in a later turn.
      takeOldest(this.#unfinalized, maxTraces, (trace) => {
        if (this.#finalize(trace)) this.#finalized.add(trace);
      });
      takeOldest(this.#finalized, maxTraces, (trace) => {
        try {
          this.#queue(trace);
        } catch (error) {
          trace.reportFailure('queue', error);
        }
      });
      if (this.#groupSize > 0) this.#timer.scheduleNextTurn(maxTraces);
    } catch (error) {
      // What is left of the group goes with the next one.
      this.#options.diagnostics.reportFailure('the group of ended traces', error);
    }
  }

  /** Decides about a trace by the option `sample`. @returns whether its row is to be queued */
  #isKept(trace: RecordedTrace): boolean {
    const { destinations } = this.#options;
    try {
      if (trace.decideSampling()) return true;
      this.#sampledOut++;
      destinations.discard(trace);
    } catch (error) {
      destinations.drop('internal_error', 1);
      trace.reportFailure('sample', error);
    }
    this.#takeOnDelivered(trace)?.();
    this.#release(trace);
    return false;
  }

  /** Queues the row of a trace. */
  #queue(trace: RecordedTrace): void {
    const { destinations } = this.#options;
    const done = this.#takeOnDelivered(trace);
    try {
      if (done === undefined) destinations.queue(trace);
      else destinations.sendNow(trace).then(done, done);
    } catch (error) {
      done?.();
      destinations.drop('internal_error', 1);
      trace.reportFailure('queue', error);
    }
    this.#release(trace);
  }

  #takeOnDelivered(trace: RecordedTrace): (() => void) | undefined {
    const done = this.#onDelivered.get(trace);
    if (done !== undefined) this.#onDelivered.delete(trace);
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
}

/** Takes the traces that are in the queue now, at most `maxTraces` of them, one by one: another call may count or take the others. */
function takeOldest(
  traces: TraceQueue,
  maxTraces: number,
  finish: (trace: RecordedTrace) => void,
): void {
  for (let count = Math.min(traces.size, maxTraces); count > 0; count--) {
    const trace = traces.take();
    if (trace === undefined) return;
    finish(trace);
  }
}
