/** Chat messages, from the messages of any dialect or provider. */

import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import { parsedIfJson } from '../facts/parsed-json.js';
import { plainValue } from '../facts/plain-value.js';
import {
  type ChatToolCall,
  fieldOf,
  isEmptyArray,
  isTextAlone,
  partKindOf,
  toolCall,
  unreadOf,
  unwrapped,
} from './message-parts.js';

/** A message to or from a model, with further fields as they came. */
export interface ChatMessage {
  /** `system`, `user`, `assistant`, `tool` or another role. */
  readonly role: string;
  /** A string if it is one text, else an array of parts. */
  readonly content?: unknown;
  /** The tools that the model calls. */
  readonly tool_calls?: readonly ChatToolCall[];
  /** The call that a message of the role `tool` answers. */
  readonly tool_call_id?: string;
  readonly [field: string]: unknown;
}

const MAX_MESSAGES = 10_000;

/**
 * The messages in a value: an array of messages in the form of any dialect or provider, an object with such an array, or JSON text
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

/** The content of a message, which may be in several fields. Some dialects repeat it in the parts. */
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

function textIn(parts: readonly unknown[]): string {
  const texts = parts.map(unwrapped).filter((each) => partKindOf(each) === 'text');
  return texts.map((each) => textPart(each).text).join('');
}

/** A text of any dialect, with the part's other fields. */
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
    switch (partKindOf(part)) {
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

/** An image of OpenInference or OpenTelemetry in OpenAI's form; undefined for another part. */
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
