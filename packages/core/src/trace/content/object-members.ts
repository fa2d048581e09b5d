/** Finds the members of a value that a user gives as columns or metadata: those that the inputs of a step would show. */

import { isMap, isProxy, isSet } from '#platform';
import { parseJson } from '../../values/json-text.js';
import { dataProperty, isError } from '../../values/read-safely.js';
import type { TraceValues } from './trace-values.js';

/**
 * The object whose own properties are the members of the value: the value itself, or the result of its `toJSON`.
 * @returns undefined if the value has none: it is shown as a mark, as a stream, a request or a date is, or in another form, as a Map is
 */
export function membersOf(value: unknown, values: TraceValues): object | undefined {
  if (typeof value !== 'object' || value === null || isProxy(value)) return undefined;
  const hasToJson = typeof dataProperty(value, 'toJSON') === 'function';
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype === Object.prototype || prototype === null) && !hasToJson) return value;
  if (isMap(value) || isSet(value) || isError(value)) return undefined;
  const text = values.snapshotOfPart(value);
  if (!text.startsWith('{')) return undefined;
  return hasToJson ? (parseJson(text) as object) : value;
}
