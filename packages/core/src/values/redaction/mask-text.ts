/** Masks secrets inside strings: user and password of URLs, query parameters, members of JSON. Takes time linear in the length. */

import { isNoSecret } from './secret-keys.js';

/** What stands in place of a masked value. */
export const MASK = '[redacted]';

/** Whether the value of a key or parameter of that name is a secret. */
export type IsSecret = (name: string) => boolean;

/** Longest password with unescaped characters that is found. */
const MAX_RAW_CHARS = 512;

/** The authority of a URL: from after its `://` to the end of the host. */
const AUTHORITY = /[^/?#\\\s"<>`\p{Cc}]*/uy;
const UNBROKEN = /[^\s\p{Cc}]*/uy;

/** Hosts with ports; connection strings may list several. */
const HOSTS = /^(?:\[[^\]]*\]|[^:,[]*)(?::\d*)?(?:,(?:\[[^\]]*\]|[^:,[]*)(?::\d*)?)*$/;

/** How much of a text is there. */
export interface TextExtent {
  /** Whether the text was cut at its end. What may be a part of a password there is masked too. */
  readonly isCut: boolean;
}

/** A text that was not cut. */
export const WHOLE: TextExtent = { isCut: false };

/** `://` of a URL. In JSON text, and in JSON within JSON, its slashes may be escaped. */
const SCHEME_END = /:\\{0,15}\/\\{0,15}\//g;

/** Masks the user and the password of each URL. */
export function maskUserInfo(text: string, extent = WHOLE): string {
  if (!text.includes('://') && !text.includes(':\\')) return text;
  let masked = '';
  let copied = 0;
  SCHEME_END.lastIndex = 0;
  while (SCHEME_END.test(text)) {
    const start = SCHEME_END.lastIndex;
    const end = userInfoEnd(text, start, extent);
    if (end <= start) continue;
    masked += text.slice(copied, start) + MASK;
    copied = end;
    SCHEME_END.lastIndex = end;
  }
  return copied === 0 ? text : masked + text.slice(copied);
}

/** Where the user information ends that begins at `start`: at its `@`, or at the cut. -1 if there is none. */
function userInfoEnd(text: string, start: number, { isCut }: TextExtent): number {
  const authority = spanOf(AUTHORITY, text, start);
  const end = start + authority.length;
  const sign = authority.lastIndexOf('@');
  if (sign >= 0) return start + sign;
  if (end === text.length && isCut) return end;
  if (HOSTS.test(authority)) return -1;
  // The text after the colon is not a port, so it is a password with an unescaped `/`, `#` or quote.
  const near = spanOf(UNBROKEN, text.slice(end, end + MAX_RAW_CHARS), 0);
  const later = near.indexOf('@');
  if (later >= 0) return end + later;
  return isCut && end + near.length === text.length ? text.length : -1;
}

function spanOf(pattern: RegExp, text: string, start: number): string {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0] ?? '';
}

/** `?name=value` of an absolute or relative URL. The `&` may be escaped as in JSON or in HTML. */
const PARAMETER = /(&(?:amp|#38|#x26);|\\{1,15}u0026|[?&#])([\w.~%[\]-]{1,64})=([^&#\s"'<>`\\]+)/gi;

/** Masks the values of secret parameters in the URLs of a text. */
export function maskParameters(text: string, isSecret: IsSecret): string {
  if (!text.includes('=')) return text;
  return text.replace(PARAMETER, (parameter, sign: string, name: string) =>
    isSecret(name) ? `${sign}${name}=${MASK}` : parameter,
  );
}

/** A key in JSON text. In JSON within a JSON string, its quotes are escaped, and the backslashes of its own escapes. */
const KEY = /(\\{0,15})"((?:[^"\\\n]|\\{1,15}u[\da-fA-F]{4}){1,256})(\\{0,15})"\s*:\s*/g;
const CODE = /\\+u([\da-fA-F]{4})/g;
const BARE = /[^\s",{}[\]\\]*/y;
const BRACKET: ReadonlySet<unknown> = new Set(['{', '[']);

/**
 * Masks the values of secret members in a text that contains JSON, complete or cut.
 * @param isHarmless whether a value, or an object or array that begins so, is not a secret although its key is one's
 */
export function maskMembers(
  text: string,
  isSecret: IsSecret,
  isHarmless: (value: string, key: string) => boolean = isNoSecret,
): string {
  let masked = '';
  let copied = 0;
  KEY.lastIndex = 0;
  for (let match = KEY.exec(text); match !== null; match = KEY.exec(text)) {
    const [all, slashes, written] = match as unknown as [string, string, string];
    const key = written.includes('\\') ? written.replace(CODE, characterOf) : written;
    if (match[3] !== slashes) continue;
    const start = match.index + all.length;
    if (!isSecret(key)) continue;
    // An object or array is judged by its beginning: to look for the end of each of many nested ones takes quadratic time.
    const opening = BRACKET.has(text[start]) ? text[start] : undefined;
    if (opening !== undefined && isHarmless(opening, key)) continue;
    const end = valueEnd(text, start, slashes.length);
    if (opening === undefined && isHarmless(text.slice(start, end), key)) continue;
    masked += `${text.slice(copied, start)}${slashes}"${MASK}${slashes}"`;
    copied = end;
    KEY.lastIndex = end;
  }
  return copied === 0 ? text : masked + text.slice(copied);
}

function characterOf(_code: string, digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 16));
}

/** @param slashes number of backslashes before each quote at this level of nesting */
function valueEnd(text: string, start: number, slashes: number): number {
  const first = text[start + slashes];
  if (first === '"') return stringEnd(text, start + slashes + 1, slashes);
  if (BRACKET.has(text[start])) return bracketEnd(text, start, slashes);
  return start + spanOf(BARE, text, start).length;
}

/** The index after the quote that ends the string, or the end of a text that was cut. */
function stringEnd(text: string, start: number, slashes: number): number {
  const level = 2 * (slashes + 1);
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (before > start && text[before - 1] === '\\') before--;
    if ((at - before) % level === slashes) return at + 1;
  }
  return text.length;
}

function bracketEnd(text: string, start: number, slashes: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') at = stringEnd(text, at + 1, slashes) - 1;
    else if (sign === '{' || sign === '[') depth++;
    else if ((sign === '}' || sign === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}
