/** Parts of messages to and from models, and tool calls in them, by the names of any dialect or provider. */

import {
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import { parsedIfJson } from '../facts/parsed-json.js';

/** A tool call in a message. */
export interface ChatToolCall {
  readonly id?: string | undefined;
  /** Name of the tool; null if the message does not state it. */
  readonly name: string | null;
  /** An object if they are JSON, else a string. */
  readonly arguments: unknown;
  readonly [field: string]: unknown;
}

/** What a part of a message is, by its type in any dialect. */
export type PartKind = 'text' | 'reasoning' | 'call' | 'result' | 'other';

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

type PartField = keyof typeof PART_FIELDS;

/** The name under which a part has a field. */
function nameOf(part: JsonObject, field: PartField): string | undefined {
  return PART_FIELDS[field].find((name) => part[name] !== undefined && part[name] !== null);
}

/** The value of a field, under whichever name the part has it. */
export function fieldOf(part: JsonObject, field: PartField): unknown {
  const name = nameOf(part, field);
  return name === undefined ? undefined : part[name];
}

/** What a part has beside its type and these fields, which were read. */
export function unreadOf(part: JsonObject, ...read: readonly PartField[]): JsonObject {
  const names = new Set(['type', ...read.map((field) => nameOf(part, field))]);
  const unread = Object.entries(part).filter(
    ([name, value]) => !names.has(name) && value !== null && !isEmptyArray(value),
  );
  return Object.fromEntries(unread);
}

/** What a part is; undefined if its type is not known. */
export function partKindOf(part: unknown): PartKind | undefined {
  if (typeof part === 'string') return 'text';
  const { type, text } = objectOrEmpty(part);
  return type === undefined && typeof text === 'string' ? 'text' : PART_KINDS.get(type);
}

/** Whether a part has nothing beside a text. */
export function isTextAlone(part: unknown): boolean {
  const { type, text: _, ...others } = objectOrEmpty(part);
  return type === 'text' && Object.keys(others).length === 0;
}

/** The tool call in a part, in an item of OpenAI's `tool_calls`, or in attributes. */
export function toolCall(value: JsonObject): ChatToolCall {
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

export function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Names of objects that only group their members: `{ message: { role: 'user' } }` in OpenInference. */
const WRAPPERS =
  'message message_content tool_call tool document embedding prompt completion'.split(' ');

/** The members of an object's members, if all of these are wrappers. */
export function unwrapped(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value);
  const areWrappers = members.every(([key, each]) => WRAPPERS.includes(key) && isJsonObject(each));
  return members.length > 0 && areWrappers ? Object.assign({}, ...Object.values(value)) : value;
}
