/** Requests the token counts of chat streams if the app did not, and removes from the stream what the app did not request. */

import { type BodyChange, reportUnrecorded } from '@openlayer-tracing/core/integration';
import {
  arrayOrEmpty,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  tryParseJson,
} from '../../common/json.js';
import { isOpenAI } from '../../common/providers.js';
import type { ModelRequest } from '../../shapes/reading/shape.js';
import { endOfEvent, endOfLastEvent, eventDataOf } from '../body/server-sent-events.js';
import { Utf8Pieces } from '../body/utf8-pieces.js';
import type { ClientProfile } from '../exchange/client-profile.js';
import type { FetchInit } from '../exchange/fetch-types.js';
import { headerOf, isSigned } from '../exchange/headers.js';
import { pathPattern } from '../request/recognize.js';

/**
 * The init to send in place of the app's; undefined if the request is sent unchanged. A request whose body is signed cannot be
 * changed: that its usage is missing is reported.
 */
export function requestingUsage(
  profile: ClientProfile,
  request: ModelRequest,
  init: FetchInit | undefined,
): FetchInit | undefined {
  const { url, params, isShortened } = request;
  if (isShortened === true) return undefined;
  const { streamUsage = 'auto' } = profile.options;
  const isWanted = streamUsage === true || (streamUsage === 'auto' && isOpenAI(url));
  if (!isWanted || params.stream !== true || typeof init?.body !== 'string') return undefined;
  if (!url.pathname.endsWith('/chat/completions')) return undefined;
  const { stream_options: streamOptions } = params;
  // The app has made a choice.
  if (isJsonObject(streamOptions) && streamOptions.include_usage !== undefined) return undefined;
  if (isSigned(init.headers)) {
    reportUnrecorded(`the usage of signed streams of POST ${pathPattern(url.pathname)}`);
    return undefined;
  }
  const body = bodyWithUsage(init.body, params);
  return { ...init, body, headers: withLength(init.headers, body) };
}

/** The body with the request for token counts. The rest of it stays as it is: numbers may have more digits than can be parsed. */
function bodyWithUsage(body: string, params: JsonObject): string {
  if (!('stream_options' in params)) {
    // White space may stand before the object.
    const fields = body.slice(body.indexOf('{') + 1);
    return `{"stream_options":{"include_usage":true},${fields}`;
  }
  const { stream_options: streamOptions } = params;
  const stream_options = { ...objectOrEmpty(streamOptions), include_usage: true };
  return JSON.stringify({ ...params, stream_options });
}

/** The headers with the length of the new body, if they state a length. */
function withLength(headers: unknown, body: string): unknown {
  if (headerOf(headers, 'content-length') === undefined) return headers;
  const length = String(new TextEncoder().encode(body).byteLength);
  if (headers instanceof Headers) {
    const copy = new Headers(headers);
    copy.set('content-length', length);
    return copy;
  }
  const entries = Array.isArray(headers) ? headers : Object.entries(headers as object);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, /^content-length$/i.test(key) ? length : value]),
  );
}

const NULL_USAGE_FIELD = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,/g;
/** OpenAI adds this to every chunk but the last. */
const NULL_USAGE = ',"usage":null';

/** Removes what the request for token counts adds to a stream: one more chunk at the end, and an empty field in the others. */
export class UsageRemoval implements BodyChange {
  readonly #pieces = new Utf8Pieces();
  readonly #encoder = new TextEncoder();
  #rest = '';

  chunk(bytes: Uint8Array): Uint8Array {
    const text = this.#rest + this.#pieces.decode(bytes);
    const cut = endOfLastEvent(text);
    this.#rest = text.slice(cut);
    return this.#encoder.encode(withoutUsage(text.slice(0, cut)));
  }

  end(): Uint8Array {
    return this.#encoder.encode(withoutUsage(this.#rest + this.#pieces.end()));
  }
}

/** The events without what the request for token counts added. */
function withoutUsage(whole: string): string {
  const events = whole.replaceAll(NULL_USAGE, '');
  // A search that includes the first quote takes several times as long.
  if (!events.includes('usage"')) return events;
  let kept = '';
  let start = 0;
  for (let end = endOfEvent(events, 0); end >= 0; end = endOfEvent(events, start)) {
    const event = events.slice(start, end);
    start = end;
    if (!isUsageAlone(event)) kept += event.replace(NULL_USAGE_FIELD, '');
  }
  return kept + events.slice(start);
}

function isUsageAlone(event: string): boolean {
  if (!/"choices"\s*:\s*\[\s*\]/.test(event)) return false;
  const chunk = tryParseJson(eventDataOf(event) ?? '');
  return (
    isJsonObject(chunk) && isJsonObject(chunk.usage) && arrayOrEmpty(chunk.choices).length === 0
  );
}
