/** Runs code in the scope of a step: exactly once, and with its errors unchanged, whatever happens to us. */

import type { StepType } from '../wire.js';
import { followResult } from './follow-result.js';
import { isInert } from './inert.js';
import type { RecordedStep } from './recorded-step.js';
import type { Step } from './types.js';

/** Runs `fn(step)` in the scope of the step, ends the step when its work is done, and returns what `fn` returned. */
export function runInStep<T extends StepType, R>(step: Step<T>, fn: (step: Step<T>) => R): R {
  if (isInert(step as Step)) return fn(step);
  // Every step that is not the inert one is a recorded one.
  const recorded = step as RecordedStep<T>;
  let result: R;
  try {
    result = recorded.trace.scope.run(recorded as RecordedStep, call<T, R>, step, fn);
  } catch (error) {
    if (!recorded.entered) {
      recorded.trace.failed('scope', error);
      return fn(step);
    }
    recorded.fail(error);
    throw error;
  }
  return followResult(recorded as RecordedStep, result);
}

function call<T extends StepType, R>(step: Step<T>, fn: (step: Step<T>) => R): R {
  (step as RecordedStep<T>).entered = true;
  return fn(step);
}
