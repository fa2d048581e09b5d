/** Errors as traces record them. */

import { isProxy } from '#platform';
import {
  classOf,
  dataProperty,
  errorMessage,
  errorName,
  errorStack,
  hasGetter,
  isError,
} from '../../values/reading/read-safely.js';
import { cutMark } from '../../values/snapshot/value-marks.js';
import { cutTo } from '../../values/text/well-formed.js';

/** An error of a step or a trace. */
export interface RecordedError {
  readonly name: string;
  /** With the messages of its causes, and of the errors of an AggregateError. */
  readonly message: string;
  /** The frames of its stack, without the message; undefined for what is no error. */
  readonly stack?: string | undefined;
}

const MAX_CAUSES = 5;
const MAX_ERRORS = 5;
const MAX_REASON_CHARS = 1000;
const MAX_STACK_CHARS = 4000;

/** What was thrown, read without running its code. @param redacted returns a value as one masked string */
export function recordedError(error: unknown, redacted: (value: unknown) => string): RecordedError {
  if (typeof error !== 'object' || error === null || isProxy(error)) {
    return { name: typeof error, message: error === undefined ? 'undefined' : redacted(error) };
  }
  const message = errorMessage(error);
  const name = errorName(error);
  // For a thrown object that is not an error, its properties are the message.
  if (!isError(error)) return { name, message: redacted(message === '' ? error : message) };
  const text = withReasons(message, error);
  return new ThrownError(name, redacted(text === '' ? factsOf(error) : text), error, redacted);
}

/** An error that this library found and no code threw. It has no stack: that would show code of this library alone. */
export function errorThatWasFound(message: string): Error {
  return Object.defineProperty(new Error(message), 'stack', { value: undefined });
}

/**
 * An error of the app. Its stack is read when the row is made: the engine writes the message into the stack at the first read, and
 * the app may still change the message before it logs the error.
 */
class ThrownError implements RecordedError {
  readonly name: string;
  readonly message: string;
  /** Undefined once the stack is read. */
  #error: object | undefined;
  #stack: string | undefined = undefined;
  readonly #redacted: (value: unknown) => string;

  constructor(name: string, message: string, error: object, redacted: (value: unknown) => string) {
    this.name = name;
    this.message = message;
    this.#error = error;
    this.#redacted = redacted;
  }

  get stack(): string | undefined {
    if (this.#error === undefined) return this.#stack;
    const frames = framesOf(this.#error);
    this.#error = undefined;
    this.#stack = frames && this.#redacted(frames);
    return this.#stack;
  }
}

/** What is recorded of an error without a message: its `issues`, else its other properties, else its name. */
function factsOf(error: object): unknown {
  const issues = dataProperty(error, 'issues');
  if (!isProxy(issues) && Array.isArray(issues)) return issues;
  const facts: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(error)) {
    const value = Object.getOwnPropertyDescriptor(error, key)?.value;
    if (key !== 'name' && isFact(value)) facts[key] = value;
  }
  const [first, ...others] = Object.entries(facts);
  if (first === undefined) return errorName(error);
  const [key, value] = first;
  const isStatus = others.length === 0 && /^status(?:Code)?$/.test(key) && isHttpError(value);
  return isStatus ? `HTTP ${value}` : facts;
}

/** Classes whose objects are recorded by their content. */
const READABLE: ReadonlySet<string> = new Set([
  'Object',
  'Array',
  'Map',
  'Set',
  'Date',
  'URL',
  'RegExp',
]);

/** Whether a property says what has happened: no function, and no object of a class, such as a response. */
function isFact(value: unknown): boolean {
  if (typeof value !== 'object') return !['undefined', 'function', 'symbol'].includes(typeof value);
  if (value === null) return true;
  return !isProxy(value) && (isError(value) || READABLE.has(classOf(value)));
}

function isHttpError(status: unknown): boolean {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) < 600;
}

/** The message with those of the error's causes, and of its `errors`, that are not part of it already. */
function withReasons(message: string, error: object): string {
  const said = [message];
  let whole = message;
  for (const { label, text } of reasonsOf(error, MAX_CAUSES)) {
    if (said.some((each) => each.includes(text))) continue;
    said.push(text);
    whole += `${whole === '' ? '' : '; '}${label}${text}`;
  }
  return whole;
}

interface Reason {
  readonly label: string;
  readonly text: string;
}

/** The causes of an error, outermost first. Those of an AggregateError are its `errors`. */
function* reasonsOf(error: object, depth: number): Generator<Reason> {
  if (depth === 0) return;
  const errors = dataProperty(error, 'errors');
  if (!isProxy(errors) && Array.isArray(errors)) {
    for (let i = 0; i < errors.length && i < MAX_ERRORS; i++) {
      yield* reasonsIn(Object.getOwnPropertyDescriptor(errors, i)?.value, '', depth);
    }
    const more = errors.length - MAX_ERRORS;
    if (more > 0) yield { label: '', text: cutMark(more, 'errors') };
  }
  yield* reasonsIn(dataProperty(error, 'cause'), 'cause: ', depth);
}

/** An error or a text as a reason, and its own reasons. Nothing for other values. */
function* reasonsIn(value: unknown, label: string, depth: number): Generator<Reason> {
  if (typeof value === 'string' && value !== '')
    yield { label, text: cutTo(value, MAX_REASON_CHARS) };
  if (!isError(value)) return;
  const message = errorMessage(value);
  const own = message === '' ? nameAndCode(value) : message;
  yield { label, text: cutTo(own, MAX_REASON_CHARS) };
  yield* reasonsOf(value, depth - 1);
}

function nameAndCode(error: object): string {
  const code = dataProperty(error, 'code');
  return typeof code === 'string' ? `${errorName(error)} ${code}` : errorName(error);
}

/** The beginning of the stack without the message; undefined if there are no frames. */
function framesOf(error: object): string | undefined {
  // For the stack, the engine would call these.
  if (hasGetter(error, 'name') || hasGetter(error, 'message')) return undefined;
  const stack = errorStack(error);
  if (stack === undefined) return undefined;
  const start = stack.search(FIRST_FRAME);
  return start < 0 ? undefined : cutTo(stack.slice(start).trimStart(), MAX_STACK_CHARS);
}

/** `    at fn (file:1:2)` of V8, or `fn@file:1:2` of other engines. */
const FIRST_FRAME = /^ *at .+:\d+:\d+\)?$|^\S*@.+:\d+:\d+$/m;
