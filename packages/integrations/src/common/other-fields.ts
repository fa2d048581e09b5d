import type { Json } from './json.js';

/** The fields that are not in `known` and not empty: not null, not `''`, no empty array or object. */
export function otherFields(value: Json, known: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([key, item]) => !known.has(key) && isNonEmpty(item)),
  );
}

/** The fields that are not empty: not null, not `''`, no empty array or object. */
export function nonEmptyFields(value: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => isNonEmpty(item)));
}

function isNonEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || !isPlain(value) || Object.keys(value).length > 0;
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
