/** Checks of what users configure, each with an error that says what to do. */

import { recognizeAcrossCopies } from '../process-wide.js';
import { LONGEST_TIMER_MS } from '../publish/delay.js';
import { unknownKey } from './unknown-key.js';

/** An option has a value that cannot work. Thrown where the options are given, never later. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

recognizeAcrossCopies(ConfigError, 'ConfigError.v1');

export function text(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string')
    throw new ConfigError(`${name} must be a text, but is of type ${typeof value}`);
  // A key with a line break in it could not be sent as a header.
  const trimmed = value.trim();
  if (/\p{Cc}/u.test(trimmed))
    throw new ConfigError(`${name} holds control characters; copy it anew`);
  return trimmed === '' ? undefined : trimmed;
}

/** What is no visible ASCII could not be sent as a header. */
export function key(value: unknown, name: string): string | undefined {
  const found = text(value, name);
  if (found !== undefined && !/^[\x21-\x7e]+$/.test(found.replace(/["'`]/g, ' '))) {
    throw new ConfigError(
      `${name} holds characters that no key has, perhaps quotation marks or invisible ones; copy it anew`,
    );
  }
  return found;
}

/** What becomes a part of a URL's path must stay one: `..` would lead to another address. */
export function pipeline(value: unknown, name: string): string | undefined {
  const found = text(value, name);
  if (found !== undefined && !/^[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}$/.test(found)) {
    throw new ConfigError(
      `${name} is no id of a pipeline; copy it from the pipeline's page, it looks like 182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e`,
    );
  }
  return found;
}

export function flag(value: unknown, name: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new ConfigError(`${name} must be true or false`);
}

export function oneOf<T extends string>(
  known: readonly T[],
  value: unknown,
  name: string,
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  throw new ConfigError(`${name} must be one of ${known.join(', ')}`);
}

export function withMethods<T extends object>(
  value: T | undefined,
  name: string,
  methods: readonly (keyof T & string)[],
): T | undefined {
  if (value === undefined) return undefined;
  const isObject = typeof value === 'object' && value !== null;
  if (isObject && methods.every((method) => typeof value[method] === 'function')) return value;
  throw new ConfigError(`${name} must have the methods ${methods.join(' and ')}`);
}

/** Fills in the defaults. Every value must be a positive number; waits may be 0. */
export function numbers<T extends { readonly [K in keyof T]: number }>(
  defaults: T,
  given: { readonly [K in keyof T]?: number | undefined } | undefined,
  group: string,
): T {
  if (given === undefined) return defaults;
  assertObject(given, group);
  assertKnown(given, Object.keys(defaults), group);
  const result = { ...defaults };
  for (const key of Object.keys(given) as (keyof T & string)[]) {
    if (given[key] === undefined) continue;
    const [least, highest] = key.endsWith('Ms') ? [0, LONGEST_TIMER_MS] : [1, Infinity];
    result[key] = number(given[key], `${group}.${key}`, least, highest) as T[keyof T & string];
  }
  return Object.freeze(result);
}

/** At least `least`, and cut to `highest`. */
export function number(value: unknown, name: string, least: number, highest: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least) {
    throw new ConfigError(`${name} must be a number of at least ${least}, but is ${String(value)}`);
  }
  return Math.min(value, highest);
}

/** @throws ConfigError unless the value is missing or a function */
export function optionalFunction<F>(value: F, name: string): F {
  if (value !== undefined && typeof value !== 'function')
    throw new ConfigError(`${name} must be a function`);
  return value;
}

/** @throws ConfigError unless the value is an object */
export function assertObject(value: unknown, name: string): asserts value is object {
  if (typeof value !== 'object' || value === null) {
    throw new ConfigError(
      `${name} must be an object, but is ${value === null ? 'null' : typeof value}`,
    );
  }
}

/**
 * A name that was misspelled would have no effect, and nobody would see it.
 * @param group what the object is the value of; '' for the options themselves
 * @throws ConfigError where the object has a key that is none of these
 */
export function assertKnown(value: object, known: readonly string[], group: string): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    throw new ConfigError(`${group === '' ? '' : `${group}.`}${unknownKey(key, known, group)}`);
  }
}
