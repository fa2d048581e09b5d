/** Spans of OpenTelemetry as steps. */

import { currentRecordedStep, endedTraceStep, isInInertScope } from '../trace/current-step.js';
import { textIn } from '../trace/estimated-cost.js';
import type { RecordedTrace, TracedStep } from '../trace/recorded-trace.js';
import { isBelow } from '../trace/scope.js';
import { isModelCall } from '../trace/step-fields.js';
import type { StepOptions, StepUpdate } from '../trace/step-types.js';
import type { Step } from '../trace/types.js';
import type { StepType } from '../wire.js';
import type { RecordedCall } from './recorded-call.js';
import { reportFailure } from './report.js';
import {
  type ExchangeFacts,
  endExchange,
  forgetLatent,
  isOfOpenSpan,
  isSameModel,
  joinedExchange,
  revealLater,
  SharedExchange,
  shareExchange,
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

/** What is known of a span at its start. */
export interface SpanStart {
  readonly options: StepOptions;
  /** The model, if it is a call of one. */
  readonly model: string | undefined;
  /** What is known of the inputs. */
  readonly inputs: unknown;
  /** The name of the instrumentation that made the span. */
  readonly scope: string;
}

/** What is known of a span at its end. */
export interface SpanReport {
  readonly type: StepType;
  readonly update: StepUpdate;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** Epoch milliseconds. */
  readonly endTime: number;
  /** The ids of the span, under which OpenTelemetry's other exporters have it. */
  readonly ids?: { readonly traceId: string; readonly spanId: string } | undefined;
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
}

/** A span while it is recorded. Its methods never throw. */
export interface RecordedSpan {
  /** The step that the span's children are below. */
  readonly step: Step;
  /** Ends the span, once. After the end of its trace, this is reported as `late_span`. */
  end(report: SpanReport, name: string): void;
}

/** What the running code knows of a span that has not ended. */
type SoFar = () => SpanReport | undefined;

/**
 * Starts the recording of a span. A call that its parent step records already is not recorded again: a span of another
 * instrumentation adds what is missing there.
 * @param parent undefined to record the span as a trace of its own
 * @param soFar called if the trace ends before the span
 * @param now returns what is known by then; called if a call starts below the span
 * @returns undefined if nothing is recorded
 */
export function beginSpan(
  { options, model, inputs, scope }: SpanStart,
  parent: Step | undefined,
  soFar: SoFar,
  now: () => SpanStart,
): RecordedSpan | undefined {
  const { type = 'chain' } = options;
  if (!isModelCall(type)) {
    const group = SpanOfStep.start(options, parent, soFar);
    group?.revealLater(now, scope);
    return group;
  }
  const facts = { type, model, inputs };
  const ofParent = parent as TracedStep | undefined;
  if (ofParent !== undefined) {
    const joined = joinedExchange(ofParent, facts, scope);
    if (joined !== undefined) return new FillingSpan(joined.step, joined);
    if (isClientCall(ofParent, type, model)) return new FillingSpan(ofParent);
  }
  const span = SpanOfStep.start(options, parent, soFar);
  span?.share(facts, scope);
  return span;
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

/** A span that is a step. */
class SpanOfStep implements RecordedSpan {
  /** Released at the end, since it holds the span. */
  #soFar: SoFar | undefined;
  readonly #call: RecordedCall;
  readonly #step: TracedStep;
  #exchange: SharedExchange | undefined;
  #isEnded = false;

  /** @returns undefined if nothing is recorded */
  static start(
    options: StepOptions,
    parent: Step | undefined,
    soFar: SoFar,
  ): SpanOfStep | undefined {
    let span: SpanOfStep | undefined;
    const call = startSeparateCall(options, { soFar: () => span?.reportSoFar() }, parent);
    if (call === undefined) return undefined;
    span = new SpanOfStep(call as RecordedCall, soFar);
    return span;
  }

  private constructor(call: RecordedCall, soFar: SoFar) {
    this.#call = call;
    // The step of a call is a recorded one.
    this.#step = call.step as TracedStep;
    this.#soFar = soFar;
  }

  get step(): Step {
    return this.#call.step;
  }

  /** Looks whether the span is a model call when a call starts below it. */
  revealLater(now: () => SpanStart, scope: string): void {
    revealLater(this.#step, () => {
      if (this.#exchange !== undefined || this.#isEnded) return;
      const { options, model, inputs } = now();
      const { type = 'chain' } = options;
      if (!isModelCall(type)) return;
      forgetLatent(this.#step);
      this.#step.retype(type);
      this.share({ type, model, inputs }, scope);
    });
  }

  /** Makes the trace wait for the span, and lets a client record into its step. */
  share(facts: ExchangeFacts, scope: string): void {
    const call = this.#call;
    call.startWaiting();
    this.#exchange = new SharedExchange(this.#step, facts, scope, () => {
      call.stopWaiting();
      call.markRead();
    });
    shareExchange(this.#exchange);
  }

  end(report: SpanReport, name: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#soFar = undefined;
    try {
      this.#recordEnd(report, name);
    } catch (error) {
      reportFailure('span', error);
    }
  }

  #recordEnd(report: SpanReport, name: string): void {
    const call = this.#call;
    const step = this.#step;
    this.#close();
    if (!step.isLive) {
      step.trace.reportLateSpan(name);
      return;
    }
    identify(step.trace, report);
    nameIds(step, report);
    const client = this.#exchange?.client;
    if (client !== undefined) {
      step.fill(report.update);
      if (client.isOpen) call.leave();
      else call.end();
      return;
    }
    this.#record(report);
    call.end();
    const skewMs = Math.round(step.setMeasuredTimes(report.startTime, report.endTime));
    if (Math.abs(skewMs) > MAX_SKEW_MS) step.merge({ metadata: { clockSkewMs: skewMs } });
  }

  /** No other observer joins the span any more. */
  #close(): void {
    if (this.#exchange === undefined) forgetLatent(this.#step);
    else endExchange(this.#exchange);
  }

  /** @returns nothing: a step that has not ended is marked in the row */
  reportSoFar(): undefined {
    const report = this.#soFar?.();
    this.#soFar = undefined;
    this.#close();
    if (report === undefined) return;
    nameIds(this.#step, report);
    if (this.#exchange?.client === undefined) this.#record(report);
    else this.#step.fill(report.update);
  }

  #record({ type, update }: SpanReport): void {
    const step = this.#step;
    const isGroup = isModelCall(type) && hasModelCall(step);
    step.retype(isGroup ? 'chain' : type);
    step.merge(isGroup ? asGroup(update) : update);
  }
}

/** Marks the step of a span. */
function nameIds(step: TracedStep, { ids }: SpanReport): void {
  if (ids === undefined) return;
  // The ids are hexadecimal digits.
  step.setMetadata('otel', `{"trace_id":"${ids.traceId}","span_id":"${ids.spanId}"}`);
}

/** A larger difference between the clocks of a span and its trace is shown. */
const MAX_SKEW_MS = 5;

/** A span of a call that another span or a client's integration records. It adds what is missing there. */
class FillingSpan implements RecordedSpan {
  readonly step: Step;
  readonly #step: TracedStep;
  readonly #exchange: SharedExchange | undefined;
  #isEnded = false;

  /** @param exchange of the other span; undefined if a client records the call */
  constructor(step: TracedStep, exchange?: SharedExchange) {
    this.step = step as Step;
    this.#step = step;
    this.#exchange = exchange;
  }

  end({ type, update, ...identity }: SpanReport, name: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const step = this.#step;
    try {
      if (!step.isLive) {
        step.trace.reportLateSpan(name);
        return;
      }
      this.#exchange?.observedEnd();
      if (step.type === type) step.fill(update);
      identify(step.trace, identity);
    } catch (error) {
      reportFailure('span', error);
    }
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
