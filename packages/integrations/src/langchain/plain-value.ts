/** Converts LangChain's messages to plain objects. */

import { changedContent, type Visits } from '../common/content/changed-content.js';
import {
  arrayOrEmpty,
  isPlainObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';

const ROLES: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant' };
const MAX_DEPTH = 4;

/** The value with messages as `{ role, content }`, at most four levels deep, as states of graphs have them. */
export function plainValue(value: unknown): unknown {
  return changedContent(value, (visits) => valueWithPlainMessages(value, visits, 0));
}

function valueWithPlainMessages(value: unknown, visits: Visits, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) {
    if (!visits.spend(value.length)) return value;
    return value.map((item) => valueWithPlainMessages(item, visits, depth + 1));
  }
  const type = messageType(value);
  if (type !== undefined) return plainMessage(value as JsonObject, type);
  const { messages, lc_namespace: namespace } = value as JsonObject;
  // The result of a template.
  if (Array.isArray(namespace) && Array.isArray(messages)) {
    return valueWithPlainMessages(messages, visits, depth + 1);
  }
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value);
  if (!visits.spend(entries.length)) return value;
  return Object.fromEntries(
    entries.map(([key, item]) => [key, valueWithPlainMessages(item, visits, depth + 1)]),
  );
}

function messageType(value: object): string | undefined {
  const { content, type, lc_namespace: namespace } = value as JsonObject;
  const isMessage = content !== undefined && Array.isArray(namespace);
  return isMessage ? stringOrUndefined(type) : undefined;
}

function plainMessage(message: JsonObject, type: string): JsonObject {
  const { content, name, tool_call_id: callId } = message;
  const calls = toolCalls(message);
  return {
    role: ROLES[type] ?? type,
    content,
    ...(typeof name === 'string' && { name }),
    ...(typeof callId === 'string' && { tool_call_id: callId }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

export function toolCalls(
  message: JsonObject,
): { id: unknown; name: unknown; arguments: unknown }[] {
  return arrayOrEmpty(message.tool_calls).map((each) => {
    const { id, name, args } = objectOrEmpty(each);
    return { id, name, arguments: args };
  });
}
