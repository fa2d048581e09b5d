/** Spans of work that another observer records as a step. */

import type { Deferred } from '../../trace/deferred-values.js';
import type { Step } from '../../trace/model/trace-api.js';
import type { TracedStep } from '../../trace/traced-step.js';
import { type RecordedCall, stepOfCall } from '../call/recorded-call.js';
import type { SharedCall } from '../once/shared-call.js';
import { reportFailure } from '../report/integration-diagnostics.js';
import {
  isNeededNow,
  type RecordedSpan,
  recordLater,
  recordReport,
  recordUserAndSession,
} from './recorded-span.js';
import { recordSameWork } from './span-origin.js';
import type { SpanSource } from './span-source.js';

/** A span of a call that another span or a client's integration records. It adds what is missing there. */
export class FillingSpan implements RecordedSpan, Deferred {
  readonly step: Step;
  readonly #step: TracedStep;
  /** Released at the end, since it holds the other span. */
  #sharedCall: SharedCall | undefined;
  /** The ended span, until it is recorded. */
  #span: SpanSource | undefined;
  #isEnded = false;

  /** @param sharedCall the call of the other span; undefined if a client's integration records the call */
  constructor(step: TracedStep, sharedCall?: SharedCall) {
    this.step = step;
    this.#step = step;
    this.#sharedCall = sharedCall;
  }

  end(ended: SpanSource): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const step = this.#step;
    try {
      if (!step.isLive) {
        step.trace.reportLateSpan(ended.name);
        return;
      }
      this.#sharedCall?.observedEnd();
      this.#sharedCall = undefined;
      this.#span = ended;
      if (isNeededNow(step)) this.record();
      else recordLater(this, step, ended);
    } catch (error) {
      reportFailure('span', error);
    }
  }

  record(): void {
    const span = this.#span;
    const step = this.#step;
    this.#span = undefined;
    recordReport(span, step, (report) => {
      recordSameWork(step, span?.origin);
      if (step.type === report.type) step.fill(report.update);
      recordUserAndSession(step.trace, report);
    });
  }
}

/**
 * A span of a call that a framework's integration has announced, and records itself.
 * @returns a span whose end records the span's ids in the call's step
 */
export function spanOfAnnounced(call: RecordedCall): RecordedSpan {
  const step = stepOfCall(call);
  return {
    step: step,
    end({ origin }) {
      try {
        if (step.isLive) recordSameWork(step, origin);
      } catch (error) {
        reportFailure('span', error);
      }
    },
  };
}
