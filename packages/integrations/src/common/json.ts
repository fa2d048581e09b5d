/** Reads values that were received from outside and may be anything. */

export {
  arrayOrEmpty,
  countOrUndefined,
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
  tryParseJson,
} from '@openlayer-tracing/core/integration';

import { type JsonObject, objectOrEmpty } from '@openlayer-tracing/core/integration';
import { NO_WORDS } from './words.js';

/** Whether the value is an object, an array too; functions are none. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether the object is of no class: no form, file or response. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The value if it is an array with items, else undefined. */
export function nonEmptyArrayOrUndefined(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

/** The object if it has fields, else undefined. */
export function nonEmptyObjectOrUndefined<T extends object>(value: T): T | undefined {
  return Object.keys(value).length > 0 ? value : undefined;
}

/** Whether the value says nothing: undefined, null, `''`, an array without items, or a plain object without fields. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (typeof value !== 'object') return false;
  return Array.isArray(value)
    ? value.length === 0
    : isPlainObject(value) && Object.keys(value).length === 0;
}

/** Whether two values have the same JSON text. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The fields that are not empty, as `isEmpty` says, and have none of these names. */
export function nonEmptyFields(
  value: JsonObject,
  except: ReadonlySet<string> = NO_WORDS,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([name, item]) => !except.has(name) && !isEmpty(item)),
  );
}

/** The fields that are not empty, as `isEmpty` says; undefined if there are none. */
export function nonEmptyFieldsOrUndefined(value: JsonObject): JsonObject | undefined {
  return nonEmptyObjectOrUndefined(nonEmptyFields(value));
}

/** The fields that are neither null nor undefined. */
export function presentFields(value: JsonObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined && item !== null),
  );
}

/** The fields with these names that are not undefined, in the order of the names. */
export function fieldsNamed(value: JsonObject, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => value[name] !== undefined).map((name) => [name, value[name]]),
  );
}

/** The fields with other names than these that are not undefined. */
export function fieldsExcept(
  value: JsonObject,
  ...names: readonly string[]
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([name, item]) => item !== undefined && !names.includes(name)),
  );
}

/** The values of all enumerable properties, including inherited ones: a copy of a client may inherit its parts. */
export function enumerableValues(object: object): readonly unknown[] {
  const values: unknown[] = [];
  for (const key in object) values.push((object as JsonObject)[key]);
  return values;
}

/** The fields that are numbers above 0, such as the uses of tools; undefined if there are none. */
export function positiveCounts(value: unknown): Record<string, number> | undefined {
  const counts = Object.entries(objectOrEmpty(value)).filter(
    (field): field is [string, number] => typeof field[1] === 'number' && field[1] > 0,
  );
  return counts.length > 0 ? Object.fromEntries(counts) : undefined;
}

/** The fields of both, the known ones first: of too many fields, a step keeps the first. A known field replaces an unknown one. */
export function knownFirst(known: JsonObject = {}, unknown: JsonObject = {}): JsonObject {
  return { ...known, ...unknown, ...known };
}
