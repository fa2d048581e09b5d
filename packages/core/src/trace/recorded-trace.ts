/** Traces while they are recorded. */

import type { Diagnostics } from '../diagnostics/diagnostics.js';
import { optionThrewMessage } from '../diagnostics/option-failure.js';
import { elapsedSince, monotonicMs, wallClockMs } from '../platform/clock.js';
import type { JsonMembers } from '../values/json/json-members.js';
import { quote } from '../values/json/json-text.js';
import { watchRejection } from '../values/reading/thenable.js';
import type { Redactor } from '../values/redaction/redactor.js';
import type { Snapshotter } from '../values/snapshot/snapshotter.js';
import type { StepType } from '../wire.js';
import { AppColumns } from './content/app-columns.js';
import { stepName } from './content/step-name.js';
import { TraceRoom, TraceValues } from './content/trace-values.js';
import { type Deferred, DeferredValues } from './deferred-values.js';
import { type IdSpace, INFERENCE_ID_FORM, isInferenceId } from './ids/inference-id.js';
import { TraceIds } from './ids/trace-context.js';
import type { EndedTrace } from './model/ended-trace.js';
import { reportUnknownKeys, traceUpdateKeys } from './model/known-keys.js';
import type { FinishedStep, StepOptions, StepUpdate } from './model/step-types.js';
import type {
  Outcome,
  SettledTrace,
  StartedTrace,
  Step,
  TraceUpdate,
  Usage,
} from './model/trace-api.js';
import type { TraceLimits } from './model/trace-limits.js';
import { type OpenCall, OpenCalls } from './open-calls.js';
import { PendingOptions } from './pending-options.js';
import { RecordedStep, type StepOwner } from './recorded-step.js';
import { callSample } from './sampling.js';
import { ambientContext } from './scope/ambient-context.js';
import { innermost, runOnceInScope, type ScopeStep, type StepScope } from './scope/scope.js';
import type { CostTracker } from './usage/cost-tracker.js';
import { NOTHING_USED, usageOf } from './usage/usage.js';

/** A trace with more characters of deferred values is finalized alone: recording them takes about a tenth of a millisecond. */
export const MAX_GROUPED_CHARS = 16_384;

/** The part of a tracer that its traces use. */
export interface Recorder {
  readonly scope: StepScope;
  readonly snapshotter: Snapshotter;
  readonly redactor: Redactor;
  readonly limits: TraceLimits;
  readonly diagnostics: Diagnostics;
  /** Within which the ids of traces must be distinct. */
  readonly idSpace: IdSpace;
  /** Undefined unless the app uses `pricing`, `onUsage` or `budget`. */
  readonly costs: CostTracker | undefined;
  /** Whether another trace may be opened. If not, the trace is counted as dropped and reported. Call it before each new trace. */
  admit(): boolean;
  /** Registers a trace that was just created. */
  addOpen(trace: RecordedTrace): void;
  /** Writes the row of a trace to disk before the last bytes of its response are sent; undefined unless a spool does so. */
  readonly writeAhead?: ((trace: RecordedTrace) => void) | undefined;
  /** Ends the trace at the end of this turn of the event loop; at once on runtimes without turns, and where the exit must not wait. */
  endSoon(trace: RecordedTrace): void;
  /** Takes a trace that has ended, to publish it. */
  takeEnded(trace: RecordedTrace): void;
}

/** What is known of a trace before its end. */
export interface TraceSoFar {
  /** Before the route is known, without parts of the path that may be secrets. */
  readonly name: string;
  /** The known members of `metadata.http`, as JSON text; undefined for a trace that is not of a request. */
  readonly http: string | undefined;
}

