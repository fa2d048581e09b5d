/** Spans whose instrumentation sets their attributes only after their start. They begin when those are there. */

import { processWide, reportFailure, startMicrotask } from '@openlayer-tracing/core/integration';
import { type ReadableSpan, scopeOf } from './readable-span.js';

/** What names of instrumentations begin with that start a span without attributes and set them at once after that. */
const LATE = '@arizeai/openinference-';

class PendingSpans {
  #waiting: (() => void)[] = [];

  /** Calls `begin` before anything else happens that depends on the span: at the latest when the running code has returned. */
  add(begin: () => void): void {
    if (this.#waiting.length === 0) startMicrotask(() => this.begin());
    this.#waiting.push(begin);
  }

  /** Begins the spans that wait. Never throws. */
  begin(): void {
    if (this.#waiting.length === 0) return;
    const begun = this.#waiting;
    this.#waiting = [];
    for (const begin of begun) {
      try {
        begin();
      } catch (error) {
        reportFailure('the start of a span', error);
      }
    }
  }
}

/** Begins a span as soon as it has its attributes. */
export function beginWithAttributes(span: ReadableSpan, begin: () => void): void {
  if (scopeOf(span).name.startsWith(LATE)) pendingSpans.add(begin);
  else begin();
}

export const pendingSpans = processWide('otel-pending-spans.v1', () => new PendingSpans());
