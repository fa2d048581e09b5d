/** Follows generators and iterators: each call runs in the step's scope, and the last one ends the step. */

import { isGeneratorObject, isPromise } from '#platform';
import { hasMethod } from '../values/reading/read-safely.js';
import { CollectedOutput, completeAll, failAll } from './collected-output.js';
import { Followers, joinFollowers, rememberFollowers } from './followers.js';
import type { FollowingStep } from './following-step.js';
import { canDefine, defineMethod, type Method, methodNamed } from './observe/replace-method.js';

const METHODS = ['next', 'return', 'throw'] as const;
/** Methods of a web stream's reader. */
const READER_METHODS = ['read', 'cancel'] as const;
/** Methods by which a consumer stops before the end. */
const STOPPING = new Set(['return', 'cancel']);

/** Follows the iterator by replacing its methods. @returns the same iterator */
export function followIterator<I extends Iterator<unknown>>(step: FollowingStep, iterator: I): I {
  const output = new CollectedOutput(step);
  if (joinFollowers(iterator, 'next', output)) return iterator;
  const followers = new Followers(iterator, output);
  const isFollowed = replaceMethods(followers, METHODS, (name, method) => (...args) => {
    let result: IteratorResult<unknown>;
    try {
      result = followers.run(() => method.apply(iterator, args)) as IteratorResult<unknown>;
    } catch (error) {
      failAll(followers, error);
      throw error;
    }
    collectResult(followers, name, result);
    return result;
  });
  if (!isFollowed) step.end();
  return iterator;
}

/** Follows the async iterator by replacing its methods. @returns the same iterator */
export function followAsyncIterator<I extends AsyncIterator<unknown>>(
  step: FollowingStep,
  iterator: I,
): I {
  followMethods(step, iterator, METHODS);
  return iterator;
}

/** Follows a web stream's reader by replacing its methods. @returns the same reader */
export function followReader<R extends object>(step: FollowingStep, reader: R): R {
  followMethods(step, reader, READER_METHODS);
  return reader;
}

function followMethods(
  step: FollowingStep,
  from: object,
  methods: readonly [string, ...(readonly string[])],
): void {
  const output = new CollectedOutput(step);
  if (joinFollowers(from, methods[0], output)) return;
  const followers = new Followers(from, output);
  const fail = (error: unknown) => {
    failAll(followers, error);
    throw error;
  };
  const isFollowed = replaceMethods(followers, methods, (name, method) => {
    const succeed = (result: IteratorResult<unknown>) => {
      collectResult(followers, name, result);
      return result;
    };
    return (...args) => {
      let returned: unknown;
      try {
        returned = followers.run(() => method.apply(from, args));
      } catch (error) {
        return fail(error);
      }
      return whenSettled(returned, succeed, fail);
    };
  });
  if (!isFollowed) step.end();
}

/** Follows each iterator of the iterable, such as an LLM client's stream. @returns the same iterable */
export function followAsyncIterable(
  step: FollowingStep,
  iterable: AsyncIterable<unknown>,
): AsyncIterable<unknown> {
  if (joinFollowers(iterable, Symbol.asyncIterator, { step })) return iterable;
  const iterate = iterable[Symbol.asyncIterator];
  const followers = new Followers(iterable, { step });
  const value = function followedAsyncIterator(
    this: AsyncIterable<unknown>,
  ): AsyncIterator<unknown> {
    const iterator = iterate.call(this);
    for (const { step } of followers.attached) {
      try {
        if (step.isRunning) followAsyncIterator(step, iterator);
      } catch (error) {
        step.reportFailure('follow', error);
      }
    }
    return iterator;
  };
  if (defineMethod(iterable, Symbol.asyncIterator, value)) {
    rememberFollowers(followers, Symbol.asyncIterator);
  } else {
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
    if (typeof returned === 'object' && returned !== null && hasMethod(returned, 'then')) {
      return Promise.resolve(returned as PromiseLike<IteratorResult<unknown>>).then(succeed, fail);
    }
  } catch {
    // Its `then` threw: the consumer gets the value unchanged.
    return returned;
  }
  return succeed(returned as IteratorResult<unknown>);
}

/** Collects the result's item, or completes the outputs at the end. After `return`, the consumer is gone whatever it returns. */
function collectResult(
  followers: Followers<CollectedOutput>,
  name: string,
  result: IteratorResult<unknown>,
): void {
  try {
    if (STOPPING.has(name) || result?.done) {
      completeAll(followers);
      // Other iterators may begin anew.
      if (result?.done && isGeneratorObject(followers.object)) followers.markOver();
    } else {
      const item = result?.value;
      for (const output of followers.attached) output.collect(item);
    }
  } catch {
    // The result cannot be read: the consumer gets the same error.
  }
}

/**
 * Replaces methods of the object that is followed.
 * @param names the first one stands for all: the followers are remembered by it
 * @returns false if the object cannot be changed
 */
function replaceMethods(
  followers: Followers<CollectedOutput>,
  names: readonly [string, ...(readonly string[])],
  follow: (name: string, method: Method) => Method,
): boolean {
  const { object } = followers;
  const methods = names.flatMap((name) => {
    const method = methodNamed(object, name);
    return method === undefined ? [] : [[name, method] as const];
  });
  if (!canDefine(object, names)) return false;
  for (const [name, method] of methods) defineMethod(object, name, follow(name, method));
  rememberFollowers(followers, names[0]);
  return true;
}
