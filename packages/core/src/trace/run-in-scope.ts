/** Enters the scope of a step: exactly once, and with errors unchanged, whatever happens to us. */

import type { RecordedStep } from './recorded-step.js';

/** Runs `fn()` in the scope of the step, and does nothing else. */
export function runInScope<R>(step: RecordedStep, fn: () => R): R {
  let entered = false;
  const enter = () => {
    entered = true;
    return fn();
  };
  try {
    return step.trace.scope.run(step, enter, undefined, undefined);
  } catch (error) {
    if (entered) throw error;
    step.trace.failed('scope', error);
    return fn();
  }
}
