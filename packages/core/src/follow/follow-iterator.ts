/** Follows generators and iterators: each call runs in the step's scope, and the last one ends the step. */

import { isPromise } from '#platform';
import { inherited } from '../values/read-safely.js';
import { CollectedOutput } from './collected-output.js';
import type { Followed } from './followed.js';

const METHODS = ['next', 'return', 'throw'];
/** Methods of a web stream's reader. */
const READER_METHODS = ['read', 'cancel'];
/** Methods by which a consumer stops before the end. */
const STOPPING = new Set(['return', 'cancel']);

/** Follows the iterator by replacing its methods. @returns the same iterator */
export function followIterator<I extends Iterator<unknown>>(step: Followed, iterator: I): I {
  const output = new CollectedOutput(step);
  const followed = replaceMethods(iterator, METHODS, (name, method) => (...args) => {
    let result: IteratorResult<unknown>;
    try {
      result = step.run(() => method.apply(iterator, args) as IteratorResult<unknown>);
    } catch (error) {
      output.fail(error);
      throw error;
    }
    collectResult(output, name, result);
    return result;
  });
  if (!followed) step.end();
  return iterator;
}

/** Follows the async iterator by replacing its methods. @returns the same iterator */
export function followAsyncIterator<I extends AsyncIterator<unknown>>(
  step: Followed,
  iterator: I,
): I {
  followMethods(step, iterator, METHODS);
  return iterator;
}

/** Follows a web stream's reader by replacing its methods. @returns the same reader */
export function followReader<R extends object>(step: Followed, reader: R): R {
  followMethods(step, reader, READER_METHODS);
  return reader;
}

function followMethods(step: Followed, from: object, methods: readonly string[]): void {
  const output = new CollectedOutput(step);
  const followed = replaceMethods(from, methods, (name, method) => (...args) => {
    const fail = (error: unknown) => {
      output.fail(error);
      throw error;
    };
    const succeed = (result: IteratorResult<unknown>) => {
      collectResult(output, name, result);
      return result;
    };
    let returned: unknown;
    try {
      returned = step.run(() => method.apply(from, args));
    } catch (error) {
      return fail(error);
    }
    return whenSettled(returned, succeed, fail);
  });
  if (!followed) step.end();
}

/** Follows each iterator of the iterable, such as an LLM client's stream. @returns the same iterable */
export function followAsyncIterable(
  step: Followed,
  iterable: AsyncIterable<unknown>,
): AsyncIterable<unknown> {
  const iterate = iterable[Symbol.asyncIterator];
  const value = function followedAsyncIterator(
    this: AsyncIterable<unknown>,
  ): AsyncIterator<unknown> {
    const iterator = iterate.call(this);
    try {
      return step.isRunning ? followAsyncIterator(step, iterator) : iterator;
    } catch (error) {
      step.reportFailure('follow', error);
      return iterator;
    }
  };
  if (
    !Reflect.defineProperty(iterable, Symbol.asyncIterator, {
      value,
      configurable: true,
      writable: true,
    })
  ) {
    step.end();
  }
  return iterable;
}

/** Calls back when the result of a pull is there. Iterators written by hand may return less than a promise. */
function whenSettled(
  returned: unknown,
  succeed: (result: IteratorResult<unknown>) => unknown,
  fail: (error: unknown) => unknown,
): unknown {
  try {
    if (isPromise(returned)) return returned.then(succeed as (result: unknown) => unknown, fail);
    if (hasThen(returned)) {
      return Promise.resolve(returned as PromiseLike<IteratorResult<unknown>>).then(succeed, fail);
    }
  } catch {
    // Its `then` threw: the consumer gets the value unchanged.
    return returned;
  }
  return succeed(returned as IteratorResult<unknown>);
}

/** Whether the value has a method `then`; asked without running its code. */
function hasThen(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && typeof inherited(value, 'then') === 'function'
  );
}

/** Collects the result's item, or completes the output at the end. After `return`, the consumer is gone whatever it returns. */
function collectResult(
  output: CollectedOutput,
  name: string,
  result: IteratorResult<unknown>,
): void {
  try {
    if (STOPPING.has(name) || result?.done) output.complete();
    else output.collect(result?.value);
  } catch {
    // The result cannot be read: the consumer gets the same error.
  }
}

type AnyMethod = (...args: unknown[]) => unknown;

/** @returns false if the iterator cannot be changed */
function replaceMethods(
  iterator: object,
  names: readonly string[],
  follow: (name: string, method: AnyMethod) => AnyMethod,
): boolean {
  if (!Object.isExtensible(iterator)) return false;
  for (const name of names) {
    const method: unknown = Reflect.get(iterator, name);
    if (typeof method !== 'function') continue;
    const value = follow(name, method as AnyMethod);
    if (!Reflect.defineProperty(iterator, name, { value, configurable: true, writable: true }))
      return false;
  }
  return true;
}
