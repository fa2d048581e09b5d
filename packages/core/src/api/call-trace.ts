/** The trace of one call outside any request. It ends with the call. */

import { randomUuid } from '../platform/random-id.js';
import { isStepType } from '../trace/model/step-fields.js';
import { RecordedTrace } from '../trace/recorded-trace.js';
import type { StepType } from '../wire.js';
import { defaultTracer } from './default-tracer.js';

export class CallTrace extends RecordedTrace {
  override rootEnded(): void {
    this.settle(this.root.error === undefined ? 'completed' : 'error');
  }
}

/**
 * Opens the trace of a call; undefined if nothing is to be recorded.
 * @param endedTrace a trace that has ended, if the call runs in its scope: the call uses its tracer, and
 * `metadata.startedBy` has its inference ID. Without it, the call uses the process-wide tracer
 * @param maxIdleMs how long the trace may make no progress, in milliseconds; by default for ever
 */
export function openCallTrace(
  name: string,
  type: StepType | undefined,
  endedTrace: RecordedTrace | undefined,
  maxIdleMs?: number,
): CallTrace | undefined {
  const tracer = endedTrace === undefined ? defaultTracer() : endedTrace.recorder;
  if (!tracer.admit()) return undefined;
  const start = { inferenceId: randomUuid(), maxIdleMs };
  const trace = new CallTrace(tracer, name, start, isStepType(type) ? type : 'user_call');
  tracer.addOpen(trace);
  if (endedTrace !== undefined) trace.update({ metadata: { startedBy: endedTrace.inferenceId } });
  return trace;
}
