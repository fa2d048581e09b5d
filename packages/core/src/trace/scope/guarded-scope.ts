/** The scope manager of a tracer, with one of the app's own held to its contract. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import { watchRejection } from '../../values/reading/thenable.js';
import { defaultScope, type ScopeManager, type ScopeStep, type StepScope } from './scope.js';

/** The option `scope`, guarded; the shared AsyncLocalStorage scope without it. */
export function scopeOf(
  { scope }: { readonly scope: ScopeManager | undefined },
  diagnostics: Diagnostics,
): StepScope {
  if (scope === undefined) return defaultScope;
  return new GuardedScope(scope, (what, error) =>
    diagnostics.report(
      'error',
      'scope_failed',
      `the scope manager ${what}; the app is not affected, but steps may be missing`,
      error,
    ),
  );
}

/**
 * Wraps a scope manager of the app's own. Whatever the manager does, each function is called exactly once, and its result
 * or error is passed on unchanged.
 */
export class GuardedScope implements StepScope {
  readonly #manager: ScopeManager;
  readonly #onFailure: (what: string, error: unknown) => void;

  /** @param onFailure called with what the manager did wrong, and its error */
  constructor(manager: ScopeManager, onFailure: (what: string, error: unknown) => void) {
    this.#manager = manager;
    this.#onFailure = onFailure;
  }

  get name(): string {
    return this.#manager.name;
  }

  get(): ScopeStep | undefined {
    try {
      const step = this.#manager.get();
      if (step === undefined || !this.#watch(step)) return step;
      this.#onFailure('returned a promise from get() instead of the current step', undefined);
      return undefined;
    } catch (error) {
      this.#onFailure('threw in get()', error);
      return undefined;
    }
  }

  #watch(returned: unknown): boolean {
    return watchRejection(returned, (error) => this.#onFailure('rejected a promise', error));
  }

  run<A, B, R>(
    step: ScopeStep | undefined,
    fn: (first: A, second: B) => R,
    first: A,
    second: B,
  ): R {
    let wasCalled = false;
    let hasThrown = false;
    let outcome: unknown;
    // Catches everything: some managers add properties to errors that pass through them, or replace frozen ones.
    const enter = () => {
      if (wasCalled) {
        this.#onFailure('called a function twice', undefined);
        return;
      }
      wasCalled = true;
      try {
        outcome = fn(first, second);
      } catch (error) {
        hasThrown = true;
        outcome = error;
      }
    };
    try {
      this.#watch(this.#manager.run(step, enter, undefined, undefined));
      if (!wasCalled) this.#onFailure('did not call a function', undefined);
    } catch (error) {
      this.#onFailure('threw in run()', error);
    }
    if (!wasCalled) enter();
    if (hasThrown) throw outcome;
    return outcome as R;
  }
}
