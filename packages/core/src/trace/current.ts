/** The free functions: they act on whatever trace the running code belongs to. */

import { existingTracer } from '../default-tracer.js';
import { currentRecordedStep, publishedStep } from '../scope.js';
import type { StepType } from '../wire.js';
import { inertStep } from './inert.js';
import { quote } from './json-text.js';
import type { RecordedStep } from './recorded-step.js';
import { stepName } from './step-name.js';
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
  if (parent !== undefined) return parent.step(options, fn);
  reportLateStep(options);
  return fn(inertStep());
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
  const parent = current();
  if (parent !== undefined) return parent.startStep(options);
  reportLateStep(options);
  return inertStep();
}

/** Adds a finished step to the current one. Outside a trace it has no effect. */
export function addStep<T extends StepType = 'user_call'>(options: FinishedStep<T>): void {
  const parent = current();
  if (parent !== undefined) parent.addStep(options);
  else if (!reportLateStep(options)) reportNoTrace('addStep');
}

/** Merges facts into the current trace. Outside a trace it has no effect. */
export function updateCurrentTrace(update: TraceUpdate): void {
  const found = current();
  if (found !== undefined) found.trace.update(update);
  else if (!reportLate(() => 'updateCurrentTrace()')) reportNoTrace('updateCurrentTrace');
}

/** Merges facts into the current step. Outside a trace it has no effect. */
export function updateCurrentStep(update: StepUpdate): void {
  const found = current();
  if (found !== undefined) found.update(update);
  else if (!reportLate(() => 'updateCurrentStep()')) reportNoTrace('updateCurrentStep');
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

/**
 * Reports what code that a request left behind does after its trace was published.
 * @returns whether the running code is such
 */
function reportLate(describe: () => string): boolean {
  try {
    const step = publishedStep();
    step?.trace.cameLate(describe());
    return step !== undefined;
  } catch (error) {
    existingTracer()?.diagnostics.report(
      'error',
      'internal_error',
      'the current step could not be read',
      error,
    );
    return false;
  }
}

function reportLateStep(options: string | { readonly name: string } | null): boolean {
  return reportLate(() => {
    const name = typeof options === 'object' ? options?.name : options;
    return `step ${quote(stepName(name, ''))}`;
  });
}

function reportNoTrace(what: string): void {
  existingTracer()?.diagnostics.report(
    'debug',
    'no_trace',
    `${what} outside a trace has no effect; where a request lost its scope, use getTrace(req)`,
  );
}
