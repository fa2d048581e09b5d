/** Messages to and from models: from any convention to chat messages, and from those of any provider to OpenTelemetry's parts. */

import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import { parsedIfJson } from './facts.js';
import { plainValue } from './plain-value.js';

/** A tool call in a message. */
export interface ChatToolCall {
  readonly id?: string | undefined;
  readonly name: string | null;
  /** An object if they are JSON, else a string. */
  readonly arguments: unknown;
  readonly [field: string]: unknown;
}

/** A message to or from a model, with further fields as they came. */
export interface ChatMessage {
  readonly role: string;
  /** A string if it is one text, else an array of parts. */
  readonly content?: unknown;
  readonly tool_calls?: readonly ChatToolCall[];
  /** The call that a message of the role `tool` answers. */
  readonly tool_call_id?: string;
  readonly [field: string]: unknown;
}

/** A message in the form of `gen_ai.input.messages` and `gen_ai.output.messages`. */
export interface GenAIMessage {
  readonly role: string;
  readonly parts: readonly Readonly<Record<string, unknown>>[];
  readonly finish_reason?: string;
  readonly [field: string]: unknown;
}

/** What a part of a message is, by its type in any convention. */
type PartKind = 'text' | 'reasoning' | 'call' | 'result' | 'other';

const PART_KINDS: ReadonlyMap<unknown, PartKind> = new Map(
  Object.entries({
    text: 'text input_text output_text',
    reasoning: 'reasoning thinking',
    call: 'tool_call tool-call tool_use toolCall function_call',
    result:
      'tool_call_response tool-result tool_result tool_response toolResult function_call_output',
    other: 'other',
  }).flatMap(([kind, types]) => types.split(' ').map((type) => [type, kind as PartKind] as const)),
);

/** The fields in which parts have what is read, in the order in which they are looked for. */
const PART_FIELDS = {
  text: ['text', 'content'],
  reasoning: ['content', 'text', 'thinking', 'reasoning'],
  id: ['id', 'toolCallId', 'tool_call_id', 'tool_use_id', 'call_id'],
  name: ['name', 'toolName'],
  arguments: ['arguments', 'input', 'args'],
  result: ['response', 'result', 'output', 'content'],
} as const;

/** Names of objects that only group their members: `{ message: { role: 'user' } }` in OpenInference. */
const WRAPPERS =
  'message message_content tool_call tool document embedding prompt completion'.split(' ');

const MAX_MESSAGES = 10_000;

/** The members of an object's members, if all of these are wrappers. */
export function unwrapped(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value);
  const areWrappers = members.every(([key, each]) => WRAPPERS.includes(key) && isJsonObject(each));
  return members.length > 0 && areWrappers ? Object.assign({}, ...Object.values(value)) : value;
}

type PartField = keyof typeof PART_FIELDS;

/** The name under which a part has a field. */
function nameOf(part: JsonObject, field: PartField): string | undefined {
  return PART_FIELDS[field].find((name) => part[name] !== undefined && part[name] !== null);
}

function fieldOf(part: JsonObject, field: PartField): unknown {
  const name = nameOf(part, field);
  return name === undefined ? undefined : part[name];
}

/** What a part has beside its type and these fields, which were read. */
function unreadOf(part: JsonObject, ...read: readonly PartField[]): JsonObject {
  const names = new Set(['type', ...read.map((field) => nameOf(part, field))]);
  const unread = Object.entries(part).filter(
    ([name, value]) => !names.has(name) && value !== null && !isEmptyArray(value),
  );
  return Object.fromEntries(unread);
}

/* From any convention. */

/**
 * The messages in a value: an array of messages in the form of any convention or provider, an object with such an array, or JSON text
 * of one of these. Undefined if there are none.
 * @param role role of messages that state none
 */
export function chatMessagesOf(value: unknown, role = 'user'): readonly ChatMessage[] | undefined {
  return messagesIn(typeof value === 'string' ? parsedIfJson(value) : plainValue(value), role);
}

/** The messages in a plain value, as `chatMessagesOf` returns them; a string is one message. */
export function messagesIn(found: unknown, role = 'user'): readonly ChatMessage[] | undefined {
  if (typeof found === 'string') return found === '' ? undefined : [{ role, content: found }];
  const list = Array.isArray(found) ? found : listIn(found);
  const messages = list
    .slice(0, MAX_MESSAGES)
    .flatMap((each) => readMessage(unwrapped(each), role));
  return messages.length > 0 ? messages : undefined;
}

/** Whether a value is a message, an array of messages, or an object with one in `messages` or `choices`. */
export function hasMessages(value: unknown): boolean {
  const { messages, choices } = objectOrEmpty(value);
  const list = Array.isArray(value) ? value : arrayOrEmpty(messages ?? choices ?? [value]);
  return list.length > 0 && list.every((each) => isMessage(unwrapped(each)));
}

