/** Where a span belongs among the steps. */

import { currentRecordedStep, endedTraceStep, isInInertScope } from '../../trace/current-step.js';
import type { Step } from '../../trace/model/trace-api.js';
import { isBelow } from '../../trace/scope/scope.js';
import { tracedStep } from '../../trace/traced-step.js';

/**
 * Where a span belongs:
 * - `parent`: the step that the span is below;
 * - `late`: the trace has ended;
 * - `inert`: nothing is recorded of the request;
 * - `none`: the span is in no trace.
 */
export type SpanPlacement =
  | { readonly kind: 'parent'; readonly step: Step }
  | { readonly kind: 'late'; readonly step: Step }
  | { readonly kind: 'inert' }
  | { readonly kind: 'none' };

const INERT: SpanPlacement = { kind: 'inert' };
const NONE: SpanPlacement = { kind: 'none' };

/**
 * Where a span that starts now belongs: below the step of its parent span, or below the current step if that is deeper. A
 * trace that has ended is not reopened.
 * @param mapped the step of the span's parent; undefined if the parent has none
 * @param isRequest whether `mapped` only stands for the request: the current step wins, even if it is of another trace
 */
export function placeOfSpan(mapped: Step | undefined, isRequest: boolean): SpanPlacement {
  const ofParent = tracedStep(mapped);
  const current = currentRecordedStep();
  if (ofParent?.isLive) {
    const isDeeper = current !== undefined && (isRequest || isBelow(current, ofParent));
    return { kind: 'parent', step: isDeeper ? current : ofParent };
  }
  if (current !== undefined) return { kind: 'parent', step: current };
  const ended = ofParent ?? endedTraceStep();
  if (ended !== undefined) return { kind: 'late', step: ended };
  return isInInertScope() ? INERT : NONE;
}

/** Reports as `late_span` that a span started after the trace of its step had ended. */
export function reportLateSpan(step: Step, name: string): void {
  tracedStep(step)?.trace.reportLateSpan(name);
}
