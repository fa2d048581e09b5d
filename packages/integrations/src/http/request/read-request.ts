/** Reads the request that a client passes to fetch. */

import { isUntraced, runGuarded } from '@openlayer-tracing/core/integration';
import { isJsonObject, type JsonObject, tryParseJson } from '../../common/json.js';
import type { ModelRequest } from '../../shapes/reading/shape.js';
import { BoundedJson } from '../body/bounded-json.js';
import { Utf8Pieces } from '../body/utf8-pieces.js';
import type { FetchInit, FetchInput } from '../exchange/fetch-types.js';
import { contentTypeIn } from '../exchange/headers.js';
import { formDataFields, multipartFields } from './form-fields.js';

/** In longer bodies, long strings and arrays of numbers are cut, so that the call does not become slower. */
const MAX_BODY_CHARS = 16_777_216;
const PIECE_BYTES = 1_048_576;
const MAX_SHORT_BODY = 16_384;

/** The method of a request, in upper case. */
export function methodOf(input: FetchInput, init: FetchInit | undefined): string {
  return String(init?.method ?? (isRequest(input) ? input.method : 'GET')).toUpperCase();
}

/** The signal by which the app may abort a request; undefined if there is none. */
export function signalOf(input: FetchInput, init: FetchInit | undefined): unknown {
  return init?.signal ?? (isRequest(input) ? input.signal : undefined);
}

/**
 * The URL and fields of a POST.
 * @param paramsOfClient the fields that the app passed to the client, for a body that cannot be read
 */
export function readRequest(
  url: URL,
  body: unknown,
  paramsOfClient: JsonObject | undefined,
): ModelRequest {
  const params = paramsOf(body) ?? paramsOfClient;
  if (params === undefined) return { url, params: {}, isUnread: hasBody(body) };
  return { url, params, isShortened: bodyLength(body) > MAX_BODY_CHARS };
}

/** Whether the body that was passed to fetch is not empty. */
export function hasBody(body: unknown): boolean {
  return body !== undefined && body !== null && body !== '';
}

function bodyLength(body: unknown): number {
  return typeof body === 'string' ? body.length : (bytesOf(body)?.byteLength ?? 0);
}

/** The bytes of a buffer, or of a view of one; undefined for any other body. */
function bytesOf(body: unknown): Uint8Array | undefined {
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (!ArrayBuffer.isView(body)) return undefined;
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
}

/** The URL of a request; undefined if it is not a valid absolute one. */
export function urlOf(input: FetchInput): URL | undefined {
  const address = isRequest(input) ? input.url : String(input);
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

/** Whether the argument of fetch is a `Request`, by its tag: servers replace the global class, as Hono's on Node does. */
export function isRequest(input: unknown): input is Request {
  return (
    typeof input === 'object' &&
    Object.prototype.toString.call(input) === '[object Request]' &&
    typeof (input as Partial<Request>).clone === 'function'
  );
}

/**
 * The JSON or form fields of a Request, read from a copy of its body; undefined for any other body, or one that was read.
 * Never throws.
 * @param mayNeedBody whether the fields of a POST to the URL are needed. A copy takes memory, and delays the request until the
 *   body has been read.
 */
export function bodyOfRequest(
  input: FetchInput,
  init: FetchInit | undefined,
  mayNeedBody: (url: URL) => boolean,
): Promise<JsonObject | undefined> | undefined {
  if (!isRequest(input) || init?.body !== undefined || isUntraced()) return undefined;
  return runGuarded('request', () => {
    const url = urlOf(input);
    return url !== undefined && mayNeedBody(url) ? fieldsOfRequest(input) : undefined;
  });
}

function fieldsOfRequest(request: Request): Promise<JsonObject | undefined> | undefined {
  const contentType = contentTypeIn(request.headers);
  if (request.method !== 'POST' || request.bodyUsed) return undefined;
  if (contentType.startsWith('multipart/form-data')) {
    return multipartFields(request).catch(() => undefined);
  }
  if (!contentType.includes('json')) return undefined;
  return request
    .clone()
    .text()
    .then(jsonFields, () => undefined);
}

/** Whether the body of a request is so long that reading it costs more than testing whether it is needed. */
export function isLong(body: unknown): boolean {
  return bodyLength(body) > MAX_SHORT_BODY;
}

/** The fields of a JSON string, JSON bytes or a form; undefined for a body that cannot be read without consuming it. */
export function paramsOf(body: unknown): JsonObject | undefined {
  if (typeof body === 'string') return jsonFields(body);
  const bytes = bytesOf(body);
  if (bytes !== undefined) {
    return bytes.byteLength > MAX_BODY_CHARS
      ? shortenedJsonFields(bytes)
      : jsonFields(new TextDecoder().decode(bytes));
  }
  return typeof FormData === 'function' && body instanceof FormData
    ? formDataFields(body)
    : undefined;
}

/** A JSON object may begin with white space. */
const JSON_OBJECT = /^[ \t\r\n]*\{/;

function jsonFields(body: string): JsonObject | undefined {
  if (!JSON_OBJECT.test(body)) return undefined;
  if (body.length > MAX_BODY_CHARS) {
    const json = new BoundedJson();
    json.add(body);
    return objectOf(json.end());
  }
  return objectOf(tryParseJson(body));
}

function shortenedJsonFields(body: Uint8Array): JsonObject | undefined {
  const json = new BoundedJson();
  const text = new Utf8Pieces();
  for (let at = 0; at < body.byteLength; at += PIECE_BYTES) {
    json.add(text.decode(body.subarray(at, at + PIECE_BYTES)));
  }
  return objectOf(json.end());
}

function objectOf(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}
