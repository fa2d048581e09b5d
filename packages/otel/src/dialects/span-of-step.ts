/** Converts a step to a span, by the current conventions of OpenTelemetry for generative AI, and for HTTP if it is a request. */

import {
  definedFields,
  isJsonObject,
  isModelCall,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import { genAIAnswerOf, genAIMessagesOf, hasMessages } from './messages.js';
import { genAIProviderOf } from './provider-names.js';
import type { SpanContent, SpanEvent, SpanKind } from './span-data.js';
import type { SpanError, StepData } from './span-step.js';

/** What a root step lacks of the request that it stands for. */
export interface RequestFacts {
  readonly inferenceId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly userId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Values as OpenTelemetry takes them: what is neither is written as JSON. */
type AttributeValue = string | number | boolean | readonly string[];
type Attributes = Record<string, AttributeValue>;

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
  const http = request === undefined ? undefined : httpOf(step);
  const attributes: Attributes = {
    ...attributesOf(step),
    ...http,
    ...requestAttributes(request),
  };
  return {
    name: spanName(step),
    kind: kindOf(step, request),
    attributes,
    events: step.error === undefined ? [] : [exceptionEvent(step.error, step.endTime)],
    status: statusOf(step),
  };
}

function kindOf({ type }: StepData, request: RequestFacts | undefined): SpanKind {
  if (request !== undefined) return 'server';
  return CLIENT_TYPES.has(type) ? 'client' : 'internal';
}

/** `chat gpt-5`, `execute_tool search`, else the step's own name. */
function spanName({ name, type, model, functionName }: StepData): string {
  const operation = Object.hasOwn(OPERATIONS, type) ? OPERATIONS[type] : undefined;
  if (isModelCall(type)) return model === undefined ? `${operation}` : `${operation} ${model}`;
  if (type === 'tool') return `${operation} ${functionName ?? name}`;
  return operation === undefined ? name : `${operation} ${name}`;
}

function statusOf({ error }: StepData): SpanContent['status'] {
  return error === undefined ? { code: 'unset' } : { code: 'error', message: error.message };
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

/** The value as an attribute; undefined for null and undefined. */
function asAttribute(value: unknown): AttributeValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return JSON.stringify(value);
}

function defined(attributes: JsonObject): Attributes {
  const kept: Attributes = {};
  for (const [key, value] of Object.entries(attributes)) {
    const isStrings = Array.isArray(value) && value.every((each) => typeof each === 'string');
    const attribute = isStrings ? (value as readonly string[]) : asAttribute(value);
    if (attribute !== undefined) kept[key] = attribute;
  }
  return kept;
}

/** Fields of steps that have an attribute, or are said by the span itself. */
const SAID = new Set(
  `name type startTime endTime latency inputs output metadata error provider model modelParameters promptTokens
  completionTokens tokens usageDetails cost embeddingDimensions functionName arguments documents`.split(
    /\s+/,
  ),
);

function attributesOf(step: StepData): Attributes {
  const { type, name, error } = step;
  const { metadata, attributes } = metadataAttributes(step);
  const others = Object.fromEntries(
    Object.entries(step).filter(
      ([key, value]) => !SAID.has(key) && value !== undefined && value !== null,
    ),
  );
  return defined({
    'gen_ai.operation.name': Object.hasOwn(OPERATIONS, type) ? OPERATIONS[type] : undefined,
    'openlayer.step.type': type,
    'openlayer.step.name': name,
    'error.type': error?.name,
    ...modelAttributes(step),
    ...contentAttributes(step),
    ...attributes,
    'openlayer.step.metadata': asJson(metadata),
    'openlayer.step.fields': asJson(others),
  });
}

function asJson(value: JsonObject): string | undefined {
  return Object.keys(value).length > 0 ? JSON.stringify(value) : undefined;
}

/** The parameters that the conventions name: their types are theirs. */
const PARAMETERS: Readonly<Record<string, 'number' | 'boolean' | 'strings'>> = {
  max_tokens: 'number',
  temperature: 'number',
  top_p: 'number',
  top_k: 'number',
  frequency_penalty: 'number',
  presence_penalty: 'number',
  seed: 'number',
  stream: 'boolean',
  stop_sequences: 'strings',
};

function modelAttributes(step: StepData): JsonObject {
  if (!isModelCall(step.type)) return {};
  const { provider, model, promptTokens, completionTokens, tokens, usageDetails = {}, cost } = step;
  const { metadata } = step;
  const named: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(step.modelParameters ?? {})) {
    if (hasForm(PARAMETERS[key], value)) named[`gen_ai.request.${key}`] = value;
    else others[key] = value;
  }
  const isSum = tokens === (promptTokens ?? 0) + (completionTokens ?? 0);
  return {
    'gen_ai.provider.name': provider && genAIProviderOf(provider),
    'gen_ai.request.model': model,
    'gen_ai.response.model': model,
    ...named,
    'openlayer.step.parameters': asJson(others),
    'gen_ai.usage.input_tokens': promptTokens,
    'gen_ai.usage.output_tokens': completionTokens,
    'gen_ai.usage.total_tokens': isSum ? undefined : tokens,
    'gen_ai.usage.cache_read.input_tokens': usageDetails.cached_tokens,
    'gen_ai.usage.cache_write.input_tokens': usageDetails.cache_creation_tokens,
    'gen_ai.usage.audio.input_tokens': usageDetails.audio_input_tokens,
    'gen_ai.usage.audio.output_tokens': usageDetails.audio_output_tokens,
    'gen_ai.usage.reasoning.output_tokens': metadata.reasoningTokens,
    'gen_ai.embeddings.dimension.count': step.embeddingDimensions,
    'openlayer.step.cost': cost,
  };
}

