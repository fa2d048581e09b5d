/** Reads values that were received from outside and may be anything. */

/** An object of JSON whose fields are not known. */
export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the object is of no class: no form, file or response. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The value if it is an object and no array, else an empty object. */
export function objectOrEmpty(value: unknown): Json {
  return isRecord(value) ? value : {};
}

/** The value if it is an array, else an empty array. */
export function arrayOrEmpty(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value if it is an array with items, else undefined. */
export function nonEmptyArrayOrUndefined(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

/** The value if it is a string, else undefined. */
export function stringOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value if it is a number of 0 or above, else undefined. */
export function countOrUndefined(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

/** The value of a JSON string; undefined if the string is no valid JSON. */
export function tryParseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

/** The fields that are not undefined. */
export function definedFields(value: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}

/** The fields that are neither null nor undefined. */
export function presentFields(value: Json): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined && item !== null),
  );
}

/** The fields with other names than these that are not undefined. */
export function fieldsExcept(value: Json, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(([name, item]) => item !== undefined && !names.includes(name)),
  );
}

/** The values of all enumerable properties, including inherited ones: a copy of a client may inherit its parts. */
export function enumerableValues(object: object): readonly unknown[] {
  const values: unknown[] = [];
  for (const key in object) values.push((object as Json)[key]);
  return values;
}
