/** The inputs, the output and the other fields of a step, as its span states them, by the type of the step. */

import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  isModelCall,
  type JsonObject,
  objectOrEmpty,
  providerSlug,
  type StepType,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import type { FoundFacts } from '../attributes/found-facts.js';
import { parsedIfJson } from '../facts/parsed-json.js';
import {
  areStatedMessages,
  type ChatMessage,
  chatMessagesOf,
  hasMessages,
  messagesIn,
} from '../messages/chat-messages.js';
import { type ChatOutput, chatOutputOf } from '../messages/chat-output.js';
import { unwrapped } from '../messages/message-parts.js';
import { OTHER } from '../vocabulary/other-word.js';
import { hasOtherSpelling } from '../vocabulary/request-parameters.js';
import { modelOf, requestModelOf } from './model-of-span.js';

/** Undefined fields are not known. */
interface Fields {
  readonly metadata?: JsonObject | undefined;
  readonly [field: string]: unknown;
}

/** The fields of a step of this type, with a part of its metadata. */
export function fieldsOf(facts: FoundFacts, type: StepType): Fields {
  const { metadata, ...fields } = byType(facts, type);
  return {
    ...fields,
    ...definedFields({ inputs: facts.get('stepInputs'), output: facts.get('stepOutput') }),
    metadata: {
      ...metadata,
      ...callMetadata(facts, type),
      requestModel: isModelCall(type) ? requestModelOf(facts) : undefined,
      agentName: agentNameOf(facts, type),
    },
  };
}

function byType(facts: FoundFacts, type: StepType): Fields {
  switch (type) {
    case 'chat_completion':
      return { ...modelFields(facts), ...conversation(facts, hasMessages) };
    case 'embedding':
      return { ...modelFields(facts), ...embedding(facts) };
    case 'tool':
      return tool(facts);
    case 'retriever':
      return retriever(facts);
    case 'function_call':
      return call(facts);
    default:
      return conversation(facts, isMessageArray);
  }
}

/* Models. */

/** What instrumentations have among the parameters, and steps have elsewhere. */
const NOT_PARAMETERS: ReadonlySet<string> = new Set(
  'model messages input prompt system instructions tools functions contents'.split(' '),
);

/** Names of systems that are no provider of models. */
const NOT_PROVIDERS: ReadonlySet<string | undefined> = new Set(['langchain', 'langsmith']);

function modelFields(facts: FoundFacts): JsonObject {
  const provider = providerSlug(facts.get('provider'));
  const stated = Object.entries(facts.members('parameters') ?? {});
  const others = facts.get('stepParameters') ?? {};
  const parameters = [
    ...stated.filter(([key]) => !NOT_PARAMETERS.has(key) && !hasOtherSpelling(others, key)),
    ...Object.entries(others),
  ];
  return {
    provider: NOT_PROVIDERS.has(provider) ? undefined : provider,
    model: modelOf(facts),
    modelParameters: parameters.length > 0 ? Object.fromEntries(parameters) : undefined,
  };
}

/** Whether a value is read as messages; if not, it is kept as it came. */
type MessageTest = (value: unknown) => boolean;

/** For steps that group others: an object is not read as messages, since it may have more than these. */
function isMessageArray(value: unknown): boolean {
  return Array.isArray(value) && hasMessages(value);
}

/** Inputs and output of a model call, or of what groups such calls. */
function conversation(facts: FoundFacts, isConversation: MessageTest): Fields {
  const answer = answerOf(facts, isConversation);
  const reasons = facts.get('finishReasons') ?? answer?.finishReasons ?? [];
  return {
    inputs: promptOf(facts, isConversation),
    output:
      facts.get('answerObject') ?? answer?.output ?? facts.get('answer') ?? facts.get('output'),
    metadata: {
      finishReason: reasons.length > 1 ? reasons : reasons[0],
      reasoning: stringOrUndefined(facts.get('reasoning')) ?? answer?.reasoning,
    },
  };
}

