/** The scope manager that a tracer uses, whoever made it. */

import type { Diagnostics } from './diagnostics.js';
import { defaultScope, type RecordedScope, type ScopeManager } from './scope.js';
import { watchRejection } from './trace/promised.js';
import type { RecordedStep } from './trace/recorded-step.js';

/** The one that the options name, held to its contract; else that of all tracers. */
export function scopeOf(
  { scope }: { readonly scope: ScopeManager | undefined },
  diagnostics: Diagnostics,
): RecordedScope {
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
 * A scope manager of the user's, held to its contract whatever it does: each function is called once, and what it
 * returns or throws is what comes out.
 */
export class GuardedScope implements RecordedScope {
  readonly #manager: ScopeManager;
  readonly #onFailure: (what: string, error: unknown) => void;

  /** @param onFailure is told what the manager did, and with which error */
  constructor(manager: ScopeManager, onFailure: (what: string, error: unknown) => void) {
    this.#manager = manager;
    this.#onFailure = onFailure;
  }

  get name(): string {
    return this.#manager.name;
  }

  get(): RecordedStep | undefined {
    try {
      // It returns what `run` was given, which is a recorded step.
      const step = this.#manager.get() as RecordedStep | undefined;
      if (step === undefined || !this.#watch(step)) return step;
      this.#onFailure('returned a promise where it was asked for the current step', undefined);
      return undefined;
    } catch (error) {
      this.#onFailure('threw where it was asked for the current step', error);
      return undefined;
    }
  }

  #watch(returned: unknown): boolean {
    return watchRejection(returned, (error) => this.#onFailure('rejected a promise', error));
  }

  run<A, B, R>(
    step: RecordedStep | undefined,
    fn: (first: A, second: B) => R,
    first: A,
    second: B,
  ): R {
    let wasCalled = false;
    let hasThrown = false;
    let outcome: unknown;
    // It never throws: some managers write on errors that pass them, or replace what they cannot write on.
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
      this.#onFailure('threw an error of its own', error);
    }
    if (!wasCalled) enter();
    if (hasThrown) throw outcome;
    return outcome as R;
  }
}
