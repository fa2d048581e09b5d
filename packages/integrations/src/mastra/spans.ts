import {
  announceRequest,
  currentWithin,
  inClientCall,
  type RecordedCall,
  reportFailure,
  type Step,
  type StepOptions,
  type StepUpdate,
  startCall,
} from '@openlayer-tracing/core/integration';
import { lastText } from '../common/calls/last-text.js';
import { OpenRuns } from '../common/calls/open-runs.js';
import { type CallError, messageError, unknownError } from '../common/failures/call-error.js';
import { failCall } from '../common/failures/fail-call.js';
import { type JsonObject, objectOrEmpty, stringOrUndefined } from '../common/json.js';
import type { CallOptions } from '../common/options.js';
import { mastraStep, mastraUpdate, modelGenerationFacts, modelStepFacts } from './span-step.js';

/** A bridge for Mastra's observability, which is also an exporter. */
export interface MastraBridge {
  readonly name: string;
  exportTracingEvent(event: unknown): Promise<void>;
  /** Returns undefined, so that Mastra chooses the ids of spans. */
  createSpan(options: unknown): undefined;
  executeInContext<T>(spanId: string, fn: () => Promise<T>): Promise<T>;
  executeInContextSync<T>(spanId: string, fn: () => T): T;
  flush(): Promise<void>;
  shutdown(): Promise<void>;
}

interface OpenSpan {
  /** The parent of steps that start within the span. */
  readonly step: Step | undefined;
  /** The step of the span; undefined if the span only groups others. */
  readonly recorded: RecordedCall | undefined;
  readonly span: JsonObject;
  readonly parent: OpenSpan | undefined;
  /** The model calls below the span, about which it has more facts at its end. */
  readonly models: RecordedCall[];
  /** The tools that the last of them may call. */
  tools: unknown;
}

/** Records Mastra's spans as steps. Each span names its parent. */
export class MastraSpans implements MastraBridge {
  readonly name = 'openlayer-tracing';
  readonly #options: CallOptions;
  readonly #open = new OpenRuns<OpenSpan>();
  /** Model calls that failed and whose error is not known. */
  readonly #failed = new WeakSet<RecordedCall>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  async exportTracingEvent(event: unknown): Promise<void> {
    try {
      const { type, exportedSpan } = objectOrEmpty(event);
      const span = objectOrEmpty(exportedSpan);
      // A stream has thousands of these spans, and the model call has all their facts.
      if (span.type === 'model_chunk') return;
      if (type === 'span_started') this.#start(span);
      if (type !== 'span_ended') return;
      // An event has no start.
      if (span.isEvent === true) this.#start(span);
      this.#end(span);
    } catch (error) {
      reportFailure('span', error);
    }
  }

  createSpan(): undefined {
    return undefined;
  }

  executeInContext<T>(spanId: string, fn: () => Promise<T>): Promise<T> {
    return this.executeInContextSync(spanId, fn);
  }

  executeInContextSync<T>(spanId: string, fn: () => T): T {
    const open = this.#open.get(spanId);
    if (open?.step === undefined) return fn();
    const { recorded } = open;
    // A tool runs where the response of a model is read, which is untraced.
    return open.step.run(() => (recorded === undefined ? fn() : inClientCall(recorded, fn)));
  }

  async flush(): Promise<void> {}
  async shutdown(): Promise<void> {}

  #start(span: JsonObject): void {
    const { id, parentSpanId } = span;
    const parent = this.#open.get(parentSpanId);
    // A child of a span that is not recorded would be a trace of its own.
    if (parent === undefined && parentSpanId !== undefined && parentSpanId !== null) return;
    const options = mastraStep(span, this.#options);
    const recorded = options && this.#startStep(options, id, parent);
    const step = recorded?.step ?? parent?.step;
    // Nothing is recorded of it.
    if (options !== undefined && recorded === undefined) return;
    const open: OpenSpan = { step, recorded, span, parent, models: [], tools: undefined };
    if (recorded === undefined) this.#open.addStepless(id, open, parentSpanId);
    else this.#open.add(id, open, parentSpanId);
    if (recorded === undefined) return;
    if (span.type === 'model_inference') addToSpansAround(recorded, open);
    announceModelRequest(recorded, open);
  }

  #startStep(
    options: StepOptions,
    id: unknown,
    parent: OpenSpan | undefined,
  ): RecordedCall | undefined {
    const recorded = startCall(
      options,
      {
        soFar: () => {
          this.#open.forget(id);
          return undefined;
        },
      },
      parent?.step && currentWithin(parent.step),
    ) as RecordedCall | undefined;
    if (recorded !== undefined) recorded.startBackgroundWork();
    return recorded;
  }

  #end(span: JsonObject): void {
    const open = this.#open.get(span.id);
    if (open === undefined) return;
    this.#open.end(span.id);
    const { recorded, parent, models } = open;
    const error = errorOf(span, this.#options);
    const last = models.at(-1);
    // The error of a model call is reported with the span around it.
    if (error !== undefined && last !== undefined && this.#failed.delete(last)) {
      last.update({ error });
    }
    if (recorded === undefined) {
      this.#endGroup(span, open);
      return;
    }
    const inputs = { prompt: promptOf(parent), tools: toolsAround(parent) };
    const update: StepUpdate = mastraUpdate(span, this.#options, inputs);
    if (error === undefined && objectOrEmpty(span.attributes).finishReason === 'error') {
      this.#failed.add(recorded);
      recorded.fail(unknownError('MastraError'), update);
    } else if (error === undefined) recorded.end(update);
    // Content of the message is hidden already, as the options say.
    else failCall(recorded, this.#options, error, { update });
  }

  /** Adds the facts that a grouping span has about the model calls within it. */
  #endGroup(span: JsonObject, { models, parent, tools }: OpenSpan): void {
    const options = this.#options;
    const last = models.at(-1);
    if (span.type === 'model_step') {
      const { billing, update } = modelStepFacts(span, options, tools);
      last?.addBilling(billing);
      last?.update(update);
      return;
    }
    const { billing, update } = modelGenerationFacts(span, options);
    if (models.length === 1) {
      last?.addBilling(billing);
      last?.update(update);
    }
    // For several calls, the span does not say which of them had which reasoning.
    else closestCall(parent)?.update(update);
  }
}

