/** What stands in where nothing is recorded: functions run, updates do nothing. */

import type { StepType } from '../wire.js';
import { randomUuid } from './random-id.js';
import type { RequestTrace, StartedTrace, Step, Usage } from './types.js';

/** What is known of the usage where no step told of any. */
export const NOTHING_USED: Usage = {
  promptTokens: undefined,
  completionTokens: undefined,
  tokens: undefined,
  cost: undefined,
  estimatedCost: undefined,
  unpricedCalls: 0,
};

const step: Step = {
  id: '',
  name: '',
  type: 'user_call',
  update() {},
  step: (_options, fn) => fn(inertStep()),
  startStep: () => inertStep(),
  addStep() {},
  run: (fn) => fn(),
  end() {},
  [Symbol.dispose]() {},
};

/** The one step that records nothing. */
export function inertStep<T extends StepType>(): Step<T> {
  // Nobody can tell: it holds no field of any type, and its methods ignore what they are given.
  return step as Step<T>;
}

/** Whether the step records nothing, whichever of several installed copies of this package made it. */
export function isInert(candidate: Step): boolean {
  return !('trace' in candidate);
}

/** Marks the traces of requests, whichever of several installed copies of this package made them. */
export const REQUEST_TRACE: unique symbol = Symbol.for('openlayer-tracing.request-trace.v1');

export function isRequestTrace(value: unknown): value is RequestTrace {
  return typeof value === 'object' && value !== null && REQUEST_TRACE in value;
}

/** A trace that records nothing, for a request that is skipped, sampled out or not published. */
export class InertTrace implements RequestTrace, StartedTrace {
  readonly root: Step<'user_call'> = inertStep();
  readonly current: Step = step;
  readonly usage: Usage = NOTHING_USED;
  #inferenceId: string | undefined;
  #signal: AbortSignal | undefined;

  constructor(inferenceId?: string, signal?: AbortSignal) {
    this.#inferenceId = inferenceId;
    this.#signal = signal;
  }

  get [REQUEST_TRACE](): true {
    return true;
  }

  get inferenceId(): string {
    this.#inferenceId ??= randomUuid();
    return this.#inferenceId;
  }

  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }

  update(): void {}

  step<U extends StepType = 'user_call', R = unknown>(
    _options: unknown,
    fn: (step: Step<U>) => R,
  ): R {
    return fn(inertStep());
  }

  startStep<U extends StepType = 'user_call'>(): Step<U> {
    return inertStep();
  }

  addStep(): void {}
  updateStep(): void {}

  run<R>(fn: () => R): R {
    return fn();
  }

  bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
    return fn;
  }

  recordError(): void {}

  waitUntil<P extends PromiseLike<unknown>>(promise: P): P {
    return promise;
  }

  headers(): Record<string, string> {
    return {};
  }

  end(): void {}
  [Symbol.dispose](): void {}
}