/** Whether the value of an attribute for messages holds some, which may lack their roles. */
export function areStatedMessages(value: unknown): boolean {
  if (hasMessages(value)) return true;
  const list = arrayOrEmpty(value).map(unwrapped);
  const isStated = (each: unknown) =>
    typeof each === 'string' || isMessage(each) || objectOrEmpty(each).content !== undefined;
  return list.length > 0 && list.every(isStated);
}

function isMessage(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { role, parts, message } = value;
  return typeof role === 'string' || Array.isArray(parts) || isJsonObject(message);
}

function listIn(value: unknown): readonly unknown[] {
  if (!isJsonObject(value)) return [];
  return isMessage(value) ? [value] : arrayOrEmpty(value.messages ?? value.choices);
}

const READ = new Set(['role', 'content', 'parts', 'tool_calls', 'tool_call_id', 'contents']);

function readMessage(value: unknown, defaultRole: string): readonly ChatMessage[] {
  if (typeof value === 'string') return [{ role: defaultRole, content: value }];
  if (!isJsonObject(value)) return [];
  // A choice of the older conventions has its message in a field.
  if (isJsonObject(value.message) && value.role === undefined) {
    const { message, ...others } = value;
    return readMessage({ ...others, ...message }, defaultRole);
  }
  const callId = stringOrUndefined(value.tool_call_id);
  const isResult = callId !== undefined && value.role === 'user';
  const role = isResult ? 'tool' : (stringOrUndefined(value.role) ?? defaultRole);
  const others = Object.fromEntries(
    Object.entries(value).filter(([key, each]) => !READ.has(key) && each !== null),
  );
  const content = contentIn(value);
  const parts = Array.isArray(content) ? content.map(unwrapped) : undefined;
  const calls = arrayOrEmpty(value.tool_calls).map(unwrapped).filter(isJsonObject).map(toolCall);
  if (parts === undefined) {
    return [
      definedFields({
        role,
        content: content ?? undefined,
        tool_calls: calls.length > 0 ? calls : undefined,
        tool_call_id: callId,
        ...others,
      }) as ChatMessage,
    ];
  }
  return ofParts(parts, { role, calls, others, callId });
}

/** The content of a message, which may be in several fields. Some conventions repeat it in the parts. */
function contentIn({ content, parts, contents }: JsonObject): unknown {
  const stated = [content, parts, contents].filter((each) => each !== undefined && each !== null);
  const [first, ...others] = stated.filter((each) => each !== '' && !isEmptyArray(each));
  if (others.length === 0) return first ?? stated[0];
  const all = [first, ...others];
  const lists = new Map(all.filter(Array.isArray).map((each) => [JSON.stringify(each), each]));
  const listed: readonly unknown[] = [...lists.values()].flat();
  const texts = all.filter((each) => !Array.isArray(each) && each !== textIn(listed));
  return [...texts, ...listed];
}

function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function textIn(parts: readonly unknown[]): string {
  const texts = parts.map(unwrapped).filter((each) => kindOf(each) === 'text');
  return texts.map((each) => textPart(each).text).join('');
}

/** A text of any convention, with the part's other fields. */
function textPart(part: unknown): JsonObject {
  if (typeof part === 'string') return { type: 'text', text: part };
  const fields = objectOrEmpty(part);
  return { type: 'text', text: fieldOf(fields, 'text') ?? '', ...unreadOf(fields, 'text') };
}

function reasoningPart(part: JsonObject): JsonObject {
  const text = fieldOf(part, 'reasoning') ?? '';
  return { type: 'reasoning', text, ...unreadOf(part, 'reasoning') };
}

interface MessageFacts {
  readonly role: string;
  readonly calls: readonly ChatToolCall[];
  readonly others: JsonObject;
  readonly callId: string | undefined;
}

/** The message of these parts, and one of the role `tool` for each result of a tool among them. */
function ofParts(
  parts: readonly unknown[],
  { role, calls: stated, others, callId }: MessageFacts,
): readonly ChatMessage[] {
  const calls = [...stated];
  // Some instrumentations have each call twice: in a part, and in the message.
  const known = new Set(stated.map(({ id }) => id));
  const results: ChatMessage[] = [];
  const content: unknown[] = [];
  for (const part of parts) {
    const fields = typeof part === 'string' ? { text: part } : objectOrEmpty(part);
    switch (kindOf(part)) {
      case 'text':
        content.push(textPart(part));
        break;
      case 'reasoning':
        content.push(reasoningPart(fields));
        break;
      case 'call':
        if (isNew(toolCall(fields), known)) calls.push(toolCall(fields));
        break;
      case 'result':
        results.push(toolMessage(fields));
        break;
      case 'other':
        content.push(fields.value);
        break;
      default:
        content.push(withUrl(fields) ?? part);
    }
  }
  const [first] = content;
  const isOneText = content.length === 1 && isTextAlone(first);
  const message = definedFields({
    role,
    content: isOneText ? objectOrEmpty(first).text : content.length > 0 ? content : undefined,
    tool_calls: calls.length > 0 ? calls : undefined,
    tool_call_id: callId,
    ...others,
  }) as ChatMessage;
  const isEmpty = content.length === 0 && calls.length === 0 && results.length > 0;
  return isEmpty ? results.map((each) => ({ ...others, ...each })) : [message, ...results];
}

