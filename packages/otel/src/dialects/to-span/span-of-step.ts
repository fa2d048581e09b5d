/** Converts a step to a span, by the current conventions of OpenTelemetry for generative AI, and for HTTP if it is a request. */

import {
  definedFields,
  isJsonObject,
  isModelCall,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
  type TokenCounts,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { parsedIfJson } from '../attributes/facts.js';
import { lookUp } from '../attributes/plain-value.js';
import { hasMessages } from '../messages/chat-messages.js';
import { genAIAnswersOf, genAIMessagesOf } from '../messages/gen-ai-messages.js';
import type { SpanContent, SpanEvent, SpanKind } from '../span-data.js';
import type { SpanError, StepData } from '../step-data.js';
import { isServerCall, serverAttributes } from './server-call.js';

/** What a root step lacks of the request that it stands for. */
export interface RequestFacts {
  readonly inferenceId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly userId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /**
   * Whether the span also has its inputs and output as messages of a conversation: platforms for LLM applications read nothing else
   * of a root span.
   * @default false
   */
  readonly asConversation?: boolean | undefined;
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
    ...(request?.asConversation && conversationAttributes(step)),
  };
  return {
    name: spanName(step),
    kind: kindOf(step, request),
    attributes,
    events: step.error === undefined ? [] : [exceptionEvent(step.error, step.endTime)],
    status: statusOf(step),
  };
}

