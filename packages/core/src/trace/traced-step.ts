import type { StepType } from '../wire.js';
import { isInert } from './inert.js';
import type { Step } from './model/trace-api.js';
import type { RecordedStep } from './recorded-step.js';
import type { RecordedTrace } from './recorded-trace.js';

/** A step of a recorded trace. */
export type TracedStep<T extends StepType = StepType> = RecordedStep<T> & {
  readonly trace: RecordedTrace;
};

/** The step with the members that only core uses; undefined for an inert step, or without a step. */
export function tracedStep<T extends StepType>(
  step: Step<T> | undefined,
): TracedStep<T> | undefined {
  // A step that is not inert is a recorded one, perhaps of another loaded copy of this package.
  return step === undefined || isInert(step) ? undefined : (step as TracedStep<T>);
}
