/** The values of JSON text, within bounds. */

import { tryParseJson } from '@openlayer-tracing/core/integration';
import { boundedValue, plainValue } from './plain-value.js';

/** Longer texts are kept as they are: parsing them would take too long. */
const MAX_JSON_CHARS = 1 << 22;

/** The value of JSON text of an object or array, within bounds; any other value as it is. */
export function parsedIfJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const isJson = value.length <= MAX_JSON_CHARS && /^\s*[[{]/.test(value);
  const parsed = isJson ? tryParseJson(value) : undefined;
  return parsed === undefined ? plainValue(value) : boundedValue(parsed);
}

/** The value of any JSON text; undefined if it is none, or too long. */
export function parsedJson(source: string): unknown {
  return source.length > MAX_JSON_CHARS ? undefined : boundedValue(tryParseJson(source));
}
