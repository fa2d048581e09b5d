/** The ids of the running code, for logs. */

import { currentRecordedStep, endedTraceStep } from '../trace/current-step.js';
import { spanIdOf } from '../trace/ids/trace-context.js';

/** The names are those that OpenTelemetry gives to these ids in logs. */
export interface LogFields {
  /** The trace id by W3C Trace Context: 32 hexadecimal digits. */
  readonly trace_id?: string;
  /** Of the current step: 16 hexadecimal digits. */
  readonly span_id?: string;
  /** By W3C Trace Context, two hexadecimal digits: `01` for a recorded trace, `03` if its id is random too. */
  readonly trace_flags?: string;
  /** The id of the trace's row on the platform. */
  readonly inference_id?: string;
}

/**
 * The ids of the trace and step that the running code belongs to, to be added to each line of a log; `{}` outside any trace.
 * The first call in an open trace adds the column `trace_id` to its row. If the trace has ended without that, only
 * `inference_id` is returned. Never throws.
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
    const ids = trace.ensureIds();
    if (ids === undefined) return { inference_id };
    const { traceId, flags } = ids;
    return { trace_id: traceId, span_id: spanIdOf(step.id), trace_flags: flags, inference_id };
  } catch {
    return {};
  }
}
