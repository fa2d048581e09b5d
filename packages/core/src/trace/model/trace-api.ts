/** The handles that users hold: a step, a trace, and the trace of an HTTP request. */

import type { StepType } from '../../wire.js';
import type { FinishedStep, StepOptions, StepUpdate } from './step-types.js';

/**
 * A node of a trace. Its methods never throw; after its trace has ended they record nothing and report the diagnostic
 * `too_late`.
 */
export interface Step<T extends StepType = StepType> extends Disposable {
  /** A UUID; '' for the inert step. */
  readonly id: string;
  /** At most 256 characters. */
  readonly name: string;
  /** The type that the step is sent with. */
  readonly type: T;
  /** Merges values into the step: metadata key by key, the others replace earlier ones. */
  update(update: StepUpdate<T>): void;
  /**
   * Runs `fn` as a child step and returns its result. The step ends when the result is complete: a promise has settled, or
   * an iterator or stream has ended. An error is recorded and rethrown unchanged.
   */
  step<U extends StepType = 'user_call', R = unknown>(
    options: string | StepOptions<U>,
    fn: (step: Step<U>) => R,
  ): R;
  /** Starts a child step that the caller ends, by `end()` or `using`. */
  startStep<U extends StepType = 'user_call'>(options: string | StepOptions<U>): Step<U>;
  /** Adds a finished child step. */
  addStep<U extends StepType = 'user_call'>(options: FinishedStep<U>): void;
  /** Runs `fn` with this step as the current one. Does not end the step. */
  run<R>(fn: () => R): R;
  /** Ends the step. A second call has no effect. */
  end(): void;
  /** What `JSON.stringify` shows of it. */
  toJSON(): { readonly id: string; readonly name: string; readonly type: T };
}

/**
 * Values to merge into a trace: metadata key by key, the others replace earlier ones. Undefined leaves a value unchanged. A
 * value of the wrong type is reported as `bad_input`, a key that does not exist as `unknown_option`.
 */
export interface TraceUpdate {
  /**
   * The id of the trace's row, by which feedback finds it. 1 to 128 characters of `[A-Za-z0-9._:=@+/-]`, the first a letter or
   * digit. Set it before the first byte of the response: the header is not changed after that.
   */
  readonly inferenceId?: string | undefined;
  /** Name of the trace and its root step. Cut to 256 characters. */
  readonly name?: string | undefined;
  /** The column `user_id`. Cut to 256 characters. */
  readonly userId?: string | number | undefined;
  /** The column `session_id`. Cut to 256 characters. */
  readonly sessionId?: string | number | undefined;
  /** Replaces `metadata.tags`. Cut to `limits.maxValueChars`. */
  readonly tags?: readonly string[] | undefined;
  /** At most 128 keys in all. Strings, numbers and booleans become columns of the row too, so that the platform can filter by them. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Its properties, at most 64, become the row's input columns. */
  readonly input?: Readonly<Record<string, unknown>> | undefined;
  /** The output of the trace, in place of the response's body. Cut to `limits.maxValueChars`. */
  readonly output?: unknown;
  /** The output that would have been right. Cut to `limits.maxValueChars`. */
  readonly groundTruth?: unknown;
  /** An error that the app handled itself. The error is not changed. `null` means none. */
  readonly error?: unknown;
  /** The passages that the model's answer was generated from, for RAG metrics. At most 1000. */
  readonly context?: readonly string[] | undefined;
  /** The question that was asked, for RAG metrics. Cut to `limits.maxValueChars`. */
  readonly question?: string | undefined;
}

/** Tokens and cost of a trace's model calls so far. Undefined means that no step has the value. */
export interface Usage {
  /** Input tokens of all steps. */
  readonly promptTokens: number | undefined;
  /** Output tokens of all steps. */
  readonly completionTokens: number | undefined;
  /** All tokens of all steps. */
  readonly tokens: number | undefined;
  /** Sum of the `cost` of steps, set by the app or stated by the provider, in US dollars. */
  readonly cost: number | undefined;
  /** Cost in US dollars: the `cost` of steps that have one, and prices by the option `pricing` for others. Undefined without any price. */
  readonly estimatedCost: number | undefined;
  /**
   * Number of ended calls whose cost is not in `estimatedCost`: model calls, and other calls, such as reranking, whose
   * integration recorded what is billed.
   */
  readonly unpricedCalls: number;
  /**
   * The reasons why these calls have no price, with the number of calls: `{ 'service_tier:flex': 2, model: 1 }`. A call may
   * have several reasons:
   *
   * - `pricing`: the tracer has no option `pricing`; `not_loaded`: the price list is still being loaded
   * - `usage`: neither tokens nor other billed units are known
   * - `provider`, `model`: unknown, or without a price
   * - `counts`: the counts contradict each other
   * - `tokens:audio_input` and so on: tokens of this kind have no price; `tokens:long_context`: inputs of this length, or of
   *   unknown lengths, have none
   * - `service_tier:flex`, `speed:fast`, `region:eu-west-1`, `batch`: this way of running the call has no price
   * - `tool:web_search`, `unit:search_units`: this tool, or this unit of the provider, has no price
   * - `seconds`, `pictures`, `characters`, `request`: billed, but without a price
   */
  readonly unpriced: Readonly<Record<string, number>>;
}

