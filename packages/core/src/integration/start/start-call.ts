/** Starts the recording of a client's call. */

import { openCallTrace } from '../../api/call-trace.js';
import { currentRecordedStep, endedTraceStep, isInInertScope } from '../../trace/current-step.js';
import type { StepOptions } from '../../trace/model/step-types.js';
import type { Step } from '../../trace/model/trace-api.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import { type TracedStep, tracedStep } from '../../trace/traced-step.js';
import type { StepType } from '../../wire.js';
import { type CallProgress, RecordedCall, stepOfCall } from '../call/recorded-call.js';
import { joinSharedCall } from '../once/join-shared-call.js';
import { openSpans } from '../once/open-span-registry.js';
import { reportFailure } from '../report/integration-diagnostics.js';

/** How long a trace that stands for one call may make no progress, in case its result is never read to the end. */
const MAX_UNREAD_MS = 600_000;

/**
 * Starts a call as `startSeparateCall` does. If a span of OpenTelemetry stands for the same call, the call is recorded into the
 * step of the span. Never throws.
 * @returns undefined if nothing is recorded
 */
export function startCall<T extends StepType>(
  options: StepOptions<T>,
  progress: CallProgress<T> = {},
  parent?: Step,
): RecordedCall<T> | undefined {
  let call: RecordedCall<T> | undefined;
  try {
    call = joinSharedCall(parent, options, progress);
  } catch (error) {
    reportFailure('startCall', error);
  }
  call ??= startSeparateCall(options, progress, parent);
  const { observedBy } = progress;
  if (call !== undefined && observedBy !== undefined) {
    openSpans.addObservedRun(stepOfCall(call), observedBy);
  }
  return call;
}

/**
 * Starts a call as a child of `parent`, by default of the current step. Outside a trace, and after its end, the call is a trace
 * of its own. Never throws.
 * @returns undefined if nothing is recorded
 */
export function startSeparateCall<T extends StepType>(
  options: StepOptions<T>,
  progress: CallProgress<T> = {},
  parent?: Step,
): RecordedCall<T> | undefined {
  try {
    const parentStep = parent ?? currentRecordedStep() ?? endedTraceStep();
    if (parentStep === undefined && isInInertScope()) return undefined;
    const endedTrace = endedTraceOf(parentStep);
    const step =
      parentStep === undefined || endedTrace !== undefined
        ? startOwnTrace(options, endedTrace)
        : parentStep.startStep(options);
    const recorded = tracedStep(step);
    return recorded && new RecordedCall(recorded, progress);
  } catch (error) {
    reportFailure('startCall', error);
    return undefined;
  }
}

function endedTraceOf(step: Step | undefined): RecordedTrace | undefined {
  const recorded = tracedStep(step);
  return recorded?.isLive === false ? recorded.trace : undefined;
}

function startOwnTrace<T extends StepType>(
  options: StepOptions<T>,
  endedTrace: RecordedTrace | undefined,
): Step<T> | undefined {
  const trace = openCallTrace(options.name, options.type, endedTrace, MAX_UNREAD_MS);
  if (trace === undefined) return undefined;
  // The root has the type of the options.
  const root = trace.root as unknown as TracedStep<T>;
  root.merge(options);
  return root;
}
