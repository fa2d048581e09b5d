/** Steps while they are recorded. */

import type { Diagnostics } from '../diagnostics/diagnostics.js';
import { followResult } from '../follow/follow-result.js';
import { type FollowingStep, StreamedText } from '../follow/following-step.js';
import type { JsonMembers } from '../values/json/json-members.js';
import { quote } from '../values/json/json-text.js';
import { isThenable } from '../values/reading/thenable.js';
import type { StepType } from '../wire.js';
import type { AppColumns } from './content/app-columns.js';
import { areTimes, completeTimes, type MeasuredTimes } from './content/measured-times.js';
import { mergeIntoMetadata, setInMetadata } from './content/metadata.js';
import { stepName } from './content/step-name.js';
import type { TraceValues } from './content/trace-values.js';
import { newStepId } from './ids/step-id.js';
import { inertStep, isInert, unrecordedChild } from './inert.js';
import {
  finishedStepKeys,
  type KnownKeys,
  reportUnknownKeys,
  stepOptionKeys,
  stepUpdateKeys,
} from './model/known-keys.js';
import { type RecordedError, recordedError } from './model/recorded-error.js';
import {
  FIELDS,
  type Field,
  fieldText,
  indexOfField,
  isModelCall,
  isStepType,
  isValidField,
  wrongValueText,
} from './model/step-fields.js';
import type { FinishedStep, StepOptions, StepUpdate } from './model/step-types.js';
import type { Step } from './model/trace-api.js';
import type { ScopeStep, StepScope } from './scope/scope.js';
import type { Estimate, UsageStep } from './usage/estimated-cost.js';
import type { RecordedUsage } from './usage/pricing.js';
import { isUnbilledError } from './usage/unbilled-error.js';

/** `endMs` of a step that has not ended. */
const RUNNING = Number.NEGATIVE_INFINITY;

/** What a step uses of its trace. */
export interface StepOwner {
  readonly scope: StepScope;
  /** Converts values of the trace and of its root. */
  readonly values: TraceValues;
  /** Converts values of the steps below the root. */
  readonly stepValues: TraceValues;
  readonly diagnostics: Diagnostics;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Whether steps and updates are still recorded. */
  readonly isOpen: boolean;
  /** Milliseconds since the trace's start. */
  elapsedMs(): number;
  /** Call it when something of the trace changes. */
  markChanged(): void;
  /** Counts a step at this depth. @returns whether the limits allow to record it */
  countStep(depth: number): boolean;
  /** Runs `fn()` in the scope of the step, exactly once, also if the scope manager fails. */
  runInScope<R>(step: ScopeStep | undefined, fn: () => R): R;
  /** Makes the row wait for the promise that the function given as `option` returned. Never throws. */
  awaitOption(
    option: string,
    promise: PromiseLike<unknown>,
    record: (value: unknown) => void,
  ): void;
  /** Its columns, of which the inputs are those of the root step. */
  readonly columns: AppColumns;
  /** Sets the age in milliseconds at which the trace is abandoned. */
  setMaxAge(ms: number): void;
  /** Records what is deferred of its steps. */
  recordDeferred(): void;
  /** Called when the root step ended. */
  rootEnded(): void;
  /** Called when a step with a price ended. */
  pricedStepEnded(): void;
  /** Reports a failure of this library. Never throws. */
  reportFailure(what: string, error: unknown): void;
  /** Reports that a function among the options threw. Never throws. */
  reportOptionThrew(option: string, error: unknown): void;
  /** Reports that something is not recorded because the trace has ended. */
  reportTooLate(what: string): void;
}

