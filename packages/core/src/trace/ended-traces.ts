/**
 * Traces that have ended, on their way to their rows. Those of one turn of the event loop are written one after the other,
 * which takes half the time of writing each between the work of other requests.
 */

import { atTurnEnd } from '#platform';
import type { RecordedTrace } from './recorded-trace.js';

/** As many are written at once, without waiting for the end of the turn. */
const MAX_WAITING = 64;

export interface EndedTracesOptions {
  readonly write: (trace: RecordedTrace) => void;
  /** Runs a function outside any request's scope. */
  readonly outside: (fn: () => void) => void;
}

export class EndedTraces {
  readonly #options: EndedTracesOptions;
  #waiting: RecordedTrace[] = [];

  constructor(options: EndedTracesOptions) {
    this.#options = options;
  }

  add(trace: RecordedTrace): void {
    const { write, outside } = this.#options;
    if (atTurnEnd === undefined || trace.letGo !== undefined) {
      write(trace);
      return;
    }
    const count = this.#waiting.push(trace);
    if (count === 1) outside(() => atTurnEnd?.(() => this.writeAll()));
    else if (count === MAX_WAITING) this.writeAll();
  }

  /** Never throws. */
  writeAll(): void {
    const traces = this.#waiting;
    if (traces.length === 0) return;
    this.#waiting = [];
    for (const trace of traces) {
      try {
        this.#options.write(trace);
      } catch (error) {
        trace.failed('write', error);
      }
    }
  }
}
