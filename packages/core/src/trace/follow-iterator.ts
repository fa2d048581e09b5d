/** Follows generators and iterators: each pull runs in the step's scope, the last one ends the step. */

import { isPromise } from '#platform';
import { CollectedOutput } from './collected-output.js';
import { inherited } from './read-safely.js';
import type { RecordedStep } from './recorded-step.js';
import { runInScope } from './run-in-scope.js';

type Method = 'next' | 'return' | 'throw';
const METHODS: readonly Method[] = ['next', 'return', 'throw'];

/** The same iterator; its methods are followed. */
export function followIterator<I extends Iterator<unknown>>(step: RecordedStep, iterator: I): I {
  const output = new CollectedOutput(step);
  const followed = replaceMethods(iterator, (name, method) => (...args) => {
    let result: IteratorResult<unknown>;
    try {
      result = runInScope(step, () => method.apply(iterator, args) as IteratorResult<unknown>);
    } catch (error) {
      output.fail(error);
      throw error;
    }
    take(output, name, result);
    return result;
  });
  if (!followed) step.end();
  return iterator;
}

/** The same async iterator; its methods are followed. */
export function followAsyncIterator<I extends AsyncIterator<unknown>>(
  step: RecordedStep,
  iterator: I,
): I {
  const output = new CollectedOutput(step);
  const followed = replaceMethods(iterator, (name, method) => (...args) => {
    const fail = (error: unknown) => {
      output.fail(error);
      throw error;
    };
    const succeed = (result: IteratorResult<unknown>) => {
      take(output, name, result);
      return result;
    };
    let answer: unknown;
    try {
      answer = runInScope(step, () => method.apply(iterator, args));
    } catch (error) {
      return fail(error);
    }
    return whenAnswered(answer, succeed, fail);
  });
  if (!followed) step.end();
  return iterator;
}

/** The same iterable, such as an LLM client's stream; whoever iterates it is followed. */
export function followAsyncIterable(
  step: RecordedStep,
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
      step.trace.failed('follow', error);
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

/** Iterators written by hand may answer with less than a promise: whoever iterates awaits it. */
function whenAnswered(
  answer: unknown,
  succeed: (result: IteratorResult<unknown>) => unknown,
  fail: (error: unknown) => unknown,
): unknown {
  try {
    if (isPromise(answer)) return answer.then(succeed as (result: unknown) => unknown, fail);
    if (isThenable(answer)) {
      return Promise.resolve(answer as PromiseLike<IteratorResult<unknown>>).then(succeed, fail);
    }
  } catch {
    // Not known what it is: it goes on as it came.
    return answer;
  }
  return succeed(answer as IteratorResult<unknown>);
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && typeof inherited(value, 'then') === 'function'
  );
}

/** Every result but the last is an item; after `return` the consumer is gone, whatever it answers. */
function take(output: CollectedOutput, name: Method, result: IteratorResult<unknown>): void {
  try {
    if (result?.done || name === 'return') output.complete();
    else output.collect(result?.value);
  } catch {
    // A result that cannot be read: whoever iterates will find out.
  }
}

type AnyMethod = (...args: unknown[]) => unknown;

/** @returns false where the iterator cannot be changed: it is left whole then. */
function replaceMethods(
  iterator: object,
  follow: (name: Method, method: AnyMethod) => AnyMethod,
): boolean {
  if (!Object.isExtensible(iterator)) return false;
  for (const name of METHODS) {
    const method: unknown = Reflect.get(iterator, name);
    if (typeof method !== 'function') continue;
    const value = follow(name, method as AnyMethod);
    if (!Reflect.defineProperty(iterator, name, { value, configurable: true, writable: true }))
      return false;
  }
  return true;
}
