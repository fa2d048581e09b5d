/** Checks of options and environment variables. Each throws a ConfigError that says what to do. */

import { unknownKeyIn, unknownKeyMessage } from '../diagnostics/unknown-key.js';
import { recognizeAcrossCopies } from '../platform/process-wide.js';
import { LONGEST_TIMER_MS } from '../platform/timers.js';

/**
 * An option has a wrong value, or does not exist. Thrown by the function that takes the options, never later. `trace()` and
 * `@traced()` throw a `TypeError` instead.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

recognizeAcrossCopies(ConfigError, 'ConfigError.v1');

/** The trimmed string; undefined if it is empty. */
export function checkString(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string')
    throw new ConfigError(`${name} must be a string, but is of type ${typeof value}`);
  // A value with a line break could not be sent in a header.
  const trimmed = value.trim();
  if (/\p{Cc}/u.test(trimmed))
    throw new ConfigError(`${name} holds control characters; copy it again`);
  return trimmed === '' ? undefined : trimmed;
}

/** An API key: visible ASCII characters without quotation marks, which a header may contain. */
export function checkApiKey(value: unknown, name: string): string | undefined {
  const key = checkString(value, name);
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key.replace(/["'`]/g, ' '))) {
    throw new ConfigError(
      `${name} holds characters that no key has, perhaps quotation marks or invisible ones; copy it again`,
    );
  }
  return key;
}

/** The id of a pipeline. It becomes one segment of a URL's path, so that `..` and the like are refused. */
export function checkPipelineId(value: unknown, name: string): string | undefined {
  const id = checkString(value, name);
  if (id !== undefined && !/^[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}$/.test(id)) {
    throw new ConfigError(
      `${name} is not the id of a pipeline; copy it from the pipeline's page, it looks like 182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e`,
    );
  }
  return id;
}

/** A boolean or undefined. */
export function checkBoolean(value: unknown, name: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new ConfigError(`${name} must be true or false`);
}

/** One of the known strings, or undefined. */
export function checkOneOf<T extends string>(
  value: unknown,
  name: string,
  known: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  throw new ConfigError(`${name} must be one of ${known.join(', ')}`);
}

/** An object with these methods, or undefined. */
export function checkMethods<T extends object>(
  value: T | undefined,
  name: string,
  methods: readonly (keyof T & string)[],
): T | undefined {
  if (value === undefined) return undefined;
  const isObject = typeof value === 'object' && value !== null;
  if (isObject && methods.every((method) => typeof value[method] === 'function')) return value;
  throw new ConfigError(`${name} must have the methods ${methods.join(' and ')}`);
}

/** What a numeric option may be. */
export interface NumberRule {
  readonly defaultValue: number;
  readonly min: number;
  /** A larger value becomes this one. */
  readonly max: number;
}

/** A number of things, at least 1. */
export function countRule(defaultValue: number): NumberRule {
  return { defaultValue, min: 1, max: Infinity };
}

/** A wait in milliseconds, which a timer ends. */
export function waitRule(defaultValue: number): NumberRule {
  return { defaultValue, min: 0, max: LONGEST_TIMER_MS };
}

/** A duration in milliseconds that is compared with a clock. */
export function ageRule(defaultValue: number): NumberRule {
  return { defaultValue, min: 0, max: Infinity };
}

/** A group of numeric options, complete with defaults and frozen. */
export function checkNumbers<K extends string>(
  rules: Readonly<Record<K, NumberRule>>,
  values: { readonly [key in K]?: number | undefined } | undefined,
  group: string,
): Readonly<Record<K, number>> {
  if (values !== undefined) {
    assertObject(values, group);
    assertKnownIn(values, Object.keys(rules), group);
  }
  const result: Partial<Record<K, number>> = {};
  for (const key of Object.keys(rules) as K[]) {
    const { defaultValue, min, max } = rules[key];
    const value = values?.[key];
    result[key] =
      value === undefined ? defaultValue : checkNumber(value, `${group}.${key}`, min, max);
  }
  // The loop has set every key.
  return Object.freeze(result as Record<K, number>);
}

/** A finite number of at least `min`; a larger one than `max` becomes `max`. */
export function checkNumber(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min) {
    throw new ConfigError(
      `${name} must be a number of at least ${min}, but is ${formatValue(value)}`,
    );
  }
  return Math.min(value, max);
}

/** A finite number above 0, or undefined. */
export function checkPositive(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new ConfigError(`${name} must be a number above 0, but is ${formatValue(value)}`);
}

/** A wrong value as a message shows it. */
export function formatValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  // The text of an object is made by its own code, which may throw.
  if (typeof value === 'function' || (typeof value === 'object' && value !== null))
    return `of type ${typeof value}`;
  return String(value);
}

/** A function or undefined. */
export function checkFunction<F>(value: F, name: string): F {
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
 * Checks the options of a function that apps call.
 * @param known every key of the type; the compiler checks that none is missing
 * @param functionName such as `createTracer`
 * @throws ConfigError unless the options are an object whose keys are all known
 */
export function assertOptions<T extends object>(
  options: T,
  known: Readonly<Record<keyof NoInfer<T>, true>>,
  functionName: string,
): void {
  assertObject(options, `the options of ${functionName}()`);
  const names = Object.keys(known);
  const unknown = unknownKeyIn(options, names);
  if (unknown !== undefined)
    throw new ConfigError(`${functionName}: ${unknownKeyMessage(unknown, names)}`);
}

/**
 * Refuses unknown keys, since a misspelled one would have no effect.
 * @param known every key of the type; the compiler checks that none is missing
 * @param group name of the option whose value the object is; '' for the options themselves
 * @throws ConfigError for a key that is not known
 */
export function assertKnown<T extends object>(
  value: T,
  known: Readonly<Record<keyof NoInfer<T>, true>>,
  group: string,
): void {
  assertKnownIn(value, Object.keys(known), group);
}

function assertKnownIn(value: object, known: readonly string[], group: string): void {
  const unknown = unknownKeyIn(value, known);
  if (unknown !== undefined)
    throw new ConfigError(`${group}.${unknownKeyMessage(unknown, known, group)}`);
}
