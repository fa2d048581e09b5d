/** The inert step and trace, used where nothing is recorded: functions run, updates do nothing. */

import { randomUuid } from '../platform/random-id.js';
import { watchRejection } from '../values/reading/thenable.js';
import type { StepType } from '../wire.js';
import type { Caller } from './ids/trace-context.js';
import { REQUEST_TRACE } from './model/is-request-trace.js';
import type { RequestTrace, StartedTrace, Step, Usage } from './model/trace-api.js';
import { ambientContext } from './scope/ambient-context.js';
import { defaultScope, runOnceInScope, type ScopeOwner, type StepScope } from './scope/scope.js';
import { NOTHING_USED } from './usage/usage.js';

/** A step that records nothing. */
class InertStep implements Step {
  readonly id = '';
  readonly name = '';
  readonly type = 'user_call';
  readonly #owner: ScopeOwner | undefined;
  readonly #parent: Step | undefined;

  /**
   * @param owner runs the step's code in a scope; undefined for a step outside any trace, whose code just runs
   * @param parent the recorded step whose scope that is; undefined for the step's own scope, in which no trace begins
   */
  constructor(owner?: ScopeOwner, parent?: Step) {
    this.#owner = owner;
    this.#parent = parent;
  }

  update(): void {}

  step<U extends StepType = 'user_call', R = unknown>(
    _options: unknown,
    fn: (step: Step<U>) => R,
  ): R {
    return this.run(() => fn(this.startStep()));
  }

  startStep<U extends StepType = 'user_call'>(): Step<U> {
    return inertStepOf(this);
  }

  addStep(): void {}

  run<R>(fn: () => R): R {
    const owner = this.#owner;
    return owner === undefined ? fn() : runOnceInScope(owner, this.#parent ?? this, fn);
  }

  end(): void {}

  toJSON(): { readonly id: ''; readonly name: ''; readonly type: 'user_call' } {
    return { id: '', name: '', type: 'user_call' };
  }

  [Symbol.dispose](): void {}
}

function inertStepOf<T extends StepType>(step: InertStep): Step<T> {
  // The type is safe: it has no field of any type, and its methods ignore their arguments.
  return step as Step as Step<T>;
}

const withoutTrace = new InertStep();

/** An inert step outside any trace. */
export function inertStep<T extends StepType>(): Step<T> {
  return inertStepOf(withoutTrace);
}

/** In place of a child that is not recorded. Its code runs in the scope of the parent. */
export function unrecordedChild<T extends StepType>(trace: ScopeOwner, parent: Step): Step<T> {
  return inertStepOf(new InertStep(trace, parent));
}

/** Whether the step is an inert one, of any loaded copy of this package. */
export function isInert(candidate: Step): boolean {
  return !('trace' in candidate);
}

export interface InertTraceOptions {
  /** The scope that its code runs in. @default AsyncLocalStorage */
  readonly scope?: StepScope | undefined;
  /** Makes the signal of a request. Called once, when the app first reads it. */
  readonly signal?: (() => AbortSignal | undefined) | undefined;
  /** Reads the caller's headers. Called once, when the app first needs them. */
  readonly caller?: (() => Caller | undefined) | undefined;
}

/**
 * A trace that records nothing, for requests that are skipped, sampled out or not published. Its code runs in a scope of its
 * own: it is in no other trace, and its calls start none.
 */
export class InertTrace implements RequestTrace, StartedTrace {
  readonly usage: Usage = NOTHING_USED;
  #inferenceId: string | undefined;
  #signal: AbortSignal | undefined;
  /** The step in whose scope its code runs. */
  readonly #step: InertStep;
  readonly #signalOfClient: (() => AbortSignal | undefined) | undefined;
  #readCaller: (() => Caller | undefined) | undefined;
  #caller: Caller | undefined;

  constructor(
    inferenceId?: string,
    { scope = defaultScope, signal, caller }: InertTraceOptions = {},
  ) {
    this.#inferenceId = inferenceId;
    this.#step = new InertStep({ scope, reportFailure() {} });
    this.#signalOfClient = signal;
    this.#readCaller = caller;
  }

  get [REQUEST_TRACE](): true {
    return true;
  }

  get root(): Step<'user_call'> {
    return this.#step;
  }

  get current(): Step {
    return this.#step;
  }

  get inferenceId(): string {
    this.#inferenceId ??= randomUuid();
    return this.#inferenceId;
  }

  get signal(): AbortSignal {
    try {
      this.#signal ??= this.#signalOfClient?.();
    } catch {
      // A signal that never aborts takes its place.
    }
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }

  update(): void {}

  step<U extends StepType = 'user_call', R = unknown>(
    options: unknown,
    fn: (step: Step<U>) => R,
  ): R {
    return this.#step.step(options, fn);
  }

  startStep<U extends StepType = 'user_call'>(): Step<U> {
    return this.#step.startStep();
  }

  addStep(): void {}
  updateStep(): void {}

  run<R>(fn: () => R): R {
    return this.#step.run(fn);
  }

  bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
    const trace = this;
    return function bound(this: unknown, ...args: A): R {
      return trace.run(() => fn.apply(this, args));
    };
  }

  recordError(): void {}

  waitUntil<P extends PromiseLike<unknown>>(promise: P): P {
    // As a trace that records does: whether an unhandled rejection ends the process must not depend on the sampling rate.
    try {
      watchRejection(promise, () => {});
    } catch {
      // The promise is the app's.
    }
    return promise;
  }

  get traceId(): string {
    return this.#callerOnce()?.traceId ?? '';
  }

  /** The caller's headers, unchanged: this trace has no place between the caller and the called service. */
  headers(): Record<string, string> {
    try {
      const caller = this.#callerOnce();
      if (caller === undefined || ambientContext()?.injectsHeaders) return {};
      const { traceparent, tracestate } = caller;
      return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
    } catch {
      return {};
    }
  }

  /** The caller, read at the first call. */
  #callerOnce(): Caller | undefined {
    const read = this.#readCaller;
    this.#readCaller = undefined;
    try {
      if (read !== undefined) this.#caller = read();
    } catch {
      // Without a caller there are no headers to send.
    }
    return this.#caller;
  }

  toJSON(): { readonly inferenceId: string } {
    return { inferenceId: this.inferenceId };
  }

  end(): void {}
  [Symbol.dispose](): void {}
}
