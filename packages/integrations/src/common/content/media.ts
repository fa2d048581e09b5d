/**
 * Replaces media by placeholders, `[image/png, 48213 bytes]`, and content that only the provider can decrypt by
 * `[encrypted, 102400 characters]`.
 */

import { isError } from '@openlayer-tracing/core/integration';
import { isPlainObject, type JsonObject, objectOrEmpty, stringOrUndefined } from '../json.js';
import { changedContent, changedFields, changedItems, type Visits } from './changed-content.js';
import { mediaTypeOfBase64, mediaTypeOfBytes } from './media-type.js';

/** Matches keys under which requests and responses of providers have base64. */
const BASE64_KEY =
  /^(data|file_data|audio_data|input_audio|b64_json|partial_image_b64|images?|audio|bytes|image_?bytes|bytesBase64Encoded|encodedVideo|videoBytes|encodedImage|result)$/i;
/** Matches keys under which there is nothing but base64. */
const BASE64_ALONE =
  /^(file_data|audio_data|b64_json|partial_image_b64|image_?bytes|bytesBase64Encoded)$/i;
/** Matches keys of content that only the provider can decrypt. */
const ENCRYPTED_KEY =
  /^(encrypted_?\w+|(thought_?|thinking_?)?signature|reasoning_?encrypted_?content|redacted_?(content|data))$/i;
/** Shorter strings under such keys may be words of an app. */
const SHORTEST_ENCRYPTED = 40;
const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(;[\w=.+-]+)*;base64,/;
const BASE64_PLACEHOLDER = /^\[base64(, \d+ bytes\])$/;
/** Shorter strings may be text, unless they begin as files do. */
const SHORTEST_BASE64 = 256;
/** The same for base64 within a text, such as the JSON that a tool returned. */
const SHORTEST_WITHIN = 512;
/** The source of a pattern for such base64, without padding. */
export const BASE64_WORD = `[A-Za-z0-9+/_-]{${SHORTEST_WITHIN},}`;
const BASE64_WITHIN = new RegExp(
  String.raw`(?:data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,)?(${BASE64_WORD}={0,2})`,
  'g',
);
/** A text has base64 if it has a long word within this many characters: more is not recorded. */
const MAX_TEXT_CHARS = 131_072;
const MAX_DEPTH = 16;

/**
 * The value with placeholders in place of media: in its first 100,000 values, at most 16 levels deep. Objects without media are not
 * copied.
 */
export function withoutMedia(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return textOrPlaceholder(value, key);
  return changedContent(value, (visits) => valueWithoutMedia(value, key, visits, 0));
}

function valueWithoutMedia(value: unknown, key: string, visits: Visits, depth: number): unknown {
  if (typeof value === 'string') return textOrPlaceholder(value, key);
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  const bytes = byteLengthOf(value);
  if (bytes !== undefined) return `[${mediaTypeOf(value)}, ${bytes} bytes]`;
  if (Array.isArray(value)) {
    if (!visits.spend(value.length)) return value;
    return changedItems(value, (item) => valueWithoutMedia(item, key, visits, depth + 1));
  }
  // Core records what the method returns: the object's own fields may be the inside of a database client.
  const { toJSON } = value as JsonObject;
  if (typeof toJSON === 'function')
    return resultWithoutMedia(value, toJSON as ToJson, visits, depth);
  const entries = Object.entries(value);
  if (!visits.spend(entries.length)) return value;
  const typed = typeStated(value as JsonObject);
  const isRedacted = (value as JsonObject).type === 'redacted_thinking';
  const fieldWithoutMedia = (name: string, item: unknown) => {
    if (typeof item !== 'string') return valueWithoutMedia(item, name, visits, depth + 1);
    if (isRedacted && name === 'data') return encryptedPlaceholder(item);
    if (typed !== undefined && BASE64_KEY.test(name)) return base64Placeholder(item, typed);
    return textOrPlaceholder(item, name);
  };
  return changedFields(value as JsonObject, fieldWithoutMedia, entries);
}