function hasForm(form: string | undefined, value: unknown): boolean {
  if (form === 'strings') {
    return Array.isArray(value) && value.every((each) => typeof each === 'string');
  }
  return typeof value === form;
}

function contentAttributes(step: StepData): JsonObject {
  const { type, inputs, output, metadata } = step;
  switch (type) {
    case 'chat_completion':
      return { ...promptAttributes(inputs), ...answerAttributes(output, metadata.finishReason) };
    case 'tool':
      return {
        'gen_ai.tool.name': step.functionName,
        'gen_ai.tool.call.arguments': step.arguments,
        'gen_ai.tool.call.result': output,
        'openlayer.step.inputs': isSame(inputs, step.arguments) ? undefined : inputs,
      };
    case 'retriever': {
      const { query, ...others } = objectOrEmpty(inputs);
      const isQuery = typeof query === 'string' && Object.keys(others).length === 0;
      return {
        'gen_ai.retrieval.query.text': isQuery ? query : undefined,
        'gen_ai.retrieval.documents': step.documents,
        'openlayer.step.inputs': isQuery ? undefined : inputs,
        'openlayer.step.output': isSame(output, step.documents) ? undefined : output,
      };
    }
    default:
      return { 'openlayer.step.inputs': inputs, 'openlayer.step.output': output };
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function promptAttributes(inputs: unknown): JsonObject {
  const { prompt, tools, ...others } = objectOrEmpty(inputs);
  if (!hasMessages(prompt) || !Array.isArray(prompt) || Object.keys(others).length > 0) {
    return { 'openlayer.step.inputs': inputs };
  }
  return { 'gen_ai.input.messages': genAIMessagesOf(prompt), 'gen_ai.tool.definitions': tools };
}

function answerAttributes(output: unknown, reason: unknown): JsonObject {
  if (output === undefined || output === null) return {};
  return { 'gen_ai.output.messages': genAIAnswerOf(output, stringOrUndefined(reason)) };
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
    const name = Object.hasOwn(METADATA, key) ? METADATA[key] : undefined;
    if (name !== undefined && typeof value === 'string') attributes[name] = value;
    else metadata[key] = value;
  }
  const reasons = [finishReason].flat().filter((each) => typeof each === 'string');
  if (reasons.length > 0) attributes['gen_ai.response.finish_reasons'] = reasons;
  if (typeof timeToFirstToken === 'number') {
    attributes['gen_ai.response.time_to_first_chunk'] = timeToFirstToken / 1000;
  }
  if (reasoningTokens !== undefined && !isModelCall(step.type))
    metadata.reasoningTokens = reasoningTokens;
  return { metadata, attributes };
}

/* Requests. */

/** The attributes of the HTTP request in `metadata.http` of a root step. */
function httpOf({ metadata }: StepData): JsonObject & Attributes {
  const { method, route, path, status, bytes } = objectOrEmpty(metadata.http);
  return defined({
    'http.request.method': method,
    'http.route': route,
    'url.path': path,
    'http.response.status_code': status,
    'http.response.body.size': bytes,
  });
}

function requestAttributes(request: RequestFacts | undefined): Attributes {
  if (request === undefined || !isJsonObject(request)) return {};
  return defined({
    'openlayer.inference_id': request.inferenceId,
    'session.id': request.sessionId,
    'user.id': request.userId,
    'openlayer.tags': request.tags,
  });
}
