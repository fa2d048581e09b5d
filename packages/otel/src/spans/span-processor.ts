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
  type Step,
} from '@openlayer-tracing/core/integration';
import { isOfModels, type Work } from '../dialects/to-step/work-of-span.js';
import { checkApi } from './api-mismatch.js';
import { hostOf, isHttpRequest, isOfFramework, isPartOfCall } from './default-filter.js';
import { injectsHeaders } from './injected-headers.js';
import { checkOptions, type SpanProcessorOptions } from './options.js';
import { activeSpan, contextOfSpan, type SpanContext, spanOf } from './otel-api.js';
import { beginWithAttributes, pendingSpans } from './pending-spans.js';
import { kindOf, type ReadableSpan, scopeOf } from './readable-span.js';
import { SdkSpan } from './sdk-span.js';
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
  return ids && new AmbientSpan(span, ids);
}

/** Reads only what is needed: the caller where a trace begins, the instrumentations where headers are sent. */
class AmbientSpan implements AmbientContext {
  readonly #span: object;
  readonly #ids: SpanContext;

  constructor(span: object, ids: SpanContext) {
    this.#span = span;
    this.#ids = ids;
  }

  get caller(): Caller {
    return callerOf(this.#ids);
  }

  get injectsHeaders(): boolean {
    return injectsHeaders();
  }

  traceBegan(root: object | undefined): void {
    nodeOf(this.#span)?.addRequest(root as Step | undefined);
  }
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
      nodeOf(span)?.recorded?.end(SdkSpan.ended(span as ReadableSpan));
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
        if (isOfModels(span.attributes)) this.#record(span, node, undefined);
      });
      return;
    }
    // Children are below the step of the parent, unless this span gets one.
    node.step = place.step;
    if (isLeftOut) return;
    beginWithAttributes(span, () => {
      this.#record(span, node, place.step, choice === undefined);
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

  /** @param isOnce whether work that the trace has already is left out */
  #record(span: ReadableSpan, node: SpanNode, parent: Step | undefined, isOnce = false): void {
    const source = SdkSpan.started(span);
    const { work } = source;
    if (isOnce && parent !== undefined && isRecordedElsewhere(span, source, work, parent, node)) {
      return;
    }
    if (work.isPending) return;
    connection.startingRoot = parent === undefined ? span : undefined;
    let recorded: RecordedSpan | undefined;
    try {
      recorded = beginSpan(source, work, parent);
    } finally {
      connection.startingRoot = undefined;
    }
    if (recorded === undefined) return;
    node.recorded = recorded;
    node.step = recorded.step;
    if (isModelCall(recorded.step.type)) node.host = hostOf(span);
  }
}

/** Whether the trace has the span's work already. If so, its children are below the step that records it. */
function isRecordedElsewhere(
  span: ReadableSpan,
  source: SdkSpan,
  { type, model }: Work,
  parent: Step,
  node: SpanNode,
): boolean {
  if (isHttpRequest(span)) return isPartOfCall(span, parent, node.parent?.placed);
  if (!isModelCall(type)) return false;
  const announced = announcedCall(model, () => source.inputs);
  if (announced !== undefined) node.step = announced.step;
  return announced !== undefined || isUntraced();
}
