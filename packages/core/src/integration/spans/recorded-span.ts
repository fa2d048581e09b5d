/** Spans of OpenTelemetry as steps. */

import { currentRecordedStep, endedTraceStep, isInInertScope } from '../../trace/current-step.js';
import type { Deferred } from '../../trace/deferred-values.js';
import { textIn } from '../../trace/model/field-values.js';
import { isModelCall } from '../../trace/model/step-fields.js';
import type { StepOptions, StepUpdate } from '../../trace/model/step-types.js';
import type { Step } from '../../trace/model/types.js';
import type { RecordedTrace, TracedStep } from '../../trace/recorded-trace.js';
import { isBelow } from '../../trace/scope/scope.js';
import type { StepType } from '../../wire.js';
import { isSameModel } from '../call/model-name.js';
import { type RecordedCall, tracedStepOf } from '../call/recorded-call.js';
import { joinedCall } from '../once/join-shared-call.js';
import { openSpans } from '../once/open-span-registry.js';
import { hasReplacedSpans, isOfExpectedRuns } from '../once/replaced-instrumentations.js';
import { type CallFacts, SharedCall } from '../once/shared-call.js';
import { reportFailure, reportLeftSpans } from '../report/report.js';
import { startSeparateCall } from '../start/start-call.js';

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
  readonly instrumentation: string;
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
  /** Undefined if the span has no valid ids. */
  readonly origin: SpanOrigin | undefined;
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

/** What an exporter of traces needs to know of the span behind a step: which one it is, and what no field of a step has. */
export interface SpanOrigin extends SpanIds {
  /** Whether the app's own exporters send it. */
  readonly isSampled: boolean;
  /** The kind of the span, a word of OpenTelemetry. */
  readonly kind: string;
  /** Only if the app set the status OK. */
  readonly isOk?: boolean;
  /** Of a span that failed: whether it has an event with the exception. */
  readonly hasException?: boolean;
  /** The attribute `error.type`. */
  readonly errorType?: string | undefined;
  /** The spans that it links to. */
  readonly links?: readonly SpanReference[];
}

/** A link to a span of the same or another trace. */
interface SpanReference extends SpanIds {
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** The step's type and values, as read from the span. */
export interface SpanReport {
  readonly type: StepType;
  readonly update: StepUpdate;
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** A span while it is recorded. Its methods never throw. */
export interface RecordedSpan {
  /** The step that the span's children are below. */
  readonly step: Step;
  /**
   * Ends the span, once. Its values are recorded when the row is made, or before something reads or changes its step. After the
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
  const mayBeRun = isOfExpectedRuns(span.instrumentation);
  const run =
    mayBeRun && ofParent ? openSpans.observedRunAround(ofParent, span.instrumentation) : undefined;
  if (run !== undefined) return { step: run as Step, end() {} };
  const facts = new SpanFacts(span, work);
  const isReplaced = hasReplacedSpans(span.instrumentation);
  if (!isModelCall(type)) {
    if (isReplaced) return leftToIntegration(span.instrumentation, ofParent);
    const group = SpanOfStep.start(span, type, parent);
    if (mayBeRun) group?.shareRun(facts);
    else group?.revealLater();
    return group;
  }
  if (ofParent !== undefined) {
    const joined = joinedCall(ofParent, facts, span.instrumentation);
    if (joined !== undefined) return new FillingSpan(joined.step, joined);
    if (isClientCall(ofParent, type, model)) return new FillingSpan(ofParent);
  }
  if (isReplaced) return leftToIntegration(span.instrumentation, ofParent);
  const started = SpanOfStep.start(span, type, parent);
  started?.share(facts);
  return started;
}

/** Leaves out a span that an integration replaces. */
function leftToIntegration(instrumentation: string, parent: TracedStep | undefined): undefined {
  reportLeftSpans(instrumentation, parent?.trace.recorder.diagnostics);
}

/** What identifies the model call of a span. */
class SpanFacts implements CallFacts {
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
    !openSpans.isOfOpenSpan(step) &&
    step.trace.isCall(step) &&
    isSameModel(textIn(step, 'model'), model)
  );
}

/**
 * Whether something needs the values of a span as soon as it ends: the app gets the usage after each call, a trace settles with its
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

/** Reads a span and records its values into the step. Never throws. @param span undefined if it has been recorded */
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
    span = new SpanOfStep(call as RecordedCall, source);
    return span;
  }

