/** Follows promises and other thenables. */

import { Followers, joinFollowers, rememberFollowers } from './followers.js';
import type { FollowingStep } from './following-step.js';
import { defineMethod } from './observe/replace-method.js';

/** A callback of the app. Some promise classes bind a receiver to it. */
type Handler = (this: unknown, value: unknown) => unknown;

type Then = (
  this: PromiseLike<unknown>,
  onValue?: Handler | null,
  onError?: Handler | null,
  ...others: readonly unknown[]
) => PromiseLike<unknown>;

type AnyMethod = (...args: readonly unknown[]) => unknown;

/** Called with the value of a promise, which may be a stream; returns the value, or a stream that passes it through. */
type Fulfil = (step: FollowingStep, value: unknown) => unknown;

/** Follows a native promise. Returns a derived one, so that an unhandled rejection is reported once, as without tracing. */
export function followPromise(
  step: FollowingStep,
  promise: Promise<unknown>,
  fulfil: Fulfil,
): Promise<unknown> {
  // A subclass, or a `then` of its own, may do more than a derived promise would.
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
  // Clients add helpers to their promises, such as `withResponse`. Symbol keys are the engine's.
  for (const key of own) {
    const descriptor = Object.getOwnPropertyDescriptor(promise, key);
    if (descriptor !== undefined) Object.defineProperty(followed, key, descriptor);
  }
  return followed;
}

/** A step that waits for the value. */
interface Awaiting {
  readonly step: FollowingStep;
  readonly fulfil: Fulfil;
}

/** Above this number of steps that wait for one thenable, the oldest one ends. Many requests may await the same one at a time. */
const MAX_AWAITING = 1000;

/** Calls a callback with the receiver that the thenable has for it, and the value or error. */
type CallBack = (fn: Handler, receiver: unknown, value: unknown) => unknown;

/** Runs callbacks in the scope that the running code is in now. */
function callBackFrom(step: FollowingStep): CallBack {
  const run = step.callersScope();
  return (fn, receiver, value) => run(() => fn.call(receiver, value));
}

/**
 * Follows a thenable, such as a query builder or a client's promise class, by replacing its `then`. It may start its work
 * at the first `then`, so that this does not call it.
 * @returns the same object
 */
export function followThenable(
  step: FollowingStep,
  thenable: PromiseLike<unknown>,
  fulfil: Fulfil,
): PromiseLike<unknown> {
  const follower = { step, fulfil };
  if (joinFollowers(thenable, 'then', follower)) return thenable;
  const then: Then = thenable.then;
  const followers = new Followers<Awaiting>(thenable, follower, MAX_AWAITING);
  let fulfilled: { readonly value: unknown; readonly result: unknown } | undefined;
  const succeed = (value: unknown): unknown => {
    // A thenable may be awaited several times; its stream is followed once.
    let result = fulfilled !== undefined && fulfilled.value === value ? fulfilled.result : value;
    const waiting = followers.dismissAll();
    if (waiting.length === 0) return result;
    for (const { step, fulfil } of waiting) result = fulfil(step, result);
    fulfilled = { value, result };
    return result;
  };
  const followed = function followedThen(
    this: PromiseLike<unknown>,
    onValue?: Handler | null,
    onError?: Handler | null,
    // Older libraries report progress to a third function.
    ...others: readonly unknown[]
  ): PromiseLike<unknown> {
    let callBack: CallBack = (fn, receiver, value) => fn.call(receiver, value);
    let isEntered = false;
    const begin = () => {
      isEntered = true;
      return then.call(
        this,
        function onFollowedValue(value) {
          const result = succeed(value);
          return typeof onValue === 'function' ? callBack(onValue, this, result) : result;
        },
        function onFollowedError(error) {
          for (const { step } of followers.dismissAll()) step.fail(error);
          if (typeof onError === 'function') return callBack(onError, this, error);
          throw error;
        },
        ...others,
      );
    };
    try {
      if (followers.firstRunning !== undefined) {
        const owner = followers.scopeOwner;
        if (owner === undefined) return begin();
        // The work runs in the step's scope, the callbacks in the scope of the code that awaits.
        callBack = callBackFrom(owner);
        return owner.run(begin);
      }
    } catch (error) {
      if (isEntered) throw error;
    }
    return then.call(
      this,
      function onLaterValue(value) {
        const result = succeed(value);
        return typeof onValue === 'function' ? onValue.call(this, result) : result;
      },
      onError,
      ...others,
    );
  };
  if (defineMethod(thenable, 'then', followed)) {
    followOtherWays(thenable, followed);
    rememberFollowers(followers, 'then');
  } else {
    step.end();
  }
  return thenable;
}

/** A client's promise class may have a `catch` and a `finally` that do not call `then`. */
function followOtherWays(thenable: PromiseLike<unknown>, then: Then): void {
  const { catch: onRejection, finally: onEnd } = thenable as Partial<Promise<unknown>>;
  if (typeof onRejection === 'function' && onRejection !== Promise.prototype.catch) {
    defineMethod(
      thenable,
      'catch',
      function followedCatch(this: PromiseLike<unknown>, ...args: readonly unknown[]) {
        // Arguments before the handler are predicates. Only the class can apply them; its method calls `then`.
        if (args.length > 1) return Reflect.apply(onRejection, this, args);
        return then.call(this, undefined, args[0] as Handler | undefined);
      },
    );
  }
  if (typeof onEnd === 'function' && onEnd !== Promise.prototype.finally) {
    defineMethod(
      thenable,
      'finally',
      function followedFinally(this: PromiseLike<unknown>, ...args: readonly unknown[]) {
        const next = then.call(this) as Partial<Promise<unknown>>;
        // `next` has the class that the app goes on with, unless it is a bare thenable.
        const base = typeof next?.finally === 'function' ? next : Promise.resolve(next);
        return Reflect.apply(base.finally as AnyMethod, base, args);
      },
    );
  }
}
