/** Finds the step that the running code belongs to, of any scope manager. */

import type { Step } from './model/types.js';
import type { TracedStep } from './recorded-trace.js';
import { innermost, scopeManagers } from './scope/scope.js';

/** The step of an open trace that the running code belongs to. */
export function currentRecordedStep(): TracedStep | undefined {
  for (const manager of scopeManagers) {
    const step = manager.get();
    // A step that belongs to a trace is a recorded one.
    if (step?.isLive) return innermost(step) as TracedStep;
  }
  return innermost(undefined) as TracedStep | undefined;
}

/** The step whose scope the running code is in although the step's trace has ended. Look for `currentRecordedStep` first. */
export function endedTraceStep(): TracedStep | undefined {
  for (const manager of scopeManagers) {
    const step = manager.get();
    if (step?.isLive === false) return step as TracedStep;
  }
  return undefined;
}

/** The inert step whose scope the running code is in: it belongs to an inert trace, and starts none of its own. */
export function currentInertStep(): Step | undefined {
  for (const manager of scopeManagers) {
    const step = manager.get();
    if (step !== undefined && step.isLive === undefined) return step as Step;
  }
  return undefined;
}

export function isInInertScope(): boolean {
  return currentInertStep() !== undefined;
}
