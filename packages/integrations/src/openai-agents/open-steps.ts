import { registerStepFinder, type Step } from '@openlayer-tracing/core/integration';
import { objectOrEmpty } from '../common/json.js';

/** The symbol under which the SDK keeps the AsyncLocalStorage with its current trace and span. */
const STORAGE = Symbol.for('openai.agents.core.asyncLocalStorage');

/**
 * The steps of open traces and spans, by the SDK's ids. Core finds the current step by them, because the SDK runs code in an
 * async context of its own.
 */
class OpenSteps {
  readonly #steps = new Map<unknown, Step>();
  #isRegistered = false;

  /** Keeps the step of a trace or span, if it has one. */
  remember(id: unknown, step: Step | undefined): void {
    if (!this.#isRegistered) registerStepFinder(() => this.#currentStep());
    this.#isRegistered = true;
    if (step !== undefined) this.#steps.set(id, step);
  }

  forget(id: unknown): void {
    this.#steps.delete(id);
  }

  #currentStep(): Step | undefined {
    const { [STORAGE]: storage } = globalThis as { [STORAGE]?: { getStore(): unknown } };
    const { active, span, trace } = objectOrEmpty(storage?.getStore());
    if (active !== true) return undefined;
    return (
      this.#steps.get(objectOrEmpty(span).spanId) ?? this.#steps.get(objectOrEmpty(trace).traceId)
    );
  }
}

/** Shared by all processors, because core has no way to remove the finder of a processor that is no longer used. */
export const openSteps = new OpenSteps();
