/** Whether a trace that has ended is published: the user's own decision, made of what became of it. */

import { watchRejection } from './promised.js';
import type { RecordedTrace } from './recorded-trace.js';

/** A function that throws leaves nothing out. */
export function isKept(trace: RecordedTrace): boolean {
  const { sample, root } = trace;
  if (sample === undefined) return true;
  const failed = (how: string) => (error: unknown) =>
    trace.recorder.diagnostics.report(
      'error',
      'sample_failed',
      `the function given as sample ${how}; the trace is kept`,
      error,
    );
  try {
    const isSampled: unknown = sample({
      inferenceId: trace.inferenceId,
      name: root.name,
      outcome: trace.outcome,
      statusCode: trace.statusCode,
      latencyMs: root.endMs,
      hasError: root.error !== undefined || trace.outcome === 'error',
      usage: trace.usage,
    });
    if (watchRejection(isSampled, failed('was rejected'))) {
      trace.recorder.diagnostics.report(
        'error',
        'option_sample_async',
        'the function given as sample returned a promise; its decision is needed at once, so that the trace is kept',
      );
    }
    return isSampled !== false;
  } catch (error) {
    failed('threw')(error);
    return true;
  }
}