function promptOf(facts: FoundFacts, isConversation: MessageTest): unknown {
  const stated = facts.get('messages');
  const raw = facts.get('inputs') ?? stated;
  const tools = toolsOf(facts.get('tools'));
  const found = messagesAmong(stated, raw, isConversation);
  const messages = found === undefined ? undefined : messagesIn(found);
  const prompt = withInstructions(facts, messages ?? []);
  if (prompt.length > 0) {
    const { messages: _, ...others } = stated === undefined ? objectOrEmpty(raw) : {};
    return definedFields({ prompt, tools, ...others });
  }
  if (isJsonObject(raw)) return tools === undefined ? raw : { tools, ...raw };
  const texts = facts.get('embeddingTexts');
  const input = raw ?? texts;
  return input === undefined ? undefined : definedFields({ input, tools });
}

/** What is read as messages: a value that states messages, else one that has some; undefined if neither does. */
function messagesAmong(stated: unknown, raw: unknown, isConversation: MessageTest): unknown {
  if (areStatedMessages(stated) && (Array.isArray(stated) || isConversation(stated))) return stated;
  return isConversation(raw) ? raw : undefined;
}

/** The messages with the instructions to the model before them, unless they have some. */
function withInstructions(
  facts: FoundFacts,
  messages: readonly ChatMessage[],
): readonly ChatMessage[] {
  if (messages.some(({ role }) => role === 'system' || role === 'developer')) return messages;
  const { system, instructions } = facts.members('parameters') ?? {};
  const stated = facts.get('instructions') ?? system ?? instructions;
  if (stated === undefined) return messages;
  const asMessage = Array.isArray(stated) ? [{ role: 'system', parts: stated }] : stated;
  return [...(chatMessagesOf(asMessage, 'system') ?? []), ...messages];
}

function toolsOf(tools: unknown): readonly unknown[] | undefined {
  const list = arrayOrEmpty(tools).map(toolOf);
  return list.length > 0 ? list : undefined;
}

/** A definition of a tool, which may be JSON text in itself or in a field. */
function toolOf(value: unknown): unknown {
  const definition = unwrapped(value);
  const source = isJsonObject(definition) ? definition.json_schema : definition;
  return typeof source === 'string' ? parsedIfJson(source) : definition;
}

/** What the model answered; undefined if that is not known as messages. */
function answerOf(facts: FoundFacts, isConversation: MessageTest): ChatOutput | undefined {
  const [stated, raw] = [facts.get('answer'), facts.get('output')];
  const found = messagesAmong(stated, raw, isConversation);
  const messages = found === undefined ? undefined : messagesIn(found, 'assistant');
  if (messages !== undefined) return chatOutputOf(messages);
  const parts = answerParts(facts);
  return parts.length > 0
    ? chatOutputOf(messagesIn([{ role: 'assistant', parts }]) ?? [])
    : undefined;
}

/** The parts of an answer that is stated in several attributes. */
function answerParts(facts: FoundFacts): readonly unknown[] {
  const text = facts.get('answerText');
  const calls = arrayOrEmpty(facts.get('toolCalls'));
  return [
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...calls.map((each) => ({ ...objectOrEmpty(each), type: 'tool_call' })),
  ];
}

function embedding(facts: FoundFacts): Fields {
  const stated = facts.get('embeddingTexts') ?? facts.get('embeddingInputs');
  const items = arrayOrEmpty(stated).map(unwrapped);
  const input = items.length > 0 ? items.map(textOf) : stated;
  const vectors = arrayOrEmpty(facts.get('embeddings') ?? items.map(vectorOf));
  const [vector] = vectors.filter((each) => Array.isArray(each));
  return {
    inputs:
      input === undefined ? asObject(facts.get('inputs') ?? facts.get('messages')) : { input },
    embeddingDimensions: facts.get('embeddingDimensions') ?? vector?.length,
    embeddingCount: items.length || vectors.length || undefined,
  };
}

function textOf(item: unknown): unknown {
  return isJsonObject(item) ? item.text : item;
}

