/** A step that is being recorded. Its values are JSON text from the moment they are logged. */

import { isNativeError, isProxy } from '#platform';
import type { StepType } from '../wire.js';
import { inertStep } from './inert.js';
import { quote } from './json-text.js';
import { Members } from './members.js';
import { errorMessage, errorName } from './read-safely.js';
import type { RecordedTrace } from './recorded-trace.js';
import { runInScope } from './run-in-scope.js';
import { runInStep } from './run-in-step.js';
import { FIELDS, type Field, fieldText, fits, isStepType } from './step-fields.js';
import { newStepId } from './step-id.js';
import type { FinishedStep, StepOptions, StepUpdate } from './step-types.js';
import type { Step } from './types.js';
import { isModelCall } from './usage.js';

const MAX_NAME_CHARS = 256;
const MAX_METADATA_KEYS = 128;
/** Of one update; more of them are not even looked at. */
const MAX_GIVEN_KEYS = 1000;
/** Times outside of these are in another unit: 2000-01-01 and the last day that a Date knows. */
const EARLIEST_MS = 946_684_800_000;
const LATEST_MS = 8_640_000_000_000_000;
const MAX_LATENCY_MS = 1e12;

/** The end of a step that has none yet. */
const RUNNING = Number.NEGATIVE_INFINITY;

/** What went wrong, as texts. */
export interface RecordedError {
  readonly name: string;
  readonly message: string;
}

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
      if (this.#accepts('update')) this.apply(update);
    } catch (error) {
      this.trace.failed('update', error);
    }
  }

  step<U extends StepType = 'user_call', R = unknown>(
    options: string | StepOptions<U>,
    fn: (step: Step<U>) => R,
  ): R {
    return runInStep(this.startStep(options), fn);
  }

  startStep<U extends StepType = 'user_call'>(options: string | StepOptions<U>): Step<U> {
    try {
      if (this.#accepts('step')) return this.#startChild(options) ?? inertStep<U>();
    } catch (error) {
      this.trace.failed('startStep', error);
    }
    return inertStep<U>();
  }

  addStep<U extends StepType = 'user_call'>(options: FinishedStep<U>): void {
    try {
      if (!this.#accepts('step')) return;
      const step = this.#startChild<U>(options);
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
      if (!this.isRunning || !this.trace.isOpen) return;
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
      if (!this.trace.isOpen) return;
      if (this.output === undefined && result !== undefined) {
        this.output = this.trace.snapshot(
          this.outputOf === undefined ? result : this.outputOf(result),
          'output',
        );
      }
    } catch (error) {
      this.trace.failed('output', error);
    }
    this.end();
  }

  /** The function of the step threw, or its stream failed. */
  fail(error: unknown): void {
    try {
      if (this.trace.isOpen)
        this.error = recordedError(error, (value) => this.trace.redacted(value));
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
    if (typeof metadata !== 'object' || metadata === null || isProxy(metadata)) {
      this.trace.badInput('metadata must be an object');
      return;
    }
    const keys = Object.keys(metadata);
    for (const key of keys.length > MAX_GIVEN_KEYS ? keys.slice(0, MAX_GIVEN_KEYS) : keys) {
      if (this.trace.isFull) {
        this.setMetadata('…', quote('[cut: the trace is full]'));
        return;
      }
      // What is not kept must not use up the trace's room.
      const text = this.#takesMetadata(key)
        ? this.trace.snapshotProperty(metadata, key)
        : undefined;
      if (text !== undefined) this.setMetadata(key, text);
    }
  }

  setMetadata(key: string, text: string): void {
    if (!this.#takesMetadata(key)) return;
    const name = metadataName(key);
    if (this.metadata === undefined) this.metadata = new Members([name], [text]);
    else this.metadata.set(name, text);
  }

  #takesMetadata(key: string): boolean {
    const { metadata } = this;
    if (metadata === undefined || metadata.size < MAX_METADATA_KEYS) return true;
    if (metadata.has(metadataName(key))) return true;
    this.trace.badInput(`metadata takes at most ${MAX_METADATA_KEYS} keys`);
    return false;
  }

  /** Takes the times of work that was measured elsewhere. */
  timed(times: {
    startTime?: number | undefined;
    endTime?: number | undefined;
    latency?: number | undefined;
  }): void {
    const { startedAt } = this.trace;
    const latency = this.#measured(times.latency, 0, MAX_LATENCY_MS);
    const end =
      this.#measured(times.endTime, EARLIEST_MS, LATEST_MS) ?? startedAt + this.trace.elapsedMs();
    const start = this.#measured(times.startTime, EARLIEST_MS, LATEST_MS) ?? end - (latency ?? 0);
    this.startMs = start - startedAt;
    this.endMs = Math.max(end, start) - startedAt;
    this.latencyMs = latency ?? Math.max(0, end - start);
    this.#tellUsage();
  }

  #tellUsage(): void {
    if (isModelCall(this.type)) this.trace.recorder.spending?.callEnded(this.trace);
  }

  #measured(value: number | undefined, least: number, most: number): number | undefined {
    if (value === undefined || (typeof value === 'number' && value >= least && value <= most))
      return value;
    this.trace.badInput('startTime and endTime take epoch milliseconds, latency milliseconds');
    return undefined;
  }

  #startChild<U extends StepType>(options: string | StepOptions<U>): RecordedStep<U> | undefined {
    const { trace } = this;
    if (!trace.takesStep(this.depth + 1)) return undefined;
    const settings =
      typeof options === 'object' && options !== null
        ? options
        : ({ name: options } as StepOptions<U>);
    // Without a type it is a user call: `U` is 'user_call' then.
    const type = settings.type ?? ('user_call' as U);
    if (!isStepType(type)) {
      const given = typeof type === 'string' ? quote(stepName(type, '')) : typeof type;
      trace.badInput(`unknown step type ${given}; it was recorded as user_call`);
    }
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

  #accepts(what: string): boolean {
    if (this.trace.isOpen) return true;
    this.trace.cameLate(what);
    return false;
  }
}

function metadataName(key: string): string {
  return key.length > MAX_NAME_CHARS ? key.slice(0, MAX_NAME_CHARS) : key;
}

/** A name of bounded length, or the other one where it is none. */
export function stepName(name: unknown, otherwise: string): string {
  if (typeof name !== 'string' || name === '') return otherwise;
  return name.length > MAX_NAME_CHARS ? `${name.slice(0, MAX_NAME_CHARS)}…` : name;
}

/** Whatever was thrown, as a name and a message. It stays as it is, and no code of its own runs. */
export function recordedError(error: unknown, redacted: (value: unknown) => string): RecordedError {
  if (typeof error !== 'object' || error === null || isProxy(error)) {
    return { name: typeof error, message: error === undefined ? 'undefined' : redacted(error) };
  }
  const message = errorMessage(error);
  // What was thrown although it is no error says most by its values.
  return {
    name: errorName(error),
    message: redacted(message === '' && !isNativeError(error) ? error : message),
  };
}
