/**
 * A trace that is being recorded: its root step, what belongs to the whole, and its one end. Longer than other files,
 * since what may be called at any time, and what ends all that, are one state.
 */

import type { JournalEntry } from '../publish/journal.js';
import { innermost, type RecordedScope } from '../scope.js';
import type { StepType } from '../wire.js';
import { elapsedSince, monotonicMs, wallClockMs } from './clock.js';
import { NOTHING_USED } from './inert.js';
import { parseJson } from './json-text.js';
import { ofTraceUpdate, reportUnknown } from './known-keys.js';
import type { Members } from './members.js';
import type { OpenCall } from './open-call.js';
import { recordedError } from './recorded-error.js';
import { RecordedStep } from './recorded-step.js';
import type { Recorder } from './recorder.js';
import { runInScope } from './run-in-scope.js';
import { stepName } from './step-name.js';
import type { FinishedStep, StepOptions, StepUpdate } from './step-types.js';
import { applyUpdate, columnsOf } from './trace-update.js';
import type { Outcome, SettledTrace, StartedTrace, Step, TraceUpdate, Usage } from './types.js';
import { usageOf } from './usage.js';

/** What is kept of a key. */
const MAX_KEY_CHARS = 256;

export class RecordedTrace implements StartedTrace {
  readonly root: RecordedStep<'user_call'>;
  readonly recorder: Recorder;
  readonly scope: RecordedScope;
  /** Epoch milliseconds. */
  readonly startedAt = wallClockMs();
  readonly #startedMono = monotonicMs();
  outcome: Outcome = 'completed';
  /** False from publication on. */
  isOpen = true;
  isSettled = false;
  statusCode: number | undefined = undefined;
  userId: string | undefined = undefined;
  sessionId: string | undefined = undefined;
  context: string | undefined = undefined;
  question: string | undefined = undefined;
  /** Input columns by name, as JSON text. */
  columns: Members | undefined = undefined;
  /** From then on it is abandoned. */
  maxAgeMs = Number.POSITIVE_INFINITY;
  sample: ((trace: SettledTrace) => boolean) | undefined = undefined;
  /** Calls of clients that have not ended. */
  calls: Set<OpenCall> | undefined = undefined;
  /** What functions among the options have promised and not told yet: the row waits for it. */
  promised: Set<Promise<void>> | undefined = undefined;
  /** Whether its row was made: what comes now comes too late. */
  isWritten = false;
  /** Steps that ran unrecorded because the trace was full. */
  unrecordedSteps = 0;
  /** The traces of the same tracer that were opened before and after, and are open too. */
  openBefore: RecordedTrace | undefined = undefined;
  openAfter: RecordedTrace | undefined = undefined;
  /** Lets the platform end the trace's request, where nothing may outlive that. */
  letGo: (() => void) | undefined = undefined;
  /** What is on disk of it. */
  journal: JournalEntry | undefined = undefined;
  /** Grows with everything that is recorded. */
  revision = 0;
  #inferenceId: string;
  #steps = 0;
  #room: number;
  #holds = 0;

  /** @param type of the root step; a request's is `user_call`, an annotated call's its own */
  constructor(recorder: Recorder, name: string, inferenceId: string, type: StepType = 'user_call') {
    this.recorder = recorder;
    this.scope = recorder.scope;
    this.#inferenceId = inferenceId;
    this.#room = recorder.limits.maxTraceChars;
    // Who holds an annotated call's trace sees it as a step like any other.
    this.root = new RecordedStep(this, type as 'user_call', stepName(name, ''), 0, 0);
  }

  get inferenceId(): string {
    return this.#inferenceId;
  }

  /** What it is called before its name is known. */
  get nameAtStart(): string {
    return this.root.name;
  }

  get current(): Step {
    return this.#currentStep() as Step;
  }

  /** Whether the running code is in the scope of this trace. */
  get isCurrent(): boolean {
    return this.scope.get()?.trace === this;
  }

  get usage(): Usage {
    try {
      return usageOf(this.root as RecordedStep, this.recorder.spending?.pricing);
    } catch (error) {
      this.failed('usage', error);
      return NOTHING_USED;
    }
  }

