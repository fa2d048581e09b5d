/** Whether a trace that has ended is published: the user's own decision, made of what became of it. */

import type { RecordedTrace } from './recorded-trace.js';

/** A function that throws leaves nothing out. */
export function isKept(trace: RecordedTrace): boolean {
  const { sample, root } = trace;
  if (sample === undefined) return true;
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
    return isSampled !== false;
  } catch (error) {
    trace.recorder.diagnostics.report(
      'error',
      'sample_failed',
      'the function given as sample threw; the trace is kept',
      error,
    );
    return true;
  }
}