type ToJson = (this: object, key: string) => unknown;

/**
 * The result of the method, with placeholders in place of media. The object itself if the result has no media, or is neither plain
 * nor an array.
 */
function resultWithoutMedia(value: object, toJson: ToJson, visits: Visits, depth: number): unknown {
  // Core records an error without its method.
  if (isError(value) || !visits.spend(0)) return value;
  try {
    const result = Reflect.apply(toJson, value, ['']);
    // Nobody else has this promise, so an unhandled rejection would be caused here.
    if (result instanceof Promise) result.catch(() => {});
    if (result === value || !isPlain(result)) return value;
    const changed = valueWithoutMedia(result, '', visits, depth + 1);
    return changed === result ? value : changed;
  } catch {
    // Core calls the method too, and records a mark.
    return value;
  }
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'string';
  return Array.isArray(value) || isPlainObject(value);
}

/**
 * The string, or a placeholder if it holds media under this key.
 * @param chars the length of the whole string, if `text` is only its beginning
 */
export function textOrPlaceholder(text: string, key: string, chars = text.length): string {
  const head = text.startsWith('data:') ? DATA_URL.exec(text.slice(0, 256)) : null;
  if (head !== null) {
    return `[${head[1] ?? 'data'}, ${bytesOfBase64(text, chars)} bytes]`;
  }
  const isEncrypted = chars >= SHORTEST_ENCRYPTED && ENCRYPTED_KEY.test(key);
  if (isEncrypted && !/\s/.test(text.slice(0, SHORTEST_ENCRYPTED)))
    return encryptedPlaceholder(chars);
  if (isBase64(text, key)) {
    return `[${mediaTypeOfBase64(text) ?? 'base64'}, ${bytesOfBase64(text, chars)} bytes]`;
  }
  return text.length > 1024 ? withoutBase64(text) : text;
}

function isBase64(text: string, key: string): boolean {
  const isMedia = text.length >= SHORTEST_BASE64 || mediaTypeOfBase64(text) !== undefined;
  if (!(isMedia ? BASE64_KEY : BASE64_ALONE).test(key)) return false;
  return /^[A-Za-z0-9+/_\r\n-]+={0,2}\s*$/.test(text.slice(0, 1024));
}

/** The text with placeholders in place of base64. A long word that is no base64 has no digits, or no capital letters. */
function withoutBase64(text: string): string {
  if (!hasLongWord(text)) return text;
  return text.replace(BASE64_WITHIN, (all, type: string | undefined, data: string) => {
    const head = data.slice(0, 256);
    const isData = /[a-z]/.test(head) && /[A-Z]/.test(head) && /\d/.test(head);
    const mediaType = type ?? mediaTypeOfBase64(head) ?? 'base64';
    return isData ? `[${mediaType}, ${bytesOfBase64(data)} bytes]` : all;
  });
}

/**
 * Whether the text has a word of `SHORTEST_WITHIN` characters. Only every so many characters are looked at: with 100, a word of 100
 * characters contains one of the characters 99, 199, 299, ...
 */
function hasLongWord(text: string): boolean {
  const end = Math.min(text.length, MAX_TEXT_CHARS);
  for (let at = SHORTEST_WITHIN - 1; at < end; at += SHORTEST_WITHIN) {
    let from = at;
    let to = at;
    while (from >= 0 && isOfBase64(text.charCodeAt(from))) from--;
    if (from === at) continue;
    while (to < text.length && to - from <= SHORTEST_WITHIN && isOfBase64(text.charCodeAt(to)))
      to++;
    if (to - from > SHORTEST_WITHIN) return true;
  }
  return false;
}

function isOfBase64(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 47 && code <= 57) ||
    code === 43 ||
    code === 45 ||
    code === 95
  );
}

