/** Values of a step as values of attributes. */

import type { JsonObject } from '@openlayer-tracing/core/integration';
import { type Attributes, type AttributeValue, isAttributeValue } from '../data/span-data.js';

/** The attributes that have a value. Objects, and arrays of other items than strings, are written as JSON. */
export function definedAttributes(attributes: JsonObject): Attributes {
  const kept: Record<string, AttributeValue> = {};
  for (const [key, value] of Object.entries(attributes)) {
    const attribute = asAttribute(value);
    if (attribute !== undefined) kept[key] = attribute;
  }
  return kept;
}

/** The value as an attribute; undefined for null, undefined and numbers that are not finite. */
function asAttribute(value: unknown): AttributeValue | undefined {
  if (isAttributeValue(value)) return value;
  const isNone = value === null || value === undefined || typeof value === 'number';
  return isNone ? undefined : JSON.stringify(value);
}

/** JSON text of an object; undefined if it is empty. */
export function jsonUnlessEmpty(value: JsonObject): string | undefined {
  return Object.keys(value).length > 0 ? JSON.stringify(value) : undefined;
}

/** Whether there is a value that is no empty string. */
export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Whether the values are written as the same JSON. */
export function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