/** All that happened for one request, or for one call outside any request, as a tree of steps. Its methods never throw. */
export interface Trace {
  /** The id of the trace's row on the platform. */
  readonly inferenceId: string;
  /** The step that stands for the request or call itself. */
  readonly root: Step<'user_call'>;
  /** The step whose scope the running code is in; the root step outside any scope of this trace. */
  readonly current: Step;
  /** Tokens and cost so far. */
  readonly usage: Usage;
  /** Merges values into the trace. After its end, that is reported as `too_late`. */
  update(update: TraceUpdate): void;
  /**
   * Runs `fn` as a child of the current step and returns its result. The step ends when the result is complete: a promise
   * has settled, or an iterator or stream has ended. An error is recorded and rethrown unchanged.
   */
  step<U extends StepType = 'user_call', R = unknown>(
    options: string | StepOptions<U>,
    fn: (step: Step<U>) => R,
  ): R;
  /** Starts a child of the current step that the caller ends, by `end()` or `using`. */
  startStep<U extends StepType = 'user_call'>(options: string | StepOptions<U>): Step<U>;
  /** Adds a finished child of the current step. */
  addStep<U extends StepType = 'user_call'>(options: FinishedStep<U>): void;
  /** Merges values into the current step. */
  updateStep(update: StepUpdate): void;
  /** Runs `fn` in the scope of this trace, for code that lost it. */
  run<R>(fn: () => R): R;
  /** A function that runs `fn` in the scope of the step that is current now, such as for a job queue. */
  bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R;
  /**
   * Keeps the trace open until the promise settles, for work that outlives the response; for a request no longer than `maxAgeMs`.
   * Call it before the response ends. Without it, steps that run at that time are marked `unfinished`, and later ones are
   * not recorded and reported as `too_late`. A rejection is recorded in the trace and counts as handled.
   * @returns the promise itself
   */
  waitUntil<P extends PromiseLike<unknown>>(promise: P): P;
  /**
   * Records an error that the app or a framework handled itself as the error of the trace. It replaces an error that was
   * recorded before; a later call replaces it. Outcome and status of a request still follow from its response. Never throws.
   */
  recordError(error: unknown): void;
  /**
   * The id that this trace shares with the traces of other services, by W3C Trace Context: 32 hexadecimal digits. From the
   * header `traceparent` if it is valid and trusted, else generated. Reading it adds the column `trace_id` to the row. '' if the
   * trace has ended without that, and where nothing is recorded and no caller sent one.
   */
  readonly traceId: string;
  /**
   * Headers to send to a service of your own, so that its trace continues this one: `traceparent`, `tracestate` if the caller
   * sent one, and `x-request-id`. The called operation becomes a child of the current step. Do not send them to others. Where
   * nothing is recorded, the caller's own `traceparent` and `tracestate`, unchanged.
   */
  headers(): Record<string, string>;
  /** What `JSON.stringify` shows of it. */
  toJSON(): { readonly inferenceId: string };
}

/** The trace of an HTTP request. */
export interface RequestTrace extends Trace {
  /**
   * Aborts when the client leaves before it has received the whole response, and when the trace exceeds its `budget` with
   * `onExceeded: 'abort'`.
   */
  readonly signal: AbortSignal;
}

/** A trace that the caller ends. */
export interface StartedTrace extends Trace, Disposable {
  /**
   * Ends the trace and queues its row. While a promise given to `waitUntil()` is pending, it only ends the root step; the trace
   * ends when the promise settles. With an error other than `null`, the outcome is `error`. A second call has no effect.
   */
  end(error?: unknown): void;
}

/**
 * How a trace ended: `completed`; `aborted`, because the client left; `error`, because the response
 * failed or had a status of 500 or more, or the trace was ended with an error;
 * `abandoned`, because it was open for longer than `maxAgeMs`, or stuck while too many traces were open;
 * `interrupted`, because the process exited before its end.
 */
export type Outcome = 'completed' | 'aborted' | 'error' | 'abandoned' | 'interrupted';

/** What a `sample` function is given. */
export interface SettledTrace {
  /** The id of the trace's row on the platform. */
  readonly inferenceId: string;
  /** Name of the root step, such as `POST /chat`. */
  readonly name: string;
  /** How the trace ended. */
  readonly outcome: Outcome;
  /** Status of the HTTP response; undefined without one. */
  readonly statusCode: number | undefined;
  /** Milliseconds from the start of the trace to the end of its root step. */
  readonly latencyMs: number;
  /** Whether an error was recorded, or the outcome is `error`. */
  readonly hasError: boolean;
  /** Tokens and cost of its model calls. */
  readonly usage: Usage;
}
