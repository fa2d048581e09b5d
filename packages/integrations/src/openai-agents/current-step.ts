/** Which step the Agents SDK runs code for: it carries its spans along, and its listeners are told of them elsewhere. */

import { registerStepFinder, type Step } from '@openlayer-tracing/core/integration';
import { record } from '../common/json.js';

/** Where the SDK keeps what its running code belongs to. */
const STORAGE = Symbol.for('openai.agents.core.asyncLocalStorage');

/** By the id of a trace or of a span that goes on, what begins below it. */
const steps = new Map<unknown, Step>();
let isRegistered = false;

export function rememberStep(id: unknown, step: Step | undefined): void {
  if (!isRegistered) registerStepFinder(currentStep);
  isRegistered = true;
  if (step !== undefined) steps.set(id, step);
}

export function forgetStep(id: unknown): void {
  steps.delete(id);
}

function currentStep(): Step | undefined {
  const { [STORAGE]: storage } = globalThis as { [STORAGE]?: { getStore(): unknown } };
  const { active, span, trace } = record(storage?.getStore());
  if (active !== true) return undefined;
  return steps.get(record(span).spanId) ?? steps.get(record(trace).traceId);
}
