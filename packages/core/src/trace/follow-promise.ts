/** Follows promises and other thenables. */

import type { RecordedStep } from './recorded-step.js';

/** A native promise: a derived one takes its place, so that an unhandled rejection stays one, reported once. */
export function followPromise(step: RecordedStep, promise: Promise<unknown>): Promise<unknown> {
  if (promise.constructor !== Promise) return followThenable(step, promise) as Promise<unknown>;
  const followed = promise.then(
    (value) => {
      step.complete(value);
      return value;
    },
    (error: unknown) => {
      step.fail(error);
      throw error;
    },
  );
  // Clients hang helpers on their promises, such as `withResponse`.
  for (const key in promise) copyProperty(promise, followed, key);
  return followed;
}

function copyProperty(from: object, to: object, key: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(from, key);
  if (descriptor !== undefined) Object.defineProperty(to, key, descriptor);
}

/**
 * A query builder, a client's promise class, or the like. It may start its work when `then` is first called, so
 * we wait for the caller to do that, and the object stays the one that was returned.
 */
export function followThenable(
  step: RecordedStep,
  thenable: PromiseLike<unknown>,
): PromiseLike<unknown> {
  const { then } = thenable;
  const followed = function followedThen(
    this: PromiseLike<unknown>,
    onValue?: ((value: unknown) => unknown) | null,
    onError?: ((error: unknown) => unknown) | null,
  ): PromiseLike<unknown> {
    return then.call(
      this,
      (value: unknown) => {
        step.complete(value);
        return typeof onValue === 'function' ? onValue(value) : value;
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