function vectorOf(item: unknown): unknown {
  return isJsonObject(item) ? item.vector : undefined;
}

function asObject(value: unknown): unknown {
  return value === undefined || isJsonObject(value) ? value : { input: value };
}

/* Others. */

function tool(facts: FoundFacts): Fields {
  const inputs = facts.get('arguments') ?? facts.get('inputs') ?? facts.get('messages');
  return {
    functionName: facts.get('functionName') ?? facts.get('agentName'),
    arguments: inputs,
    inputs,
    output: facts.get('result') ?? facts.get('output') ?? facts.get('answer'),
  };
}

function retriever(facts: FoundFacts): Fields {
  const raw = facts.get('inputs') ?? facts.get('messages');
  const query = facts.get('query') ?? (typeof raw === 'string' ? raw : undefined);
  const output = facts.get('output') ?? facts.get('answer');
  const documents = documentsIn(facts.get('documents')) ?? documentsIn(output);
  return {
    inputs: query === undefined ? raw : { query },
    documents,
    output: output ?? documents,
  };
}

/** The documents in an array, or in an object with such a field; undefined if there are none. */
function documentsIn(value: unknown): readonly unknown[] | undefined {
  const { documents, outputs, output } = objectOrEmpty(value);
  const list = [value, documents, outputs, output].find((each) => Array.isArray(each));
  const found = arrayOrEmpty(list).map(documentOf);
  return found.length > 0 && found.every(isJsonObject) ? found : undefined;
}

/** A document with its metadata, which may be JSON text. */
function documentOf(value: unknown): unknown {
  const document = unwrapped(value);
  if (!isJsonObject(document) || typeof document.metadata !== 'string') return document;
  return { ...document, metadata: parsedIfJson(document.metadata) };
}

/** A call of a service or a database. */
function call(facts: FoundFacts): Fields {
  const query = facts.get('query');
  const { method, url, path, target, status } = requestOf(facts) ?? {};
  const address =
    method === undefined ? undefined : definedFields({ method, url: url ?? path ?? target });
  return {
    inputs: facts.get('inputs') ?? (query === undefined ? address : { query }),
    output: facts.get('output') ?? (status === undefined ? undefined : { status }),
  };
}

/** The name of the agent or entity, unless it is the name of the tool. */
function agentNameOf(facts: FoundFacts, type: StepType): string | undefined {
  const isOfTool = type === 'tool' && facts.get('functionName') === undefined;
  return isOfTool ? undefined : facts.get('agentName');
}

/** What the span called: the HTTP request, the database, the server. */
function callMetadata(facts: FoundFacts, type: StepType): JsonObject {
  const database = facts.members('database');
  const found = requestOf(facts);
  if (found === undefined) return { database };
  const { host, port, peerAddress, scheme, ...request } = found;
  if (Object.keys(request).length === 0) {
    return { database, server: definedFields({ host, port, peerAddress }) };
  }
  // Inputs and output of a call have these.
  const { method, url, status, target, ...others } = request;
  const rest = type === 'function_call' ? others : { ...request, scheme, ...pathOf(request) };
  return { database, http: definedFields({ ...rest, host, port, peerAddress }) };
}

/** The HTTP request with the method that the client sent. The conventions state that of an unknown method beside `_OTHER`. */
function requestOf(facts: FoundFacts): JsonObject | undefined {
  const members = facts.members('http');
  if (members === undefined) return undefined;
  const { originalMethod, ...request } = members;
  const isOther = request.method === OTHER && originalMethod !== undefined;
  return isOther ? { ...request, method: originalMethod } : request;
}

/** The path and the query of the older conventions, which have both in one attribute. */
function pathOf({ target, path, query }: JsonObject): JsonObject {
  if (typeof target !== 'string') return {};
  const [ofTarget, ...rest] = target.split('?');
  const { length } = rest;
  return {
    target: undefined,
    path: path ?? ofTarget,
    query: query ?? (length > 0 ? rest.join('?') : undefined),
  };
}