/** A step: the users' handle and the recorded values in one object, which is cheaper than two. */
export class RecordedStep<T extends StepType = StepType>
  implements Step<T>, UsageStep, ScopeStep, FollowingStep
{
  readonly trace: StepOwner;
  readonly depth: number;
  #type: T;
  #parent: RecordedStep | undefined = undefined;
  #id: string | undefined = undefined;
  #name: string;
  #startMs: number;
  #endMs = RUNNING;
  #latencyMs = -1;
  #inputs: string | undefined = undefined;
  #output: string | undefined = undefined;
  #groundTruth: string | undefined = undefined;
  #error: RecordedError | undefined = undefined;
  #metadata: JsonMembers | undefined = undefined;
  #fields: (string | undefined)[] | undefined = undefined;
  #recordedUsage: RecordedUsage | undefined = undefined;
  /** Whether the error says that the provider does not bill the call. */
  #isUnbilled = false;
  /** Whether an attempt before the last one failed, and may be billed. */
  #hasBilledAttempt = false;
  #estimate: Estimate | undefined = undefined;
  #children: RecordedStep[] | undefined = undefined;
  #outputOf: ((result: unknown) => unknown) | undefined = undefined;
  #callersTrace: object | undefined = undefined;
  /** Whether the step's function was called. */
  #isEntered = false;
  /** Whether values of it are deferred. */
  #isDeferred = false;

  constructor(trace: StepOwner, type: T, name: string, depth: number, startMs: number) {
    this.trace = trace;
    this.#type = type;
    this.depth = depth;
    this.#name = name;
    this.#startMs = startMs;
  }

  get id(): string {
    this.#id ??= newStepId();
    return this.#id;
  }

  get type(): T {
    return this.#type;
  }

  get name(): string {
    return this.#name;
  }

  /** The parent step. */
  get parent(): RecordedStep | undefined {
    return this.#parent;
  }

  get children(): readonly RecordedStep[] | undefined {
    return this.#children;
  }

  get startMs(): number {
    return this.#startMs;
  }

  get endMs(): number {
    return this.#endMs;
  }

  get latencyMs(): number {
    return this.#latencyMs;
  }

  get inputs(): string | undefined {
    return this.#inputs;
  }

  get output(): string | undefined {
    return this.#output;
  }

  get groundTruth(): string | undefined {
    return this.#groundTruth;
  }

  get error(): RecordedError | undefined {
    return this.#error;
  }

  get metadata(): JsonMembers | undefined {
    return this.#metadata;
  }

  get fields(): readonly (string | undefined)[] | undefined {
    return this.#fields;
  }

  /** Converts its values. */
  get values(): TraceValues {
    return this.depth === 0 ? this.trace.values : this.trace.stepValues;
  }

  /** What an integration has recorded of its usage. */
  get recordedUsage(): RecordedUsage | undefined {
    return this.#recordedUsage;
  }

  get isUnbilled(): boolean {
    return this.#isUnbilled && !this.#hasBilledAttempt;
  }

  get estimate(): Estimate | undefined {
    return this.#estimate;
  }

  /** Keeps its estimated cost until the step changes. */
  keepEstimate(estimate: Estimate): void {
    this.#estimate = estimate;
  }

  /** Call it with each change: a row that was written ahead, and the estimated cost, are out of date. */
  #markChanged(): void {
    this.trace.markChanged();
    this.#estimate = undefined;
  }

  get outputOf(): ((result: unknown) => unknown) | undefined {
    return this.#outputOf;
  }

  get isRunning(): boolean {
    return this.#endMs === RUNNING;
  }

  /** Whether its trace is still open. */
  get isLive(): boolean {
    return this.trace.isOpen;
  }

  /** Whether the running code is in the scope of this step. */
  get #isCurrent(): boolean {
    try {
      return this.trace.scope.get() === this;
    } catch (error) {
      this.reportFailure('scope', error);
      return false;
    }
  }

  update(update: StepUpdate<T>): void {
    try {
      if (!this.isLive) {
        this.#reportTooLate('an update of');
        return;
      }
      if (typeof update !== 'object' || update === null) {
        this.values.reportBadInput('update takes an object');
        return;
      }
      if (this.#isDeferred) this.trace.recordDeferred();
      reportUnknownKeys(update, stepUpdateKeys[this.type], this.trace.diagnostics);
      this.apply(update);
    } catch (error) {
      this.reportFailure('update', error);
    }
  }

  /**
   * Merges the update of an integration: keys that the step's type does not have are ignored without a diagnostic, and an error
   * may be `null`.
   */
  merge(update: StepUpdate<T>): void {
    try {
      if (this.isLive) {
        if (this.#isDeferred) this.trace.recordDeferred();
        this.apply(update);
        // A client's call threw it.
        if (update.error === null) this.setError(null);
      } else {
        this.#reportTooLate('an update of');
      }
    } catch (error) {
      this.reportFailure('update', error);
    }
  }

  step<U extends StepType = 'user_call', R = unknown>(
    options: string | StepOptions<U>,
    fn: (step: Step<U>) => R,
  ): R {
    const child = this.startStep(options);
    // A step that is not recorded still runs in this step's scope, which the caller may not be in.
    if (isInert(child)) {
      return this.#isCurrent ? fn(child) : this.trace.runInScope(this, () => fn(child));
    }
    return runInStep(child, fn);
  }

  startStep<U extends StepType = 'user_call'>(options: string | StepOptions<U>): Step<U> {
    try {
      if (this.isLive) {
        const child = this.#startChild(options, stepOptionKeys);
        return child ?? unrecordedChild<U>(this.trace, this);
      }
      return this.#startInEndedTrace(options);
    } catch (error) {
      this.reportFailure('startStep', error);
    }
    return inertStep<U>();
  }

  addStep<U extends StepType = 'user_call'>(options: FinishedStep<U>): void {
    try {
      if (!this.isLive) {
        this.#startInEndedTrace<U>(options);
        return;
      }
      if (typeof options !== 'object' || options === null) {
        this.values.reportBadInput('addStep takes an object');
        return;
      }
      const step = this.#startChild<U>(options, finishedStepKeys);
      const { output, groundTruth, error } = options;
      if (step === undefined) return;
      step.apply({ output, groundTruth, error });
      step.#setTimes(options);
    } catch (error) {
      this.reportFailure('addStep', error);
    }
  }

  #startChild<U extends StepType>(
    options: string | StepOptions<U>,
    keys: Readonly<Record<StepType, KnownKeys>>,
  ): RecordedStep<U> | undefined {
    const { trace } = this;
    if (!trace.countStep(this.depth + 1)) return undefined;
    const settings = optionsOf(options);
    // `U` is 'user_call' if no type is given.
    const type = settings.type ?? ('user_call' as U);
    const knownType = isStepType(type) ? type : ('user_call' as U);
    if (type !== knownType) this.#reportBadType(type);
    else if (settings === options) reportUnknownKeys(settings, keys[knownType], trace.diagnostics);
    const name = stepName(settings.name, knownType);
    const step = new RecordedStep<U>(trace, knownType, name, this.depth + 1, trace.elapsedMs());
    step.#parent = this;
    if (settings === options) {
      const { inputs, metadata } = settings;
      if (inputs !== undefined) step.#inputs = step.values.snapshot(inputs, 'inputs');
      if (metadata !== undefined) step.mergeMetadata(metadata);
      if (FIELDS[knownType].length > 0) step.#applyFields(settings);
    }
    if (this.#children === undefined) this.#children = [step];
    else this.#children.push(step);
    return step;
  }

  /** A step of a trace that has ended. It is not recorded, but keeps the code in its scope out of other traces. */
  #startInEndedTrace<U extends StepType>(options: string | StepOptions<U>): RecordedStep<U> {
    const { name, type } = optionsOf(options);
    const knownType = isStepType(type) ? type : ('user_call' as U);
    const step = new RecordedStep<U>(
      this.trace,
      knownType,
      stepName(name, knownType),
      this.depth + 1,
      0,
    );
    step.#reportTooLate('');
    step.#endMs = 0;
    return step;
  }

  #reportBadType(type: unknown): void {
    const typeText = typeof type === 'string' ? quote(stepName(type, '')) : typeof type;
    const message = `unknown step type ${typeText}; it was recorded as user_call`;
    this.values.reportBadInput(message, 'step type');
  }

  run<R>(fn: () => R): R {
    return this.trace.runInScope(this, fn);
  }

  get callersTrace(): object | undefined {
    return this.#callersTrace;
  }

  currentTrace(): object | undefined {
    try {
      const step = this.trace.scope.get();
      // The inert step stands for a trace that is not recorded.
      return step?.trace ?? step;
    } catch (error) {
      this.reportFailure('scope', error);
      return undefined;
    }
  }

  callersScope(): <R>(fn: () => R) => R {
    const { trace } = this;
    const step = trace.scope.get();
    return (fn) => trace.runInScope(step, fn);
  }

  /** Runs `fn(step)` in the scope of the step, ends the step when the result is complete, and returns the result. */
  runToEnd<R>(fn: (step: Step<T>) => R): R {
    let result: R;
    try {
      result = this.trace.scope.run(this, enter<T, R>, this, fn);
    } catch (error) {
      if (this.#isEntered) {
        this.fail(error);
        throw error;
      }
      this.reportFailure('scope', error);
      result = this.#callOutsideScope(fn);
    }
    return followResult(this, result);
  }

  #callOutsideScope<R>(fn: (step: Step<T>) => R): R {
    try {
      return fn(this);
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** Notes that the step's function was called, whatever the scope manager does after that. */
  markEntered(): void {
    this.#isEntered = true;
  }

  /** Sets the function that converts the result to the recorded output. */
  setOutputOf(outputOf: ((result: unknown) => unknown) | undefined): void {
    this.#outputOf = outputOf;
  }

  snapshot(item: unknown): string {
    return this.values.snapshotOfItem(item);
  }

  isSecretPiece(key: string, text: string): boolean {
    return this.values.redactor.isSecretInStream(key, text);
  }

  waitForReader(ms: number): void {
    if (this.isRunning) this.#callersTrace ??= this.currentTrace();
    if (this.depth === 0) this.trace.setMaxAge(this.trace.elapsedMs() + ms);
  }

  /** Ends the step with the result of its function. */
  complete(result: unknown): void {
    this.#recordOutput(result);
    this.end();
  }

  #recordOutput(result: unknown): void {
    try {
      if (!this.isLive || this.#output !== undefined || result === undefined) return;
      const outputOf = this.#outputOf;
      const streamed = StreamedText.textOf(result);
      if (streamed !== undefined) this.#output = this.values.snapshotOfStream(streamed, 'output');
      else if (outputOf === undefined) this.#output = this.values.snapshot(result, 'output');
      else this.#recordConverted(outputOf, result);
    } catch (error) {
      this.reportFailure('output', error);
    }
  }

  #recordConverted(outputOf: (result: unknown) => unknown, result: unknown): void {
    let output: unknown;
    try {
      output = outputOf(result);
    } catch (error) {
      this.trace.reportOptionThrew('output', error);
      return;
    }
    if (isThenable(output)) {
      this.trace.awaitOption('output', output, (value) => {
        this.#output = this.values.snapshot(value, 'output');
      });
    } else {
      this.#output = this.values.snapshot(output, 'output');
    }
  }

  /** Ends the step with an error. @param soFar what the stream yielded before it failed */
  fail(error: unknown, soFar?: unknown): void {
    this.#recordOutput(soFar);
    try {
      // An error that the app reported for the whole trace is kept.
      if (this.isLive && (this.depth > 0 || this.#error === undefined)) {
        this.setError(error);
      }
    } catch (failure) {
      this.reportFailure('error', failure);
    }
    this.end();
  }

  end(): void {
    try {
      if (!this.isRunning) return;
      if (!this.isLive) {
        this.#reportTooLate('the end of');
        return;
      }
      this.#endMs = this.trace.elapsedMs();
      this.#callersTrace = undefined;
      this.#markChanged();
      this.#reportUsage();
      if (this.depth === 0) this.trace.rootEnded();
    } catch (error) {
      this.reportFailure('end', error);
    }
  }

  [Symbol.dispose](): void {
    this.end();
  }

  toJSON(): { readonly id: string; readonly name: string; readonly type: T } {
    return { id: this.id, name: this.name, type: this.type };
  }

  /** Reopens an ended step, for a call that is retried. Clears the error of the former attempt. */
  reopen(): void {
    if (this.#isDeferred) this.trace.recordDeferred();
    this.#markChanged();
    if (this.#error !== undefined && !this.#isUnbilled) this.#hasBilledAttempt = true;
    this.#error = undefined;
    this.#isUnbilled = false;
    this.#recordedUsage = undefined;
    this.#endMs = RUNNING;
  }

  reportFailure(what: string, error: unknown): void {
    this.trace.reportFailure(what, error);
  }

  /** Merges the update, in which the error `null` means no error. May throw. */
  apply(update: StepUpdate<StepType>): void {
    const { values } = this;
    this.#markChanged();
    if (update.name !== undefined) this.#name = stepName(update.name, this.#name);
    if (update.inputs !== undefined) {
      // The inputs of the root are columns of the row.
      if (this.depth === 0) this.trace.columns.setInput(update.inputs);
      else this.#inputs = values.snapshot(update.inputs, 'inputs');
    }
    if (update.output !== undefined) this.#output = values.snapshot(update.output, 'output');
    if (update.groundTruth !== undefined) {
      this.#groundTruth = values.snapshot(update.groundTruth, 'groundTruth');
    }
    if (update.error !== undefined && update.error !== null) this.setError(update.error);
    if (update.metadata !== undefined) this.mergeMetadata(update.metadata);
    if (FIELDS[this.type].length > 0) this.#applyFields(update);
  }

  #applyFields(update: object): void {
    const traceValues = this.values;
    const fields = FIELDS[this.type];
    const values = update as Readonly<Record<string, unknown>>;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as Field;
      const value = values[field.name];
      if (value === undefined) continue;
      const text = isValidField(field.kind, value)
        ? fieldText(field, value, traceValues)
        : undefined;
      if (text !== undefined) {
        this.#fields ??= new Array<string | undefined>(fields.length);
        this.#fields[i] = text;
      } else if (field.kind !== 'counts') {
        traceValues.reportBadInput(
          `${field.name} of a ${this.type} step takes ${wrongValueText(field, value)}; it was kept in metadata`,
          `${field.name} of a ${this.type} step`,
        );
        this.setMetadata(field.name, traceValues.snapshot(value, field.name));
      }
    }
  }

  setError(error: unknown): void {
    this.#markChanged();
    this.#error = recordedError(error, (value) => this.values.redacted(value));
    this.#isUnbilled = isModelCall(this.#type) && isUnbilledError(error);
  }

  /** Merges only what is not known yet: facts from a second observer of the same work. May throw. */
  fill(update: StepUpdate<StepType>): void {
    const { name: _name, inputs, output, error, metadata, groundTruth: _truth, ...fields } = update;
    const known = this.depth === 0 ? this.trace.columns.inputs : this.#inputs;
    const missing = Object.entries(fields).filter(([name]) => !this.#hasField(name));
    this.apply({
      ...Object.fromEntries(missing),
      ...(known === undefined && { inputs }),
      ...(this.#output === undefined && { output }),
      ...(this.#error === undefined && { error }),
    });
    if (metadata !== undefined) this.fillMetadata(metadata);
  }

  #hasField(name: string): boolean {
    const text = this.#fields?.[indexOfField(this.type, name)];
    return text !== undefined && text !== 'null';
  }

  /**
   * Call it with true when values of the step are deferred, and with false when they are recorded. Deferred values are recorded before
   * the step changes, so that they do not overwrite the change.
   */
  setDeferred(isDeferred: boolean): void {
    this.#isDeferred = isDeferred;
  }

  /** Changes the type, which for some work is known only at its end. Has no effect if a field of the former type is set. */
  retype(type: StepType): void {
    if (this.#fields !== undefined) return;
    this.#markChanged();
    // A step whose type changes is used as one of any type.
    this.#type = type as T;
  }

  /** Merges metadata; a value under an existing key is replaced. */
  mergeMetadata(metadata: Readonly<Record<string, unknown>> | null): void {
    this.#metadata = mergeIntoMetadata(this.#metadata, metadata, this.values);
  }

  /** Merges only metadata under keys that are not set yet. */
  fillMetadata(metadata: Readonly<Record<string, unknown>>): void {
    this.#metadata = mergeIntoMetadata(this.#metadata, metadata, this.values, {
      replace: false,
    });
  }

  /** @param text JSON text */
  setMetadata(key: string, text: string): void {
    this.#metadata = setInMetadata(this.#metadata, key, text, this.values);
  }

  setName(name: string): void {
    this.#markChanged();
    this.#name = name;
  }

  /** @param text JSON text */
  setOutput(text: string | undefined): void {
    this.#markChanged();
    this.#output = text;
  }

  /** @param ms milliseconds after the trace's start */
  setEnd(ms: number): void {
    this.#endMs = ms;
  }

  /**
   * Moves the start back, for work that is reported only after it began.
   * @param ms milliseconds after the trace's start
   */
  moveStartBack(ms: number): void {
    if (ms >= this.#startMs) return;
    this.#markChanged();
    this.#startMs = ms;
  }

  /**
   * Sets the times of a step that just ended as another clock measured them. The step does not begin before its trace, and does not end
   * in the future; its latency stays as measured.
   * @param startTime epoch milliseconds, as `endTime`
   * @returns by how many milliseconds the start had to be moved: positive if the other clock is behind
   */
  setMeasuredTimes(startTime: number, endTime: number): number {
    if (!areTimes({ startTime, endTime })) return 0;
    const latency = Math.max(endTime - startTime, 0);
    const measured = startTime - this.trace.startedAt;
    const latest = this.#endMs - latency;
    const startMs = Math.max(Math.min(measured, latest), 0);
    this.#markChanged();
    this.#startMs = startMs;
    this.#endMs = startMs + latency;
    this.#latencyMs = latency;
    return startMs - measured;
  }

  /** Sets what an integration has recorded of its usage. */
  setRecordedUsage(usage: RecordedUsage): void {
    this.#markChanged();
    this.#recordedUsage = usage;
  }

  /** Sets the times that the app measured. */
  #setTimes(times: MeasuredTimes): void {
    const { trace } = this;
    if (!areTimes(times)) {
      trace.values.reportBadInput(
        'startTime and endTime take epoch milliseconds, latency milliseconds',
      );
    }
    const now = trace.startedAt + trace.elapsedMs();
    const { startTime, endTime, latency } = completeTimes(times, now);
    this.#startMs = startTime - trace.startedAt;
    this.#endMs = endTime - trace.startedAt;
    this.#latencyMs = latency;
    this.#reportUsage();
  }

  #reportUsage(): void {
    if (isModelCall(this.type) || this.#recordedUsage !== undefined) this.trace.pricedStepEnded();
  }

  /** Releases all recorded values, also those of the steps below. */
  releaseValues(): void {
    for (const child of this.#children ?? []) child.releaseValues();
    this.#children = undefined;
    this.#inputs = this.#output = this.#groundTruth = undefined;
    this.#metadata = this.#fields = undefined;
    this.#outputOf = undefined;
  }

  #reportTooLate(what: string): void {
    this.trace.reportTooLate(`${what} step ${quote(this.#name)}`.trim());
  }
}

/** Runs `fn(step)` in the scope of the step, ends the step when the result is complete, and returns the result. */
export function runInStep<T extends StepType, R>(step: Step<T>, fn: (step: Step<T>) => R): R {
  // A step that is not inert is a recorded one.
  return isInert(step) ? fn(step) : (step as RecordedStep<T>).runToEnd(fn);
}

function enter<T extends StepType, R>(step: RecordedStep<T>, fn: (step: Step<T>) => R): R {
  step.markEntered();
  return fn(step);
}

function optionsOf<U extends StepType>(options: string | StepOptions<U>): StepOptions<U> {
  return typeof options === 'object' && options !== null
    ? options
    : ({ name: options } as StepOptions<U>);
}
