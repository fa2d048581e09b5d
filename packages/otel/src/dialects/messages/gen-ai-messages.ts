/** Messages in the form of OpenTelemetry's conventions, from those of any provider. */

import {
  arrayOrEmpty,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import { type ChatMessage, chatMessagesOf } from './chat-messages.js';
import { fieldOf, partKindOf, toolCall, unreadOf } from './message-parts.js';

/** A message in the form of `gen_ai.input.messages` and `gen_ai.output.messages`. */
export interface GenAIMessage {
  readonly role: string;
  readonly parts: readonly Readonly<Record<string, unknown>>[];
  /** Why the model stopped, in messages of a model. */
  readonly finish_reason?: string;
  readonly [field: string]: unknown;
}

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
  const kind = partKindOf(part);
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
