import type { Json } from '../../json.js';

export function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The object without those fields, and without empty values. */
export function without(value: Json, fields: ReadonlySet<string>): Json {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, each]) =>
        !fields.has(name) &&
        each !== null &&
        each !== undefined &&
        each !== '' &&
        !(Array.isArray(each) && each.length === 0),
    ),
  );
}

/** Adds values one by one: a call takes no more than about 120,000 arguments. */
export function addAll<T>(to: T[], values: readonly T[]): void {
  for (const value of values) to.push(value);
}
