/** The free functions: they act on whatever trace the running code belongs to. */

import { existingTracer } from '../default-tracer.js';
import { currentRecordedStep } from '../scope.js';
import type { StepType } from '../wire.js';
import { inertStep } from './inert.js';
import type { RecordedStep } from './recorded-step.js';
import type { FinishedStep, StepOptions, StepUpdate } from './step-types.js';
import type { Step, Trace, TraceUpdate } from './types.js';

/** The trace that the running code belongs to, or undefined. */
export function currentTrace(): Trace | undefined {
  return current()?.trace;
}

/** The step that the running code belongs to, or undefined. */
export function currentStep(): Step | undefined {
  return current();
}

/**
 * Runs `fn` as a step of the current trace and returns what it returns; outside a trace it just runs `fn`.
 *
 * @example
 * const documents = await step({ name: 'search', type: 'retriever' }, async (step) => {
 *   const found = await index.search(question);
 *   step.update({ documents: found });
 *   return found;
 * });
 */
export function step<T extends StepType = 'user_call', R = unknown>(
  options: string | StepOptions<T>,
  fn: (step: Step<T>) => R,
): R {
  const parent = current();
  return parent === undefined ? fn(inertStep()) : parent.step(options, fn);
}

/**
 * A step of the current trace that the caller ends; outside a trace, one that records nothing.
 *
 * @example
 * using search = startStep({ name: 'search', type: 'tool' });
 */
export function startStep<T extends StepType = 'user_call'>(
  options: string | StepOptions<T>,
): Step<T> {
  return current()?.startStep(options) ?? inertStep();
}

/** Adds a finished step to the current one. Outside a trace it has no effect. */
export function addStep<T extends StepType = 'user_call'>(options: FinishedStep<T>): void {
  const parent = current();
  if (parent === undefined) reportNoTrace('addStep');
  else parent.addStep(options);
}

/** Merges facts into the current trace. Outside a trace it has no effect. */
export function updateCurrentTrace(update: TraceUpdate): void {
  const found = current();
  if (found === undefined) reportNoTrace('updateCurrentTrace');
  else found.trace.update(update);
}

/** Merges facts into the current step. Outside a trace it has no effect. */
export function updateCurrentStep(update: StepUpdate): void {
  const found = current();
  if (found === undefined) reportNoTrace('updateCurrentStep');
  else found.update(update);
}

function current(): RecordedStep | undefined {
  try {
    return currentRecordedStep();
  } catch (error) {
    existingTracer()?.diagnostics.report(
      'error',
      'internal_error',
      'the current step could not be read',
      error,
    );
    return undefined;
  }
}

function reportNoTrace(what: string): void {
  existingTracer()?.diagnostics.report(
    'debug',
    'no_trace',
    `${what} outside a trace has no effect; where a request lost its scope, use getTrace(req)`,
  );
}
