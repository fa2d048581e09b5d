/** The fields of model calls, and of steps that group them. */

import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  providerSlug,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import type { FoundFacts } from '../attributes/found-facts.js';
import { NOT_PROVIDERS } from '../attributes/rules.js';
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
import { hasOtherSpelling } from '../vocabulary/request-parameters.js';
import { modelOf } from './model-of-span.js';

/** What instrumentations have among the parameters, and steps have elsewhere. */
const NOT_PARAMETERS: ReadonlySet<string> = new Set(
  'model messages input prompt system instructions tools functions contents'.split(' '),
);

/** The provider, the model and its parameters. */
export function modelFields(facts: FoundFacts): JsonObject {
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
export function isMessageArray(value: unknown): boolean {
  return Array.isArray(value) && hasMessages(value);
}

interface Conversation extends JsonObject {
  readonly metadata: JsonObject;
}

/** Inputs and output of a model call, or of a step that groups such calls. */
export function conversationFields(facts: FoundFacts, isConversation: MessageTest): Conversation {
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

/** The texts and the number of the vectors. */
export function embeddingFields(facts: FoundFacts): JsonObject {
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
