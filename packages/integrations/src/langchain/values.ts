/** Converts LangChain's messages and usage to plain objects. */

import { providerSlug, type TokenCounts } from '@openlayer-tracing/core/integration';
import { changedContent, type Visits } from '../common/content/visits.js';
import {
  arrayOrEmpty,
  countOrUndefined,
  isPlainObject,
  isRecord,
  type Json,
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
    if (!visits.mayVisit(value.length)) return value;
    return value.map((item) => valueWithPlainMessages(item, visits, depth + 1));
  }
  const type = messageType(value);
  if (type !== undefined) return plainMessage(value as Json, type);
  const { messages, lc_namespace: namespace } = value as Json;
  // The result of a template.
  if (Array.isArray(namespace) && Array.isArray(messages)) {
    return valueWithPlainMessages(messages, visits, depth + 1);
  }
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value);
  if (!visits.mayVisit(entries.length)) return value;
  return Object.fromEntries(
    entries.map(([key, item]) => [key, valueWithPlainMessages(item, visits, depth + 1)]),
  );
}

function messageType(value: object): string | undefined {
  const { content, type, lc_namespace: namespace } = value as Json;
  const isMessage = content !== undefined && Array.isArray(namespace);
  return isMessage ? stringOrUndefined(type) : undefined;
}

function plainMessage(message: Json, type: string): Json {
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

export function toolCalls(message: Json): { id: unknown; name: unknown; arguments: unknown }[] {
  return arrayOrEmpty(message.tool_calls).map((each) => {
    const { id, name, args } = objectOrEmpty(each);
    return { id, name, arguments: args };
  });
}

/** The counts in `usage_metadata` of a message; undefined if there are none. */
export function messageTokens(usage: unknown): TokenCounts | undefined {
  if (!isRecord(usage)) return undefined;
  const inputDetails = objectOrEmpty(usage.input_token_details);
  const outputDetails = objectOrEmpty(usage.output_token_details);
  return {
    input: countOrUndefined(usage.input_tokens),
    output: countOrUndefined(usage.output_tokens),
    total: countOrUndefined(usage.total_tokens),
    cached: countOrUndefined(inputDetails.cache_read),
    cacheCreation: countOrUndefined(inputDetails.cache_creation),
    audioInput: countOrUndefined(inputDetails.audio),
    imageInput: countOrUndefined(inputDetails.image),
    videoInput: countOrUndefined(inputDetails.video),
    audioOutput: countOrUndefined(outputDetails.audio),
    imageOutput: countOrUndefined(outputDetails.image),
    reasoning: countOrUndefined(outputDetails.reasoning),
  };
}

/** The slugs of providers that LangChain alone names so, in lower case. */
const PROVIDERS: ReadonlyMap<string | undefined, string> = new Map([
  ['google-genai', 'google'],
  ['googlegenerativeai', 'google'],
  ['bedrock_converse', 'bedrock'],
]);

/** The slug of a provider by LangChain's name, which may be a part of a class's name. */
export function langChainProvider(value: unknown): string | undefined {
  return PROVIDERS.get(stringOrUndefined(value)?.toLowerCase()) ?? providerSlug(value);
}