function isNew({ id }: ChatToolCall, known: ReadonlySet<string | undefined>): boolean {
  return id === undefined || !known.has(id);
}

/** A picture of OpenInference or OpenTelemetry as OpenAI has it; undefined for another part. */
function withUrl(part: JsonObject): JsonObject | undefined {
  const url = urlOf(part);
  return typeof url === 'string' ? { type: 'image_url', image_url: { url } } : undefined;
}

function urlOf({ type, image, modality, uri, mime_type, content }: JsonObject): unknown {
  if (type === 'image') return objectOrEmpty(objectOrEmpty(image).image).url;
  if (modality !== 'image') return undefined;
  const isBlob = type === 'blob' && typeof mime_type === 'string' && typeof content === 'string';
  return isBlob ? `data:${mime_type};base64,${content}` : uri;
}

/** Undefined for a part of a type that is not known. */
function kindOf(part: unknown): PartKind | undefined {
  if (typeof part === 'string') return 'text';
  const { type, text } = objectOrEmpty(part);
  return type === undefined && typeof text === 'string' ? 'text' : PART_KINDS.get(type);
}

/** The tool call in a part, in an item of OpenAI's `tool_calls`, or in attributes. */
function toolCall(value: JsonObject): ChatToolCall {
  const { function: named, index: _, ...fields } = value;
  const called = isJsonObject(named) ? named : value;
  const id = stringOrUndefined(fieldOf(value, 'id'));
  return {
    ...(id !== undefined && { id }),
    name: stringOrUndefined(fieldOf(called, 'name')) ?? null,
    arguments: parsedIfJson(fieldOf(called, 'arguments') ?? {}),
    ...unreadOf(fields, 'id', 'name', 'arguments'),
  };
}

function toolMessage(part: JsonObject): ChatMessage {
  const id = stringOrUndefined(fieldOf(part, 'id'));
  const name = stringOrUndefined(fieldOf(part, 'name'));
  return {
    ...unreadOf(part, 'id', 'name', 'result'),
    role: 'tool',
    ...(id !== undefined && { tool_call_id: id }),
    ...(name !== undefined && { name }),
    content: fieldOf(part, 'result') ?? null,
  };
}

/** What a model answered, as a step of a model call shows it. */
export interface ChatOutput {
  /** A string if there is only text, else an object with `content`, `tool_calls` and `parts`; an array for several choices. The content is an array of its texts if one of them has further fields. */
  readonly output: unknown;
  readonly reasoning: string | undefined;
  readonly finishReasons: readonly string[];
}

/** The output of the messages that a model answered with. */
export function chatOutputOf(messages: readonly ChatMessage[]): ChatOutput {
  // An agent states the messages of all its steps.
  if (messages.some(({ role }) => role !== 'assistant' && role !== 'model' && role !== 'ai')) {
    return { output: messages, reasoning: undefined, finishReasons: [] };
  }
  const read = messages.map(outputOf);
  const reasoning = read.map((each) => each.reasoning).join('');
  return {
    output: read.length === 1 ? read[0]?.output : read.map(({ output }) => output),
    reasoning: reasoning === '' ? undefined : reasoning,
    finishReasons: messages
      .map(({ finish_reason }) => stringOrUndefined(finish_reason))
      .filter((each): each is string => each !== undefined && each !== ''),
  };
}

function outputOf(message: ChatMessage): { readonly output: unknown; readonly reasoning: string } {
  const {
    role: _role,
    content,
    tool_calls,
    finish_reason: _reason,
    index: _index,
    ...fields
  } = message;
  const parts = arrayOrEmpty(content);
  const texts = parts.filter((part) => kindOf(part) === 'text');
  const others = parts.filter((part) => kindOf(part) !== 'text').flatMap(besideReasoning);
  const more = definedFields({
    tool_calls,
    parts: others.length > 0 ? others : undefined,
    ...fields,
  });
  const text = Array.isArray(content) ? joined(texts) : content;
  const hasMore = Object.keys(more).length > 0;
  const kept = text === '' && hasMore ? undefined : (text ?? undefined);
  return {
    output: hasMore || Array.isArray(kept) ? definedFields({ content: kept, ...more }) : kept,
    reasoning: parts
      .filter((part) => kindOf(part) === 'reasoning')
      .map((part) => objectOrEmpty(part).text)
      .join(''),
  };
}

