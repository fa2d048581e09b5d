/** A trace that stands for one call made outside any request: the end of the call is the end of the trace. */

import { defaultTracer } from '../default-tracer.js';
import type { StepType } from '../wire.js';
import { randomUuid } from './random-id.js';
import { RecordedTrace } from './recorded-trace.js';
import { isStepType } from './step-fields.js';

export class CallTrace extends RecordedTrace {
  override rootEnded(): void {
    this.settle(this.root.error === undefined ? 'completed' : 'error');
  }
}

/**
 * Opens one by the process-wide tracer; undefined where nothing is to be recorded.
 * @param published the trace whose scope the call is made in although it is published: its tracer takes the call, and
 * metadata names it
 */
export function openCallTrace(
  name: string,
  type: StepType | undefined,
  published: RecordedTrace | undefined,
): CallTrace | undefined {
  const tracer = published === undefined ? defaultTracer() : published.recorder;
  if (!tracer.admits()) return undefined;
  const trace = new CallTrace(tracer, name, randomUuid(), isStepType(type) ? type : 'user_call');
  tracer.opened(trace);
  if (published !== undefined) trace.update({ metadata: { startedBy: published.inferenceId } });
  return trace;
}
