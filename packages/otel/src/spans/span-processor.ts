/** Spans of the app's own OpenTelemetry SDK as steps. */

import {
  type AmbientContext,
  announcedCall,
  beforeJoining,
  beginSpan,
  type Caller,
  isModelCall,
  isUntraced,
  placeOfSpan,
  processWide,
  type RecordedSpan,
  registerAmbientContext,
  registerStepFinder,
  reportFailure,
  reportLateSpan,
  type SpanReport,
  type SpanStart,
  type Step,
  type StepType,
  type StepUpdate,
} from '@openlayer-tracing/core/integration';
import { stepOfSpan } from '../dialects/step-of-span.js';
import { checkApi } from './api-mismatch.js';
import { hostOf, isHttpRequest, isOfFramework, isPartOfCall } from './default-filter.js';
import { injectsHeaders } from './injected-headers.js';
import { checkOptions, type SpanProcessorOptions } from './options.js';
import { activeSpan, contextOfSpan, type SpanContext, spanOf } from './otel-api.js';
import { beginWithAttributes, pendingSpans } from './pending-spans.js';
import { kindOf, type ReadableSpan, scopeOf, spanDataOf, timesOf } from './readable-span.js';
import { keepNode, nodeOf, SpanNode } from './span-tree.js';

/** A span processor of OpenTelemetry's SDK, of versions 1 to 3. Its methods never throw or reject. */
export interface OpenlayerSpanProcessor {
  onStart(span: object, parentContext: object): void;
  onEnd(span: object): void;
  /** Steps are published with their trace: use `flush()` to wait for that. */
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/**
 * A span processor for the app's own OpenTelemetry SDK: its spans become steps of the request's trace, below the step or span
 * that they started in, and traces have the trace ids of OpenTelemetry. A model call that the integration of a client records as
 * well is one step.
 *
 * Spans that the SDK's sampler drops do not reach any processor: wrap the sampler in `AlwaysRecordSampler` to have them as steps.
 * @throws TypeError for an unknown or wrong option
 *
 * @example
 * const provider = new BasicTracerProvider({ spanProcessors: [openlayerSpanProcessor()] });
 */
export function openlayerSpanProcessor(options: SpanProcessorOptions = {}): OpenlayerSpanProcessor {
  checkOptions(options);
  connect();
  return new SpansToSteps(options);
}

interface Connection {
  isDone: boolean;
  /** The span that is being recorded as a trace of its own. It is not active yet. */
  startingRoot: object | undefined;
}

const connection = processWide<Connection>('otel-connection.v1', () => ({
  isDone: false,
  startingRoot: undefined,
}));

/** Connects the context of OpenTelemetry with traces, once per process. */
function connect(): void {
  if (connection.isDone) return;
  connection.isDone = true;
  beforeJoining(() => pendingSpans.begin());
  registerStepFinder(() => {
    pendingSpans.begin();
    const span = activeSpan();
    return span && nodeOf(span)?.placed?.step;
  });
  registerAmbientContext(ambientSpan);
}

function ambientSpan(): AmbientContext | undefined {
  checkApi();
  const span = connection.startingRoot ?? activeSpan();
  // A server that was started within a span has it in the context of all its requests.
  if (span === undefined || (span as Partial<ReadableSpan>).ended === true) return undefined;
  const ids = contextOfSpan(span);
  if (ids === undefined) return undefined;
  return {
    caller: callerOf(ids),
    injectsHeaders: injectsHeaders(),
    traceBegan: (root) => nodeOf(span)?.addRequest(root as Step | undefined),
  };
}

const RANDOM = 2;

function callerOf(ids: SpanContext): Caller {
  const { traceId, spanId, traceFlags, traceState, isRemote = false } = ids;
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
  return {
    traceId,
    spanId,
    isSampled: (traceFlags & 1) !== 0,
    isRandom: (traceFlags & RANDOM) !== 0,
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    tracestate: traceState?.serialize() || undefined,
    isRemote,
  };
}

/** Attributes of models, agents and tools, in any convention. */
const OF_LLM = /^(gen_ai|openinference|llm|traceloop|ai|langfuse|langsmith|mcp|db\.vector)\./;

function isOfLlm({ attributes }: ReadableSpan): boolean {
  for (const key in attributes) if (OF_LLM.test(key)) return true;
  return false;
}

class SpansToSteps implements OpenlayerSpanProcessor {
  readonly #filter: SpanProcessorOptions['filter'];
  readonly #orphans: 'drop' | 'trace';

  constructor({ filter, orphans = 'drop' }: SpanProcessorOptions) {
    this.#filter = filter;
    this.#orphans = orphans;
  }

  onStart(span: object, parentContext: object): void {
    try {
      pendingSpans.begin();
      if (nodeOf(span) === undefined) this.#start(span as ReadableSpan, parentContext);
    } catch (error) {
      reportFailure('the start of a span', error);
    }
  }

  onEnd(span: object): void {
    try {
      pendingSpans.begin();
      const recorded = nodeOf(span)?.recorded;
      const ended = span as ReadableSpan;
      recorded?.end(reportOf(ended), ended.name);
    } catch (error) {
      reportFailure('the end of a span', error);
    }
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}