/** Announces the request of a model call, because the client of the provider may be traced as well. */
function announceModelRequest(recorded: RecordedCall, { span, parent }: OpenSpan): void {
  const { model, modelId } = objectOrEmpty(span.attributes);
  const announce = (name: unknown, prompt: unknown) =>
    announceRequest(recorded, { model: stringOrUndefined(name), lastText: lastText(prompt) });
  if (span.type === 'classifier_evaluation') announce(modelId, undefined);
  else if (span.type === 'rag_embedding') {
    // `embedMany` divides its values among several requests.
    const inputs = Array.isArray(span.input) ? span.input : [span.input];
    const texts = inputs.filter((each): each is string => typeof each === 'string');
    announceRequest(recorded, { model: stringOrUndefined(model), lastText: undefined, texts });
  } else if (span.type === 'model_inference') announce(model, promptOf(parent));
}

/** Adds a model call to the spans around it, which have more facts about it at their end. */
function addToSpansAround(recorded: RecordedCall, { span, parent }: OpenSpan): void {
  const { availableTools } = objectOrEmpty(span.attributes);
  for (let around = parent; around !== undefined; around = around.parent) {
    around.models.push(recorded);
    around.tools = availableTools ?? toolsAround(parent);
  }
}

function errorOf({ errorInfo }: JsonObject, options: CallOptions): CallError | undefined {
  if (errorInfo === undefined || errorInfo === null) return undefined;
  const { name, message } = objectOrEmpty(errorInfo);
  return messageError(
    options,
    stringOrUndefined(name) ?? 'MastraError',
    stringOrUndefined(message) ?? 'failed',
  );
}

/** The step of the closest span that has one. */
function closestCall(open: OpenSpan | undefined): RecordedCall | undefined {
  return open?.recorded ?? (open && closestCall(open.parent));
}

/** The definitions of the tools, which the span of the whole answer has at its start. */
function toolsAround(open: OpenSpan | undefined): unknown {
  const { tools } = objectOrEmpty(open?.span.attributes);
  return open === undefined ? undefined : (tools ?? toolsAround(open.parent));
}

/** The prompt of a model call, which the spans around it have. */
function promptOf(open: OpenSpan | undefined): unknown {
  if (open === undefined) return undefined;
  const { type, input } = open.span;
  if (type === 'model_step' && input !== undefined) return input;
  if (type === 'model_generation') return objectOrEmpty(input).messages ?? input;
  return promptOf(open.parent);
}
