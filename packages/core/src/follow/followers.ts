/**
 * The steps that follow one object. Several calls may return the same object, such as a pooled socket or a memoized promise: its
 * methods are replaced once, and all of the steps share them.
 */

import { processWide } from '../platform/process-wide.js';
import type { Followed } from './followed.js';

/** A step that follows an object, with what else is needed for it. */
export interface Follower {
  readonly step: Followed;
}

/** Steps that have ended are searched for when there are as many steps, and again when there are twice as many. */
const FIRST_SEARCH = 16;

/** The steps that follow one object now. */
export class Followers<F extends Follower> {
  readonly object: object;
  readonly #most: number;
  /** In the order of their calls. */
  readonly #current = new Map<Followed, F>();
  #nextSearch = FIRST_SEARCH;

  /** @param most above this number, the oldest steps end: the app returns the object again and again, and reads it nowhere */
  constructor(object: object, first: F, most: number) {
    this.object = object;
    this.#most = most;
    this.#current.set(first.step, first);
  }

  get current(): Iterable<F> {
    return this.#current.values();
  }

  /** The first step that has not ended. */
  get firstRunning(): Followed | undefined {
    for (const step of this.#current.keys()) if (step.isRunning) return step;
    return undefined;
  }

  /** The step in whose scope methods of the object run: the first that has not ended, or the first. */
  get scopeOwner(): Followed | undefined {
    const running = this.firstRunning;
    if (running !== undefined) return running;
    for (const step of this.#current.keys()) return step;
    return undefined;
  }

  /** Adds a step, unless it follows the object already. */
  admit(follower: F): void {
    const current = this.#current;
    for (const step of current.keys()) {
      if (step.isRunning) break;
      current.delete(step);
    }
    if (!current.has(follower.step)) current.set(follower.step, follower);
    if (current.size > this.#nextSearch) this.#endSurplus();
  }

  #endSurplus(): void {
    const current = this.#current;
    for (const step of current.keys()) if (!step.isRunning) current.delete(step);
    if (current.size > this.#most) {
      // Several at a time, so that not each call has to search.
      const left = this.#most * 0.9;
      for (const step of current.keys()) {
        if (current.size <= left) break;
        current.delete(step);
        step.end();
      }
    }
    this.#nextSearch = Math.min(this.#most, Math.max(FIRST_SEARCH, current.size * 2));
  }

  /** Forgets all steps. @returns them */
  dismissAll(): readonly F[] {
    const dismissed = [...this.#current.values()];
    this.#current.clear();
    return dismissed;
  }
}

/** By the replaced method of the object: the app may have replaced that again, or copied it to another object. */
const byMethod = processWide('followers.v1', () => new WeakMap<object, Followers<never>>());

/** Remembers the followers of an object by the method that was replaced, which must be its own. */
export function rememberFollowers<F extends Follower>(
  followers: Followers<F>,
  method: string | symbol,
): void {
  const own = ownMethod(followers.object, method);
  if (own !== undefined) byMethod.set(own, followers as Followers<never>);
}

/**
 * Adds a step to the followers of an object, if its method is one that was replaced.
 * @returns false if the object is not followed
 */
export function joinFollowers<F extends Follower>(
  object: object,
  method: string | symbol,
  follower: F,
): boolean {
  const own = ownMethod(object, method);
  if (own === undefined) return false;
  // The method determines the kind of followers.
  const followers = byMethod.get(own) as Followers<F> | undefined;
  if (followers?.object !== object) return false;
  followers.admit(follower);
  return true;
}

/** The object's own method, read without running a getter. */
function ownMethod(object: object, name: string | symbol): object | undefined {
  if (!Object.hasOwn(object, name)) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(object, name)?.value;
  return typeof value === 'function' ? value : undefined;
}
