/** Follows the result of a step's function to its end: a value, promise, iterator or stream. */

import { isGeneratorObject, isPromise, isProxy } from '#platform';
import { hasAnyProperty, hasMethod } from '../values/reading/read-safely.js';
import { followAsyncIterable, followAsyncIterator, followIterator } from './follow-iterator.js';
import { followObservable, isFollowedObservable } from './follow-observable.js';
import { followPromise, followThenable } from './follow-promise.js';
import { followReadable } from './follow-readable.js';
import { followReadableStream } from './follow-readable-stream.js';
import type { FollowingStep } from './following-step.js';
import { isNodeReadable } from './observe/node-readable.js';

/** Longest wait for a stream that nobody reads to its end; without it, the trace of its call would stay open. */
const MAX_UNDRAINED_MS = 600_000;

/**
 * Ends the step when the result is complete: at once for a plain value, else when the promise
 * settles or the generator, iterator or stream is drained, left, cancelled or fails.
 * @returns the result itself, or one of the same kind that behaves the same
 */
export function followResult<R>(step: FollowingStep, result: R): R {
  try {
    if (typeof result !== 'object' || result === null || isProxy(result)) {
      step.complete(result);
      return result;
    }
    // Each branch returns the kind of object that it was given, which the compiler cannot check.
    return follow(step, result) as R;
  } catch (error) {
    step.reportFailure('follow', error);
    step.end();
    return result;
  }
}

function follow(step: FollowingStep, result: object): object {
  if (isPromise(result)) return followPromise(step, result, fulfilmentOf(step));
  if (isPlain(result)) {
    step.complete(result);
    return result;
  }
  const followed = followLazy(step, result);
  if (followed === undefined) {
    step.complete(result);
    return result;
  }
  step.waitForReader(MAX_UNDRAINED_MS);
  return followed;
}

function fulfilmentOf(step: FollowingStep): (step: FollowingStep, value: unknown) => unknown {
  return step.endsWithPromise === true ? complete : followResult;
}

function complete(step: FollowingStep, value: unknown): unknown {
  step.complete(value);
  return value;
}

/** One of these properties is on everything that is followed: one search of the prototypes instead of one for each. */
const SIGNS = [
  'then',
  'next',
  'getReader',
  '_readableState',
  'subscribe',
  Symbol.asyncIterator,
] as const;

/** Follows a result that is complete only once it is awaited, iterated or read; undefined for any other. */
function followLazy(step: FollowingStep, result: object): object | undefined {
  if (!hasAnyProperty(result, SIGNS)) return undefined;
  if (isGeneratorObject(result)) {
    return hasMethod(result, Symbol.asyncIterator)
      ? followAsyncIterator(step, result as AsyncGenerator)
      : followIterator(step, result as Generator);
  }
  if (hasMethod(result, 'then')) {
    // Query builders can be awaited or iterated: the first of the two ends the step.
    if (hasMethod(result, Symbol.asyncIterator)) {
      followAsyncIterable(step, result as object as AsyncIterable<unknown>);
    }
    return followThenable(step, result as PromiseLike<unknown>, fulfilmentOf(step));
  }
  if (isReadableStream(result)) return followReadableStream(step, result);
  if (isNodeReadable(result)) return followReadable(step, result);
  if (hasMethod(result, Symbol.asyncIterator)) {
    return followAsyncIterable(step, result as AsyncIterable<unknown>);
  }
  // An iterator that is its own iterable. Arrays, Sets and Maps are complete values.
  if (hasMethod(result, 'next') && hasMethod(result, Symbol.iterator)) {
    return followIterator(step, result as IterableIterator<unknown>);
  }
  if (isFollowedObservable(result)) return followObservable(step, result);
  return undefined;
}

function isReadableStream(result: object): result is ReadableStream {
  if (typeof ReadableStream !== 'function') return false;
  return (
    hasMethod(result, 'getReader') && hasMethod(result, 'tee') && result instanceof ReadableStream
  );
}

/** A quick check for most results: plain objects and arrays without a method to follow. */
function isPlain(result: object): boolean {
  if (Array.isArray(result)) return true;
  const prototype = Object.getPrototypeOf(result);
  return (prototype === Object.prototype || prototype === null) && !hasFollowedMethod(result);
}

function hasFollowedMethod(result: object): boolean {
  return (
    Object.hasOwn(result, 'then') ||
    Object.hasOwn(result, Symbol.asyncIterator) ||
    Object.hasOwn(result, 'next')
  );
}
