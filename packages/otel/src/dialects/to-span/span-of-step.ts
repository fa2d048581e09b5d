/** Converts a step to a span, by the current conventions of OpenTelemetry for generative AI, and for HTTP if it is a request. */

import {
  definedFields,
  isJsonObject,
  isModelCall,
  type JsonObject,
  objectOrEmpty,
  type TokenCounts,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { lookUp } from '../data/look-up.js';
import type { Attributes, SpanContent, SpanEvent, SpanKind } from '../data/span-data.js';
import type { SpanError, StepData } from '../data/step-data.js';
import { parsedIfJson } from '../facts/parsed-json.js';
import { errorTypeOf, isHttpError } from '../vocabulary/error-type.js';
import { withKnownMethod } from '../vocabulary/http-method.js';
import { genAIProviderOf } from '../vocabulary/provider-name.js';
import { writtenParameters } from '../vocabulary/request-parameters.js';
import { definedAttributes, isSame, jsonUnlessEmpty } from './attribute-values.js';
import { contentAttributes } from './content-attributes.js';
import {
  conversationAttributes,
  httpAttributes,
  type RequestFacts,
  requestAttributes,
} from './request-attributes.js';
import { isServerCall, serverAttributes } from './server-call.js';

/** The operation of a step's type, `gen_ai.operation.name`. */
const OPERATIONS: Readonly<Record<string, string>> = {
  chat_completion: 'chat',
  embedding: 'embeddings',
  agent: 'invoke_agent',
  tool: 'execute_tool',
  retriever: 'retrieval',
};

const CLIENT_TYPES: ReadonlySet<string> = new Set(['chat_completion', 'embedding', 'retriever']);

/**
 * The span of a step: name, kind, attributes, events and status. What the conventions have no attribute for is in
 * `openlayer.step.*`, so that `stepOfSpan` gives the same step again.
 * @param request facts of the request, for a root step
 */
export function spanOfStep(step: StepData, request?: RequestFacts): SpanContent {
  const isRequest = request !== undefined || step.type === 'user_call';
  const attributes: Attributes = {
    ...attributesOf(step),
    ...(isRequest && httpAttributes(step)),
    ...requestAttributes(request),
    ...(request?.asConversation && conversationAttributes(step)),
  };
  return {
    name: spanName(step),
    kind: kindOfStep(step, request),
    attributes,
    events: eventsOf(step),
    status: statusOf(step),
  };
}

function kindOfStep(step: StepData, request: RequestFacts | undefined): SpanKind {
  if (request !== undefined) return 'server';
  return CLIENT_TYPES.has(step.type) || isServerCall(step) ? 'client' : 'internal';
}

/** `chat gpt-5`, `execute_tool search`, else the step's own name. */
function spanName({ name, type, model, functionName, metadata }: StepData): string {
  const operation = lookUp(OPERATIONS, type);
  if (isModelCall(type)) return model === undefined ? `${operation}` : `${operation} ${model}`;
  if (type === 'tool') return `${operation} ${functionName ?? name}`;
  if (operation !== undefined) return `${operation} ${name}`;
  return withKnownMethod(name, objectOrEmpty(metadata.http).method);
}

function statusOf({ error }: StepData): SpanContent['status'] {
  return error === undefined ? { code: 'unset' } : { code: 'error', message: error.message };
}

function eventsOf({ error, endTime }: StepData): readonly SpanEvent[] {
  return error === undefined || isHttpError(error) ? [] : [exceptionEvent(error, endTime)];
}

function exceptionEvent({ name, message, stack }: SpanError, timeMs: number): SpanEvent {
  return {
    name: 'exception',
    timeMs,
    attributes: definedFields({
      'exception.type': name,
      'exception.message': message,
      'exception.stacktrace': stack,
    }),
  };
}

/** Fields of steps that have an attribute, or a field of the span. */
const STATED_FIELDS = new Set(
  `name type startTime endTime latency inputs output metadata error provider model modelParameters promptTokens
  completionTokens tokens usageDetails cost embeddingDimensions functionName arguments documents`.split(
    /\s+/,
  ),
);

function attributesOf(step: StepData): Attributes {
  const { type, name, error } = step;
  const { metadata, attributes } = metadataAttributes(step);
  return definedAttributes({
    'gen_ai.operation.name': lookUp(OPERATIONS, type),
    'openlayer.step.type': type,
    'openlayer.step.name': name,
    'error.type': error && errorTypeOf(error.name),
    ...modelAttributes(step),
    ...serverAttributes(step),
    ...contentAttributes(step),
    ...attributes,
    'openlayer.step.metadata': jsonUnlessEmpty(metadata),
    'openlayer.step.fields': jsonUnlessEmpty(otherFields(step)),
  });
}

/** The fields that have no attribute, or whose attribute would be read as another value. */
function otherFields(step: StepData): JsonObject {
  const { tokenCounts: _, ...derived } = tokenFields(countsOf(step));
  const isExpected = (key: string, value: unknown) => {
    if (key in derived) return isSame(value, derived[key as keyof typeof derived]);
    if (key === 'arguments') return parsedIfJson(value) === value;
    if (key === 'documents') return Array.isArray(value) && value.every(isJsonObject);
    return STATED_FIELDS.has(key);
  };
  return Object.fromEntries(
    Object.entries(step).filter(
      ([key, value]) => value !== undefined && value !== null && !isExpected(key, value),
    ),
  );
}

/** The counts that are attributes. */
function countsOf({ promptTokens, completionTokens, tokens, usageDetails }: StepData): TokenCounts {
  const { cached_tokens, cache_creation_tokens, audio_input_tokens, audio_output_tokens } =
    usageDetails ?? {};
  return {
    input: promptTokens,
    output: completionTokens,
    total: tokens,
    cached: cached_tokens,
    cacheCreation: cache_creation_tokens,
    audioInput: audio_input_tokens,
    audioOutput: audio_output_tokens,
  };
}

function modelAttributes(step: StepData): JsonObject {
  if (!isModelCall(step.type)) return {};
  const { provider, model, cost, embeddingDimensions, metadata } = step;
  const counts = countsOf(step);
  const parameters = writtenParameters(step.modelParameters ?? {});
  const isSum = counts.total === (counts.input ?? 0) + (counts.output ?? 0);
  return {
    'gen_ai.provider.name': provider && genAIProviderOf(provider),
    'gen_ai.request.model': isNonEmptyString(metadata.requestModel) ? metadata.requestModel : model,
    'gen_ai.response.model': model,
    ...parameters.attributes,
    'openlayer.step.parameters': jsonUnlessEmpty(parameters.others),
    'gen_ai.usage.input_tokens': counts.input,
    'gen_ai.usage.output_tokens': counts.output,
    'gen_ai.usage.total_tokens': isSum ? undefined : counts.total,
    'gen_ai.usage.cache_read.input_tokens': counts.cached,
    'gen_ai.usage.cache_write.input_tokens': counts.cacheCreation,
    'gen_ai.usage.audio.input_tokens': counts.audioInput,
    'gen_ai.usage.audio.output_tokens': counts.audioOutput,
    'gen_ai.usage.reasoning.output_tokens': isReasoning(metadata.reasoningTokens)
      ? metadata.reasoningTokens
      : undefined,
    'gen_ai.embeddings.dimension.count': embeddingDimensions,
    'openlayer.step.cost': cost,
  };
}

/** Whether the count is one that `stepOfSpan` reads as tokens of reasoning. */
function isReasoning(count: unknown): boolean {
  return typeof count === 'number' && count > 0;
}

function isNonEmptyString(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** Metadata of steps that has an attribute of its own. */
const METADATA: Readonly<Record<string, string>> = {
  responseId: 'gen_ai.response.id',
  toolCallId: 'gen_ai.tool.call.id',
  agentName: 'gen_ai.agent.name',
};

function metadataAttributes(step: StepData): {
  readonly metadata: JsonObject;
  readonly attributes: JsonObject;
} {
  const { finishReason, timeToFirstToken, reasoningTokens, ...others } = step.metadata;
  const attributes: Record<string, unknown> = {};
  const metadata: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(others)) {
    const name = lookUp(METADATA, key);
    if (name !== undefined && isNonEmptyString(value)) attributes[name] = value;
    else metadata[key] = value;
  }
  const reasons = typeof finishReason === 'string' ? [finishReason] : finishReason;
  if (Array.isArray(reasons) && reasons.length > 0 && reasons.every(isNonEmptyString)) {
    attributes['gen_ai.response.finish_reasons'] = reasons;
    // An array of one reason is read as a string: the metadata has the array.
    if (reasons.length === 1 && reasons === finishReason) metadata.finishReason = finishReason;
  } else if (finishReason !== undefined) metadata.finishReason = finishReason;
  if (typeof timeToFirstToken === 'number') {
    attributes['gen_ai.response.time_to_first_chunk'] = Math.round(timeToFirstToken * 1000) / 1e6;
  } else if (timeToFirstToken !== undefined) metadata.timeToFirstToken = timeToFirstToken;
  const isAttribute = isModelCall(step.type) && isReasoning(reasoningTokens);
  if (reasoningTokens !== undefined && !isAttribute) metadata.reasoningTokens = reasoningTokens;
  return { metadata, attributes };
}