/** The texts as one, or as they are if one of them has further fields. */
function joined(texts: readonly unknown[]): unknown {
  return texts.every(isTextAlone) ? texts.map((each) => objectOrEmpty(each).text).join('') : texts;
}

/** Whether a part has nothing beside a text. */
function isTextAlone(part: unknown): boolean {
  const { type, text: _, ...others } = objectOrEmpty(part);
  return type === 'text' && Object.keys(others).length === 0;
}

/** The part; of a reasoning only what its text leaves out. */
function besideReasoning(part: unknown): readonly unknown[] {
  if (kindOf(part) !== 'reasoning') return [part];
  const { type, text: _, ...others } = objectOrEmpty(part);
  return Object.keys(others).length > 0 ? [{ type, ...others }] : [];
}

/* To OpenTelemetry. */

/**
 * Messages in OpenTelemetry's form, from those of any provider. A part that has no counterpart there is kept in one of the type
 * `other`. Undefined if there are none.
 * @param role role of messages that state none
 */
export function genAIMessagesOf(
  value: unknown,
  role = 'user',
): readonly GenAIMessage[] | undefined {
  return chatMessagesOf(value, role)?.map(genAIMessage);
}

/** Fields of an output that is a message: see `chatOutputOf`. */
const OUTPUT_FIELDS = ['content', 'tool_calls', 'parts', 'refusal', 'role'];

/** The messages that a model answered with, from the output of its step. Undefined if it is neither a text nor messages. */
export function genAIAnswersOf(
  output: unknown,
  finishReason?: string,
): readonly GenAIMessage[] | undefined {
  const answers = Array.isArray(output) ? output : [output];
  const isKnown = answers.every(
    (each) =>
      typeof each === 'string' ||
      (isJsonObject(each) && OUTPUT_FIELDS.some((field) => each[field] !== undefined)),
  );
  if (!isKnown || answers.length === 0) return undefined;
  return answers.map((each) => ({
    ...genAIAnswer(isJsonObject(each) ? each : { content: each }),
    ...(finishReason !== undefined && { finish_reason: finishReason }),
  }));
}

function genAIAnswer({ content, parts, tool_calls, ...others }: JsonObject): GenAIMessage {
  const stated = content === undefined || content === null ? [] : [content].flat();
  return genAIMessage({
    role: 'assistant',
    ...others,
    content: [...stated.map(asPart), ...arrayOrEmpty(parts)],
    tool_calls: arrayOrEmpty(tool_calls).map((each) => toolCall(objectOrEmpty(each))),
  });
}

function asPart(value: unknown): unknown {
  return typeof value === 'string' ? { type: 'text', text: value } : value;
}

function genAIMessage(message: ChatMessage): GenAIMessage {
  const { role, content, tool_calls = [], tool_call_id, ...others } = message;
  const parts: JsonObject[] = [];
  if (tool_call_id !== undefined) {
    parts.push({ type: 'tool_call_response', id: tool_call_id, response: content ?? null });
  } else if (content !== undefined && content !== null) {
    for (const part of [content].flat()) parts.push(genAIPart(part));
  }
  for (const call of tool_calls) parts.push({ ...call, type: 'tool_call' });
  return { role, parts, ...others };
}

function genAIPart(part: unknown): JsonObject {
  const fields = objectOrEmpty(part);
  const kind = kindOf(part);
  if (typeof part === 'string') return { type: 'text', content: part };
  if (kind === 'text' || kind === 'reasoning') {
    return { ...unreadOf(fields, kind), type: kind, content: fieldOf(fields, kind) };
  }
  const url = stringOrUndefined(objectOrEmpty(fields.image_url).url);
  if (fields.type === 'image_url' && url !== undefined) return imagePart(url, fields);
  const isForeign = kind === undefined && isJsonObject(part) && typeof fields.type === 'string';
  return isForeign ? fields : { type: 'other', value: part };
}

function imagePart(url: string, part: JsonObject): JsonObject {
  if (Object.keys(objectOrEmpty(part.image_url)).length > 1) return part;
  const [, mimeType, content] = /^data:([\w/+.-]+);base64,(.*)$/s.exec(url) ?? [];
  return content === undefined
    ? { type: 'uri', modality: 'image', uri: url }
    : { type: 'blob', modality: 'image', mime_type: mimeType, content };
}
