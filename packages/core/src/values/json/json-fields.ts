/** Reads values that were received from outside and may be anything. */

import { isJsonObject, type JsonObject } from './json-text.js';

/** The value if it is an object and no array, else an empty object. */
export function objectOrEmpty(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The value if it is an array, else an empty array. */
export function arrayOrEmpty(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value if it is a string, else undefined. */
export function stringOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value if it is a number of 0 or above, else undefined. */
export function countOrUndefined(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

const FIELD = { enumerable: true, writable: true, configurable: true };

/** The fields that are not undefined. */
export function definedFields(value: JsonObject): Record<string, unknown> {
  const defined: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item === undefined) continue;
    // Assigned, it would be the prototype.
    if (key === '__proto__') Object.defineProperty(defined, key, { value: item, ...FIELD });
    else defined[key] = item;
  }
  return defined;
}
