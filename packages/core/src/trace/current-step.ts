import type { TracedStep } from './recorded-trace.js';
import { enteredStep, scopeStepOfEndedTrace } from './scope.js';

/** The step that the running code belongs to, of any scope manager. */
export function currentRecordedStep(): TracedStep | undefined {
  // Scope managers are given steps of recorded traces only.
  return enteredStep() as TracedStep | undefined;
}

/** The step whose scope the running code is in although the step's trace has ended. Look for `currentRecordedStep` first. */
export function endedTraceStep(): TracedStep | undefined {
  return scopeStepOfEndedTrace() as TracedStep | undefined;
}
