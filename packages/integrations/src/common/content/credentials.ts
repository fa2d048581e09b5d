/**
 * Masks credentials that an app gives a provider in the body of a request, so that the provider can reach another service: headers
 * for an MCP server, the key of a search index. Their keys do not say that they are secrets (`key`, `X-Custom`), so that only their
 * place identifies them.
 */

import { MASK } from '@openlayer-tracing/core/integration';
import { isJsonObject, isPlainObject, type JsonObject } from '../json.js';
import { wordSet } from '../words.js';
import { changedContent, changedFields, changedItems, type Visits } from './changed-content.js';

const MAX_DEPTH = 10;

/** Fields of requests that may hold such credentials at any depth. */
const PLACES = wordSet(`
  tools tool_config toolConfig mcp_servers mcpServers data_sources dataSources connectors
  environment container plugins
`);
/** Fields of requests that have parameters in them. */
const WRAPPERS = wordSet('extra_body model_kwargs modelKwargs additionalModelRequestFields');
/** Fields in which every string is masked, at any depth. The names of headers and variables are kept. */
const SECRET_VALUES = wordSet(`
  headers extra_headers extraHeaders default_headers defaultHeaders global_headers transform env
`);
/** In the definition of a function these describe its arguments: a field `headers` there has no credentials. */
const SCHEMAS = wordSet('properties patternProperties $defs definitions');
/** Fields of `authentication` that are no secrets. */
const METHODS = wordSet('type managed_identity_resource_id');
/** The fields of an entry of an array that are no secret. Its secret is in `value`. */
const LABELS = wordSet('name type');
/** `key`, `embeddingKey`, of the data sources of Azure. */
const KEY = /^key$|Key$|_key$/;

/** The content with masks in place of such credentials. Content without any is returned itself. */
export function maskCredentials(content: unknown): unknown {
  if (!isJsonObject(content) || !isPlainObject(content)) return content;
  return changedContent(content, (visits) => maskedFields(content, visits, 0));
}

function maskedFields(fields: JsonObject, visits: Visits, depth: number): JsonObject {
  return changedFields(fields, (name, value) => {
    if (PLACES.has(name)) return maskedPlace(value, name, visits, depth + 1);
    if (SECRET_VALUES.has(name)) return maskedStrings(value, LABELS, visits, depth + 1);
    const isWrapper = WRAPPERS.has(name) && depth < MAX_DEPTH && isWalked(value);
    return isWrapper ? maskedFields(value as JsonObject, visits, depth + 1) : value;
  });
}

/** Masks what is below one of the fields of `PLACES`. */
function maskedPlace(value: unknown, place: string, visits: Visits, depth: number): unknown {
  if (depth > MAX_DEPTH || !isWalked(value)) return value;
  if (!visits.spend(Object.keys(value).length)) return value;
  if (Array.isArray(value)) {
    return changedItems(value, (item) => maskedPlace(item, place, visits, depth + 1));
  }
  return changedFields(value as JsonObject, (name, item) => {
    if (SCHEMAS.has(name)) return item;
    if (SECRET_VALUES.has(name)) return maskedStrings(item, LABELS, visits, depth + 1);
    if (name === 'authentication') return maskedStrings(item, METHODS, visits, depth + 1);
    if (typeof item === 'string' && /^data_?sources$/i.test(place) && KEY.test(name)) return MASK;
    return maskedPlace(item, place, visits, depth + 1);
  });
}

/** Masks all strings below the value, except in fields with these names. What is too deep is masked as a whole. */
function maskedStrings(
  value: unknown,
  except: ReadonlySet<string>,
  visits: Visits,
  depth: number,
): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (depth > MAX_DEPTH || !isWalked(value)) return MASK;
  if (!visits.spend(Object.keys(value).length)) return MASK;
  if (Array.isArray(value)) {
    return changedItems(value, (item) => maskedStrings(item, except, visits, depth + 1));
  }
  // An object of headers may have one that is called `name`; an entry of an array has a value as well.
  const isEntry = except !== LABELS || 'value' in value;
  return changedFields(value as JsonObject, (name, item) =>
    isEntry && except.has(name) ? item : maskedStrings(item, except, visits, depth + 1),
  );
}

/** Whether the value is an array or a plain object. Others are the app's own: their fields are not what is sent. */
function isWalked(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || isPlainObject(value);
}