function kindOf(step: StepData, request: RequestFacts | undefined): SpanKind {
  if (request !== undefined) return 'server';
  return CLIENT_TYPES.has(step.type) || isServerCall(step) ? 'client' : 'internal';
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
const STATED_FIELDS = new Set(
  `name type startTime endTime latency inputs output metadata error provider model modelParameters promptTokens
  completionTokens tokens usageDetails cost embeddingDimensions functionName arguments documents`.split(
    /\s+/,
  ),
);

function attributesOf(step: StepData): Attributes {
  const { type, name, error } = step;
  const { metadata, attributes } = metadataAttributes(step);
  return defined({
    'gen_ai.operation.name': Object.hasOwn(OPERATIONS, type) ? OPERATIONS[type] : undefined,
    'openlayer.step.type': type,
    'openlayer.step.name': name,
    'error.type': error?.name,
    ...modelAttributes(step),
    ...serverAttributes(step),
    ...contentAttributes(step),
    ...attributes,
    'openlayer.step.metadata': asJson(metadata),
    'openlayer.step.fields': asJson(otherFields(step)),
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
  const { provider, model, cost, embeddingDimensions, metadata } = step;
  const counts = countsOf(step);
  const named: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(step.modelParameters ?? {})) {
    if (hasForm(lookUp(PARAMETERS, key), value)) named[`gen_ai.request.${key}`] = value;
    else others[key] = value;
  }
  const isSum = counts.total === (counts.input ?? 0) + (counts.output ?? 0);
  return {
    'gen_ai.provider.name': provider && genAIProviderOf(provider),
    'gen_ai.request.model': model,
    'gen_ai.response.model': model,
    ...named,
    'openlayer.step.parameters': asJson(others),
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

function hasForm(form: string | undefined, value: unknown): boolean {
  if (form === 'strings') {
    return Array.isArray(value) && value.every((each) => typeof each === 'string');
  }
  return typeof value === form;
}

function contentAttributes(step: StepData): JsonObject {
  const { type, inputs, output, metadata } = step;
  const reason = stringOrUndefined(metadata.finishReason);
  switch (type) {
    case 'chat_completion':
      return { ...promptAttributes(inputs), ...answerAttributes(output, reason) };
    case 'tool': {
      const isArguments = isSame(inputs, step.arguments) && parsedIfJson(inputs) === inputs;
      const isResult = isPresent(output) && parsedIfJson(output) === output;
      return {
        'gen_ai.tool.name': step.functionName,
        'gen_ai.tool.call.arguments': step.arguments,
        'gen_ai.tool.call.result': output,
        ...jsonContent(isArguments ? undefined : inputs, isResult ? undefined : output),
      };
    }
    case 'retriever': {
      const { query, ...others } = objectOrEmpty(inputs);
      const isQuery = typeof query === 'string' && Object.keys(others).length === 0;
      return {
        'gen_ai.retrieval.query.text': isQuery ? query : undefined,
        'gen_ai.retrieval.documents': step.documents,
        ...jsonContent(
          isQuery && parsedIfJson(query) === query ? undefined : inputs,
          isSame(output, step.documents) ? undefined : output,
        ),
      };
    }
    default:
      return jsonContent(inputs, output);
  }
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Inputs and output in attributes of ours, as JSON text, so that a string stays one. */
function jsonContent(inputs: unknown, output: unknown): JsonObject {
  return {
    ...(inputs !== undefined &&
      inputs !== null && { 'openlayer.step.inputs': JSON.stringify(inputs) }),
    ...(output !== undefined &&
      output !== null && { 'openlayer.step.output': JSON.stringify(output) }),
  };
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Messages come back in the form of `chatMessagesOf`, whatever form the provider has. */
function promptAttributes(inputs: unknown): JsonObject {
  const { prompt, tools, ...others } = objectOrEmpty(inputs);
  const messages = prompt ?? others.messages ?? others.input ?? inputs;
  const isPrompt = Array.isArray(prompt) && hasMessages(prompt) && Object.keys(others).length === 0;
  const isText = typeof messages === 'string';
  return {
    'gen_ai.input.messages':
      isText || hasMessages(messages) ? genAIMessagesOf(messages) : undefined,
    'gen_ai.tool.definitions': tools,
    ...(isPrompt ? {} : jsonContent(inputs, undefined)),
  };
}

function answerAttributes(output: unknown, reason: string | undefined): JsonObject {
  if (!isPresent(output)) return jsonContent(undefined, output);
  const messages = genAIAnswersOf(output, reason);
  const isArray = Array.isArray(output) && output.length < 2;
  if (messages !== undefined && !isArray) return { 'gen_ai.output.messages': messages };
  const text = typeof output === 'string' ? output : JSON.stringify(output);
  return {
    'gen_ai.output.messages': messages ?? genAIAnswersOf(text, reason),
    ...jsonContent(undefined, output),
  };
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
    if (name !== undefined && isPresent(value) && typeof value === 'string')
      attributes[name] = value;
    else metadata[key] = value;
  }
  if (isPresent(finishReason) && typeof finishReason === 'string') {
    attributes['gen_ai.response.finish_reasons'] = [finishReason];
  } else if (finishReason !== undefined) metadata.finishReason = finishReason;
  if (typeof timeToFirstToken === 'number') {
    attributes['gen_ai.response.time_to_first_chunk'] = Math.round(timeToFirstToken * 1000) / 1e6;
  } else if (timeToFirstToken !== undefined) metadata.timeToFirstToken = timeToFirstToken;
  const isAttribute = isModelCall(step.type) && isReasoning(reasoningTokens);
  if (reasoningTokens !== undefined && !isAttribute) metadata.reasoningTokens = reasoningTokens;
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

/** Inputs and output of a request as messages: the question or the body of the user, and the answer. */
function conversationAttributes({ inputs, output }: StepData): Attributes {
  const { body = inputs } = objectOrEmpty(inputs);
  const { question, message, prompt, messages } = objectOrEmpty(body);
  const asked = messages ?? question ?? message ?? prompt ?? body;
  return defined({
    'gen_ai.input.messages': messagesOrText(asked, 'user'),
    'gen_ai.output.messages': messagesOrText(output, 'assistant'),
  });
}

function messagesOrText(value: unknown, role: string): unknown {
  if (!isPresent(value)) return undefined;
  if (hasMessages(value)) return genAIMessagesOf(value, role);
  const content = typeof value === 'string' ? value : JSON.stringify(value);
  return [{ role, parts: [{ type: 'text', content }] }];
}

/** The providers with another name in OpenTelemetry's conventions, `gen_ai.provider.name`. */
const PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  moonshot: 'moonshot_ai',
  watsonx: 'ibm.watsonx.ai',
  xai: 'x_ai',
};

/** OpenTelemetry's name of a provider, by our slug. `providerSlug` is the other way. */
export function genAIProviderOf(slug: string): string {
  return lookUp(PROVIDERS, slug) ?? slug;
}