/** What is known of a trace when it begins. */
export interface TraceStart {
  readonly inferenceId: string;
  /** The inference ID, if it was generated and the trace id by W3C Trace Context is to have its digits. */
  readonly generatedId?: string | undefined;
  /** By W3C Trace Context; undefined if no caller is named. */
  readonly traceIds?: TraceIds | undefined;
  /** Age in milliseconds at which the trace is abandoned; without it, none. */
  readonly maxAgeMs?: number | undefined;
  /**
   * How long the trace may make no progress before it is abandoned, in milliseconds; without it, for ever. The time in which a call
   * waits for its provider does not count.
   */
  readonly maxIdleMs?: number | undefined;
  /** Decides whether the settled trace is published. */
  readonly sample?: ((trace: SettledTrace) => boolean) | undefined;
}

/** A trace while it is recorded. */
export class RecordedTrace implements StartedTrace, EndedTrace, StepOwner {
  readonly root: RecordedStep<'user_call'>;
  readonly recorder: Recorder;
  readonly scope: StepScope;
  readonly values: TraceValues;
  #stepValues: TraceValues | undefined = undefined;
  readonly columns = new AppColumns(this);
  /** Epoch milliseconds. */
  readonly startedAt = wallClockMs();
  readonly #startedMono = monotonicMs();
  /** Milliseconds after the start; negative before the end. */
  #endMs = -1;
  readonly maxIdleMs: number;
  #inferenceId: string;
  readonly #generatedId: string | undefined;
  /** Undefined until `ensureIds` makes them, since most traces are not joined to others. */
  #ids: TraceIds | undefined;
  #outcome: Outcome = 'completed';
  #isSettled = false;
  #isOpen = true;
  #isReleased = false;
  /** Whether the trace was ended because it was open for too long or got stuck. Its response may have ended normally. */
  #isAbandoned = false;
  /** Number of promises given to `waitUntil` that have not settled. */
  #pendingWork = 0;
  #maxAgeMs: number;
  #sample: ((trace: SettledTrace) => boolean) | undefined;
  // Most traces have none of these.
  #deferred: DeferredValues | undefined = undefined;
  #calls: OpenCalls | undefined = undefined;
  #pendingOptions: PendingOptions | undefined = undefined;
  #revision = 0;
  #steps = 0;
  #unrecordedSteps = 0;

  /** @param type type of the root step: `user_call` for a request, its own type for a call outside any request */
  constructor(recorder: Recorder, name: string, start: TraceStart, type: StepType = 'user_call') {
    this.recorder = recorder;
    this.scope = recorder.scope;
    this.values = new TraceValues(this, new TraceRoom(recorder.limits.maxTraceChars));
    this.#inferenceId = start.inferenceId;
    this.#generatedId = start.generatedId;
    this.#maxAgeMs = start.maxAgeMs ?? Number.POSITIVE_INFINITY;
    this.maxIdleMs = start.maxIdleMs ?? Number.POSITIVE_INFINITY;
    this.#sample = start.sample;
    // Declared as the root step of a request. The root of a single call is used only as a `Step`, which has its real type.
    this.root = new RecordedStep(this, type as 'user_call', stepName(name, ''), 0, 0);
    // Within another library's operation, the trace has the ids of that.
    const ambient = ambientContext();
    const caller = ambient?.caller;
    this.#ids = caller === undefined ? start.traceIds : TraceIds.continuing(caller);
    ambient?.traceBegan(this.root);
  }

  get stepValues(): TraceValues {
    this.#stepValues ??= this.values.ofSteps();
    return this.#stepValues;
  }

  get inferenceId(): string {
    return this.#inferenceId;
  }

  /** The name and `metadata.http`, as far as they are known. */
  soFar(): TraceSoFar {
    return { name: this.root.name, http: undefined };
  }

  /** The JSON text of the output so far that is recorded at the end; undefined if it is not known. */
  outputSoFar(): string | undefined {
    return undefined;
  }

  /** Increases with each change of the trace, and with its output so far. */
  get soFarRevision(): number {
    return this.revision;
  }

  /** The inputs as far as they are known. */
  inputsSoFar(): JsonMembers | undefined {
    return this.columns.inputs;
  }

  get current(): Step {
    return this.#currentStep();
  }

  get outcome(): Outcome {
    return this.#outcome;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  get diagnostics(): Diagnostics {
    return this.recorder.diagnostics;
  }