  private constructor(call: RecordedCall, span: SpanSource) {
    this.#call = call;
    this.#step = tracedStepOf(call);
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
      if (this.#isEnded) identify(step.trace, report);
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

/** Records into `metadata.otel` of a step which span it was. */
function recordOrigin(step: TracedStep, origin: SpanOrigin | undefined): void {
  if (origin === undefined) return;
  const { traceId, spanId, isSampled, kind, links = [], errorType, hasException, isOk } = origin;
  if (links.length === 0 && errorType === undefined && !hasException && !isOk) {
    const sampled = isSampled ? '' : ',"sampled":false';
    // The ids are hexadecimal digits, and the kind is a word.
    step.setMetadata(
      'otel',
      `{"trace_id":"${traceId}","span_id":"${spanId}"${sampled},"kind":"${kind}"}`,
    );
    return;
  }
  const value = {
    trace_id: traceId,
    span_id: spanId,
    ...(!isSampled && { sampled: false }),
    kind,
    ...(isOk && { status: 'ok' }),
    ...(errorType !== undefined && { error_type: errorType }),
    ...(hasException && { exception: true }),
    ...(links.length > 0 && {
      links: links.map(({ traceId: linkedTrace, spanId: linkedSpan, attributes }) => ({
        trace_id: linkedTrace,
        span_id: linkedSpan,
        ...(attributes && { attributes }),
      })),
    }),
  };
  step.setMetadata('otel', step.values.snapshot(value, 'otel'));
}

/**
 * Records which span stands for the same work as a step, unless a span does already. The root of a trace with other ids than the
 * span keeps its own, which other services were sent.
 */
function recordSameWork(step: TracedStep, origin: SpanOrigin | undefined): void {
  if (step.metadata?.has('otel') === true) return;
  if (step.depth === 0 && step.trace.sharedTraceId !== origin?.traceId) return;
  recordOrigin(step, origin);
}

/** A larger difference between the clocks of a span and its trace is shown. */
const MAX_SKEW_MS = 5;

/** A span of a call that another span or a client's integration records. It adds what is missing there. */
class FillingSpan implements RecordedSpan, Deferred {
  readonly step: Step;
  readonly #step: TracedStep;
  /** Released at the end, since it holds the other span. */
  #sharedCall: SharedCall | undefined;
  /** The ended span, until it is recorded. */
  #span: SpanSource | undefined;
  #isEnded = false;

  /** @param sharedCall the call of the other span; undefined if a client's integration records the call */
  constructor(step: TracedStep, sharedCall?: SharedCall) {
    this.step = step as Step;
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
      identify(step.trace, report);
    });
  }
}

/**
 * A span of a call that a framework's integration has announced, and records itself.
 * @returns a span whose end records the span's ids in the call's step
 */
export function spanOfAnnounced(call: RecordedCall): RecordedSpan {
  const step = tracedStepOf(call);
  return {
    step: step as Step,
    end({ origin }) {
      try {
        if (step.isLive) recordSameWork(step, origin);
      } catch (error) {
        reportFailure('span', error);
      }
    },
  };
}

function identify(
  trace: RecordedTrace,
  { userId, sessionId }: Pick<SpanReport, 'userId' | 'sessionId'>,
): void {
  if (userId !== undefined && trace.columns.userId === undefined) trace.columns.setUser(userId);
  if (sessionId !== undefined && trace.columns.sessionId === undefined)
    trace.columns.setSession(sessionId);
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
