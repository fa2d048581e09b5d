/** Starts of spans whose instrumentation sets their attributes only afterwards. They are handled when those are there. */

import { processWide, reportFailure, startMicrotask } from '@openlayer-tracing/core/integration';
import { type ReadableSpan, scopeOf } from './readable-span.js';

/** The first part of the names of instrumentations that start a span without attributes, and set them right after that. */
const LATE = '@arizeai/openinference-';

class DelayedStarts {
  #waiting: (() => void)[] = [];

  /** Calls `start` before anything else happens that depends on the span: at the latest when the running code has returned. */
  add(start: () => void): void {
    if (this.#waiting.length === 0) startMicrotask(() => this.run());
    this.#waiting.push(start);
  }

  /** Runs the starts that wait. Never throws. */
  run(): void {
    if (this.#waiting.length === 0) return;
    const starts = this.#waiting;
    this.#waiting = [];
    for (const start of starts) {
      try {
        start();
      } catch (error) {
        reportFailure('the start of a span', error);
      }
    }
  }
}

export const delayedStarts = processWide('otel-delayed-starts.v1', () => new DelayedStarts());

/** Calls `start` as soon as the span has its attributes. */
export function startWithAttributes(span: ReadableSpan, start: () => void): void {
  if (scopeOf(span).name.startsWith(LATE)) delayedStarts.add(start);
  else start();
}
