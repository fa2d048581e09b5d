/**
 * Model calls that are observed twice: by a span of OpenTelemetry, and by the integration of a client below it. Both record
 * into the span's step.
 */

import { processWide } from '../platform/process-wide.js';
import type { TracedStep } from '../trace/recorded-trace.js';
import type { StepOptions, StepUpdate } from '../trace/step-types.js';
import { isModelCall } from '../trace/usage.js';
import type { StepType } from '../wire.js';
import { type CallProgress, RecordedCall } from './recorded-call.js';

/** A model call of a span that has not ended. */
export class SharedExchange {
  readonly #model: string | undefined;
  #client: RecordedCall | undefined;

  /** @param model undefined matches any model */
  constructor(model: string | undefined) {
    this.#model = model;
  }

  /** The call by the integration of a client; undefined if there is none. Its facts win over those of the span. */
  get client(): RecordedCall | undefined {
    return this.#client;
  }

  /** Whether a call of this model may be the same one. Each client records one call into a span's step. */
  mayBe(model: unknown): boolean {
    return this.#client === undefined && isSameModel(this.#model, model);
  }

  setClient(call: RecordedCall): void {
    this.#client = call;
  }
}

const shared = processWide('shared-exchanges.v1', () => ({
  exchanges: new WeakMap<object, SharedExchange>(),
  isUsed: false,
}));

/** Lets the client below a span record into the span's step. */
export function shareExchange(step: object, exchange: SharedExchange): void {
  shared.isUsed = true;
  shared.exchanges.set(step, exchange);
}

/** The model call of a span that has not ended, by its step. */
export function exchangeOf(step: object): SharedExchange | undefined {
  return shared.isUsed ? shared.exchanges.get(step) : undefined;
}

/** The span has ended: a further call below it is another one. */
export function endExchange(step: object): void {
  shared.exchanges.delete(step);
}

/** Records a client's call into the step that it starts below, if that is the step of a span of the same call. */
export function joinExchange<T extends StepType>(
  parent: TracedStep,
  options: StepOptions<T>,
  progress: CallProgress<T>,
): RecordedCall<T> | undefined {
  const exchange = exchangeOf(parent);
  const { type, model } = options as { readonly type?: StepType; readonly model?: unknown };
  if (exchange === undefined || type === undefined || !isModelCall(type)) return undefined;
  if (parent.type !== type || !parent.isLive || !exchange.mayBe(model)) return undefined;
  // The types of both are equal.
  const step = parent as unknown as TracedStep<T>;
  const call = new RecordedCall<T>(step, progress);
  exchange.setClient(call as unknown as RecordedCall);
  step.merge(options as StepUpdate<T>);
  return call;
}

/** Whether both name the same model, as far as they are known. */
export function isSameModel(one: unknown, other: unknown): boolean {
  return (
    typeof one !== 'string' ||
    typeof other !== 'string' ||
    one.replace(PATH, '') === other.replace(PATH, '')
  );
}

/** What Google puts before the names of models. */
const PATH = /^(publishers\/[^/]+\/)?models\//;
