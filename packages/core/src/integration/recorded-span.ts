/** Spans of OpenTelemetry as steps. */

import { existingTracer } from '../api/default-tracer.js';
import { currentRecordedStep, endedTraceStep, isInInertScope } from '../trace/current-step.js';
import { isModelCall } from '../trace/model/step-fields.js';
import type { StepOptions, StepUpdate } from '../trace/model/step-types.js';
import type { Step } from '../trace/model/types.js';
import type { Deferred, RecordedTrace, TracedStep } from '../trace/recorded-trace.js';
import { isBelow } from '../trace/scope/scope.js';
import { textIn } from '../trace/usage/estimated-cost.js';
import type { StepType } from '../wire.js';
import type { RecordedCall } from './recorded-call.js';
import { reportFailure } from './report.js';
import {
  type ExchangeFacts,
  endExchange,
  forgetUntyped,
  hasReplacedSpans,
  isFirstReplaced,
  isOfExpectedRuns,
  isOfOpenSpan,
  isSameModel,
  joinedExchange,
  observedRunAround,
  revealLater,
  SharedExchange,
  shareExchange,
  shareRun,
} from './shared-exchange.js';
import { startSeparateCall } from './start-call.js';

/**
 * Where a span belongs:
 * - `parent`: the step that the span is below;
 * - `late`: the trace has ended;
 * - `inert`: nothing is recorded of the request;
 * - `none`: the span is in no trace.
 */
export type SpanPlacement =
  | { readonly kind: 'parent'; readonly step: Step }
  | { readonly kind: 'late'; readonly step: Step }
  | { readonly kind: 'inert' }
  | { readonly kind: 'none' };

const INERT: SpanPlacement = { kind: 'inert' };
const NONE: SpanPlacement = { kind: 'none' };

/**
 * Where a span that starts now belongs: below the step of its parent span, or below the current step if that is deeper. A
 * trace that has ended is not reopened.
 * @param mapped the step of the span's parent; undefined if the parent has none
 * @param isRequest whether `mapped` only stands for the request: the current step wins, even if it is of another trace
 */
export function placeOfSpan(mapped: Step | undefined, isRequest: boolean): SpanPlacement {
  // Steps that are not inert are recorded ones.
  const ofParent = mapped as TracedStep | undefined;
  const current = currentRecordedStep();
  if (ofParent?.isLive) {
    const isDeeper = current !== undefined && (isRequest || isBelow(current, ofParent));
    return { kind: 'parent', step: (isDeeper ? current : ofParent) as Step };
  }
  if (current !== undefined) return { kind: 'parent', step: current as Step };
  const ended = ofParent ?? endedTraceStep();
  if (ended !== undefined) return { kind: 'late', step: ended as Step };
  return isInInertScope() ? INERT : NONE;
}

/** Reports as `late_span` that a span started after the trace of its step had ended. */
export function reportLateSpan(step: Step, name: string): void {
  (step as TracedStep).trace.reportLateSpan(name);
}

/** A span, which is read as late as possible. */
export interface SpanSource {
  readonly name: string;
  /** The name of the instrumentation that made the span. */
  readonly scope: string;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** Epoch milliseconds. */
  readonly endTime: number;
  /** Characters of what the span holds, approximately. */
  readonly chars: number;
  /** What kind of work it is, as far as that is known now. */
  readonly work: SpanWork;
  /** The inputs, as far as they are known now. */
  readonly inputs: unknown;
  /** All that is known of the span. Of an ended span this does not change. */
  report(): SpanReport;
}

/** What kind of work a span stands for. */
export interface SpanWork {
  readonly type: StepType;
  /** The model, if it is a call of one. */
  readonly model: string | undefined;
}

interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** A link to a span of the same or another trace. */
interface SpanReference extends SpanIds {
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** What a span says as a step. */
export interface SpanReport {
  readonly type: StepType;
  readonly update: StepUpdate;
  /** The ids of the span, under which OpenTelemetry's other exporters have it. */
  readonly ids?: SpanIds | undefined;
  /** The spans that it links to. */
  readonly links?: readonly SpanReference[];
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** A span while it is recorded. Its methods never throw. */
export interface RecordedSpan {
  /** The step that the span's children are below. */
  readonly step: Step;
  /**
   * Ends the span, once. What it says is recorded when the row is made, or before something reads or changes its step. After the
   * end of its trace, this is reported as `late_span`.
   */
  end(ended: SpanSource): void;
}

/**
 * Starts the recording of a span. A call that its parent step records already is not recorded again: a span of another
 * instrumentation adds what is missing there.
 * @param work of the span as it starts
 * @param parent undefined to record the span as a trace of its own
 * @returns undefined if nothing is recorded
 */
export function beginSpan(
  span: SpanSource,
  work: SpanWork,
  parent: Step | undefined,
): RecordedSpan | undefined {
  const { type, model } = work;
  const ofParent = parent as TracedStep | undefined;
  const mayBeRun = isOfExpectedRuns(span.scope);
  const run = mayBeRun && ofParent ? observedRunAround(ofParent, span.scope) : undefined;
  if (run !== undefined) return { step: run as Step, end() {} };
  const facts = new SpanFacts(span, work);
  const isReplaced = hasReplacedSpans(span.scope);
  if (!isModelCall(type)) {
    if (isReplaced) return leftToIntegration(span.scope, ofParent);
    const group = SpanOfStep.start(span, type, parent);
    if (mayBeRun) group?.shareRun(facts);
    else group?.revealLater();
    return group;
  }
  if (ofParent !== undefined) {
    const joined = joinedExchange(ofParent, facts, span.scope);
    if (joined !== undefined) return new FillingSpan(joined.step, joined);
    if (isClientCall(ofParent, type, model)) return new FillingSpan(ofParent);
  }
  if (isReplaced) return leftToIntegration(span.scope, ofParent);
  const started = SpanOfStep.start(span, type, parent);
  started?.share(facts);
  return started;
}

/** Leaves out a span that an integration replaces. Reports it once per process and instrumentation. */
function leftToIntegration(scope: string, parent: TracedStep | undefined): undefined {
  const diagnostics = parent?.trace.recorder.diagnostics ?? existingTracer()?.diagnostics;
  if (diagnostics === undefined || !isFirstReplaced(scope)) return;
  diagnostics.report(
    'info',
    'unrecorded_call',
    `spans of ${scope} are left to the integration, which records the same work; what it does not see, such as the runs of another copy of the framework, is not recorded`,
    undefined,
    scope,
  );
}

/** What identifies the model call of a span. */
class SpanFacts implements ExchangeFacts {
  readonly type: StepType;
  readonly model: string | undefined;
  readonly #span: SpanSource;

  constructor(span: SpanSource, { type, model }: SpanWork) {
    this.type = type;
    this.model = model;
    this.#span = span;
  }

  get inputs(): unknown {
    return this.#span.inputs;
  }
}

/** Whether the step is an open call of this model that the integration of a client or framework records. */
function isClientCall(step: TracedStep, type: StepType, model: string | undefined): boolean {
  return (
    step.type === type &&
    step.isRunning &&
    !isOfOpenSpan(step) &&
    step.trace.isCall(step) &&
    isSameModel(textIn(step, 'model'), model)
  );
}

/**
 * Whether something needs what a span says as soon as it ends: the app gets the usage after each call, a trace settles with its
 * root, and a call that goes on after its client left shows its tokens.
 */
function isNeededNow({ trace, depth }: TracedStep): boolean {
  return depth === 0 || trace.outcome === 'aborted' || trace.recorder.costs?.reportsCalls === true;
}

/** Records an ended span when the row is made, or before something reads or changes its step. */
function recordLater(span: Deferred, step: TracedStep, { chars }: SpanSource): void {
  step.setDeferred(true);
  step.trace.defer(span, chars);
}

/** Reads a span and records what it says into the step. Never throws. @param span undefined if it has been recorded */
function recordReport(
  span: SpanSource | undefined,
  step: TracedStep,
  record: (report: SpanReport) => void,
): void {
  if (span === undefined) return;
  step.setDeferred(false);
  try {
    record(span.report());
  } catch (error) {
    reportFailure('span', error);
  }
}

/** A span that is a step. */
class SpanOfStep implements RecordedSpan, Deferred {
  /** Released when it is recorded, since it holds the span, as `#exchange` does. */
  #span: SpanSource | undefined;
  readonly #call: RecordedCall;
  readonly #step: TracedStep;
  #exchange: SharedExchange | undefined;
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
    span = new SpanOfStep(call as RecordedCall, source);
    return span;
  }

