/** Finds the members of a value that a user gives as columns or metadata: the same that a step shows of its inputs. */

import { isMap, isProxy, isSet } from '#platform';
import { parseJson } from '../../values/json/json-text.js';
import { dataProperty, isError } from '../../values/reading/read-safely.js';
import type { TraceValues } from './trace-values.js';

/**
 * The object whose own properties are the members of the value: the value itself, the result of its `toJSON`, or the fields of a form.
 * @returns undefined if a step does not show the value as an object with members: a stream, a request, a date or a Map
 */
export function membersOf(value: unknown, values: TraceValues): object | undefined {
  if (typeof value !== 'object' || value === null || isProxy(value)) return undefined;
  const hasToJson = typeof dataProperty(value, 'toJSON') === 'function';
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype === Object.prototype || prototype === null) && !hasToJson) return value;
  if (isMap(value) || isSet(value) || isError(value)) return undefined;
  const text = values.snapshotOfPart(value);
  if (!text.startsWith('{')) return undefined;
  const isShownOtherwise = hasToJson || Object.keys(value).length === 0;
  return isShownOtherwise ? (parseJson(text) as object) : value;
}
