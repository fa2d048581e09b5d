/** Finds the span of the same call or run, so that its step gets what another observer records. */

import { currentRecordedStep } from '../../trace/current-step.js';
import { isModelCall } from '../../trace/model/step-fields.js';
import type { StepOptions, StepUpdate } from '../../trace/model/step-types.js';
import type { Step } from '../../trace/model/trace-api.js';
import { type TracedStep, tracedStep } from '../../trace/traced-step.js';
import type { StepType } from '../../wire.js';
import { type CallProgress, RecordedCall } from '../call/recorded-call.js';
import { isRequestAnnounced } from './announced-request.js';
import { openSpans } from './open-span-registry.js';
import type { CallFacts, SharedCall } from './shared-call.js';

/** Calls `listener` before each search for the span of a call. The listener may begin spans that wait for their attributes. */
export function beforeJoining(listener: () => void): void {
  openSpans.beforeSearch(listener);
}

/**
 * Records a client's call, or an observed run, into the step of a span of the same call, if there is one.
 * @param parent by default the current step
 */
export function joinSharedCall<T extends StepType>(
  parent: Step | undefined,
  options: StepOptions<T>,
  progress: CallProgress<T>,
): RecordedCall<T> | undefined {
  const { type, model, inputs } = options as Partial<CallFacts>;
  const { observedBy } = progress;
  const mayJoin = type !== undefined && (isModelCall(type) || observedBy !== undefined);
  if (!openSpans.isUsed || !mayJoin) return undefined;
  const around = parent === undefined ? currentRecordedStep() : tracedStep(parent);
  if (around === undefined) return undefined;
  const sharedCalls =
    observedBy === undefined ? openSpans.callsAt(around) : openSpans.runsAt(around, observedBy);
  for (const sharedCall of sharedCalls) {
    // The types of both are equal if the shared call takes the client's.
    const step = sharedCall.step as unknown as TracedStep<T>;
    let call: RecordedCall<T> | undefined;
    sharedCall.takeClient({ type, model, inputs }, () => {
      call = new RecordedCall<T>(step, progress);
      return call;
    });
    if (call === undefined) continue;
    step.merge(options as StepUpdate<T>);
    return call;
  }
  return undefined;
}

/** The shared call of another instrumentation's span, if it may be the same call. */
export function joinedCall(
  parent: TracedStep,
  facts: CallFacts,
  instrumentation: string,
): SharedCall | undefined {
  return openSpans
    .callsAt(parent)
    .find((sharedCall) => sharedCall.takeSpan(facts, instrumentation));
}

/** Whether another observer may record the model call of a request that is sent below the step. */
export function isNearSharedCall(parent: Step): boolean {
  const step = tracedStep(parent);
  if (step === undefined) return false;
  return isRequestAnnounced() || openSpans.callsAt(step).length > 0;
}
