/** The handles that users hold: a step, a trace, and the trace of an HTTP request. */

import type { StepType } from '../wire.js';
import type { FinishedStep, StepOptions, StepUpdate } from './step-types.js';

/**
 * A node of a trace. Its methods never throw; once its trace is published they record nothing and report a diagnostic,
 * `too_late`.
 */
export interface Step<T extends StepType = StepType> extends Disposable {
  readonly id: string;
  readonly name: string;
  readonly type: T;
  /** Merges facts into the step: metadata key by key, the rest replaces what was there. */
  update(update: StepUpdate<T>): void;
  /** Runs `fn` as a step below this one and returns what it returns. */
  step<U extends StepType = 'user_call', R = unknown>(
    options: string | StepOptions<U>,
    fn: (step: Step<U>) => R,
  ): R;
  /** Starts a step below this one, which the caller ends. */
  startStep<U extends StepType = 'user_call'>(options: string | StepOptions<U>): Step<U>;
  /** Adds a finished step below this one. */
  addStep<U extends StepType = 'user_call'>(options: FinishedStep<U>): void;
  /** Runs `fn` with this step as the current one, and leaves it open. */
  run<R>(fn: () => R): R;
  /** Ends the step; the second call has no effect. */
  end(): void;
}

/** Facts to merge into a trace: metadata key by key, the rest replaces what was there. */
export interface TraceUpdate {
  /** The id of the trace's row, to add feedback to later. At most 128 characters of `[A-Za-z0-9._:=@+/-]`. */
  readonly inferenceId?: string | undefined;
  readonly name?: string | undefined;
  readonly userId?: string | number | undefined;
  readonly sessionId?: string | number | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Scalar values become columns of the row too, so that the platform can filter by them. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** An object: its keys become the row's input columns. */
  readonly input?: Readonly<Record<string, unknown>> | undefined;
  readonly output?: unknown;
  readonly groundTruth?: unknown;
  /** What went wrong, where the app has answered an error itself. It stays as it is. */
  readonly error?: unknown;
  /** The passages that the answer was made from, for RAG metrics. */
  readonly context?: readonly string[] | undefined;
  /** The question that was asked, for RAG metrics. */
  readonly question?: string | undefined;
}

/** Tokens and cost of the LLM steps so far. Undefined where no step told. */
export interface Usage {
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly tokens: number | undefined;
  /** US dollars, as far as steps were given their cost. */
  readonly cost: number | undefined;
  /** US dollars, our own estimate by the option `pricing`, or what steps were given. Undefined where no price is known. */
  readonly estimatedCost: number | undefined;
  /** Calls of models that ended, and whose cost is in no estimate. */
  readonly unpricedCalls: number;
}

/** All that happened for one request or one annotated call, as a tree of steps. */
export interface Trace {
  readonly inferenceId: string;
  readonly root: Step<'user_call'>;
  /** The step that the running code belongs to; the root step where that is not known. */
  readonly current: Step;
  readonly usage: Usage;
  update(update: TraceUpdate): void;
  /** Runs `fn` as a step below the current one and returns what it returns. */
  step<U extends StepType = 'user_call', R = unknown>(
    options: string | StepOptions<U>,
    fn: (step: Step<U>) => R,
  ): R;
  /** Starts a step below the current one, which the caller ends. */
  startStep<U extends StepType = 'user_call'>(options: string | StepOptions<U>): Step<U>;
  /** Adds a finished step below the current one. */
  addStep<U extends StepType = 'user_call'>(options: FinishedStep<U>): void;
  /** Merges facts into the current step. */
  updateStep(update: StepUpdate): void;
  /** Runs `fn` in this trace's scope, for code that lost it. */
  run<R>(fn: () => R): R;
  /** The same function, always run in the scope that is current now. */
  bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R;
  /**
   * Keeps the trace open until the promise settles, for work that outlives the response; until `maxAgeMs` at the latest.
   * Call it before the response ends: what runs when the trace is published is marked `unfinished`, and what comes
   * later is not recorded, with a diagnostic `too_late`. A rejection is recorded in the trace, and counts as handled.
   * @returns the promise
   */
  waitUntil<P extends PromiseLike<unknown>>(promise: P): P;
  /**
   * Records an error that the app, or a framework, caught and answered by itself, as the error of the trace. It replaces
   * what was recorded before, also an error that was seen without this call; a later call replaces it in turn. The
   * outcome of a request and its status stay what its response says. Never throws.
   */
  recordError(error: unknown): void;
  /** Headers that tell a downstream service which request this is. */
  headers(): Record<string, string>;
}

/** The trace of an HTTP request. */
export interface RequestTrace extends Trace {
  /** Aborts when the client leaves before it has the whole answer, and where a budget says so. */
  readonly signal: AbortSignal;
}

/** A trace that the caller ends. */
export interface StartedTrace extends Trace, Disposable {
  /** Ends the trace, with an error where one is given, and publishes it. */
  end(error?: unknown): void;
}

/** How a trace ended. */
export type Outcome = 'completed' | 'aborted' | 'error' | 'abandoned' | 'interrupted';

/** What a sampling function decides on. */
export interface SettledTrace {
  readonly inferenceId: string;
  readonly name: string;
  readonly outcome: Outcome;
  /** Of the HTTP answer, where there is one. */
  readonly statusCode: number | undefined;
  /** Milliseconds from the start to the end of its root. */
  readonly latencyMs: number;
  readonly hasError: boolean;
  readonly usage: Usage;
}
