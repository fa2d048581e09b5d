/** Strings to JSON text, and JSON text to values. Keeps its own `JSON.parse` and `stringify`, since apps and tests may replace them. */

import { wellFormed } from './well-formed.js';

const { parse, stringify } = JSON;

/** Strings that need no escaping in JSON. An anchored match is several times faster than a search for a character that does. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The JSON text of a string; lone surrogates are replaced, so that it is well-formed Unicode. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : stringify(wellFormed(text));
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

/** The same as `quote`, with a cache, for names that repeat. */
export function quoteName(name: string): string {
  const found = quotedNames.get(name);
  if (found !== undefined) return found;
  const text = quote(name);
  // An app that makes up names must not grow the map without bound.
  if (quotedNames.size < MAX_QUOTED_NAMES && name.length <= MAX_QUOTED_NAME_CHARS)
    quotedNames.set(name, text);
  return text;
}

/** `.001` to `.999`, without trailing zeros; the empty string for 0. */
const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  i === 0 ? '' : `.${String(i).padStart(3, '0').replace(/0+$/, '')}`,
);

/**
 * The JSON text of `thousandths / 1000`, built from integers: several times faster than `String()` of a fraction.
 * @param thousandths an integer from 0 to 2 ** 53
 */
export function thousandthsText(thousandths: number): string {
  const whole = Math.floor(thousandths / 1000);
  return `${whole}${THOUSANDTHS[thousandths - whole * 1000]}`;
}

/** The largest number that keeps three exact decimals. */
const MAX_MEASURED = Number.MAX_SAFE_INTEGER / 1000;

/** The JSON text of a number rounded to three decimals: milliseconds to the microsecond. 0 for negative numbers and NaN. */
export function roundedText(value: number): string {
  if (!(value >= 0)) return '0';
  return thousandthsText(Math.round(Math.min(value, MAX_MEASURED) * 1000));
}

/** The thousands of the last number and their text: times in a row mostly share them. */
let lastThousands = -1;
let lastThousandsText = '';

const MILLISECONDS: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  String(i).padStart(3, '0'),
);

/** The text of an integer from 0 on, such as epoch milliseconds. Several times faster if it shares the thousands of the last one. */
export function integerText(value: number): string {
  if (value < 1000) return String(value);
  const thousands = Math.floor(value / 1000);
  if (thousands !== lastThousands) {
    lastThousands = thousands;
    lastThousandsText = String(thousands);
  }
  return lastThousandsText + MILLISECONDS[value - thousands * 1000];
}
