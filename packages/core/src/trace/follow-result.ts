/** Follows what a step's function returned to its true end, and hands it on as what it was. */

import { isGeneratorObject, isPromise, isProxy } from '#platform';
import { followAsyncIterable, followAsyncIterator, followIterator } from './follow-iterator.js';
import { followPromise, followThenable } from './follow-promise.js';
import { followReadable, isNodeReadable } from './follow-readable.js';
import { followReadableStream } from './follow-readable-stream.js';
import type { RecordedStep } from './recorded-step.js';

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
  if (isPromise(result)) return followPromise(step, result);
  if (isPlain(result)) {
    step.complete(result);
    return result;
  }
  if (isGeneratorObject(result)) {
    return Symbol.asyncIterator in result
      ? followAsyncIterator(step, result as AsyncGenerator)
      : followIterator(step, result as Generator);
  }
  if ('then' in result && typeof result.then === 'function') {
    return followThenable(step, result as PromiseLike<unknown>);
  }
  if (typeof ReadableStream === 'function' && result instanceof ReadableStream) {
    return followReadableStream(step, result);
  }
  if (isNodeReadable(result)) return followReadable(step, result);
  if (Symbol.asyncIterator in result)
    return followAsyncIterable(step, result as AsyncIterable<unknown>);
  if (isIterator(result)) return followIterator(step, result);
  step.complete(result);
  return result;
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

/** An iterator that iterates itself. A list, a Set or a Map is a value instead: it is there already. */
function isIterator(result: object): result is IterableIterator<unknown> {
  return 'next' in result && typeof result.next === 'function' && Symbol.iterator in result;
}
