/** The ids of the running code, for logs. */

import { currentRecordedStep, endedTraceStep } from '../trace/current-step.js';
import { spanIdOf } from '../trace/trace-context.js';

/** The names are those that OpenTelemetry gives to these ids in logs. */
export interface LogFields {
  /** The trace id by W3C Trace Context: 32 hexadecimal digits. */
  readonly trace_id?: string;
  /** Of the current step: 16 hexadecimal digits. */
  readonly span_id?: string;
  /** Two hexadecimal digits. */
  readonly trace_flags?: string;
  /** The id of the trace's row on the platform. */
  readonly inference_id?: string;
}

/**
 * The ids of the trace and step that the running code belongs to, to be added to each line of a log; `{}` outside any trace.
 * The row of the trace then has the trace id too, as `trace_id`. Where that is asked for the first time after the trace has
 * ended, the row does not have it: then there is only `inference_id`. Never throws.
 *
 * @example
 * console.log(JSON.stringify({ message: 'asked', ...logFields() }));
 */
export function logFields(): LogFields {
  try {
    const step = currentRecordedStep() ?? endedTraceStep();
    if (step === undefined) return {};
    const { trace } = step;
    const inference_id = trace.inferenceId;
    if (!trace.hasIdentity) return { inference_id };
    const { traceId, flags } = trace.identity;
    return { trace_id: traceId, span_id: spanIdOf(step.id), trace_flags: flags, inference_id };
  } catch {
    return {};
  }
}
