/** When the group of ended traces is worked on: in one piece if nothing hurries, and some at a time if requests wait. */

import { atTurnEnd } from '#platform';
import { startMicrotask, startTimer, stopTimer, type Timer } from '../../platform/timers.js';

/** Traces of a full group. */
const FULL_GROUP = 16;

/** Traces after which the group does not wait for the end of the turn. */
const MAX_GROUP = 64;

/** Traces of a full group that are worked on in one turn of the event loop. Each delays requests that arrive meanwhile. */
const MAX_AT_ONCE = 8;

/**
 * The same for a group that did not fill up, as with few requests a second: nothing hurries then, and turns are cheap. At 500
 * requests a second this halves what tracing adds to the 99th percentile.
 */
const FEW_AT_ONCE = 2;

/** Longest wait of a group without a spool. */
const MAX_WAIT_MS = 20;

export interface GroupTimerOptions {
  /** Whether rows are written to disk, which must not wait longer than needed. */
  readonly hasSpool: boolean;
  /** Whether an exit of the process may be delayed for traces that wait. */
  readonly mayDelayExit: () => boolean;
  /** Runs a function outside any request's scope. */
  readonly runDetached: (fn: () => void) => void;
  /** Works on the oldest traces of the group, at most `maxTraces` of them. Never throws. */
  readonly work: (maxTraces: number) => void;
}

export class GroupTimer {
  readonly #options: GroupTimerOptions;
  #isScheduled = false;
  /** Runs while traces wait. It delays an exit of the process, so that their rows are not lost. */
  #timer: Timer | undefined;

  constructor(options: GroupTimerOptions) {
    this.#options = options;
  }

  /**
   * Schedules the work, unless it is scheduled early enough: in a microtask if too many traces wait, in the next turn of the event loop
   * if the group is full or rows are written to disk, else within 20 ms.
   * @param size number of traces in the group, with the one that has just come
   */
  schedule(size: number): void {
    const { hasSpool, mayDelayExit, runDetached, work } = this.#options;
    const isFull = size === FULL_GROUP && !hasSpool;
    if (this.#isScheduled && !isFull && size !== MAX_GROUP) return;
    this.#isScheduled = true;
    runDetached(() => {
      if (size >= MAX_GROUP) startMicrotask(() => work(size));
      else if (hasSpool) this.#workNext(MAX_GROUP);
      else if (size >= FULL_GROUP || !mayDelayExit()) this.#workNext(MAX_AT_ONCE);
      else this.#timer = startTimer(() => work(FEW_AT_ONCE), MAX_WAIT_MS);
    });
  }

  /** Removes the schedule, since the work begins. */
  clearSchedule(): void {
    if (this.#timer !== undefined) stopTimer(this.#timer);
    this.#timer = undefined;
    this.#isScheduled = false;
  }

  /** Schedules the work on the traces that are left, at most `maxTraces` of them, in the next turn of the event loop. */
  scheduleNextTurn(maxTraces: number): void {
    this.#isScheduled = true;
    this.#workNext(maxTraces);
  }

  /** Works in the next turn of the event loop; in a microtask if that would delay an exit. */
  #workNext(maxTraces: number): void {
    const work = () => this.#options.work(maxTraces);
    if (atTurnEnd === undefined || !this.#options.mayDelayExit()) startMicrotask(work);
    else atTurnEnd(work);
  }
}
