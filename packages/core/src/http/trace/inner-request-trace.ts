/** A request that a handler makes within the process: one step of the trace of the request that the handler runs for. */

import { REQUEST_TRACE } from '../../trace/model/is-request-trace.js';
import { reportUnknownKeys, traceUpdateKeys } from '../../trace/model/known-keys.js';
import type { FinishedStep, StepOptions, StepUpdate } from '../../trace/model/step-types.js';
import type { RequestTrace, Step, TraceUpdate, Usage } from '../../trace/model/trace-api.js';
import { RecordedStep } from '../../trace/recorded-step.js';
import { isBelow, type ScopeStep } from '../../trace/scope/scope.js';
import type { StepType } from '../../wire.js';
import type { RecordedRequestTrace } from './recorded-request-trace.js';
import { httpText } from './request-facts.js';
import { pathAtStart, requestName } from './request-name.js';
import type { RequestReader } from './request-reader.js';

export interface InnerRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly reader: RequestReader;
}

/** For the step of a request within the process, its trace. Most processes have none. */
const tracesByStep = new WeakMap<object, InnerRequestTrace>();

/** The request within the process that the step belongs to; undefined if it belongs to the request of the trace alone. */
export function innerRequestOf(step: ScopeStep | undefined): InnerRequestTrace | undefined {
  for (let at = step; at !== undefined; at = at.parent) {
    const trace = tracesByStep.get(at);
    if (trace !== undefined) return trace;
  }
  return undefined;
}

/**
 * The trace that the handlers of a request within the process have: what they update is its step. The rest, such as the inference
 * ID, is of the trace that encloses it.
 */
export class InnerRequestTrace implements RequestTrace {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly reader: RequestReader;
  readonly #outer: RecordedRequestTrace;
  /** An inert one if the limits of the trace do not allow a further step. */
  readonly #step: Step<'user_call'>;
  readonly #nameAtStart: string;

  constructor(outer: RecordedRequestTrace, { method, path, reader }: InnerRequest) {
    this.method = method;
    this.path = path;
    this.reader = reader;
    this.#outer = outer;
    this.#step = outer.startStep(`${method} ${pathAtStart(path)}`);
    this.#nameAtStart = this.#step.name;
    if (this.#step instanceof RecordedStep) tracesByStep.set(this.#step, this);
  }

  get [REQUEST_TRACE](): true {
    return true;
  }

  get inferenceId(): string {
    return this.#outer.inferenceId;
  }

  get root(): Step<'user_call'> {
    return this.#step;
  }

  get current(): Step {
    const { current } = this.#outer;
    const isInert = !(this.#step instanceof RecordedStep);
    const isInside = isInert || current === this.#step || isBelow(current, this.#step);
    return isInside ? current : this.#step;
  }

  get usage(): Usage {
    return this.#outer.usage;
  }

  get signal(): AbortSignal {
    return this.#outer.signal;
  }

  get traceId(): string {
    return this.#outer.traceId;
  }

  headers(): Record<string, string> {
    return this.run(() => this.#outer.headers());
  }

  /** Updates the step. What a step does not have, such as the user, becomes metadata of it. */
  update(update: TraceUpdate): void {
    try {
      if (typeof update !== 'object' || update === null) {
        this.#outer.values.reportBadInput('update takes an object');
        return;
      }
      reportUnknownKeys(update, traceUpdateKeys, this.#outer.diagnostics);
      const { name, input, output, groundTruth, error, metadata } = update;
      const { inferenceId, userId, sessionId, tags, context, question } = update;
      const others = { inferenceId, userId, sessionId, tags, context, question };
      const own = Object.entries(others).filter(([, value]) => value !== undefined);
      this.#step.update({ name, inputs: input, output, groundTruth, error, metadata });
      if (own.length > 0) this.#step.update({ metadata: Object.fromEntries(own) });
    } catch (error) {
      this.reportFailure('update', error);
    }
  }

  step<U extends StepType = 'user_call', R = unknown>(
    options: string | StepOptions<U>,
    fn: (step: Step<U>) => R,
  ): R {
    return this.current.step(options, fn);
  }

  startStep<U extends StepType = 'user_call'>(options: string | StepOptions<U>): Step<U> {
    return this.current.startStep(options);
  }

  addStep<U extends StepType = 'user_call'>(options: FinishedStep<U>): void {
    this.current.addStep(options);
  }

  updateStep(update: StepUpdate): void {
    this.current.update(update);
  }

  run<R>(fn: () => R): R {
    return this.current.run(fn);
  }

  bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
    const step = this.current;
    return function bound(this: unknown, ...args: A): R {
      return step.run(() => fn.apply(this, args));
    };
  }

  waitUntil<P extends PromiseLike<unknown>>(promise: P): P {
    try {
      // A rejection is an error of this request, and not of the one that the trace waits for.
      const work = Promise.resolve(promise).then(undefined, (error: unknown) =>
        this.recordFirstError(error),
      );
      this.#outer.waitUntil(work);
    } catch (error) {
      this.reportFailure('waitUntil', error);
    }
    return promise;
  }

  recordError(error: unknown): void {
    try {
      if (!this.#outer.isOpen) this.#outer.reportTooLate('recordError()');
      else if (this.#step instanceof RecordedStep) this.#step.setError(error);
    } catch (failure) {
      this.reportFailure('error', failure);
    }
  }

  /** Records an error that the app did not report itself, unless an error was recorded before. Ignored after the end. */
  recordFirstError(error: unknown): void {
    const step = this.#step;
    if (!this.#outer.isOpen) return;
    if (step instanceof RecordedStep && step.error === undefined) this.recordError(error);
  }

  /** Ends the step, once the app has returned its response. Never throws. @param status undefined without a response */
  responded(status: number | undefined): void {
    try {
      const step = this.#step;
      if (step instanceof RecordedStep && step.isLive) this.#recordNameAndHttp(step, status);
      step.end();
    } catch (error) {
      this.reportFailure('response', error);
    }
  }

  #recordNameAndHttp(step: RecordedStep, status: number | undefined): void {
    const { method } = this;
    const nameAtStart = this.#nameAtStart;
    const facts = this.reader.readFacts(this.#outer, this.path, { step, nameAtStart });
    if (step.name === nameAtStart) step.setName(requestName(method, facts));
    const outcome = status === undefined || status >= 500 ? 'error' : 'completed';
    const path = this.#outer.values.snapshot(facts.path, 'path');
    step.setMetadata('http', `{${httpText(method, facts, path, status)},"outcome":"${outcome}"}`);
  }

  reportFailure(what: string, error: unknown): void {
    this.#outer.reportFailure(what, error);
  }

  toJSON(): { readonly inferenceId: string } {
    return this.#outer.toJSON();
  }
}
