import type { Deferred } from '../../trace/deferred-values.js';
import { isModelCall } from '../../trace/model/step-fields.js';
import type { StepOptions, StepUpdate } from '../../trace/model/step-types.js';
import type { Step } from '../../trace/model/trace-api.js';
import type { TracedStep } from '../../trace/traced-step.js';
import type { StepType } from '../../wire.js';
import { type RecordedCall, stepOfCall } from '../call/recorded-call.js';
import { openSpans } from '../once/open-span-registry.js';
import { type CallFacts, SharedCall } from '../once/shared-call.js';
import { reportFailure } from '../report/integration-diagnostics.js';
import { startSeparateCall } from '../start/start-call.js';
import {
  isNeededNow,
  type RecordedSpan,
  recordLater,
  recordReport,
  recordUserAndSession,
} from './recorded-span.js';
import { recordOrigin } from './span-origin.js';
import { SpanFacts, type SpanReport, type SpanSource } from './span-source.js';

/** A larger difference between the clocks of a span and its trace is shown. */
const MAX_SKEW_MS = 5;

/** A span that is a step. */
export class SpanOfStep implements RecordedSpan, Deferred {
  /** Released when it is recorded, since it holds the span, as `#sharedCall` does. */
  #span: SpanSource | undefined;
  readonly #call: RecordedCall;
  readonly #step: TracedStep;
  #sharedCall: SharedCall | undefined;
  #isEnded = false;
  #skewMs = 0;

  /** @returns undefined if nothing is recorded */
  static start(
    source: SpanSource,
    type: StepType,
    parent: Step | undefined,
  ): SpanOfStep | undefined {
    let span: SpanOfStep | undefined;
    const options = { name: source.name, type } as StepOptions;
    const call = startSeparateCall(options, { soFar: () => span?.reportSoFar() }, parent);
    if (call === undefined) return undefined;
    span = new SpanOfStep(call, source);
    return span;
  }

  private constructor(call: RecordedCall, span: SpanSource) {
    this.#call = call;
    this.#step = stepOfCall(call);
    this.#span = span;
  }

  get step(): Step {
    return this.#call.step;
  }

  /** Looks whether the span is a model call when a call starts below it. */
  revealLater(): void {
    openSpans.revealLater(this.#step, () => {
      const span = this.#span;
      if (this.#sharedCall !== undefined || this.#isEnded || span === undefined) return;
      const { work } = span;
      if (!isModelCall(work.type)) return;
      openSpans.forgetUntyped(this.#step);
      this.#step.retype(work.type);
      this.share(new SpanFacts(span, work));
    });
  }

  /** Makes the trace wait for the span, and lets a client record into its step. */
  share(facts: CallFacts): void {
    const call = this.#call;
    call.startWaiting();
    this.#sharedCall = new SharedCall(this.#step, facts, this.#span?.instrumentation ?? '', () => {
      call.stopWaiting();
      call.markRead();
    });
    openSpans.addCall(this.#sharedCall);
  }

  /** Lets the integration of an agent's framework record into the step of the span. */
  shareRun(facts: CallFacts): void {
    this.#sharedCall = new SharedCall(
      this.#step,
      facts,
      this.#span?.instrumentation ?? '',
      () => {},
    );
    openSpans.addRun(this.#sharedCall);
  }

  end(ended: SpanSource): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#span = ended;
    try {
      this.#recordEnd(ended);
    } catch (error) {
      reportFailure('span', error);
    }
  }

  #recordEnd(ended: SpanSource): void {
    const call = this.#call;
    const step = this.#step;
    this.#close();
    if (!step.isLive) {
      this.#span = undefined;
      step.trace.reportLateSpan(ended.name);
      return;
    }
    const client = this.#sharedCall?.client;
    const isNow = isNeededNow(step);
    if (isNow) {
      // The steps below must have their types, so that a call is counted once.
      step.trace.recordDeferred();
      this.record();
    }
    if (client?.isOpen) call.leave();
    else call.end();
    if (client === undefined) {
      const skewMs = Math.round(step.setMeasuredTimes(ended.startTime, ended.endTime));
      if (Math.abs(skewMs) > MAX_SKEW_MS) this.#skewMs = skewMs;
      if (isNow) this.#recordSkew();
    }
    if (!isNow) recordLater(this, step, ended);
  }

  /** No other observer joins the span any more. */
  #close(): void {
    if (this.#sharedCall === undefined) openSpans.forgetUntyped(this.#step);
    else openSpans.remove(this.#sharedCall);
  }

  /** @returns nothing: a step that has not ended is marked in the row */
  reportSoFar(): undefined {
    this.#close();
    // The types of the steps below depend on it.
    this.#step.trace.recordDeferred();
    this.record();
  }

  record(): void {
    const span = this.#span;
    const step = this.#step;
    this.#span = undefined;
    recordReport(span, step, (report) => {
      if (this.#isEnded) recordUserAndSession(step.trace, report);
      recordOrigin(step, span?.origin);
      if (this.#sharedCall?.client === undefined) this.#recordReport(report);
      else step.fill(report.update);
      this.#recordSkew();
    });
    this.#sharedCall = undefined;
  }

  #recordReport({ type, update }: SpanReport): void {
    const step = this.#step;
    const isGroup = isModelCall(type) && hasModelCall(step);
    step.retype(isGroup ? 'chain' : type);
    step.apply(isGroup ? asGroup(update) : update);
  }

  #recordSkew(): void {
    const skewMs = this.#skewMs;
    this.#skewMs = 0;
    if (skewMs !== 0) this.#step.apply({ metadata: { clockSkewMs: skewMs } });
  }
}

/** Whether a model call is recorded below the step. Its tokens would count twice. */
function hasModelCall(step: Pick<TracedStep, 'children'>): boolean {
  return step.children?.some((child) => isModelCall(child.type) || hasModelCall(child)) ?? false;
}

/** Fields of a model call that a group of calls has in its metadata. */
const OF_A_CALL: ReadonlySet<string> = new Set([
  'provider',
  'model',
  'modelParameters',
  'promptTokens',
  'completionTokens',
  'tokens',
  'usageDetails',
  'cost',
]);

function asGroup({ metadata, ...update }: StepUpdate): StepUpdate {
  const entries = Object.entries(update);
  return {
    ...Object.fromEntries(entries.filter(([name]) => !OF_A_CALL.has(name))),
    metadata: {
      ...Object.fromEntries(entries.filter(([name]) => OF_A_CALL.has(name))),
      ...metadata,
    },
  };
}
