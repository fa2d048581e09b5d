/**
 * The steps that follow one object. Several calls may return the same object, such as a pooled socket or a memoized promise: its
 * methods are replaced once, and all of the steps share them.
 */

import type { FollowingStep } from './following-step.js';

/** A step that follows an object, with what else is needed for it. */
export interface Follower {
  readonly step: FollowingStep;
}

/** Most steps that follow one stream or iterator. */
const MAX_FOLLOWERS = 100;

/** With more steps, those that have ended are searched for and removed, and again when there are twice as many. */
const FIRST_SEARCH = 16;

/** The steps that follow one object now. */
export class Followers<F extends Follower> {
  readonly object: object;
  readonly #maxSteps: number;
  /** In the order of their calls. */
  #current: F[];
  #nextSearch = FIRST_SEARCH;
  #isOver = false;

  /** @param maxSteps above this number, the oldest steps end: the app returns the object again and again without reading it */
  constructor(object: object, first: F, maxSteps = MAX_FOLLOWERS) {
    this.object = object;
    this.#maxSteps = maxSteps;
    this.#current = [first];
  }

  get attached(): readonly F[] {
    return this.#current;
  }

  /** The first step that has not ended. */
  get firstRunning(): FollowingStep | undefined {
    for (const { step } of this.#current) if (step.isRunning) return step;
    return undefined;
  }

  /** The step in whose scope methods of the object run now; undefined for the scope of their caller. */
  get scopeOwner(): FollowingStep | undefined {
    return scopeOwnerAmong(this.#current);
  }

  /** Runs work of the object in the scope that it belongs to. */
  run<R>(work: () => R): R {
    const owner = this.scopeOwner;
    return owner === undefined ? work() : owner.run(work);
  }

  /** Adds a step, unless it follows the object already. Ends the step if the object is over. */
  admit(follower: F): void {
    if (this.#isOver) {
      follower.step.end();
      return;
    }
    const current = this.#current;
    while (current[0]?.step.isRunning === false) current.shift();
    if (!current.some(({ step }) => step === follower.step)) current.push(follower);
    if (current.length > this.#nextSearch) this.#endSurplus();
  }

  #endSurplus(): void {
    const running = this.#current.filter(({ step }) => step.isRunning);
    // Several at a time, so that not each call has to search.
    const surplus =
      running.length > this.#maxSteps
        ? running.splice(0, running.length - this.#maxSteps * 0.9)
        : NONE;
    this.#current = running;
    this.#nextSearch = Math.min(this.#maxSteps, Math.max(FIRST_SEARCH, running.length * 2));
    for (const { step } of surplus) step.end();
  }

  /** Call it when nothing more can come of the object: a generator is done. */
  markOver(): void {
    this.#isOver = true;
  }

  /** Forgets all steps. @returns them */
  dismissAll(): readonly F[] {
    const dismissed = this.#current;
    if (dismissed.length > 0) this.#current = [];
    return dismissed;
  }
}

const NONE: readonly never[] = [];

/**
 * The step in whose scope a shared object works for the running code. If this code is in a trace, it is a step of that trace. Outside
 * any trace, it is the first step if all steps are of one trace. Otherwise undefined, and the work stays in the scope of the running
 * code, since it must never join the trace of another request. Never throws.
 */
export function scopeOwnerAmong(followers: readonly Follower[]): FollowingStep | undefined {
  try {
    return ownerAmong(followers);
  } catch (error) {
    followers[0]?.step.reportFailure('scope', error);
    return undefined;
  }
}

function ownerAmong(followers: readonly Follower[]): FollowingStep | undefined {
  const first = (followers.find(isRunning) ?? followers[0])?.step;
  if (first === undefined) return undefined;
  const current = first.currentTrace();
  if (current !== undefined) {
    if (isOf(first, current)) return first;
    return followers.find(({ step }) => step.isRunning && isOf(step, current))?.step;
  }
  const areOfOneTrace = followers.every(
    ({ step }) => !step.isRunning || step.trace === first.trace,
  );
  return areOfOneTrace ? first : undefined;
}

function isRunning({ step }: Follower): boolean {
  return step.isRunning;
}

function isOf(step: FollowingStep, trace: object): boolean {
  return step.trace === trace || step.callersTrace === trace;
}

/**
 * The property of a replaced method that holds the followers: the app may have replaced the method again. All copies and builds of
 * this package share the symbol. A WeakMap would be slower, because its values survive two extra collections.
 */
const FOLLOWERS = Symbol.for('openlayer-tracing.followers.v1');

/** Remembers the followers of an object at the method that was replaced, which must be its own. */
export function rememberFollowers<F extends Follower>(
  followers: Followers<F>,
  method: string | symbol,
): void {
  const own = ownMethod(followers.object, method);
  if (own !== undefined) Object.defineProperty(own, FOLLOWERS, { value: followers });
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
  const { [FOLLOWERS]: followers } = own as { readonly [FOLLOWERS]?: Followers<F> };
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