  private constructor(call: RecordedCall, span: SpanSource) {
    this.#call = call;
    // The step of a call is a recorded one.
    this.#step = call.step as TracedStep;
    this.#span = span;
  }

  get step(): Step {
    return this.#call.step;
  }

  /** Looks whether the span is a model call when a call starts below it. */
  revealLater(): void {
    revealLater(this.#step, () => {
      const span = this.#span;
      if (this.#exchange !== undefined || this.#isEnded || span === undefined) return;
      const { work } = span;
      if (!isModelCall(work.type)) return;
      forgetUntyped(this.#step);
      this.#step.retype(work.type);
      this.share(new SpanFacts(span, work));
    });
  }

  /** Makes the trace wait for the span, and lets a client record into its step. */
  share(facts: ExchangeFacts): void {
    const call = this.#call;
    call.startWaiting();
    this.#exchange = new SharedExchange(this.#step, facts, this.#span?.scope ?? '', () => {
      call.stopWaiting();
      call.markRead();
    });
    shareExchange(this.#exchange);
  }

  /** Lets the integration of an agent's framework record into the step of the span. */
  shareRun(facts: ExchangeFacts): void {
    this.#exchange = new SharedExchange(this.#step, facts, this.#span?.scope ?? '', () => {});
    shareRun(this.#exchange);
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
    const client = this.#exchange?.client;
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
    if (this.#exchange === undefined) forgetUntyped(this.#step);
    else endExchange(this.#exchange);
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
      if (this.#isEnded) identify(step.trace, report);
      nameIds(step, report);
      if (this.#exchange?.client === undefined) this.#recordReport(report);
      else step.fill(report.update);
      this.#recordSkew();
    });
    this.#exchange = undefined;
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

/** Marks the step of a span. */
function nameIds(step: TracedStep, { ids, links = [] }: SpanReport): void {
  if (ids === undefined) return;
  if (links.length === 0) {
    // The ids are hexadecimal digits.
    step.setMetadata('otel', `{"trace_id":"${ids.traceId}","span_id":"${ids.spanId}"}`);
    return;
  }
  const linked = links.map(({ traceId, spanId, attributes }) => ({
    trace_id: traceId,
    span_id: spanId,
    ...(attributes && { attributes }),
  }));
  const value = { trace_id: ids.traceId, span_id: ids.spanId, links: linked };
  step.setMetadata('otel', step.trace.values.snapshot(value, 'otel'));
}

/** A larger difference between the clocks of a span and its trace is shown. */
const MAX_SKEW_MS = 5;

/** A span of a call that another span or a client's integration records. It adds what is missing there. */
class FillingSpan implements RecordedSpan, Deferred {
  readonly step: Step;
  readonly #step: TracedStep;
  /** Released at the end, since it holds the other span. */
  #exchange: SharedExchange | undefined;
  /** The ended span, until it is recorded. */
  #span: SpanSource | undefined;
  #isEnded = false;

  /** @param exchange of the other span; undefined if a client records the call */
  constructor(step: TracedStep, exchange?: SharedExchange) {
    this.step = step as Step;
    this.#step = step;
    this.#exchange = exchange;
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
      this.#exchange?.observedEnd();
      this.#exchange = undefined;
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
      if (step.type === report.type) step.fill(report.update);
      identify(step.trace, report);
    });
  }
}

function identify(
  trace: RecordedTrace,
  { userId, sessionId }: Pick<SpanReport, 'userId' | 'sessionId'>,
): void {
  if (userId !== undefined && trace.userId === undefined) trace.setUser(userId);
  if (sessionId !== undefined && trace.sessionId === undefined) trace.setSession(sessionId);
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
