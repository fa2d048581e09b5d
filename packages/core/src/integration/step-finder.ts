import { currentRecordedStep, isBelow, registerFinder } from '../scope.js';
import type { RecordedStep } from '../trace/recorded-step.js';
import type { Step } from '../trace/types.js';
import { reportFailure } from './report.js';

/**
 * Has everything that asks for the current step ask this as well: for frameworks that run code in an asynchronous context
 * of their own. One that throws is not asked again.
 */
export function registerStepFinder(find: () => Step | undefined): void {
  let isBroken = false;
  registerFinder(() => {
    if (isBroken) return undefined;
    try {
      // Every step that is not the inert one is a recorded one.
      return find() as RecordedStep | undefined;
    } catch (error) {
      isBroken = true;
      reportFailure('finding the current step', error);
      return undefined;
    }
  });
}

/** The current step where it lies below the given one, else that one. */
export function currentWithin(step: Step): Step {
  const current = currentRecordedStep();
  return current !== undefined && isBelow(current, step as RecordedStep) ? (current as Step) : step;
}
