/** Follows an Observable of RxJS through the app's own subscription: another subscription could do its work twice. */

import { hasMethod, isObservable } from '../values/reading/read-safely.js';
import { CollectedOutput, completeAll, failAll } from './collected-output.js';
import { Followers, joinFollowers, rememberFollowers } from './followers.js';
import type { FollowingStep } from './following-step.js';
import { defineMethod, type Method } from './observe/replace-method.js';

/** Whether the result is an Observable that is followed to its end. A Subject is not: any code that has it may end it. */
export function isFollowedObservable(result: object): boolean {
  return isObservable(result) && !hasMethod(result, 'next');
}

/**
 * Follows the first subscription of the Observable by replacing `subscribe`. Its work runs in the scope of the step, the observer in
 * the scope of the code that subscribes.
 * @returns the same Observable
 */
export function followObservable(step: FollowingStep, observable: object): object {
  const output = new CollectedOutput(step);
  if (joinFollowers(observable, 'subscribe', output)) return observable;
  const subscribe = (observable as { subscribe: Method }).subscribe;
  const followers = new Followers(observable, output);
  const followed: Method = function followedSubscribe(...args) {
    let isEntered = false;
    try {
      const owner = followers.firstRunning && followers.scopeOwner;
      const subscription = owner && takeSubscription(followers, owner);
      if (subscription !== undefined) {
        const observed = subscription.observedArguments(args);
        const result = owner?.run(() => {
          isEntered = true;
          return subscribe.apply(this, observed);
        });
        subscription.endWithSubscription(result);
        return result;
      }
    } catch (error) {
      if (isEntered) throw error;
    }
    return subscribe.apply(this, args);
  };
  if (defineMethod(observable, 'subscribe', followed)) rememberFollowers(followers, 'subscribe');
  else step.end();
  return observable;
}

type Run = <R>(fn: () => R) => R;

/** A subscription for the steps of the owner's trace. The steps of other traces wait for subscriptions of their own. */
function takeSubscription(
  followers: Followers<CollectedOutput>,
  owner: FollowingStep,
): FollowedSubscription | undefined {
  let taken: Followers<CollectedOutput> | undefined;
  for (const output of followers.dismissAll()) {
    if (output.step.trace !== owner.trace) followers.admit(output);
    else if (taken === undefined) taken = new Followers(followers.object, output);
    else taken.admit(output);
  }
  return taken && new FollowedSubscription(taken, owner.callersScope());
}

const NOTIFICATIONS = ['next', 'error', 'complete'] as const;
type Notification = (typeof NOTIFICATIONS)[number];

/** One subscription, which its observer receives through. */
class FollowedSubscription {
  readonly followers: Followers<CollectedOutput>;
  readonly #run: Run;

  constructor(followers: Followers<CollectedOutput>, run: Run) {
    this.followers = followers;
    this.#run = run;
  }

  /** The arguments of `subscribe` with an observer that is followed. */
  observedArguments(args: unknown[]): unknown[] {
    const [first] = args;
    if (isSubscriber(first)) {
      this.#followSubscriber(first);
      return args;
    }
    return [this.#observerFor(args)];
  }

  /** Ends the steps when the subscription is over: an app that unsubscribes receives no notification. Never throws. */
  endWithSubscription(subscription: unknown): void {
    try {
      if (typeof subscription !== 'object' || subscription === null) return;
      if (!hasMethod(subscription, 'add')) return;
      (subscription as { add: Method }).add(() => completeAll(this.followers));
    } catch (error) {
      for (const { step } of this.followers.dismissAll()) {
        step.reportFailure('follow', error);
        step.end();
      }
    }
  }

  /**
   * An operator's subscriber is connected with those before and after it, so that no other object can stand for it: its own methods
   * are replaced.
   */
  #followSubscriber(subscriber: object): void {
    for (const name of NOTIFICATIONS) {
      const method = (subscriber as Record<Notification, Method>)[name];
      const notify = (...values: unknown[]) =>
        this.#notify(name, values, () => method.apply(subscriber, values));
      defineMethod(subscriber, name, notify);
    }
  }

  /** An observer for the functions or the partial observer that the app passed. */
  #observerFor(args: readonly unknown[]): Readonly<Record<Notification, Method>> {
    const [first] = args;
    const isFunctions = typeof first === 'function' || first === undefined || first === null;
    const observer = isFunctions
      ? { next: args[0], error: args[1], complete: args[2] }
      : (first as Partial<Record<Notification, unknown>>);
    const followed = (name: Notification): Method => {
      return (...values) =>
        this.#notify(name, values, () => {
          const method = observer[name];
          if (typeof method === 'function') return method.apply(observer, values);
          // RxJS reports what an observer throws as it reports an error without an observer.
          if (name === 'error') throw values[0];
          return undefined;
        });
    };
    return { next: followed('next'), error: followed('error'), complete: followed('complete') };
  }

  #notify(name: Notification, [value]: readonly unknown[], deliver: () => unknown): unknown {
    if (name === 'next') for (const output of this.followers.attached) output.collect(value);
    else if (name === 'error') failAll(this.followers, value);
    else completeAll(this.followers);
    return this.#run(deliver);
  }
}

/** Whether it is a subscriber of RxJS, which is its own subscription. */
function isSubscriber(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    hasMethod(value, 'add') &&
    hasMethod(value, 'unsubscribe') &&
    NOTIFICATIONS.every((name) => hasMethod(value, name))
  );
}
