/** Asks a chat stream for its tokens where the app did not, and keeps what that adds from the app. */

import type { BodyChange } from '@openlayer-tracing/core/integration';
import { isRecord, list, parseJson } from '../common/json.js';
import type { ModelRequest } from '../shapes/shape.js';
import type { Door } from './door.js';
import { type FetchInit, headerOf } from './fetch.js';
import { isOpenAI } from './providers.js';
import { Utf8Pieces } from './utf8-pieces.js';

/** What to send instead; undefined where the request is to go out as it is. */
export function askingForUsage(
  door: Door,
  request: ModelRequest,
  init: FetchInit | undefined,
): FetchInit | undefined {
  const { url, params } = request;
  const { streamUsage = 'auto' } = door.options;
  const isWanted = streamUsage === true || (streamUsage === 'auto' && isOpenAI(url));
  if (!isWanted || params.stream !== true || typeof init?.body !== 'string') return undefined;
  if (!url.pathname.endsWith('/chat/completions')) return undefined;
  const { stream_options: given } = params;
  // Who says something about it means it.
  if (isRecord(given) && given.include_usage !== undefined) return undefined;
  const stream_options = { ...(isRecord(given) && given), include_usage: true };
  const body = JSON.stringify({ ...params, stream_options });
  return { ...init, body, headers: withLength(init.headers, body) };
}

/** Some clients tell the length themselves. */
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

const BETWEEN_EVENTS = /\r?\n\r?\n/g;
const NO_USAGE = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,/g;
/** As OpenAI says it in every chunk but the last. */
const NONE_YET = ',"usage":null';

/** Takes out what a stream tells only because it was asked for its tokens: a last chunk, and an empty field in others. */
export class UsageHidden implements BodyChange {
  readonly #pieces = new Utf8Pieces();
  readonly #encoder = new TextEncoder();
  #rest = '';

  chunk(bytes: Uint8Array): Uint8Array {
    const text = this.#rest + this.#pieces.decode(bytes);
    const cut = endOfLastEvent(text);
    this.#rest = text.slice(cut);
    return this.#encoder.encode(hidden(text.slice(0, cut)));
  }

  end(): Uint8Array {
    return this.#encoder.encode(hidden(this.#rest + this.#pieces.end()));
  }
}

/** Behind the last empty line; 0 where there is none. */
function endOfLastEvent(text: string): number {
  for (let at = text.lastIndexOf('\n'); at > 0; at = text.lastIndexOf('\n', at - 1)) {
    const before = text.charCodeAt(at - 1) === 13 ? at - 2 : at - 1;
    if (text.charCodeAt(before) === 10) return at + 1;
  }
  return 0;
}

/** Whole events without usage. */
function hidden(whole: string): string {
  const events = whole.replaceAll(NONE_YET, '');
  // With its first quote it would take several times as long to find.
  if (!events.includes('usage"')) return events;
  let kept = '';
  let start = 0;
  for (const { index, 0: gap } of events.matchAll(BETWEEN_EVENTS)) {
    const event = events.slice(start, index);
    start = index + gap.length;
    if (!tellsUsageAlone(event)) kept += event.replace(NO_USAGE, '') + gap;
  }
  return kept + events.slice(start);
}

function tellsUsageAlone(event: string): boolean {
  if (!/"choices"\s*:\s*\[\s*\]/.test(event)) return false;
  const chunk = parseJson(event.replace(/^data: ?/gm, ''));
  return isRecord(chunk) && isRecord(chunk.usage) && list(chunk.choices).length === 0;
}
