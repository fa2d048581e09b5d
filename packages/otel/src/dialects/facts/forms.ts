/** The forms in which the values of facts are read. */

import {
  arrayOrEmpty,
  cutTo,
  isJsonObject,
  type JsonObject,
} from '@openlayer-tracing/core/integration';
import { parsedIfJson, parsedJson } from './parsed-json.js';

/** Reads a value of an attribute; undefined if it does not have the form. */
export type Form = (value: unknown) => unknown;

/** Longer names, ids and messages of errors are cut. */
const MAX_NAME_CHARS = 65_536;

/** The text of a string or number that is not empty. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return typeof value === 'string' && value !== '' ? cutTo(value, MAX_NAME_CHARS) : undefined;
}

/** A number, also if it is written as a string, as in the JSON form of 64-bit integers. */
function number(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** A number from 0 on. */
export function count(value: unknown): number | undefined {
  const found = number(value);
  return found !== undefined && found >= 0 ? found : undefined;
}

/** The value of any JSON text. */
export function json(value: unknown): unknown {
  return typeof value === 'string' ? parsedJson(value) : undefined;
}

/** Any value that is not empty, parsed if it is JSON text. */
export function any(value: unknown): unknown {
  const found = parsedIfJson(value);
  return found === '' || found === null ? undefined : found;
}

/** An object, also if it is written as JSON text. */
export function object(value: unknown): JsonObject | undefined {
  const found = parsedIfJson(value);
  return isJsonObject(found) ? found : undefined;
}

/** The strings of an array, which may be written as JSON text; one string is an array of it. */
export function strings(value: unknown): readonly string[] | undefined {
  const found = parsedIfJson(value);
  const items = typeof found === 'string' ? [found] : arrayOrEmpty(found);
  const kept = items.map(text).filter((each) => each !== undefined);
  return kept.length > 0 ? kept : undefined;
}

/** The values of an array of JSON texts; one JSON text is an array of it. */
export function jsonItems(value: unknown): readonly unknown[] {
  const items = Array.isArray(value) ? value : [value];
  return items.map((each) => (typeof each === 'string' ? (parsedJson(each) ?? each) : each));
}

/** The vectors of an array, each of which may be JSON text. */
export function vectors(value: unknown): readonly unknown[] | undefined {
  const items = jsonItems(value).filter((each) => Array.isArray(each));
  const isOne = Array.isArray(value) && typeof value[0] === 'number';
  return isOne ? [value] : items.length > 0 ? items : undefined;
}

/** Epoch milliseconds of a date, which may be written as JSON text. */
export function date(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const at = Date.parse(value.replace(/^"|"$/g, ''));
  return Number.isNaN(at) ? undefined : at;
}
