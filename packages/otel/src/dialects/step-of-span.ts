/** Converts a span to a step. */

import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  isModelCall,
  type JsonObject,
  objectOrEmpty,
  providerSlug,
  type StepType,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { errorOf, isException } from './error-of-span.js';
import { parsedIfJson } from './facts.js';
import { FoundFacts } from './found-facts.js';
import {
  type ChatMessage,
  chatMessagesOf,
  chatOutputOf,
  hasMessages,
  unwrapped,
} from './messages.js';
import { plainValue } from './plain-value.js';
import type { SpanData } from './span-data.js';
import type { SpanStep, StepData } from './span-step.js';
import { costOf, tokensOf } from './usage.js';

/**
 * The span as a step, by the conventions for generative AI of OpenTelemetry, OpenInference, OpenLLMetry, the AI SDK, Langfuse,
 * LangSmith and Logfire, and those for HTTP, databases and the Model Context Protocol. Attributes that none of them has are in
 * `metadata.attributes`, at most 128. Token counts and costs of steps that are no model call are in their metadata, so that nothing
 * is counted twice. Never throws, whatever the span holds.
 */
export function stepOfSpan(span: SpanData): SpanStep {
  const facts = new FoundFacts(span.attributes, span.events);
  const type = typeOf(facts, span);
  const content = contentOf(facts, type);
  const { metadata, ...fields } = content;
  const step: StepData = {
    name: facts.text('name') ?? (String(span.name) || type),
    type,
    startTime: finite(span.startMs),
    endTime: Math.max(finite(span.endMs), finite(span.startMs)),
    ...objectOrEmpty(facts.get('fields')),
    ...definedFields(fields),
    ...usageOf(facts, type),
    metadata: definedFields({
      ...facts.members('metadata'),
      ...metadata,
      ...usageMetadata(facts, type),
      ...spanMetadata(facts, span),
    }),
    ...errorField(facts, span),
  };
  return {
    step,
    ...definedFields({
      sessionId: facts.text('sessionId'),
      userId: facts.text('userId'),
      tags: facts.get('tags') as readonly string[] | undefined,
    }),
    dialects: facts.dialects,
    isPending: facts.text('pending') === 'pending_span',
  };
}

