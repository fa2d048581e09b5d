/** Traces in the order in which they came. */

import type { RecordedTrace } from '../../trace/recorded-trace.js';

/** Places of taken traces after which the others move to a new array. */
const MAX_TAKEN = 1024;

/**
 * A first-in-first-out queue. It is no `Set`: one that changes all the time replaces its table, and V8 links each table to the next.
 * Once a table is old, all later ones outlive the collections of young objects, and with them the traces. That slows down each
 * request.
 */
export class TraceQueue {
  #traces: (RecordedTrace | undefined)[] = [];
  #taken = 0;

  get size(): number {
    return this.#traces.length - this.#taken;
  }

  /** The trace that came first; undefined if there is none. */
  get oldest(): RecordedTrace | undefined {
    return this.#traces[this.#taken];
  }

  add(trace: RecordedTrace): void {
    this.#traces.push(trace);
  }

  /** Takes the oldest trace out; undefined if there is none. */
  take(): RecordedTrace | undefined {
    const trace = this.oldest;
    if (trace === undefined) return undefined;
    this.#traces[this.#taken++] = undefined;
    if (this.size === 0 || this.#taken === MAX_TAKEN) {
      this.#traces = this.#traces.slice(this.#taken);
      this.#taken = 0;
    }
    return trace;
  }
}
