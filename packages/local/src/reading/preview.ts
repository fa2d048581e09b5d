/** Finds the question and the answer of a trace, in messages, in parts and in members that APIs commonly have. */

import { PREVIEW_LENGTH } from '../page-api.js';
import { cutText } from '../values/cut-text.js';
import { isJsonObject, type JsonObject, toJson } from '../values/json.js';

const MAX_DEPTH = 8;

/** Members that may have the question, the most likely first. */
const ASKED = [
  'messages',
  'question',
  '_question',
  'prompt',
  'input',
  'inputs',
  'contents',
  'message',
  'query',
  'user_query',
  'userQuery',
  'text',
  'content',
  'parts',
  'body',
];

const ANSWERED = [
  'answer',
  'output',
  'text',
  'content',
  'reply',
  'response',
  'message',
  'messages',
  'result',
  'completion',
  'choices',
  'candidates',
  'parts',
  'body',
];

/** The question in the inputs of a trace; if they are messages, the last message of the user. */
export function questionPreview(inputs: unknown): string {
  return previewOf(inputs, ASKED, 'user');
}

/** The answer in the output of a trace. */
export function answerPreview(output: unknown): string {
  return previewOf(output, ANSWERED, 'assistant');
}

function previewOf(value: unknown, keys: readonly string[], role: string): string {
  const text = textIn(value, keys, role, 0);
  return cutText(
    text ?? (value === undefined || value === null ? '' : headOfJson(value)),
    PREVIEW_LENGTH,
  );
}

/** The text that the value carries; undefined if it is none of the known shapes. */
function textIn(
  value: unknown,
  keys: readonly string[],
  role: string,
  depth: number,
): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value;
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return textInList(value, keys, role, depth);
  if (!isJsonObject(value)) return undefined;
  for (const key of keys) {
    if (!Object.hasOwn(value, key)) continue;
    const text = textIn(value[key], keys, role, depth + 1);
    if (text !== undefined) return text;
  }
  return textInOnlyMember(value, keys, role, depth);
}

function textInList(
  list: readonly unknown[],
  keys: readonly string[],
  role: string,
  depth: number,
): string | undefined {
  const isConversation = list.some((each) => isJsonObject(each) && typeof each.role === 'string');
  if (isConversation) {
    const last = list.findLast((each) => isJsonObject(each) && each.role === role) ?? list.at(-1);
    return textIn(last, keys, role, depth + 1);
  }
  const texts: string[] = [];
  let length = 0;
  for (const each of list) {
    if (length >= PREVIEW_LENGTH) break;
    // Parts of one message; an image or a call among them has no text.
    const text = textIn(each, keys, role, depth + 1);
    if (text === undefined) continue;
    texts.push(text);
    length += text.length + 1;
  }
  return texts.length === 0 ? undefined : texts.join(' ');
}

function textInOnlyMember(
  value: JsonObject,
  keys: readonly string[],
  role: string,
  depth: number,
): string | undefined {
  const members = Object.entries(value).filter(([, each]) => each !== null && each !== '');
  const [[name, only] = []] = members;
  if (members.length !== 1 || name === undefined) return undefined;
  // Members of known names have been read already. Reading them again would double the work with each level.
  if (keys.includes(name) || name === 'type' || name === 'role' || name === 'id') return undefined;
  return textIn(only, keys, role, depth + 1);
}

/** The beginning of the JSON text, without writing megabytes first. */
function headOfJson(value: unknown): string {
  if (Array.isArray(value) && value.length > PREVIEW_LENGTH) {
    return toJson(value.slice(0, PREVIEW_LENGTH));
  }
  const text = toJson(value);
  return text === '{}' || text === '[]' ? '' : text;
}
