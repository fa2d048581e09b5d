/** Follows what a step's function returned to its true end, and hands it on as what it was. */

import { isGeneratorObject, isPromise, isProxy } from '#platform';
import { followAsyncIterable, followAsyncIterator, followIterator } from './follow-iterator.js';
import { followPromise, followThenable } from './follow-promise.js';
import { followReadable, isNodeReadable } from './follow-readable.js';
import { followReadableStream } from './follow-readable-stream.js';
import { inherited } from './read-safely.js';
import type { RecordedStep } from './recorded-step.js';

/** A stream that nobody drains must not keep the trace of its call open for good. */
const MAX_UNDRAINED_MS = 600_000;

/**
 * Ends the step when the result is complete: at once for a plain value, else when the promise
 * settles or the generator, iterator or stream is drained, left, cancelled or fails.
 * @returns the result itself, or one of the same kind that behaves the same
 */
export function followResult<R>(step: RecordedStep, result: R): R {
  try {
    if (typeof result !== 'object' || result === null || isProxy(result)) {
      step.complete(result);
      return result;
    }
    // Each branch returns the same kind of object that it was given, which the compiler cannot see.
    return follow(step, result) as R;
  } catch (error) {
    step.trace.failed('follow', error);
    step.end();
    return result;
  }
}

function follow(step: RecordedStep, result: object): object {
  if (isPromise(result)) return followPromise(step, result, followResult);
  if (isPlain(result)) {
    step.complete(result);
    return result;
  }
  const followed = followUndrained(step, result);
  if (followed === undefined) {
    step.complete(result);
    return result;
  }
  if (step.depth === 0) step.trace.maxAgeMs = step.trace.elapsedMs() + MAX_UNDRAINED_MS;
  return followed;
}

/** Follows what is complete only when somebody has awaited, iterated or read it; undefined for anything else. */
function followUndrained(step: RecordedStep, result: object): object | undefined {
  if (isGeneratorObject(result)) {
    return has(result, Symbol.asyncIterator)
      ? followAsyncIterator(step, result as AsyncGenerator)
      : followIterator(step, result as Generator);
  }
  if (has(result, 'then'))
    return followThenable(step, result as PromiseLike<unknown>, followResult);
  if (isReadableStream(result)) return followReadableStream(step, result);
  if (isNodeReadable(result)) return followReadable(step, result);
  if (has(result, Symbol.asyncIterator)) {
    return followAsyncIterable(step, result as AsyncIterable<unknown>);
  }
  // An iterator that iterates itself. A list, a Set or a Map is a value instead: it is there already.
  if (has(result, 'next') && has(result, Symbol.iterator)) {
    return followIterator(step, result as IterableIterator<unknown>);
  }
  return undefined;
}

/** Whether the object has that method; asked without running code of its own. */
function has(result: object, method: string | symbol): boolean {
  return typeof inherited(result, method) === 'function';
}

function isReadableStream(result: object): result is ReadableStream {
  if (typeof ReadableStream !== 'function') return false;
  return has(result, 'getReader') && has(result, 'tee') && result instanceof ReadableStream;
}

/** Most results are plain objects and arrays: they are looked at no further. */
function isPlain(result: object): boolean {
  if (Array.isArray(result)) return true;
  const prototype = Object.getPrototypeOf(result);
  return (prototype === Object.prototype || prototype === null) && !hasBehaviour(result);
}

function hasBehaviour(result: object): boolean {
  return (
    Object.hasOwn(result, 'then') ||
    Object.hasOwn(result, Symbol.asyncIterator) ||
    Object.hasOwn(result, 'next')
  );
}
