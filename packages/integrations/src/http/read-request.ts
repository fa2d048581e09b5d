/** What a client is about to send to a model, read from what it gives to fetch. */

import { isRecord, type Json, parseJson } from '../common/json.js';
import type { ModelRequest } from '../shapes/shape.js';
import type { FetchInit, FetchInput } from './fetch.js';

/** Longer bodies are not read again: their size alone would slow the call down. */
const MAX_BODY_CHARS = 16_777_216;

/** Undefined where it is no request to a model. */
export function readRequest(
  input: FetchInput,
  init: FetchInit | undefined,
  known: Json | undefined,
): ModelRequest | undefined {
  const method = init?.method ?? (isRequest(input) ? input.method : 'GET');
  if (method.toUpperCase() !== 'POST') return undefined;
  const url = urlOf(input);
  if (url === undefined) return undefined;
  const params = paramsOf(init?.body) ?? known;
  return params === undefined ? undefined : { url, params };
}

function urlOf(input: FetchInput): URL | undefined {
  const address = isRequest(input) ? input.url : String(input);
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

export function isRequest(input: unknown): input is Request {
  return typeof Request === 'function' && input instanceof Request;
}

/** The JSON that a Request holds, which stays as it is; undefined where it holds none. */
export function bodyOfRequest(request: Request): Promise<Json | undefined> | undefined {
  const contentType = request.headers.get('content-type') ?? '';
  if (request.method !== 'POST' || request.bodyUsed || !contentType.includes('json')) {
    return undefined;
  }
  return request
    .clone()
    .text()
    .then(parsed, () => undefined);
}

/** The fields of a JSON text or a form; undefined for what cannot be read without consuming it. */
export function paramsOf(body: unknown): Json | undefined {
  if (typeof body === 'string') return parsed(body);
  if (body instanceof Uint8Array) {
    return body.byteLength > MAX_BODY_CHARS ? undefined : parsed(new TextDecoder().decode(body));
  }
  return typeof FormData === 'function' && body instanceof FormData ? fieldsOf(body) : undefined;
}

function parsed(body: string): Json | undefined {
  if (body.length > MAX_BODY_CHARS || !body.startsWith('{')) return undefined;
  const value = parseJson(body);
  return isRecord(value) ? value : undefined;
}

/** A field that stands several times, as `name[]`, is a list. */
function fieldsOf(form: FormData): Json {
  const fields: Record<string, unknown> = Object.create(null);
  for (const [key, value] of form) {
    const name = key.replace(/\[\]$/, '');
    if (name !== key) fields[name] = [...((fields[name] as unknown[] | undefined) ?? []), value];
    else fields[name] = value;
  }
  return fields;
}
