/** Which trace and step the running code belongs to. */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { RecordedStep } from './trace/recorded-step.js';

/**
 * Carries the current step along asynchronous calls. It may lose a step; it must never give one to
 * code of another request.
 */
export interface ScopeManager {
  readonly name: string;
  get(): RecordedStep | undefined;
  /** Calls `fn(first, second)` in the scope of the step, or outside any scope. Errors pass through unchanged. */
  run<A, B, R>(
    step: RecordedStep | undefined,
    fn: (first: A, second: B) => R,
    first: A,
    second: B,
  ): R;
}

/** The default: AsyncLocalStorage, entered by `run` alone. */
class AsyncLocalScope implements ScopeManager {
  readonly name = 'async-local-storage';
  readonly #storage = new AsyncLocalStorage<RecordedStep | undefined>();

  get(): RecordedStep | undefined {
    return this.#storage.getStore();
  }

  run<A, B, R>(
    step: RecordedStep | undefined,
    fn: (first: A, second: B) => R,
    first: A,
    second: B,
  ): R {
    return this.#storage.run(step, fn, first, second);
  }
}

/** What the whole process shares, whichever of several installed copies of this package asks. */
interface Shared {
  readonly scope: ScopeManager;
  /** Every scope manager in use; almost always the one above alone. */
  readonly managers: ScopeManager[];
}

const SLOT = Symbol.for('openlayer-tracing.scope.v1');

function shared(): Shared {
  const holder = globalThis as { [SLOT]?: Shared };
  let value = holder[SLOT];
  if (value === undefined) {
    const scope = new AsyncLocalScope();
    value = { scope, managers: [scope] };
    Object.defineProperty(holder, SLOT, { value });
  }
  return value;
}

const { scope, managers } = shared();

/** The AsyncLocalStorage scope that the process shares. */
export const defaultScope: ScopeManager = scope;

const registered = new WeakSet<ScopeManager>();

/**
 * Makes the free functions look into this scope manager as well.
 * @param guarded what they ask instead of it, and what does not throw
 */
export function registerScope(manager: ScopeManager, guarded: ScopeManager): void {
  if (registered.has(manager)) return;
  registered.add(manager);
  managers.push(guarded);
}

/** The step that the running code belongs to, in whichever scope manager holds one. */
export function currentRecordedStep(): RecordedStep | undefined {
  for (const manager of managers) {
    const step = manager.get();
    if (step?.isLive) return step;
  }
  return undefined;
}