  /** Whether steps and updates are still recorded. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The status of the HTTP response; undefined without one. */
  get statusCode(): number | undefined {
    return undefined;
  }

  get unrecordedSteps(): number {
    return this.#unrecordedSteps;
  }

  /** Increases with each change of the trace. */
  get revision(): number {
    return this.#revision;
  }

  /** Call it when something of the trace changes: a row that was written before is out of date. */
  markChanged(): void {
    this.#revision++;
  }

  /** Whether the running code is not in a scope of this trace. Never throws. */
  get isLost(): boolean {
    try {
      return this.scope.get()?.trace !== this;
    } catch (error) {
      this.reportFailure('scope', error);
      return false;
    }
  }

  get usage(): Usage {
    try {
      this.recordDeferred();
      return usageOf(this.root, this.startedAt, this.recorder.costs?.pricing);
    } catch (error) {
      this.reportFailure('usage', error);
      return NOTHING_USED;
    }
  }

  elapsedMs(): number {
    return elapsedSince(this.#startedMono);
  }

  get endMs(): number {
    return this.#endMs < 0 ? this.elapsedMs() : this.#endMs;
  }

  update(update: TraceUpdate): void {
    try {
      if (!this.isOpen) {
        this.reportTooLate('an update of the trace');
      } else if (typeof update !== 'object' || update === null) {
        this.values.reportBadInput('update takes an object');
      } else {
        reportUnknownKeys(update, traceUpdateKeys, this.recorder.diagnostics);
        this.#apply(update);
      }
    } catch (error) {
      this.reportFailure('update', error);
    }
  }

  #apply(update: TraceUpdate): void {
    const { inferenceId, userId, sessionId, tags, context, question, input, ...rest } = update;
    const { root, values, columns } = this;
    if (inferenceId !== undefined) {
      if (isInferenceId(inferenceId)) this.rename(inferenceId);
      else values.reportBadInput(INFERENCE_ID_FORM);
    }
    if (userId !== undefined) columns.setUser(userId);
    if (sessionId !== undefined) columns.setSession(sessionId);
    if (tags !== undefined) root.setMetadata('tags', values.snapshot(tags, 'tags'));
    if (context !== undefined) columns.setContext(context);
    if (question !== undefined) columns.setQuestion(question);
    if (input !== undefined) columns.setInput(input);
    root.apply(rest);
  }

  /** Changes the inference ID. */
  rename(inferenceId: string): void {
    this.markChanged();
    this.#inferenceId = inferenceId;
  }