  #start(span: ReadableSpan, parentContext: object): void {
    checkApi();
    const parentSpan = spanOf(parentContext);
    const parent = parentSpan && nodeOf(parentSpan);
    const node = new SpanNode(parent, kindOf(span) === 'server');
    keepNode(span, node);
    const placed = parent?.placed;
    const place = placeOfSpan(placed?.step, placed?.isOfRequest ?? false);
    if (place.kind === 'inert' || placed?.isInert === true) {
      node.isInert = true;
      return;
    }
    const choice = this.#choiceOf(span);
    const isLeftOut = choice === false || (choice === undefined && isOfFramework(span));
    if (place.kind === 'late') {
      node.step = place.step;
      if (!isLeftOut) reportLateSpan(place.step, span.name);
      return;
    }
    if (place.kind === 'none') {
      if (isLeftOut || this.#orphans === 'drop') return;
      beginWithAttributes(span, () => {
        if (isOfLlm(span)) this.#record(span, node, undefined, startOf(span));
      });
      return;
    }
    // Children are below the step of the parent, unless this span gets one.
    node.step = place.step;
    if (isLeftOut) return;
    beginWithAttributes(span, () => {
      const start = startOf(span);
      if (choice === undefined && isRecordedElsewhere(span, start, place.step, node)) return;
      this.#record(span, node, place.step, start);
    });
  }

  #choiceOf(span: ReadableSpan): boolean | undefined {
    const filter = this.#filter;
    if (filter === undefined) return undefined;
    try {
      const { name, attributes } = span;
      return filter({ name, kind: kindOf(span), attributes, scope: scopeOf(span) });
    } catch (error) {
      reportFailure('the filter of spans', error);
      return undefined;
    }
  }

  #record(span: ReadableSpan, node: SpanNode, parent: Step | undefined, start: Start): void {
    if (start.isPending) return;
    connection.startingRoot = parent === undefined ? span : undefined;
    let recorded: RecordedSpan | undefined;
    try {
      recorded = beginSpan(
        start,
        parent,
        () => reportOf(span),
        () => startOf(span),
      );
    } finally {
      connection.startingRoot = undefined;
    }
    if (recorded === undefined) return;
    node.recorded = recorded;
    node.step = recorded.step;
    if (isModelCall(recorded.step.type)) node.host = hostOf(span);
  }
}

interface Start extends SpanStart {
  readonly isPending: boolean;
}

/** The types of spans about which no convention says more. */
const BY_KIND: Readonly<Record<string, StepType>> = {
  server: 'user_call',
  consumer: 'user_call',
  client: 'function_call',
  producer: 'function_call',
};

function startOf(span: ReadableSpan): Start {
  if (!isOfLlm(span)) {
    const type = BY_KIND[kindOf(span)] ?? 'chain';
    const options = { name: span.name, type } as SpanStart['options'];
    return {
      options,
      model: undefined,
      isPending: false,
      inputs: undefined,
      scope: scopeOf(span).name,
    };
  }
  const { step, isPending } = stepOfSpan(spanDataOf(span));
  const { name, type, model, inputs } = step;
  const options = { name, type } as SpanStart['options'];
  return { options, model, isPending, inputs, scope: scopeOf(span).name };
}

/** Whether the trace has the span's work already. If so, its children are below the step that records it. */
function isRecordedElsewhere(
  span: ReadableSpan,
  { options, model, inputs }: Start,
  parent: Step,
  node: SpanNode,
): boolean {
  if (isHttpRequest(span)) return isPartOfCall(span, parent, node.parent?.placed);
  if (!isModelCall(options.type ?? '')) return false;
  const announced = announcedCall(model, inputs);
  if (announced !== undefined) node.step = announced.step;
  return announced !== undefined || isUntraced();
}

function reportOf(span: ReadableSpan): SpanReport {
  const ids = contextOfSpan(span);
  if (isBare(span)) {
    const { name } = scopeOf(span);
    const [startTime, endTime] = timesOf(span);
    const update = {
      name: span.name,
      ...(name !== '' && { metadata: { scope: scopeText(span) } }),
    };
    return { type: BY_KIND[kindOf(span)] ?? 'chain', update, startTime, endTime, ids };
  }
  const { step, userId, sessionId, tags } = stepOfSpan(spanDataOf(span));
  const { type, startTime, endTime, metadata, ...fields } = step;
  const update = {
    ...fields,
    metadata: tags === undefined ? metadata : { ...metadata, tags },
  } as StepUpdate;
  return { type, update, startTime, endTime, ids, userId, sessionId };
}

/** Whether the span has nothing but a name and times, as many of an app's own have: no convention needs to read it. */
function isBare({ attributes, events, status }: ReadableSpan): boolean {
  for (const _key in attributes) return false;
  return events.length === 0 && status.code === 0;
}

function scopeText(span: ReadableSpan): string {
  const { name, version } = scopeOf(span);
  return version === undefined ? name : `${name} ${version}`;
}
