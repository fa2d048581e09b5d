/** The method of an HTTP request by OpenTelemetry's conventions. */

import type { JsonObject } from '@openlayer-tracing/core/integration';
import { OTHER } from './other-word.js';

const KNOWN: ReadonlySet<unknown> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

/** The attributes of a method. A client may send any word, and a backend must not get a name for each of them. */
export function methodAttributes(method: unknown): JsonObject {
  if (typeof method !== 'string') return {};
  return KNOWN.has(method)
    ? { 'http.request.method': method }
    : { 'http.request.method': OTHER, 'http.request.method_original': method };
}

/** The name of a request's span, which must not begin with a method that is not known. */
export function withKnownMethod(name: string, method: unknown): string {
  const isNamed = typeof method === 'string' && (name === method || name.startsWith(`${method} `));
  return isNamed && !KNOWN.has(method) ? `HTTP${name.slice(method.length)}` : name;
}
