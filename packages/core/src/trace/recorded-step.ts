/** A step that is being recorded. Its values are JSON text from the moment they are logged. */

import type { StepType } from '../wire.js';
import { inertStep } from './inert.js';
import { quote } from './json-text.js';
import type { RecordedTrace } from './recorded-trace.js';
import { runInScope, runInStep } from './run-in-step.js';
import { errorMessage, errorName } from './snapshot.js';
import { FIELDS, fieldText, fits, isStepType } from './step-fields.js';
import type { FinishedStep, StepOptions, StepUpdate } from './step-types.js';
import type { Step } from './types.js';

const MAX_NAME_CHARS = 256;
const MAX_METADATA_KEYS = 128;

/** What went wrong, as texts. */
export interface RecordedError {
  readonly name: string;
  readonly message: string;
}

export class RecordedStep<T extends StepType = StepType> implements Step<T> {
  readonly type: T;
  readonly trace: RecordedTrace;
  readonly depth: number;
  name: string;
  /** Milliseconds after the trace's start. */
  startMs: number;
  /** Milliseconds after the trace's start; -1 while the step runs. */
  endMs = -1;
  /** Measured elsewhere, where it is not the difference of the two. */
  latencyMs = -1;
  inputs: string | undefined = undefined;
  output: string | undefined = undefined;
  groundTruth: string | undefined = undefined;
  error: RecordedError | undefined = undefined;
  metadata: Map<string, string> | undefined = undefined;
  fields: Map<string, string> | undefined = undefined;
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
    this.#id ??= crypto.randomUUID();
    return this.#id;
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
      step?.apply(options as StepUpdate<U>);
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
      if (this.endMs >= 0 || !this.trace.isOpen) return;
      this.endMs = this.trace.elapsedMs();
      if (this.depth === 0) this.trace.rootEnded();
    } catch (error) {
      this.trace.failed('end', error);
    }
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
    if (update.name !== undefined) this.name = stepName(update.name, this.name);
    if (update.inputs !== undefined) this.inputs = trace.snapshot(update.inputs, 'inputs');
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
    if (typeof metadata !== 'object' || metadata === null) {
      this.trace.badInput('metadata must be an object');
      return;
    }
    for (const key of Object.keys(metadata)) {
      const value = Object.getOwnPropertyDescriptor(metadata, key)?.value;
      if (value !== undefined) this.setMetadata(key, this.trace.snapshot(value, key));
    }
  }

  setMetadata(key: string, text: string): void {
    this.metadata ??= new Map();
    const name = key.length > MAX_NAME_CHARS ? key.slice(0, MAX_NAME_CHARS) : key;
    if (this.metadata.size < MAX_METADATA_KEYS || this.metadata.has(name)) {
      this.metadata.set(name, text);
    } else {
      this.trace.badInput(`metadata takes at most ${MAX_METADATA_KEYS} keys`);
    }
  }

  /** Takes the times of work that was measured elsewhere. */
  timed(times: {
    startTime?: number | undefined;
    endTime?: number | undefined;
    latency?: number | undefined;
  }): void {
    const { startedAt } = this.trace;
    const end = numberOr(times.endTime, startedAt + this.trace.elapsedMs());
    const start = numberOr(times.startTime, end - numberOr(times.latency, 0));
    this.startMs = start - startedAt;
    this.endMs = Math.max(end, start) - startedAt;
    this.latencyMs = Math.max(0, numberOr(times.latency, end - start));
  }

  #startChild<U extends StepType>(options: string | StepOptions<U>): RecordedStep<U> | undefined {
    const { trace } = this;
    if (!trace.takesStep(this.depth + 1)) return undefined;
    const settings: StepOptions<U> =
      typeof options === 'string' ? ({ name: options } as StepOptions<U>) : options;
    // Without a type it is a user call: `U` is 'user_call' then.
    const type = settings.type ?? ('user_call' as U);
    if (!isStepType(type))
      trace.badInput(`unknown step type ${quote(String(type))}; it was recorded as user_call`);
    const known = isStepType(type) ? type : ('user_call' as U);
    const name = stepName(settings.name, known);
    const step = new RecordedStep<U>(trace, known, name, this.depth + 1, trace.elapsedMs());
    if (typeof options !== 'string') {
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
    for (const field of FIELDS[this.type]) {
      const value = read[field.name];
      if (value === undefined) continue;
      const text = fits(field.kind, value)
        ? fieldText(field, value, (each) => this.trace.snapshot(each, ''))
        : undefined;
      if (text !== undefined) {
        this.fields ??= new Map();
        this.fields.set(field.name, text);
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

function stepName(name: unknown, otherwise: string): string {
  if (typeof name !== 'string' || name === '') return otherwise;
  return name.length > MAX_NAME_CHARS ? `${name.slice(0, MAX_NAME_CHARS)}…` : name;
}

function numberOr(value: number | undefined, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

/** Whatever was thrown, as a name and a message. */
export function recordedError(error: unknown, redacted: (text: string) => string): RecordedError {
  if (typeof error === 'object' && error !== null) {
    return { name: errorName(error), message: redacted(errorMessage(error)) };
  }
  const message = typeof error === 'symbol' ? error.toString() : String(error);
  return { name: typeof error, message: redacted(message) };
}
