/** The scope: which trace and step the running code belongs to. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from '../../platform/process-wide.js';
import type { Step } from '../model/trace-api.js';

/**
 * Carries the current step along asynchronous calls. It may lose a step, but it must never return a step to code of another
 * request. A manager that throws, or breaks this contract otherwise, is reported as `scope_failed`; the app is not affected.
 */
export interface ScopeManager {
  /** Names the manager in messages. */
  readonly name: string;
  /** The step of the innermost `run` that the running code is in; undefined outside any. */
  get(): Step | undefined;
  /**
   * Calls `fn(first, second)` in the scope of the step, or outside any scope if the step is undefined. Calls it exactly once, before
   * it returns. A call after that has no effect, except that it is reported.
   * @returns what `fn` returns; its errors pass through unchanged
   */
  run<A, B, R>(step: Step | undefined, fn: (first: A, second: B) => R, first: A, second: B): R;
}

/** A step in whose scope code runs: a recorded step, or the inert one, which belongs to no trace. */
export interface ScopeStep extends Step {
  /** Whether its trace is still open; undefined for the inert step. */
  readonly isLive?: boolean | undefined;
  /** Its trace; undefined for the inert step. */
  readonly trace?: object | undefined;
  /** Its parent step; undefined for a root and for the inert step. */
  readonly parent?: ScopeStep | undefined;
}

/**
 * A scope manager as core uses it: its steps show their trace. Its `run` may throw before it calls `fn`, since apps and tests may replace the
 * methods of AsyncLocalStorage. Therefore call it by `runOnceInScope`, which then calls `fn` outside the scope;
 * `RecordedStep.runToEnd` handles the error itself, which saves a closure per step.
 */
export interface StepScope extends ScopeManager {
  get(): ScopeStep | undefined;
}

/** The default scope manager, over AsyncLocalStorage. */
class AsyncLocalScope implements StepScope {
  readonly name = 'async-local-storage';
  readonly #storage = new AsyncLocalStorage<Step | undefined>();

  get(): ScopeStep | undefined {
    return this.#storage.getStore();
  }

  run<A, B, R>(step: Step | undefined, fn: (first: A, second: B) => R, first: A, second: B): R {
    return this.#storage.run(step, fn, first, second);
  }
}

/** Shared by all loaded copies of this package. */
interface Shared {
  readonly scope: StepScope;
  /** The scope managers in use: AsyncLocalStorage, and those that tracers were given by the option `scope`. */
  readonly managers: StepScope[];
  readonly finders: StepFinder[];
}

/** Finds the step that a framework runs the current code for, by the framework's own context. Never throws. */
export type StepFinder = () => ScopeStep | undefined;

const { scope, managers, finders } = processWide<Shared>('scope.v1', () => {
  const asyncLocal = new AsyncLocalScope();
  return { scope: asyncLocal, managers: [asyncLocal], finders: [] };
});

/** The scope managers in use. */
export const scopeManagers: readonly StepScope[] = managers;

/** The AsyncLocalStorage scope that the process shares. */
export const defaultScope: StepScope = scope;

/** Each scope manager in use, and how many tracers use it. */
const registered = new Map<ScopeManager, { readonly guarded: StepScope; users: number }>();

/**
 * Makes the free functions use this scope manager as well.
 * @param guarded the wrapper of the manager that does not throw
 * @returns a function that removes the registration, if no other tracer uses the manager
 */
export function registerScope(manager: ScopeManager, guarded: StepScope): () => void {
  const entry = registered.get(manager) ?? { guarded, users: 0 };
  if (entry.users++ === 0) {
    registered.set(manager, entry);
    managers.push(guarded);
  }
  let isUsed = true;
  return () => {
    if (!isUsed) return;
    isUsed = false;
    if (--entry.users > 0) return;
    registered.delete(manager);
    managers.splice(managers.indexOf(entry.guarded), 1);
  };
}

/** A trace, as far as it runs code in scopes. */
export interface ScopeOwner {
  readonly scope: StepScope;
  /** Must not throw. */
  reportFailure(what: string, error: unknown): void;
}

/**
 * Runs `fn` in the scope of the step, or outside any scope: once and with its errors unchanged, even if the scope manager
 * throws.
 */
export function runOnceInScope<R>(owner: ScopeOwner, step: Step | undefined, fn: () => R): R {
  let isEntered = false;
  const enter = () => {
    isEntered = true;
    return fn();
  };
  try {
    return owner.scope.run(step, enter, undefined, undefined);
  } catch (error) {
    if (isEntered) throw error;
    owner.reportFailure('scope', error);
    return fn();
  }
}

/** Registers a finder for a framework that runs code in an async context of its own, which no scope manager can enter. */
export function registerFinder(find: StepFinder): void {
  finders.push(find);
}

/**
 * The current step of a framework, if it is below the entered step. Otherwise the entered step: its scope was entered within
 * the framework's code.
 */
export function innermost<Entered extends ScopeStep | undefined>(
  entered: Entered,
): ScopeStep | Entered {
  let inner: ScopeStep | Entered = entered;
  for (const find of finders) {
    const found = find();
    if (found?.isLive && (inner === undefined || isBelow(found, inner))) inner = found;
  }
  return inner;
}

/** Whether `other` is an ancestor of the step. */
export function isBelow(step: ScopeStep, other: ScopeStep): boolean {
  let at = step.parent;
  while (at !== undefined && at !== other) at = at.parent;
  return at === other;
}