  /**
   * Records values later, off the path of the app: when the row is made, or before something reads or changes their step. Until
   * then they must not change.
   * @param chars characters of the values, approximately: when the trace has no room for more, they are recorded at once
   */
  defer(deferred: Deferred, chars: number): void {
    this.markChanged();
    this.#deferred ??= new DeferredValues();
    this.#deferred.add(deferred, chars);
    if (this.#deferred.chars > this.stepValues.room) this.recordDeferred();
  }

  /** Records what was deferred. Never throws. */
  recordDeferred(): void {
    this.#deferred?.record((error) => this.reportFailure('deferred values', error));
  }

  /** Sets the age in milliseconds at which the trace is abandoned. */
  setMaxAge(ms: number): void {
    this.#maxAgeMs = ms;
  }

  /** Whether one of its calls waits for its provider. */
  get isWaiting(): boolean {
    return this.#calls?.isWaiting === true;
  }

  /** Increases with each change of the trace, and with what its open calls receive. */
  get progress(): number {
    return this.revision + (this.#calls?.received ?? 0);
  }

  /** The trace will not be published; it counts as sampled out. */
  sampleOut(): void {
    this.#sample = never;
  }

  step<U extends StepType = 'user_call', R = unknown>(
    options: string | StepOptions<U>,
    fn: (step: Step<U>) => R,
  ): R {
    return this.#currentStep().step(options, fn);
  }

  startStep<U extends StepType = 'user_call'>(options: string | StepOptions<U>): Step<U> {
    return this.#currentStep().startStep(options);
  }

  addStep<U extends StepType = 'user_call'>(options: FinishedStep<U>): void {
    this.#currentStep().addStep(options);
  }

  updateStep(update: StepUpdate): void {
    this.#currentStep().update(update);
  }

  run<R>(fn: () => R): R {
    return this.runInScope(this.#currentStep(), fn);
  }

  bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
    const step = this.#currentStep();
    return function bound(this: unknown, ...args: A): R {
      return step.trace.runInScope(step, () => fn.apply(this, args));
    };
  }

  /**
   * Runs `fn()` in the scope of the step. It is called exactly once, also if the scope manager fails.
   * @param step of this trace or of another one with the same scope manager; undefined for no scope
   */
  runInScope<R>(step: ScopeStep | undefined, fn: () => R): R {
    return runOnceInScope(this, step, fn);
  }

  #currentStep(): RecordedStep {
    const root = this.root;
    try {
      const step = this.scope.get();
      return innermost(step?.trace === this ? step : root) as RecordedStep;
    } catch (error) {
      this.reportFailure('scope', error);
    }
    return root;
  }

  /** Counts a step at this depth. @returns whether the limits allow to record it */
  countStep(depth: number): boolean {
    this.markChanged();
    const { limits } = this.recorder;
    if (this.#steps < limits.maxSteps && depth <= limits.maxDepth) {
      this.#steps++;
      return true;
    }
    this.#unrecordedSteps++;
    return false;
  }

  waitUntil<P extends PromiseLike<unknown>>(promise: P): P {
    try {
      if (!this.isOpen) {
        this.reportTooLate('waitUntil()');
        watchRejection(promise, () => {});
        return promise;
      }
      this.#pendingWork++;
      // A thenable may throw, or call back twice; a promise made of it does neither.
      Promise.resolve(promise).then(
        () => this.#workSettled(),
        (error: unknown) => {
          if (this.isOpen) this.recordFirstError(error);
          else this.reportTooLate('the rejection of a promise given to waitUntil()');
          this.#workSettled();
        },
      );
    } catch (error) {
      this.reportFailure('waitUntil', error);
    }
    return promise;
  }

  #workSettled(): void {
    this.#pendingWork--;
    if (this.#pendingWork === 0 && this.isSettled && this.isOpen) this.#endWithSteps();
  }

  /**
   * The ids by W3C Trace Context. The first call makes them and adds them to the row; undefined if the trace has ended without
   * that.
   */
  ensureIds(): TraceIds | undefined {
    if (this.#ids === undefined && this.#isOpen) {
      this.#ids = TraceIds.new(this.#generatedId);
      // A row that was written ahead does not have them.
      this.markChanged();
    }
    return this.#ids;
  }

  get sharedTraceId(): string | undefined {
    return this.#ids?.traceId;
  }

  get sharedIdsText(): string | undefined {
    return this.#ids?.metadataText(this.root.id);
  }

  get traceId(): string {
    try {
      return this.ensureIds()?.traceId ?? '';
    } catch (error) {
      this.reportFailure('trace context', error);
      return '';
    }
  }

  headers(): Record<string, string> {
    const requestId = this.inferenceId;
    try {
      const ids = this.ensureIds();
      if (ids === undefined) this.reportTooLate('headers()');
      else if (!ambientContext()?.injectsHeaders) {
        return ids.headersFor(this.#currentStep().id, requestId);
      }
    } catch (error) {
      this.reportFailure('trace context', error);
    }
    return { 'x-request-id': requestId };
  }

  toJSON(): { readonly inferenceId: string } {
    return { inferenceId: this.inferenceId };
  }

  recordError(error: unknown): void {
    try {
      if (this.isOpen) this.root.setError(error);
      else this.reportTooLate('recordError()');
    } catch (failure) {
      this.reportFailure('error', failure);
    }
  }

  /** Records an error that the app did not report itself, unless an error was recorded before. */
  recordFirstError(error: unknown): void {
    if (!this.isOpen) this.reportLateError(error);
    else if (this.root.error === undefined) this.recordError(error);
  }

  /** Reports as `too_late` an error that the app did not report itself. */
  reportLateError(error: unknown): void {
    const what = 'an error that the app threw or passed on';
    this.#reportLate('too_late', what, 'the promise of the work that failed', error);
  }

  /**
   * Makes the row wait for the promise that the function given as `option` returned. Never throws.
   * @param record called with the value, to record it
   */
  awaitOption(
    option: string,
    promise: PromiseLike<unknown>,
    record: (value: unknown) => void,
  ): void {
    this.#pendingOptions ??= new PendingOptions(this.diagnostics);
    this.#pendingOptions.add(option, promise, (value) => {
      if (this.#isReleased) return;
      this.markChanged();
      record(value);
    });
  }

  /** Whether the row waits for promises of functions among the options. */
  get isAwaitingOptions(): boolean {
    return (this.#pendingOptions?.size ?? 0) > 0;
  }

  /** Resolves when all current promises of functions among the options have settled. */
  async whenOptionsSettle(): Promise<void> {
    await this.#pendingOptions?.whenAllSettled();
  }

  /** Adds a client's call, which is notified of the trace's end until `removeCall`. */
  addCall(call: OpenCall): void {
    this.#calls ??= new OpenCalls();
    this.#calls.add(call);
  }

  removeCall(call: OpenCall): void {
    this.#calls?.remove(call);
  }

  /** Whether the step is the one of a client's call that has not ended. */
  isCall(step: object): boolean {
    return this.#calls?.has(step) === true;
  }

  /** Aborts the `signal`, of a trace that has one. */
  abort(_reason: Error): void {}

  /** Called when the root step ended. The trace of a single call ends then. */
  rootEnded(): void {}

  /** Called when a step with a price ended. */
  pricedStepEnded(): void {
    this.recorder.costs?.callEnded(this);
  }

  end(error?: unknown): void {
    const isError = error !== undefined && error !== null;
    this.settle(isError ? 'error' : 'completed', isError ? error : undefined);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  /** Settles the trace, once. It ends when no promise given to `waitUntil` is pending. Never throws. */
  settle(outcome: Outcome, error?: unknown): void {
    try {
      if (this.isSettled) return;
      this.#isSettled = true;
      this.#outcome = outcome;
      if (error !== undefined) this.recordFirstError(error);
      this.root.end();
      this.#calls?.traceSettled();
      if (this.#pendingWork > 0 || !this.isOpen) return;
      // The signal has just aborted.
      if (outcome === 'aborted') this.#endWithSteps();
      else this.#end();
    } catch (failure) {
      this.reportFailure('settle', failure);
    }
  }

  /** Ends the settled trace when the steps that end with what just happened have ended: they need a few microtasks for that. */
  #endWithSteps(): void {
    try {
      if (hasRunningStep(this.root as RecordedStep)) {
        this.recorder.endSoon(this);
        return;
      }
    } catch (error) {
      this.reportFailure('end', error);
    }
    this.#end();
  }

  /** Ends the settled trace unless it has ended, or work has begun for which it waits. */
  endUnlessWaiting(): void {
    if (this.#pendingWork === 0 && this.isOpen) this.#end();
  }

  /** Sets the outcome before the trace settles. */
  protected setOutcome(outcome: Outcome): void {
    this.#outcome = outcome;
  }

  /** Whether the trace is abandoned at some age. */
  get hasMaxAge(): boolean {
    return this.#maxAgeMs !== Number.POSITIVE_INFINITY;
  }

  /** Whether the trace is older than its maximal age. */
  get isTooOld(): boolean {
    return this.elapsedMs() > this.#maxAgeMs;
  }

  /** Ends a trace that is too old or stuck, or cannot be followed, without waiting for pending promises. */
  abandon(): void {
    this.#isAbandoned = this.isOpen && (this.isTooOld || !this.hasMaxAge);
    this.settleEarly('abandoned');
    if (this.isOpen) this.#end();
  }

  /** Ends the trace at the exit of the process, with what was recorded so far. */
  interrupt(): void {
    this.settleEarly('interrupted');
    if (this.isOpen) this.#end();
  }

  /** Settles the trace before what it records has ended. */
  protected settleEarly(outcome: Outcome): void {
    this.settle(outcome);
  }

  #end(): void {
    try {
      this.#calls?.traceEnding();
    } catch (error) {
      this.reportFailure('end', error);
    }
    this.#isOpen = false;
    this.#endMs = this.elapsedMs();
    try {
      this.recorder.takeEnded(this);
    } catch (error) {
      this.reportFailure('end', error);
    }
  }

  /**
   * Whether the ended trace is finalized alone: functions of the app are called for that, or it takes so long that the others of its
   * group would wait.
   */
  get isFinalizedAlone(): boolean {
    if (this.#sample !== undefined || this.recorder.redactor.replacesTexts) return true;
    return (this.#deferred?.chars ?? 0) > MAX_GROUPED_CHARS;
  }

  /** Reads what is known only at the end, and what the app may change after it. */
  readAtEnd(): void {}

  /** Completes the ended trace with all that is not yet recorded. */
  finalize(): void {
    this.recordDeferred();
    const ids = this.#ids;
    if (ids === undefined) return;
    const { root } = this;
    // What the app set under these keys wins.
    if (root.metadata?.has('trace_id') !== true) root.setMetadata('trace_id', quote(ids.traceId));
    if (root.metadata?.has('otel') !== true) root.setMetadata('otel', ids.metadataText(root.id));
  }

  /** Calls the option `sample`. @returns whether the trace is kept */
  decideSampling(): boolean {
    return this.#sample === undefined || callSample(this.#sample, this, this.recorder.diagnostics);
  }

  /** Releases all recorded values, since a promise that leaked from the request may keep its step in memory. */
  releaseValues(): void {
    this.root.releaseValues();
    this.columns.release();
    this.#calls = this.#pendingOptions = this.#deferred = undefined;
    this.#isReleased = true;
  }

  /** Reports a failure of this library as `internal_error`. */
  reportFailure(what: string, error: unknown): void {
    this.diagnostics.reportFailure(what, error);
  }

  /** Reports that a function among the options threw. */
  reportOptionThrew(option: string, error: unknown): void {
    this.diagnostics.reportOptionFailure(option, optionThrewMessage(option), error);
  }

  /** Reports as `late_span` that a span of OpenTelemetry is not recorded because the trace has ended. */
  reportLateSpan(name: string): void {
    this.#reportLate('late_span', `span ${quote(stepName(name, 'span'))}`);
  }

  /** Reports as `too_late` that something is not recorded because the trace has ended. */
  reportTooLate(what: string): void {
    this.#reportLate('too_late', what);
  }

  #reportLate(
    reason: 'late_span' | 'too_late',
    what: string,
    promise = 'the promise',
    error?: unknown,
  ): void {
    // For an aborted request, or at the exit of the process, unfinished work is expected.
    const isExpected = this.outcome === 'aborted' || this.outcome === 'interrupted';
    this.diagnostics.report(
      isExpected ? 'info' : 'warn',
      reason,
      `${what} came after its trace had ended and is not recorded (inference ID ${this.inferenceId}, outcome ${this.outcome}); pass ${promise} to the trace's waitUntil() before the response ends${this.#whyAbandoned}`,
      error,
    );
  }

  get #whyAbandoned(): string {
    if (!this.#isAbandoned) return '';
    if (this.isTooOld) return `, and raise maxAgeMs, which is ${this.#maxAgeMs}`;
    if (this.maxIdleMs !== Number.POSITIVE_INFINITY) {
      return `, and read its result to the end: nothing happened in it for ${this.maxIdleMs} ms`;
    }
    return ', and raise limits.maxOpenTraces: so many were open that this one, which made no progress, was ended';
  }
}

function never(): false {
  return false;
}

/** Whether a step below this one is running. */
function hasRunningStep({ children }: RecordedStep): boolean {
  return children?.some((child) => child.isRunning || hasRunningStep(child)) === true;
}
