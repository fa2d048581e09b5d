/** Strings to JSON text, and JSON text to values. Keeps its own `JSON.parse` and `stringify`, since apps and tests may replace them. */

import { wellFormed } from '../text/well-formed.js';

const { parse, stringify } = JSON;

/**
 * Characters that need no escaping in JSON. A search for one that does takes several times longer, and `^[...]*$` goes back over
 * all of a text that ends otherwise: 3 us for each 1,000 characters.
 */
const PLAIN = /[ !#-[\]-~]*/y;

/** The JSON text of a string; lone surrogates are replaced, so that it is well-formed Unicode. */
export function quote(text: string): string {
  PLAIN.lastIndex = 0;
  const isPlain = PLAIN.test(text) && PLAIN.lastIndex === text.length;
  return isPlain ? `"${text}"` : stringify(wellFormed(text));
}

/**
 * The value of a JSON text.
 * @throws SyntaxError if the text is not JSON
 */
export function parseJson(text: string): unknown {
  return parse(text);
}

/** The value of a text; undefined if the text is not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object, and no array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON text of a value of plain objects, arrays, strings, numbers, booleans and null. Calls no method of it. */
export function jsonOf(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  if (typeof value !== 'object' || value === null)
    return value === true ? 'true' : String(value === false ? false : null);
  if (Array.isArray(value)) {
    let items = '';
    for (let i = 0; i < value.length; i++) items += (i > 0 ? ',' : '') + jsonOf(value[i]);
    return `[${items}]`;
  }
  let members = '';
  for (const key of Object.keys(value)) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${quote(key)}:${jsonOf(member)}`;
  }
  return `{${members}}`;
}

const MAX_QUOTED_NAMES = 1000;
const MAX_QUOTED_NAME_CHARS = 64;
const quotedNames = new Map<string, string>();

/** `quote` with a cache, for names that repeat. */
export function quoteName(name: string): string {
  const found = quotedNames.get(name);
  if (found !== undefined) return found;
  const text = quote(name);
  // An app that makes up names must not grow the map without bound.
  if (quotedNames.size < MAX_QUOTED_NAMES && name.length <= MAX_QUOTED_NAME_CHARS)
    quotedNames.set(name, text);
  return text;
}
