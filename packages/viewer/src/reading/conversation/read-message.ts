/** Messages in the forms of all providers. */

import { isRecord, type Json } from '../../json.js';
import { namedMedia } from '../media.js';
import { addAll, listOf, without } from './fields.js';
import type { Message, Part } from './message.js';
import { textPart } from './read-content.js';
import { contentParts, readPart, reasoningText } from './read-part.js';
import { readCall, readCohereResult, readInvocation, result } from './read-tool-part.js';

export function isMessageList(
  value: unknown,
): value is readonly [unknown, ...(readonly unknown[])] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.some((each) => isRecord(each) && isMessage(each))
  );
}

const ITEM_TYPES =
  /^(message|function_call|function_call_output|reasoning|\w+_call|\w+_call_output|human|ai|system|tool|HumanMessage|AIMessage|SystemMessage|ToolMessage)$/;

export function isMessage(value: Json): boolean {
  if (typeof value.role === 'string') return true;
  if (Array.isArray(value.parts) && value.parts.some((part) => isRecord(part))) return true;
  if (isLangChain(value)) return true;
  return typeof value.type === 'string' && ITEM_TYPES.test(value.type);
}

const ROLES: Readonly<Record<string, string>> = {
  human: 'user',
  humanmessage: 'user',
  user: 'user',
  ai: 'assistant',
  aimessage: 'assistant',
  aimessagechunk: 'assistant',
  assistant: 'assistant',
  model: 'assistant',
  bot: 'assistant',
  chatbot: 'assistant',
  system: 'system',
  systemmessage: 'system',
  developer: 'developer',
  tool: 'tool',
  toolmessage: 'tool',
  function: 'tool',
};

/** Fields that are shown elsewhere, or that no reader needs. */
const SHOWN_FIELDS = new Set(
  (
    'role type name id object status content parts text tool_calls toolCalls function_call reasoning reasoning_content ' +
    'reasoningText reasoning_details thinking tool_plan refusal images audio tool_call_id toolCallId tool_name toolInvocations ' +
    'tool_results lc kwargs index invalid_tool_calls response_metadata usage_metadata additional_kwargs'
  ).split(' '),
);

export function readMessage(
  received: unknown,
  side: Message['side'],
  otherwise = 'user',
): Message[] {
  const value = unwrapped(received);
  if (typeof value === 'string') return [textMessage(otherwise, value, side)];
  if (!isRecord(value))
    return [{ role: otherwise, name: undefined, side, parts: [{ kind: 'unknown', value }] }];
  // An item of the Responses API is a message of its own.
  const { type } = value;
  if (
    typeof value.role !== 'string' &&
    typeof type === 'string' &&
    !Object.hasOwn(ROLES, type.toLowerCase()) &&
    type !== 'message'
  ) {
    const isOutcome = type.endsWith('_output') || /tool[_-]result$/.test(type);
    return withParts(isOutcome ? 'tool' : roleOfItem(type, otherwise), undefined, side, [
      readPart(value),
    ]);
  }
  const role = roleOf(value, otherwise);
  const name = typeof value.name === 'string' && role !== 'tool' ? value.name : undefined;
  return withParts(role, name, side, messageParts(value, role));
}

function roleOfItem(type: string, otherwise: string): string {
  return /call$|reasoning/.test(type) ? 'assistant' : otherwise;
}

function roleOf({ role, type }: Json, otherwise: string): string {
  const named =
    typeof role === 'string'
      ? role
      : typeof type === 'string' && type !== 'message'
        ? type
        : otherwise;
  const known = named.toLowerCase();
  return Object.hasOwn(ROLES, known) ? (ROLES[known] ?? named) : named;
}

function messageParts(value: Json, role: string): readonly Part[] {
  const parts: Part[] = [];
  const extra = isRecord(value.additional_kwargs) ? value.additional_kwargs : {};
  for (const field of [
    'reasoning',
    'reasoning_content',
    'reasoningText',
    'thinking',
    'tool_plan',
  ]) {
    const text = reasoningText(value[field] ?? extra[field]);
    if (text !== '') parts.push({ kind: 'reasoning', text });
  }
  if (
    role === 'tool' &&
    (value.tool_call_id ?? value.toolCallId ?? value.tool_name ?? value.name) !== undefined &&
    !hasResultParts(value.content)
  ) {
    parts.push(
      result(value.tool_call_id ?? value.toolCallId, value.tool_name ?? value.name, value.content, {
        isError: value.status === 'error',
      }),
    );
  } else {
    addAll(parts, contentParts(value.content));
  }
  if (
    typeof value.text === 'string' &&
    value.content === undefined &&
    value.parts === undefined &&
    value.text !== ''
  ) {
    parts.push({ kind: 'text', text: value.text });
  }
  addAll(parts, contentParts(value.parts));
  if (typeof value.refusal === 'string' && value.refusal !== '')
    parts.push({ kind: 'refusal', text: value.refusal });
  for (const image of listOf(value.images)) {
    parts.push(
      typeof image === 'string'
        ? { kind: 'media', media: namedMedia(image, 'image') }
        : readPart(image),
    );
  }
  if (isRecord(value.audio)) {
    const { transcript } = value.audio;
    parts.push({ kind: 'media', media: namedMedia(value.audio.data, 'audio') });
    if (typeof transcript === 'string' && transcript !== '')
      parts.push({ kind: 'text', text: transcript });
  }
  for (const call of [...listOf(value.tool_calls), ...listOf(value.toolCalls)])
    parts.push(readCall(call));
  if (isRecord(value.function_call)) parts.push(readCall(value.function_call));
  for (const each of listOf(value.toolInvocations)) parts.push(readInvocation(each));
  for (const each of listOf(value.tool_results)) parts.push(readCohereResult(each));
  for (const each of listOf(value.invalid_tool_calls)) parts.push({ kind: 'unknown', value: each });
  const others = without(value, SHOWN_FIELDS);
  if (Object.keys(others).length > 0) parts.push({ kind: 'unknown', value: others });
  return parts;
}

function hasResultParts(content: unknown): boolean {
  return listOf(content).some(
    (part) =>
      isRecord(part) &&
      (/tool[-_]result$/.test(String(part.type)) ||
        part.toolResult !== undefined ||
        part.functionResponse !== undefined),
  );
}

export function textMessage(role: string, text: string, side: Message['side']): Message {
  return { role, name: undefined, side, parts: [textPart(text)] };
}

export function unknownMessage(role: string, side: Message['side'], value: unknown): Message {
  return { role, name: undefined, side, parts: [{ kind: 'unknown', value }] };
}

export function withParts(
  role: string,
  name: string | undefined,
  side: Message['side'],
  parts: readonly Part[],
): Message[] {
  return parts.length === 0 ? [] : [{ role, name, side, parts }];
}

function isLangChain(value: Json): value is Json & { readonly kwargs: Json } {
  return value.lc === 1 && isRecord(value.kwargs);
}

/** A message of LangChain as its fields, with the class as its type; any other value as it is. */
function unwrapped(value: unknown): unknown {
  let inner = value;
  while (isRecord(inner) && isLangChain(inner)) {
    const kind = Array.isArray(inner.id) ? String(inner.id.at(-1)) : '';
    inner = { type: kind, ...inner.kwargs };
  }
  return inner;
}
