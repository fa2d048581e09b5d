/** Where text becomes JSON, and JSON becomes values: the only place, whatever the app has made of `JSON` meanwhile. */

import { wellFormed } from './well-formed.js';

const { parse, stringify } = JSON;

/** Every character stands for itself between JSON quotes. Anchored: several times faster than a search for the others. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The JSON text of a string, which is well-formed Unicode whatever the string is. */
export function quote(text: string): string {
  // A string is given to no toJSON method.
  return PLAIN.test(text) ? `"${text}"` : stringify(wellFormed(text));
}

/**
 * The value of a JSON text.
 * @throws SyntaxError where it is none
 */
export function parseJson(text: string): unknown {
  return parse(text);
}

/** The JSON text of a value that was parsed from JSON, or that is made of the same parts. No method of it is called. */
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

const MAX_KNOWN = 1000;
const MAX_KNOWN_CHARS = 64;
const known = new Map<string, string>();

/** The same as `quote` for names, which come again and again. */
export function quoteName(name: string): string {
  const found = known.get(name);
  if (found !== undefined) return found;
  const text = quote(name);
  // Names are few in an honest app; one that makes them up must not grow the map.
  if (known.size < MAX_KNOWN && name.length <= MAX_KNOWN_CHARS) known.set(name, text);
  return text;
}

/** `.001` to `.999`, with no trailing zeros; nothing for 0. */
const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  i === 0 ? '' : `.${String(i).padStart(3, '0').replace(/0+$/, '')}`,
);

/**
 * The JSON text of `thousandths / 1000`, put together from whole numbers: several times faster than from a fraction.
 * @param thousandths a whole number that is not negative, at most 2 ** 53
 */
export function inThousandths(thousandths: number): string {
  const whole = Math.floor(thousandths / 1000);
  return `${whole}${THOUSANDTHS[thousandths - whole * 1000]}`;
}

/** The largest that is told apart from its neighbours by a thousandth. */
const MAX_MEASURED = Number.MAX_SAFE_INTEGER / 1000;

/** The JSON text of a measured number, to three decimals: milliseconds to the microsecond. 0 where it is negative or none. */
export function rounded(value: number): string {
  if (!(value >= 0)) return '0';
  return inThousandths(Math.round(Math.min(value, MAX_MEASURED) * 1000));
}

/** Whole seconds that many times in a row begin with, and their text. */
let seconds = -1;
let secondsText = '';

const MILLISECONDS: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  String(i).padStart(3, '0'),
);

/** The text of a whole number that is not negative, such as a time: several times faster where one has the thousands of the one before. */
export function whole(value: number): string {
  if (value < 1000) return String(value);
  const thousands = Math.floor(value / 1000);
  if (thousands !== seconds) {
    seconds = thousands;
    secondsText = String(thousands);
  }
  return secondsText + MILLISECONDS[value - thousands * 1000];
}
