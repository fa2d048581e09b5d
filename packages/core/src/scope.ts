/** Which trace and step the running code belongs to. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from './process-wide.js';
import type { RecordedStep } from './trace/recorded-step.js';
import type { Step } from './trace/types.js';

/**
 * Carries the current step along asynchronous calls. It may lose a step; it must never give one to
 * code of another request.
 */
export interface ScopeManager {
  readonly name: string;
  /** The step that `run` was given, in code that runs in its scope. */
  get(): Step | undefined;
  /** Calls `fn(first, second)` in the scope of the step, or outside any scope. Errors pass through unchanged. */
  run<A, B, R>(step: Step | undefined, fn: (first: A, second: B) => R, first: A, second: B): R;
}

/** A scope manager as core uses it: each step that `run` is given is a recorded one. */
export interface RecordedScope extends ScopeManager {
  get(): RecordedStep | undefined;
}

/** The default: AsyncLocalStorage, entered by `run` alone. */
class AsyncLocalScope implements RecordedScope {
  readonly name = 'async-local-storage';
  readonly #storage = new AsyncLocalStorage<Step | undefined>();

  get(): RecordedStep | undefined {
    return this.#storage.getStore() as RecordedStep | undefined;
  }

  run<A, B, R>(step: Step | undefined, fn: (first: A, second: B) => R, first: A, second: B): R {
    return this.#storage.run(step, fn, first, second);
  }
}

/** What the whole process shares, whichever of several installed copies of this package asks. */
interface Shared {
  readonly scope: RecordedScope;
  /** Every scope manager in use; almost always the one above alone. */
  readonly managers: RecordedScope[];
  readonly finders: StepFinder[];
}

/** Finds the step that a framework runs the current code for, by what the framework itself carries along. Never throws. */
export type StepFinder = () => RecordedStep | undefined;

const { scope, managers, finders } = processWide<Shared>('scope.v1', () => {
  const asyncLocal = new AsyncLocalScope();
  return { scope: asyncLocal, managers: [asyncLocal], finders: [] };
});

/** The AsyncLocalStorage scope that the process shares. */
export const defaultScope: RecordedScope = scope;

/** Each scope manager in use, and how many tracers use it. */
const registered = new Map<ScopeManager, { readonly guarded: RecordedScope; users: number }>();

/**
 * Makes the free functions look into this scope manager as well.
 * @param guarded what they ask instead of it, and what does not throw
 * @returns a function that takes it back, once no other tracer uses the manager
 */
export function registerScope(manager: ScopeManager, guarded: RecordedScope): () => void {
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

/** For frameworks that tell what they run, and not where: their code is in no scope that we could have entered. */
export function registerFinder(find: StepFinder): void {
  finders.push(find);
}

/** The step that the running code belongs to, in whichever scope manager holds one. */
export function currentRecordedStep(): RecordedStep | undefined {
  for (const manager of managers) {
    const step = manager.get();
    if (step?.isLive) return innermost(step);
  }
  return innermost(undefined);
}

/**
 * Where the running code was started by a trace that is published by now: its step, which takes nothing any more. Asked
 * where no step is current.
 */
export function publishedStep(): RecordedStep | undefined {
  for (const manager of managers) {
    const step = manager.get();
    if (step !== undefined && !step.isLive) return step;
  }
  return undefined;
}

/**
 * What a framework says is current, where that lies below the step whose scope was entered: who entered a scope within
 * the framework's code means it.
 */
export function innermost<Entered extends RecordedStep | undefined>(
  entered: Entered,
): RecordedStep | Entered {
  let inner: RecordedStep | Entered = entered;
  for (const find of finders) {
    const found = find();
    if (found?.isLive && (inner === undefined || isBelow(found, inner))) inner = found;
  }
  return inner;
}

export function isBelow(step: RecordedStep, other: RecordedStep): boolean {
  let at = step.above;
  while (at !== undefined && at !== other) at = at.above;
  return at === other;
}
