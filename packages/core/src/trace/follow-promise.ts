/** Follows promises and other thenables. */

import type { RecordedStep } from './recorded-step.js';

/** Sees to what a promise was fulfilled with, which may be a stream; returns it, or what stands in for it. */
type Fulfil = (step: RecordedStep, value: unknown) => unknown;

/** A native promise: a derived one takes its place, so that an unhandled rejection stays one, reported once. */
export function followPromise(
  step: RecordedStep,
  promise: Promise<unknown>,
  fulfil: Fulfil,
): Promise<unknown> {
  // A class or a `then` of its own may do more than a derived promise would.
  const own = Object.getOwnPropertyNames(promise);
  if (
    Object.getPrototypeOf(promise) !== Promise.prototype ||
    (own.length > 0 && (own.includes('then') || own.includes('constructor')))
  ) {
    return followThenable(step, promise, fulfil) as Promise<unknown>;
  }
  const followed = promise.then(
    (value) => fulfil(step, value),
    (error: unknown) => {
      step.fail(error);
      throw error;
    },
  );
  // Clients hang helpers on their promises, such as `withResponse`; what stands under symbols is the engine's.
  for (const key of own) {
    const descriptor = Object.getOwnPropertyDescriptor(promise, key);
    if (descriptor !== undefined) Object.defineProperty(followed, key, descriptor);
  }
  return followed;
}

/**
 * A query builder, a client's promise class, or the like. It may start its work when `then` is first called, so
 * we wait for the caller to do that, and the object stays the one that was returned.
 */
export function followThenable(
  step: RecordedStep,
  thenable: PromiseLike<unknown>,
  fulfil: Fulfil,
): PromiseLike<unknown> {
  const { then } = thenable;
  let fulfilled: { readonly value: unknown; readonly result: unknown } | undefined;
  const followed = function followedThen(
    this: PromiseLike<unknown>,
    onValue?: ((value: unknown) => unknown) | null,
    onError?: ((error: unknown) => unknown) | null,
  ): PromiseLike<unknown> {
    return then.call(
      this,
      (value: unknown) => {
        // However often it is awaited, a stream is followed once.
        if (fulfilled?.value !== value) fulfilled = { value, result: fulfil(step, value) };
        const result = fulfilled?.result;
        return typeof onValue === 'function' ? onValue(result) : result;
      },
      (error: unknown) => {
        step.fail(error);
        if (typeof onError === 'function') return onError(error);
        throw error;
      },
    );
  };
  if (
    !Reflect.defineProperty(thenable, 'then', {
      value: followed,
      configurable: true,
      writable: true,
    })
  ) {
    step.end();
  }
  return thenable;
}