/** The placeholder of a string that only the provider can decrypt, by the string or its length. */
export function encryptedPlaceholder(text: string | number): string {
  if (typeof text === 'string' && text.startsWith('[encrypted')) return text;
  return `[encrypted, ${typeof text === 'number' ? text : text.length} characters]`;
}

/** The placeholder of base64 whose media type is known. A string that is a placeholder already, or a URL, is kept. */
export function base64Placeholder(data: string, type: string): string {
  if (BASE64_PLACEHOLDER.test(data)) return data.replace(BASE64_PLACEHOLDER, `[${type}$1`);
  if (data.startsWith('[') || /^(https?|gs|data):/.test(data)) return textOrPlaceholder(data, '');
  return `[${type}, ${bytesOfBase64(data)} bytes]`;
}

/**
 * The placeholder of one medium: of base64, of bytes, or of an object that has only their length. URLs and other values are kept.
 * @param kind what the placeholder says if the media type is not known: `audio`
 * @param stated the media type, which the first bytes do not overrule
 */
export function mediaPlaceholder(kind: string, data: unknown, stated?: string): unknown {
  if (typeof data === 'string') {
    if (/^https?:/.test(data)) return { type: kind, url: data };
    return `[${stated ?? mediaTypeOfBase64(data) ?? kind}, ${bytesOfBase64(data)} bytes]`;
  }
  if (data instanceof Uint8Array) {
    return `[${stated ?? mediaTypeOfBytes(data) ?? kind}, ${data.byteLength} bytes]`;
  }
  if (data instanceof URL) return data.href;
  const { byteLength, mediaType } = objectOrEmpty(data);
  if (typeof byteLength !== 'number') return data;
  return `[${stringOrUndefined(mediaType) ?? kind}, ${byteLength} bytes]`;
}

/** The media type that an object states for its base64: by a type, as of Google, Anthropic and MCP, or by a format, as of OpenAI. */
function typeStated(value: JsonObject): string | undefined {
  // A document whose data are text.
  if (value.type === 'text') return undefined;
  const type =
    stringOrUndefined(value.mimeType) ??
    stringOrUndefined(value.mime_type) ??
    stringOrUndefined(value.media_type);
  if (type !== undefined) return type;
  if (value.type === 'image_generation_call' || value.b64_json || value.partial_image_b64) {
    const format = stringOrUndefined(value.output_format);
    return format === undefined ? undefined : `image/${format}`;
  }
  const format = stringOrUndefined(value.format);
  return format !== undefined && typeof value.data === 'string' ? `audio/${format}` : undefined;
}

/**
 * The number of bytes of a base64 string: padded or not, of either alphabet, with line breaks, in a data URL, or of a placeholder.
 * @param chars the length of the whole string, if `data` is only a part of it
 */
export function bytesOfBase64(data: string, chars = data.length): number {
  const stated = /^\[[^,]*, (\d+) bytes\]$/.exec(data)?.[1];
  if (stated !== undefined) return Number(stated);
  const head = data.startsWith('data:') ? (DATA_URL.exec(data.slice(0, 256))?.[0].length ?? 0) : 0;
  const isWhole = chars === data.length;
  const blanks = isWhole && /\s/.test(data) ? data.length - data.replace(/\s+/g, '').length : 0;
  const [padding = ''] = /(=\s*){0,2}$/.exec(data.slice(-16)) ?? [];
  const digits = chars - head - blanks - padding.replace(/\s/g, '').length;
  return Math.max(0, Math.floor((digits * 3) / 4));
}

/** The size of a Blob, a File or an array of bytes; undefined for any other object. */
function byteLengthOf(value: object): number | undefined {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  return value instanceof Blob ? value.size : undefined;
}

function mediaTypeOf(value: object): string {
  if (value instanceof Uint8Array) return mediaTypeOfBytes(value) ?? 'binary';
  if (!(value instanceof Blob)) return 'binary';
  const { name } = value as { name?: unknown };
  const type = value.type || 'binary';
  return typeof name === 'string' ? `${name}, ${type}` : type;
}
