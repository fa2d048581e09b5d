/** What the recordings of all spans have in common. */

import type { Deferred } from '../../trace/deferred-values.js';
import type { Step } from '../../trace/model/trace-api.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import type { TracedStep } from '../../trace/traced-step.js';
import { reportFailure } from '../report/integration-diagnostics.js';
import type { SpanReport, SpanSource } from './span-source.js';

/** A span while it is recorded. Its methods never throw. */
export interface RecordedSpan {
  /** The step that the span's children are below. */
  readonly step: Step;
  /**
   * Ends the span, once. Its values are recorded when the row is made, or before something reads or changes its step. After the
   * end of its trace, this is reported as `late_span`.
   */
  end(ended: SpanSource): void;
}

/**
 * Whether something needs the values of a span as soon as it ends: the app gets the usage after each call, a trace settles with its
 * root, and a call that goes on after its client left shows its tokens.
 */
export function isNeededNow({ trace, depth }: TracedStep): boolean {
  return depth === 0 || trace.outcome === 'aborted' || trace.recorder.costs?.reportsCalls === true;
}

/** Records an ended span when the row is made, or before something reads or changes its step. */
export function recordLater(span: Deferred, step: TracedStep, { chars }: SpanSource): void {
  step.setDeferred(true);
  step.trace.defer(span, chars);
}

/** Reads a span and records its values into the step. Never throws. @param span undefined if it has been recorded */
export function recordReport(
  span: SpanSource | undefined,
  step: TracedStep,
  record: (report: SpanReport) => void,
): void {
  if (span === undefined) return;
  step.setDeferred(false);
  try {
    record(span.report());
  } catch (error) {
    reportFailure('span', error);
  }
}

/** Records the user and the session of the span, unless the trace has them. */
export function recordUserAndSession(
  trace: RecordedTrace,
  { userId, sessionId }: Pick<SpanReport, 'userId' | 'sessionId'>,
): void {
  if (userId !== undefined && trace.columns.userId === undefined) trace.columns.setUser(userId);
  if (sessionId !== undefined && trace.columns.sessionId === undefined)
    trace.columns.setSession(sessionId);
}
