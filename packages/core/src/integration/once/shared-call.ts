/**
 * Model calls and runs of agents that are observed twice: by a span of OpenTelemetry, and by the integration of a client or of an
 * agent's framework. Both record into the span's step.
 */

import type { TracedStep } from '../../trace/traced-step.js';
import { arrayOrEmpty, objectOrEmpty, stringOrUndefined } from '../../values/json/json-fields.js';
import type { StepType } from '../../wire.js';
import { isSameModel } from '../call/model-name.js';
import type { RecordedCall } from '../call/recorded-call.js';

/** What identifies a model call, as far as it is known. */
export interface CallFacts {
  readonly type: StepType;
  readonly model: unknown;
  /** Read only if type and model do not tell two calls apart. */
  readonly inputs: unknown;
}

/** A model call or a run of an agent, of a span that has not ended. */
export class SharedCall {
  readonly step: TracedStep;
  readonly #facts: CallFacts;
  /** The instrumentations that have a span of the call. */
  readonly #instrumentations: string[];
  readonly #stopWaiting: () => void;
  #client: RecordedCall | undefined;

  /**
   * @param instrumentation the one that made the span
   * @param stopWaiting called when the trace need not wait for the span any more
   */
  constructor(
    step: TracedStep,
    facts: CallFacts,
    instrumentation: string,
    stopWaiting: () => void,
  ) {
    this.step = step;
    this.#stopWaiting = stopWaiting;
    this.#facts = facts;
    this.#instrumentations = [instrumentation];
  }

  /** Whether the instrumentation has a span of the call. */
  isOf(instrumentation: string): boolean {
    return this.#instrumentations.includes(instrumentation);
  }

  /** The call by the integration of a client; undefined if there is none. Its facts win over those of the span. */
  get client(): RecordedCall | undefined {
    return this.#client;
  }

  /** Takes the call of a client, if it may be the same one. Each client records one call into a span's step. */
  takeClient(facts: CallFacts, start: () => RecordedCall): boolean {
    if (this.#client !== undefined || !this.#isLike(facts)) return false;
    this.#client = start();
    this.observedEnd();
    return true;
  }

  /** Call it when another observer has seen the end of the call: the span may end a moment later, or never. */
  observedEnd(): void {
    this.#stopWaiting();
  }

  /** Takes the span of another instrumentation, if it may be of the same call. Each instrumentation makes one span of a call. */
  takeSpan(facts: CallFacts, instrumentation: string): boolean {
    if (this.#client !== undefined || this.isOf(instrumentation) || !this.#isLike(facts))
      return false;
    this.#instrumentations.push(instrumentation);
    return true;
  }

  #isLike(other: CallFacts): boolean {
    const { step } = this;
    if (step.type !== other.type || !step.isLive) return false;
    if (!isSameModel(this.#facts.model, other.model)) return false;
    const text = lastText(this.#facts.inputs);
    const otherText = text === undefined ? undefined : lastText(other.inputs);
    return otherText === undefined || text === otherText;
  }
}

/** The text of the last message of a prompt, or of the input; undefined if there is no such string. */
function lastText(inputs: unknown): string | undefined {
  const { prompt, input } = objectOrEmpty(inputs);
  const last = arrayOrEmpty(prompt).at(-1);
  return stringOrUndefined(objectOrEmpty(last).content) ?? stringOrUndefined(prompt ?? input);
}
