/** Finds the step that the running code belongs to, of any scope manager. */

import { isInert } from './inert.js';
import type { Step } from './model/trace-api.js';
import { innermost, scopeManagers } from './scope/scope.js';
import { type TracedStep, tracedStep } from './traced-step.js';

/** The step of an open trace that the running code belongs to. */
export function currentRecordedStep(): TracedStep | undefined {
  for (const manager of scopeManagers) {
    const step = manager.get();
    if (step?.isLive) return tracedStep(innermost(step));
  }
  return tracedStep(innermost(undefined));
}

/** The step whose scope the running code is in although the step's trace has ended. Look for `currentRecordedStep` first. */
export function endedTraceStep(): TracedStep | undefined {
  for (const manager of scopeManagers) {
    const step = manager.get();
    if (step?.isLive === false) return tracedStep(step);
  }
  return undefined;
}

/** The inert step whose scope the running code is in; undefined if it belongs to no inert trace. */
export function currentInertStep(): Step | undefined {
  for (const manager of scopeManagers) {
    const step = manager.get();
    if (step !== undefined && isInert(step)) return step;
  }
  return undefined;
}

/** Whether the running code belongs to an inert trace: it starts no trace of its own. */
export function isInInertScope(): boolean {
  return currentInertStep() !== undefined;
}
