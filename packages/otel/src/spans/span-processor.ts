/** Spans of the app's own OpenTelemetry SDK as steps. */

import {
  announcedCall,
  beginSpan,
  isModelCall,
  isUntraced,
  placeOfSpan,
  reportFailure,
  reportLateSpan,
  type Step,
  spanOfAnnounced,
} from '@openlayer-tracing/core/integration';
import { isOfModels, type Work } from '../dialects/to-step/work-of-span.js';
import { checkApi } from './check-api.js';
import { delayedStarts, startWithAttributes } from './delayed-starts.js';
import { spanOf } from './otel-api.js';
import { connectContext, whileStartingRoot } from './otel-context.js';
import { type ReadableSpan, scopeOf, spanKindOf } from './readable-span.js';
import { hostOf, isHttpRequest, isOfFramework, isPartOfCall } from './recognized-spans.js';
import { SdkSpan } from './sdk-span.js';
import { checkOptions, type SpanProcessorOptions } from './span-processor-options.js';
import { addNode, nodeOf, type SpanNode } from './span-tree.js';

/** A span processor of OpenTelemetry's SDK, of versions 1 to 3. Its methods never throw or reject. */
export interface OpenlayerSpanProcessor {
  /** Starts the step of a span. */
  onStart(span: object, parentContext: object): void;
  /** Ends the step of a span. */
  onEnd(span: object): void;
  /** Does nothing: steps are published with their trace. Use `flush()` to wait for that. */
  forceFlush(): Promise<void>;
  /** Does nothing: the tracer is shut down by `shutdown()`. */
  shutdown(): Promise<void>;
}

/**
 * A span processor for the app's own OpenTelemetry SDK: its spans become steps of the request's trace, below the step or span
 * that they started in, and traces have the trace ids of OpenTelemetry. A model call that the integration of a client records as
 * well is one step.
 *
 * Spans that the SDK's sampler drops do not reach any processor: wrap the sampler in `AlwaysRecordSampler` to have them as steps.
 * @throws ConfigError if an option is wrong
 *
 * @example
 * new NodeTracerProvider({ spanProcessors: [openlayerSpanProcessor()] }).register();
 */
export function openlayerSpanProcessor(options: SpanProcessorOptions = {}): OpenlayerSpanProcessor {
  checkOptions(options);
  connectContext();
  return new SpansToSteps(options);
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
      delayedStarts.run();
      if (nodeOf(span) === undefined) this.#start(span as ReadableSpan, parentContext);
    } catch (error) {
      reportFailure('the start of a span', error);
    }
  }

  onEnd(span: object): void {
    try {
      delayedStarts.run();
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
    const node = addNode(span, parent, spanKindOf(span) === 'server');
    const placed = parent?.placed;
    const place = placeOfSpan(placed?.step, placed?.isOfRequest ?? false);
    if (place.kind === 'inert' || placed?.isInert === true) {
      node.markInert();
      return;
    }
    const choice = this.#choiceOf(span);
    const isLeftOut = choice === false || (choice === undefined && isOfFramework(span));
    if (place.kind === 'late') {
      node.placeAt(place.step);
      if (!isLeftOut) reportLateSpan(place.step, span.name);
      return;
    }
    if (place.kind === 'none') {
      if (isLeftOut || this.#orphans === 'drop') return;
      startWithAttributes(span, () => {
        if (isOfModels(span.attributes)) this.#record(span, node, undefined);
      });
      return;
    }
    // Children are below the step of the parent, unless this span gets one.
    node.placeAt(place.step);
    if (isLeftOut) return;
    startWithAttributes(span, () => {
      this.#record(span, node, place.step, choice === undefined);
    });
  }

  #choiceOf(span: ReadableSpan): boolean | undefined {
    const filter = this.#filter;
    if (filter === undefined) return undefined;
    try {
      const { name, attributes } = span;
      return filter({ name, kind: spanKindOf(span), attributes, scope: scopeOf(span) });
    } catch (error) {
      reportFailure('the filter of spans', error);
      return undefined;
    }
  }

  /** @param isOnce whether work that the trace has already is left out */
  #record(span: ReadableSpan, node: SpanNode, parent: Step | undefined, isOnce = false): void {
    const source = SdkSpan.started(span);
    const { work } = source;
    if (isOnce && parent !== undefined && joinRecordedWork(span, source, work, parent, node)) {
      return;
    }
    if (work.isPending) return;
    const recorded = whileStartingRoot(parent === undefined ? span : undefined, () =>
      beginSpan(source, work, parent),
    );
    if (recorded === undefined) return;
    node.record(recorded, isModelCall(recorded.step.type) ? hostOf(span) : undefined);
  }
}

/**
 * Leaves out a span whose work the trace has already. Its children are below the step that records the work.
 * @returns whether the trace has it
 */
function joinRecordedWork(
  span: ReadableSpan,
  source: SdkSpan,
  { type, model }: Work,
  parent: Step,
  node: SpanNode,
): boolean {
  if (isHttpRequest(span)) return isPartOfCall(span, parent, node.parent?.placed);
  if (!isModelCall(type)) return false;
  const announced = announcedCall(model, () => source.inputs);
  if (announced === undefined) return isUntraced();
  node.record(spanOfAnnounced(announced));
  return true;
}
