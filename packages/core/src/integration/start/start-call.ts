/** Starts the recording of a client's call. */

import { openCallTrace } from '../../api/call-trace.js';
import { currentRecordedStep, endedTraceStep, isInInertScope } from '../../trace/current-step.js';
import { isInert } from '../../trace/inert.js';
import type { StepOptions } from '../../trace/model/step-types.js';
import type { Step } from '../../trace/model/types.js';
import type { RecordedTrace, TracedStep } from '../../trace/recorded-trace.js';
import type { StepType } from '../../wire.js';
import { type CallProgress, RecordedCall, tracedStepOf } from '../call/recorded-call.js';
import { joinSharedCall } from '../once/join-shared-call.js';
import { openSpans } from '../once/open-span-registry.js';
import { reportFailure } from '../report/report.js';

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
    call = joinSharedCall(parent as TracedStep | undefined, options, progress);
  } catch (error) {
    reportFailure('startCall', error);
  }
  call ??= startSeparateCall(options, progress, parent);
  const { observedBy } = progress;
  if (call !== undefined && observedBy !== undefined) {
    openSpans.addObservedRun(tracedStepOf(call), observedBy);
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
    const parentStep = parent ?? ((currentRecordedStep() ?? endedTraceStep()) as Step | undefined);
    if (parentStep === undefined && isInInertScope()) return undefined;
    const endedTrace = endedTraceOf(parentStep);
    const step =
      parentStep === undefined || endedTrace !== undefined
        ? startOwnTrace(options, endedTrace)
        : parentStep.startStep(options);
    return step === undefined || isInert(step as Step)
      ? undefined
      : new RecordedCall(step as TracedStep<T>, progress);
  } catch (error) {
    reportFailure('startCall', error);
    return undefined;
  }
}

function endedTraceOf(step: Step | undefined): RecordedTrace | undefined {
  if (step === undefined || isInert(step)) return undefined;
  // A step that is not inert is a recorded one.
  const { isLive, trace } = step as TracedStep;
  return isLive ? undefined : trace;
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
