/**
 * A step that is being recorded. Its values are JSON text from the moment they are logged. Longer than other files, since
 * the handle that users hold and what is recorded are one object, which costs a request less than two.
 */

import type { StepType } from '../wire.js';
import { inertStep, isInert } from './inert.js';
import { quote } from './json-text.js';
import {
  type Known,
  ofFinishedStep,
  ofStepOptions,
  ofStepUpdate,
  reportUnknown,
} from './known-keys.js';
import { type MeasuredTimes, spanOf } from './measured-times.js';
import type { Members } from './members.js';
import { isThenable } from './promised.js';
import { type RecordedError, recordedError } from './recorded-error.js';
import type { RecordedTrace } from './recorded-trace.js';
import { runInScope } from './run-in-scope.js';
import { runInStep } from './run-in-step.js';
import { FIELDS, type Field, fieldText, fits, isStepType } from './step-fields.js';
import { newStepId } from './step-id.js';
import { mergeMetadata, setMetadata } from './step-metadata.js';
import { stepName } from './step-name.js';
import type { FinishedStep, StepOptions, StepUpdate } from './step-types.js';
import type { Step } from './types.js';
import { isModelCall } from './usage.js';

/** The end of a step that has none yet. */
const RUNNING = Number.NEGATIVE_INFINITY;

export class RecordedStep<T extends StepType = StepType> implements Step<T> {
  readonly type: T;
  readonly trace: RecordedTrace;
  readonly depth: number;
  /** The step that it stands below. */
  above: RecordedStep | undefined = undefined;
  name: string;
  /** Milliseconds after the trace's start. */
  startMs: number;
  /** Milliseconds after the trace's start; negative where work was measured before it. */
  endMs = RUNNING;
  /** Measured elsewhere, where it is not the difference of the two. */
  latencyMs = -1;
  inputs: string | undefined = undefined;
  output: string | undefined = undefined;
  groundTruth: string | undefined = undefined;
  error: RecordedError | undefined = undefined;
  metadata: Members | undefined = undefined;
  /** The fields of its type, in their order, as far as they are set. */
  fields: (string | undefined)[] | undefined = undefined;
  children: RecordedStep[] | undefined = undefined;
  /** Makes the output of what the step's function returned. */
  outputOf: ((result: unknown) => unknown) | undefined = undefined;
  /** Whether the function of the step was called. */
  entered = false;
  #id: string | undefined = undefined;

  constructor(trace: RecordedTrace, type: T, name: string, depth: number, startMs: number) {
    this.trace = trace;
    this.type = type;
    this.name = name;
    this.depth = depth;
    this.startMs = startMs;
  }

  get id(): string {
    this.#id ??= newStepId();
    return this.#id;
  }

  get isRunning(): boolean {
    return this.endMs === RUNNING;
  }

  /** Whether the trace still takes what is logged. */
  get isLive(): boolean {
    return this.trace.isOpen;
  }

  update(update: StepUpdate<T>): void {
    try {
      if (!this.isLive) {
        this.#cameLate('an update of');
        return;
      }
      if (typeof update !== 'object' || update === null) {
        this.trace.badInput('update takes an object');
        return;
      }
      this.#report(update, ofStepUpdate[this.type]);
      this.apply(update);
    } catch (error) {
      this.trace.failed('update', error);
    }
  }

  /** The same for what an integration knows of a call: what has no place in a step of the type is left out. */
  merge(update: StepUpdate<T>): void {
    try {
      if (this.isLive) this.apply(update);
      else this.#cameLate('an update of');
    } catch (error) {
      this.trace.failed('update', error);
    }
  }

  step<U extends StepType = 'user_call', R = unknown>(
    options: string | StepOptions<U>,
    fn: (step: Step<U>) => R,
  ): R {
    const child = this.startStep(options);
    // What is not recorded still runs in this step's scope, which the caller may be outside of.
    if (isInert(child as Step)) return runInScope(this as RecordedStep, () => fn(child));
    return runInStep(child, fn);
  }

  startStep<U extends StepType = 'user_call'>(options: string | StepOptions<U>): Step<U> {
    try {
      if (this.isLive) return this.#startChild(options, ofStepOptions) ?? inertStep<U>();
      return this.#startLate(options);
    } catch (error) {
      this.trace.failed('startStep', error);
    }
    return inertStep<U>();
  }

  addStep<U extends StepType = 'user_call'>(options: FinishedStep<U>): void {
    try {
      if (!this.isLive) {
        this.#startLate<U>(options);
        return;
      }
      if (typeof options !== 'object' || options === null) {
        this.trace.badInput('addStep takes an object');
        return;
      }
      const step = this.#startChild<U>(options, ofFinishedStep);
      const { output, groundTruth, error } = options;
      step?.apply({ output, groundTruth, error });
      step?.timed(options);
    } catch (error) {
      this.trace.failed('addStep', error);
    }
  }

  run<R>(fn: () => R): R {
    return runInScope(this, fn);
  }

  end(): void {
    try {
      if (!this.isRunning) return;
      if (!this.isLive) {
        this.#cameLate('the end of');
        return;
      }
      this.endMs = this.trace.elapsedMs();
      this.trace.revision++;
      this.#tellUsage();
      if (this.depth === 0) this.trace.rootEnded();
    } catch (error) {
      this.trace.failed('end', error);
    }
  }

