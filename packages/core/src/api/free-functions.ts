/** The free functions, which act on the trace and step that the running code belongs to. They never throw on their own. */

import { stepName } from '../trace/content/step-name.js';
import { currentInertStep, currentRecordedStep, endedTraceStep } from '../trace/current-step.js';
import { inertStep } from '../trace/inert.js';
import type { FinishedStep, StepOptions, StepUpdate } from '../trace/model/step-types.js';
import type { Step, Trace, TraceUpdate } from '../trace/model/trace-api.js';
import type { TracedStep } from '../trace/traced-step.js';
import { quote } from '../values/json/json-text.js';
import type { StepType } from '../wire.js';
import { existingTracer } from './default-tracer.js';

/** The trace that the running code belongs to; undefined outside any open trace. */
export function currentTrace(): Trace | undefined {
  return current()?.trace;
}

/** The step that the running code belongs to; undefined outside any open trace. */
export function currentStep(): Step | undefined {
  return current();
}

/**
 * Runs `fn` as a step of the current trace and returns its result; outside a trace it just runs `fn`. The step ends when the
 * result is complete: a promise has settled, or an iterator or stream has ended. An error is recorded and rethrown unchanged.
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
  return fn(unrecordedStep());
}

/**
 * Starts a step of the current trace that the caller ends, by `end()` or `using`; outside a trace, one that records nothing.
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
  return unrecordedStep();
}

/** The step of the inert trace that the running code belongs to, else one outside any trace. */
function unrecordedStep<T extends StepType>(): Step<T> {
  try {
    return (currentInertStep() as Step<T> | undefined) ?? inertStep();
  } catch (error) {
    reportUnreadable(error);
    return inertStep();
  }
}

/** Adds a finished child to the current step. Outside a trace it has no effect and is reported as `no_trace`, at level `debug`. */
export function addStep<T extends StepType = 'user_call'>(options: FinishedStep<T>): void {
  const parent = current();
  if (parent !== undefined) parent.addStep(options);
  else if (!reportLateStep(options)) reportNoTrace('addStep');
}

/** Merges values into the current trace. Outside a trace it has no effect and is reported as `no_trace`, at level `debug`. */
export function updateCurrentTrace(update: TraceUpdate): void {
  const found = current();
  if (found !== undefined) found.trace.update(update);
  else if (!reportLate(() => 'updateCurrentTrace()')) reportNoTrace('updateCurrentTrace');
}

/** Merges values into the current step. Outside a trace it has no effect and is reported as `no_trace`, at level `debug`. */
export function updateCurrentStep(update: StepUpdate): void {
  const found = current();
  if (found !== undefined) found.update(update);
  else if (!reportLate(() => 'updateCurrentStep()')) reportNoTrace('updateCurrentStep');
}

function current(): TracedStep | undefined {
  try {
    return currentRecordedStep();
  } catch (error) {
    reportUnreadable(error);
    return undefined;
  }
}

/**
 * Reports a call as `too_late` if the running code is in the scope of a trace that has ended.
 * @returns whether it is
 */
function reportLate(nameCall: () => string): boolean {
  try {
    const step = endedTraceStep();
    step?.trace.reportTooLate(nameCall());
    return step !== undefined;
  } catch (error) {
    reportUnreadable(error);
    return false;
  }
}

function reportUnreadable(error: unknown): void {
  existingTracer()?.diagnostics.report(
    'error',
    'internal_error',
    'the current step could not be read',
    error,
  );
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