  update(update: TraceUpdate): void {
    try {
      if (!this.isOpen) {
        this.cameLate('an update of the trace');
      } else if (typeof update !== 'object' || update === null) {
        this.badInput('update takes an object');
      } else {
        reportUnknown(update, ofTraceUpdate, this.recorder.diagnostics);
        applyUpdate(this, update);
      }
    } catch (error) {
      this.failed('update', error);
    }
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
    return runInScope(this.#currentStep(), fn);
  }

  bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
    const step = this.#currentStep();
    return function bound(this: unknown, ...args: A): R {
      return runInScope(step, () => fn.apply(this, args));
    };
  }

  waitUntil<P extends PromiseLike<unknown>>(promise: P): P {
    try {
      if (!this.isOpen) {
        this.cameLate('waitUntil()');
        return promise;
      }
      this.#holds++;
      // A thenable may throw, or answer twice, where a promise does neither.
      Promise.resolve(promise).then(
        () => this.#release(),
        (error: unknown) => {
          this.recordFirstError(error);
          this.#release();
        },
      );
    } catch (error) {
      this.failed('waitUntil', error);
    }
    return promise;
  }

  headers(): Record<string, string> {
    return { 'x-request-id': this.inferenceId };
  }

  end(error?: unknown): void {
    this.settle(error === undefined ? 'completed' : 'error', error);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  /** Ends the trace, once; publishes it as soon as nothing holds it open. Never throws. */
  settle(outcome: Outcome, error?: unknown): void {
    try {
      if (this.isSettled) return;
      this.isSettled = true;
      this.outcome = outcome;
      if (error !== undefined) this.recordFirstError(error);
      this.root.end();
      for (const call of this.calls ?? []) call.traceSettled();
      if (this.#holds === 0 && this.isOpen) this.#publish();
    } catch (failure) {
      this.failed('settle', failure);
    }
  }

  /** Ends a trace that is too old, whatever it still waits for. */
  abandon(): void {
    this.settle('abandoned');
    if (this.isOpen) this.#publish();
  }

  /** The process ends before the trace does: what is known of it until now is its row. */
  interrupt(): void {
    this.settle('interrupted');
    if (this.isOpen) this.#publish();
  }

  /** Gives the trace's row another id. */
  rename(inferenceId: string): void {
    this.revision++;
    this.#inferenceId = inferenceId;
  }

  /**
   * Has the row wait for what the function given as `option` promised. Never throws.
   * @param take records the value
   */
  expect(option: string, promise: PromiseLike<unknown>, take: (value: unknown) => void): void {
    // A thenable may throw, or answer twice, where a promise does neither.
    const told = new Promise((resolve) => resolve(promise)).then(
      (value) => {
        this.promised?.delete(told);
        if (this.isWritten) return;
        this.revision++;
        try {
          take(value);
        } catch (error) {
          this.failed(option, error);
        }
      },
      (error: unknown) => {
        this.promised?.delete(told);
        this.recorder.diagnostics.report(
          'error',
          `option_${option}_failed`,
          `the promise of the function given as ${option} was rejected`,
          error,
        );
      },
    );
    told.catch(() => {});
    this.promised ??= new Set();
    this.promised.add(told);
  }

  /** Asks whatever works for the trace to stop. */
  stop(_reason: Error): void {}

  /** The root step ended: for a trace that stands for one call, this is its end. */
  rootEnded(): void {}

  recordError(error: unknown): void {
    try {
      if (!this.isOpen) {
        this.cameLate('recordError()');
        return;
      }
      this.revision++;
      this.root.error = recordedError(error, (value) => this.redacted(value));
    } catch (failure) {
      this.failed('error', failure);
    }
  }

  /** Keeps an error that the app did not report itself, unless there is one already. */
  recordFirstError(error: unknown): void {
    if (this.root.error === undefined) this.recordError(error);
  }

  elapsedMs(): number {
    return elapsedSince(this.#startedMono);
  }

  /** The JSON text of a value, within what is left of the trace's room. */
  snapshot(value: unknown, key: string): string {
    this.revision++;
    const text = this.recorder.snapshotter.text(value, key, Math.max(this.#room, 0));
    this.#room -= text.length + Math.min(key.length, MAX_KEY_CHARS);
    return text;
  }

  /** The same for a value that was parsed from JSON text, which is used again where nothing has to be masked. */
  snapshotOfParsed(json: string, value: unknown): string {
    if (json.length > this.#room) return this.snapshot(value, '');
    const text = this.recorder.snapshotter.textOfParsed(json, value);
    this.#room -= text.length;
    return text;
  }

  /** The same for the joined text of a stream's events. */
  snapshotOfStream(text: string, key: string): string {
    this.revision++;
    const json = this.recorder.snapshotter.textOfStream(text, key, Math.max(this.#room, 0));
    this.#room -= json.length;
    return json;
  }

  /** A value as one text, with what must not leave the process taken out: a text as itself, anything else as JSON. */
  redacted(value: unknown): string {
    const text = this.snapshot(value, '');
    return text.startsWith('"') ? (parseJson(text) as string) : text;
  }

  /** The JSON text of a property, whose accessor is named and not called; undefined where it has no value. */
  snapshotProperty(holder: object, key: string): string | undefined {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    if (descriptor === undefined) return undefined;
    const isAccessor = descriptor.get !== undefined || descriptor.set !== undefined;
    const value: unknown = isAccessor ? '[Getter]' : descriptor.value;
    return value === undefined ? undefined : this.snapshot(value, key);
  }

  /** Whether values are reduced to marks because the trace has no room left. */
  get isFull(): boolean {
    return this.#room <= 0;
  }

  takesStep(depth: number): boolean {
    this.revision++;
    const { limits } = this.recorder;
    if (this.#steps < limits.maxSteps && depth <= limits.maxDepth) {
      this.#steps++;
      return true;
    }
    this.unrecordedSteps++;
    return false;
  }

  failed(what: string, error: unknown): void {
    this.recorder.diagnostics.report(
      'error',
      'internal_error',
      `tracing failed in ${what}; the request is not affected`,
      error,
    );
  }

  badInput(message: string): void {
    this.recorder.diagnostics.report('warn', 'bad_input', message);
  }

  /** Reports what is lost because the trace is published already, and what would have kept it. */
  cameLate(what: string): void {
    // Work for a client that has left, or in a process that ends, is expected to be cut off.
    const isExpected = this.outcome === 'aborted' || this.outcome === 'interrupted';
    const isTooOld = this.elapsedMs() > this.maxAgeMs;
    this.recorder.diagnostics.report(
      isExpected ? 'info' : 'warn',
      'too_late',
      `${what} came after the trace was published and is not recorded (inference ID ${this.inferenceId}, outcome ${this.outcome}); pass the promise of work that outlives its request to req.trace.waitUntil(promise) before the response ends${
        isTooOld ? `, and raise maxAgeMs, which is ${this.maxAgeMs}` : ''
      }`,
    );
  }

  /** The root's inputs, each of them a column. Anything but an object becomes one column, `input`. */
  setInput(input: unknown): void {
    this.columns = columnsOf(input, this);
  }

  #currentStep(): RecordedStep {
    const root = this.root as RecordedStep;
    try {
      const step = this.scope.get();
      return innermost(step?.trace === this ? step : root);
    } catch (error) {
      this.failed('scope', error);
    }
    return root;
  }

  #release(): void {
    this.#holds--;
    if (this.#holds === 0 && this.isSettled && this.isOpen) this.#publish();
  }

  /** Makes the last of what is known, once nothing is added any more. */
  describe(): void {}

  /** Lets go of all that was recorded: a promise that leaked from the request keeps its step alive. */
  forget(): void {
    empty(this.root as RecordedStep);
    this.columns = this.calls = this.promised = undefined;
    this.isWritten = true;
  }

  #publish(): void {
    try {
      for (const call of this.calls ?? []) call.tracePublished();
      this.recorder.published(this);
    } catch (error) {
      this.failed('publish', error);
    } finally {
      this.isOpen = false;
    }
  }
}

function empty(step: RecordedStep): void {
  for (const child of step.children ?? []) empty(child);
  step.children = undefined;
  step.inputs = step.output = step.groundTruth = undefined;
  step.metadata = step.fields = undefined;
  step.outputOf = undefined;
}
