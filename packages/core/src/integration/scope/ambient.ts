/** Connects traces with another tracing library in the process. */

import type { Caller } from '../../trace/ids/trace-context.js';
import {
  type AmbientContext,
  type AmbientReader,
  addAmbientReader,
} from '../../trace/scope/ambient-context.js';
import type { ScopeStep } from '../../trace/scope/scope.js';
import { reportFailure } from '../report/integration-diagnostics.js';

/**
 * Registers a function that returns the operation of another tracing library that the running code belongs to. A trace that
 * begins within one has its trace id, and its id as the parent. If it or what it returned throws, that is reported and it is not
 * called again.
 */
export function registerAmbientContext(read: AmbientReader): void {
  const guard = new Guard();
  addAmbientReader(() => {
    const found = guard.call(read);
    return found && new GuardedContext(found, guard);
  });
}

/** Calls functions until one throws. */
class Guard {
  #isBroken = false;

  call<T>(fn: () => T): T | undefined {
    if (this.#isBroken) return undefined;
    try {
      return fn();
    } catch (error) {
      this.#isBroken = true;
      reportFailure('reading the active span', error);
      return undefined;
    }
  }
}

/** Reads a property of the other library's context only when it is needed. */
class GuardedContext implements AmbientContext {
  readonly #context: AmbientContext;
  readonly #guard: Guard;

  constructor(context: AmbientContext, guard: Guard) {
    this.#context = context;
    this.#guard = guard;
  }

  get caller(): Caller | undefined {
    return this.#guard.call(() => this.#context.caller);
  }

  get injectsHeaders(): boolean {
    return this.#guard.call(() => this.#context.injectsHeaders) ?? false;
  }

  traceBegan(root: ScopeStep | undefined): void {
    this.#guard.call(() => this.#context.traceBegan(root));
  }
}