function finite(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function errorField(facts: FoundFacts, span: SpanData): Pick<StepData, 'error'> {
  const error = errorOf(facts, span);
  return error === undefined ? {} : { error };
}

/** The types of spans about which no convention says more, by their kind. */
const BY_KIND: Readonly<Record<string, StepType>> = {
  server: 'user_call',
  consumer: 'user_call',
  client: 'function_call',
  producer: 'function_call',
};

function typeOf(facts: FoundFacts, { kind }: SpanData): StepType {
  if (facts.type !== undefined) return facts.type;
  if (facts.members('http')?.method === undefined && isOfModel(facts)) return 'chat_completion';
  return (Object.hasOwn(BY_KIND, kind) ? BY_KIND[kind] : undefined) ?? 'chain';
}

function isOfModel(facts: FoundFacts): boolean {
  const model = facts.get('model') ?? facts.get('requestModel');
  return model !== undefined && (facts.members('tokens') ?? facts.get('answer')) !== undefined;
}

interface Content {
  readonly inputs?: unknown;
  readonly output?: unknown;
  readonly metadata?: JsonObject;
  readonly [field: string]: unknown;
}

function contentOf(facts: FoundFacts, type: StepType): Content {
  switch (type) {
    case 'chat_completion':
      return { ...modelFields(facts), ...conversation(facts) };
    case 'embedding':
      return { ...modelFields(facts), ...embedding(facts) };
    case 'tool':
      return tool(facts);
    case 'retriever':
      return retriever(facts);
    case 'function_call':
      return call(facts);
    default:
      return conversation(facts);
  }
}

function modelFields(facts: FoundFacts): JsonObject {
  const model = facts.text('model') ?? facts.text('requestModel');
  return {
    provider: providerSlug(facts.get('provider')),
    model: model?.replace(/^models\//, ''),
    modelParameters: facts.members('parameters'),
  };
}

/** Inputs and output of a model call, or of what groups such calls. */
function conversation(facts: FoundFacts): Content {
  const { output, metadata } = answerOf(facts);
  return {
    inputs: promptOf(facts),
    output: facts.dialectOf('output') === 'openlayer' ? facts.get('output') : output,
    metadata: { ...metadata, ...nameOfAgent(facts) },
  };
}

function promptOf(facts: FoundFacts): unknown {
  const raw = facts.get('inputs');
  if (facts.dialectOf('inputs') === 'openlayer') return raw;
  const messages = facts.get('messages');
  const tools = toolsOf(facts.get('tools'));
  const read = messages ?? (hasMessages(raw) ? raw : undefined);
  const prompt = read === undefined ? undefined : chatMessagesOf(read);
  if (prompt !== undefined) {
    return definedFields({ prompt: [...systemMessages(facts), ...prompt], tools });
  }
  const instructions = systemMessages(facts);
  if (instructions.length > 0) return definedFields({ prompt: instructions, tools });
  if (isJsonObject(raw)) return tools === undefined ? raw : { ...raw, tools };
  return raw === undefined ? undefined : { input: raw };
}

function systemMessages(facts: FoundFacts): readonly ChatMessage[] {
  const instructions = facts.get('instructions');
  if (instructions === undefined) return [];
  const parts = Array.isArray(instructions) ? [{ role: 'system', parts: instructions }] : undefined;
  return chatMessagesOf(parts ?? instructions, 'system') ?? [];
}

function toolsOf(tools: unknown): readonly unknown[] | undefined {
  const list = arrayOrEmpty(tools).map(parsedTool);
  return list.length > 0 ? list : undefined;
}

/** A tool definition, which OpenInference has as JSON text in a field. */
function parsedTool(value: unknown): unknown {
  const tool = unwrapped(value);
  const source = isJsonObject(tool) ? tool.json_schema : tool;
  return typeof source === 'string' ? parsedIfJson(source) : tool;
}

function answerOf(facts: FoundFacts): Pick<Content, 'output' | 'metadata'> {
  const raw = facts.get('output');
  const answer = facts.get('answer') ?? (hasMessages(raw) ? raw : undefined);
  const messages = answer === undefined ? undefined : chatMessagesOf(answer, 'assistant');
  const parts = messages === undefined ? answerParts(facts) : [];
  const read =
    messages !== undefined
      ? chatOutputOf(messages)
      : parts.length > 0
        ? chatOutputOf(chatMessagesOf([{ role: 'assistant', content: parts }]) ?? [])
        : undefined;
  const reasons =
    (facts.get('finishReasons') as readonly string[] | undefined) ?? read?.finishReasons;
  return {
    output: facts.get('answerObject') ?? (read === undefined ? raw : read.output),
    metadata: {
      finishReason: reasons !== undefined && reasons.length > 1 ? reasons : reasons?.[0],
      reasoning: facts.text('reasoning') ?? read?.reasoning,
    },
  };
}

/** The parts of an answer that is told in several attributes. */
function answerParts(facts: FoundFacts): readonly unknown[] {
  const text = facts.get('answerText');
  const calls = facts.get('toolCalls');
  return [
    ...(text === undefined
      ? []
      : [{ type: 'text', text: typeof text === 'string' ? text : JSON.stringify(text) }]),
    ...arrayOrEmpty(calls).map((each) => ({ ...objectOrEmpty(each), type: 'tool_call' })),
  ];
}

function nameOfAgent(facts: FoundFacts): JsonObject {
  return { agentName: facts.text('agentName') };
}

function tool(facts: FoundFacts): Content {
  const given = facts.get('arguments') ?? facts.get('inputs');
  return {
    functionName: facts.text('functionName') ?? facts.text('agentName'),
    arguments: given,
    inputs: facts.dialectOf('inputs') === 'openlayer' ? facts.get('inputs') : given,
    output: facts.get('result') ?? facts.get('output'),
  };
}

function retriever(facts: FoundFacts): Content {
  const query = facts.get('query');
  const found = facts.get('documents');
  const documents = Array.isArray(found) ? found.map(documentOf) : undefined;
  const raw = facts.get('inputs');
  return {
    inputs:
      facts.dialectOf('inputs') === 'openlayer' || query === undefined ? asObject(raw) : { query },
    documents,
    output: facts.get('output') ?? documents,
    metadata: { database: facts.members('database'), ...nameOfAgent(facts) },
  };
}

function asObject(value: unknown): unknown {
  return value === undefined || isJsonObject(value) ? value : { input: value };
}

/** A document with its metadata parsed, which OpenInference has as JSON text. */
function documentOf(value: unknown): unknown {
  const document = unwrapped(value);
  if (!isJsonObject(document) || typeof document.metadata !== 'string') return document;
  return { ...document, metadata: parsedIfJson(document.metadata) };
}

function embedding(facts: FoundFacts): Content {
  const given = facts.get('embeddingInputs');
  const items = arrayOrEmpty(given).map(unwrapped);
  const texts = items.map((each) => (isJsonObject(each) ? each.text : each));
  const input = items.length > 0 ? texts : given;
  const raw = facts.get('inputs') ?? facts.get('messages');
  return {
    inputs: input === undefined ? asObject(raw) : { input },
    embeddingDimensions: facts.number('embeddingDimensions'),
    embeddingCount: items.length > 0 ? items.length : undefined,
  };
}

/** A call of a service or a database. */
function call(facts: FoundFacts): Content {
  const query = facts.get('query');
  const { method, url, path, ...rest } = facts.members('http') ?? {};
  const inputs =
    query !== undefined
      ? { query }
      : method === undefined
        ? facts.get('inputs')
        : definedFields({ method, url: url ?? path });
  const { status, ...http } = rest;
  const output = facts.get('output');
  return {
    inputs: facts.dialectOf('inputs') === 'openlayer' ? facts.get('inputs') : inputs,
    output: output ?? (method === undefined || status === undefined ? undefined : { status }),
    metadata: {
      database: facts.members('database'),
      ...(method !== undefined && { http }),
    },
  };
}

/* Usage. */

function usageOf(facts: FoundFacts, type: StepType): JsonObject {
  if (!isModelCall(type)) return {};
  const { tokenCounts: _, ...fields } = tokenFields(tokensOf(facts) ?? {});
  const { promptTokens, tokens } = fields;
  const cost = costOf(facts);
  return definedFields(type === 'embedding' ? { promptTokens, tokens, cost } : { ...fields, cost });
}

/** Counts without a field of the step: all of a step that groups model calls, else those of reasoning. */
function usageMetadata(facts: FoundFacts, type: StepType): JsonObject {
  const counts = tokensOf(facts);
  if (isModelCall(type)) return { reasoningTokens: counts?.reasoning || undefined };
  const usage = definedFields({ ...counts, cost: costOf(facts) });
  return Object.keys(usage).length > 0 ? { usage } : {};
}

/* What is true of any span. */

const MAX_EVENTS = 32;

function spanMetadata(facts: FoundFacts, span: SpanData): JsonObject {
  const { name, version } = objectOrEmpty(span.scope);
  const events = facts.otherEvents.filter((event) => !isException(event));
  const isServer = span.kind === 'server';
  return {
    ...(isServer && { http: facts.members('http') }),
    ...(facts.kind !== undefined && { kind: facts.kind }),
    timeToFirstToken: firstTokenMs(facts, span),
    scope:
      typeof name === 'string' && name !== ''
        ? [name, version].filter(Boolean).join(' ')
        : undefined,
    events: events.length > 0 ? events.slice(0, MAX_EVENTS).map(plainValue) : undefined,
    attributes: facts.unknown,
    unkeptAttributes: facts.unkept || undefined,
  };
}

/** Milliseconds, to the microsecond. */
function firstTokenMs(facts: FoundFacts, { startMs }: SpanData): number | undefined {
  const seconds = facts.number('firstChunkSeconds');
  const at = facts.number('firstChunkAt');
  const ms =
    facts.number('firstChunkMs') ??
    (seconds !== undefined ? seconds * 1000 : at !== undefined ? at - startMs : undefined);
  return ms === undefined || !(ms >= 0) ? undefined : Math.round(ms * 1000) / 1000;
}