  /** It goes on after all, as a call does that is tried again. */
  reopen(): void {
    this.endMs = RUNNING;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  /** The function of the step returned, or its stream came to its end. */
  complete(result: unknown): void {
    try {
      if (this.isLive && this.output === undefined && result !== undefined) {
        const output = this.outputOf === undefined ? result : this.outputOf(result);
        if (this.outputOf !== undefined && isThenable(output)) {
          this.trace.expect('output', output, (told) => {
            this.output = this.trace.snapshot(told, 'output');
          });
        } else {
          this.output = this.trace.snapshot(output, 'output');
        }
      }
    } catch (error) {
      this.trace.failed('output', error);
    }
    this.end();
  }

  /** The function of the step threw, or its stream failed. */
  fail(error: unknown): void {
    try {
      // What the app reported as the error of the whole trace stays.
      if (this.isLive && (this.depth > 0 || this.error === undefined)) {
        this.error = recordedError(error, (value) => this.trace.redacted(value));
      }
    } catch (failure) {
      this.trace.failed('error', failure);
    }
    this.end();
  }

  /** Merges the update; the caller guards it. */
  apply(update: StepUpdate<StepType>): void {
    const { trace } = this;
    trace.revision++;
    if (update.name !== undefined) this.name = stepName(update.name, this.name);
    if (update.inputs !== undefined) {
      // The inputs of the root are columns of the row.
      if (this.depth === 0) trace.setInput(update.inputs);
      else this.inputs = trace.snapshot(update.inputs, 'inputs');
    }
    if (update.output !== undefined) this.output = trace.snapshot(update.output, 'output');
    if (update.groundTruth !== undefined) {
      this.groundTruth = trace.snapshot(update.groundTruth, 'groundTruth');
    }
    if (update.error !== undefined)
      this.error = recordedError(update.error, (value) => trace.redacted(value));
    if (update.metadata !== undefined) this.mergeMetadata(update.metadata);
    if (FIELDS[this.type].length > 0) this.#applyFields(update);
  }

  mergeMetadata(metadata: Readonly<Record<string, unknown>> | null): void {
    mergeMetadata(this, metadata);
  }

  setMetadata(key: string, text: string): void {
    setMetadata(this, key, text);
  }

  /** Takes the times of work that was measured elsewhere. */
  timed(times: MeasuredTimes): void {
    const { startMs, endMs, latencyMs } = spanOf(times, this.trace);
    this.startMs = startMs;
    this.endMs = endMs;
    this.latencyMs = latencyMs;
    this.#tellUsage();
  }

  #report(given: object, known: Known): void {
    reportUnknown(given, known, this.trace.recorder.diagnostics);
  }

  #tellUsage(): void {
    if (isModelCall(this.type)) this.trace.recorder.spending?.callEnded(this.trace);
  }

  #startChild<U extends StepType>(
    options: string | StepOptions<U>,
    keys: Readonly<Record<StepType, Known>>,
  ): RecordedStep<U> | undefined {
    const { trace } = this;
    if (!trace.takesStep(this.depth + 1)) return undefined;
    const settings = settingsOf(options);
    // Without a type it is a user call: `U` is 'user_call' then.
    const type = settings.type ?? ('user_call' as U);
    if (!isStepType(type)) {
      const given = typeof type === 'string' ? quote(stepName(type, '')) : typeof type;
      trace.badInput(`unknown step type ${given}; it was recorded as user_call`);
    } else if (settings === options) this.#report(settings, keys[type]);
    const known = isStepType(type) ? type : ('user_call' as U);
    const name = stepName(settings.name, known);
    const step = new RecordedStep<U>(trace, known, name, this.depth + 1, trace.elapsedMs());
    step.above = this as RecordedStep;
    if (settings === options) {
      if (settings.inputs !== undefined) step.inputs = trace.snapshot(settings.inputs, 'inputs');
      if (settings.metadata !== undefined) step.mergeMetadata(settings.metadata);
      if (FIELDS[known].length > 0) step.#applyFields(settings);
    }
    if (this.children === undefined) this.children = [step as RecordedStep];
    else this.children.push(step as RecordedStep);
    return step;
  }

  /** A step that is no part of its trace, which is published: it keeps the code that it runs out of other traces. */
  #startLate<U extends StepType>(options: string | StepOptions<U>): RecordedStep<U> {
    const { name, type } = settingsOf(options);
    const known = isStepType(type) ? type : ('user_call' as U);
    const step = new RecordedStep<U>(this.trace, known, stepName(name, known), this.depth + 1, 0);
    step.#cameLate('');
    step.endMs = 0;
    return step;
  }

  #cameLate(what: string): void {
    this.trace.cameLate(`${what} step ${quote(this.name)}`.trim());
  }

  #applyFields(values: object): void {
    const read = values as Readonly<Record<string, unknown>>;
    const known = FIELDS[this.type];
    for (let i = 0; i < known.length; i++) {
      const field = known[i] as Field;
      const value = read[field.name];
      if (value === undefined) continue;
      const text = fits(field.kind, value)
        ? fieldText(field, value, (each) => this.trace.snapshot(each, ''))
        : undefined;
      if (text !== undefined) {
        this.fields ??= [];
        this.fields[i] = text;
      } else if (field.kind !== 'counts') {
        this.trace.badInput(
          `${field.name} of a ${this.type} step does not fit; it was kept in metadata`,
        );
        this.setMetadata(field.name, this.trace.snapshot(value, field.name));
      }
    }
  }
}

function settingsOf<U extends StepType>(options: string | StepOptions<U>): StepOptions<U> {
  return typeof options === 'object' && options !== null
    ? options
    : ({ name: options } as StepOptions<U>);
}
