import { currentRecordedStep, publishedStep } from '../scope.js';
import { openCallTrace } from '../trace/call-trace.js';
import { isInert } from '../trace/inert.js';
import type { RecordedStep } from '../trace/recorded-step.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import type { StepOptions } from '../trace/step-types.js';
import type { Step } from '../trace/types.js';
import type { StepType } from '../wire.js';
import { type CallProgress, RecordedCall } from './recorded-call.js';
import { reportFailure } from './report.js';

/** A call of its own that nobody reads to its end does not stay open for good. */
const MAX_UNREAD_MS = 600_000;

/**
 * Starts a call below the parent, else the current step; outside a trace, and where the trace is published already, as a
 * trace of its own.
 * @returns undefined where nothing is recorded. Never throws
 */
export function startCall<T extends StepType>(
  options: StepOptions<T>,
  progress: CallProgress<T> = {},
  parent?: Step,
): RecordedCall<T> | undefined {
  try {
    const above = parent ?? ((currentRecordedStep() ?? publishedStep()) as Step | undefined);
    const published = publishedTraceOf(above);
    const step =
      above === undefined || published !== undefined
        ? ownStep(options, published)
        : above.startStep(options);
    return step === undefined || isInert(step as Step)
      ? undefined
      : new RecordedCall(step as RecordedStep<T>, progress);
  } catch (error) {
    reportFailure('startCall', error);
    return undefined;
  }
}

function publishedTraceOf(step: Step | undefined): RecordedTrace | undefined {
  if (step === undefined || isInert(step)) return undefined;
  // Every step that is not the inert one is a recorded one.
  const { isLive, trace } = step as RecordedStep;
  return isLive ? undefined : trace;
}

function ownStep<T extends StepType>(
  options: StepOptions<T>,
  published: RecordedTrace | undefined,
): Step<T> | undefined {
  const trace = openCallTrace(options.name, options.type, published);
  if (trace === undefined) return undefined;
  trace.maxAgeMs = MAX_UNREAD_MS;
  // The root was made with the type that the options name.
  const root = trace.root as unknown as RecordedStep<T>;
  root.merge(options);
  return root;
}
