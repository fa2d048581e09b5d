/** Reads the members of an object that a user gives as columns or metadata: the same ones that a step's inputs would show. */

import { isMap, isProxy, isSet } from '#platform';
import { parseJson } from '../../values/json-text.js';
import { dataProperty, isError } from '../../values/read-safely.js';

/** Whether the members of an object are its own properties, and no code of the app has a say in that. */
export function isPlainObject(value: object): boolean {
  if (isProxy(value) || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return typeof dataProperty(value, 'toJSON') !== 'function';
}

/**
 * The members of any other object in masked form: of the result of its `toJSON`, or of an instance of a class.
 * @param text the JSON text of the object
 * @returns undefined if the text is a mark, as for streams and dates, or has members that are not the object's, as for a Map
 */
export function membersInText(
  value: unknown,
  text: string,
): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{') || isMap(value) || isSet(value)) return undefined;
  if (isError(value)) return undefined;
  return parseJson(text) as Readonly<Record<string, unknown>>;
}
