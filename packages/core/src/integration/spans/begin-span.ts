import { textIn } from '../../trace/model/field-values.js';
import { isModelCall } from '../../trace/model/step-fields.js';
import type { Step } from '../../trace/model/trace-api.js';
import { type TracedStep, tracedStep } from '../../trace/traced-step.js';
import type { StepType } from '../../wire.js';
import { isSameModel } from '../call/model-name.js';
import { joinedCall } from '../once/join-shared-call.js';
import { openSpans } from '../once/open-span-registry.js';
import { hasReplacedSpans, isOfExpectedRuns } from '../once/replaced-instrumentations.js';
import { reportLeftSpans } from '../report/integration-diagnostics.js';
import { FillingSpan } from './filling-span.js';
import type { RecordedSpan } from './recorded-span.js';
import { SpanOfStep } from './span-of-step.js';
import { SpanFacts, type SpanSource, type SpanWork } from './span-source.js';

/**
 * Starts the recording of a span. A call that its parent step records already is not recorded again: a span of another
 * instrumentation adds what is missing there.
 * @param work of the span as it starts
 * @param parent undefined to record the span as a trace of its own
 * @returns undefined if nothing is recorded
 */
export function beginSpan(
  span: SpanSource,
  work: SpanWork,
  parent: Step | undefined,
): RecordedSpan | undefined {
  const { type, model } = work;
  const ofParent = tracedStep(parent);
  const mayBeRun = isOfExpectedRuns(span.instrumentation);
  const run =
    mayBeRun && ofParent ? openSpans.observedRunAround(ofParent, span.instrumentation) : undefined;
  if (run !== undefined) return { step: run, end() {} };
  const facts = new SpanFacts(span, work);
  const isReplaced = hasReplacedSpans(span.instrumentation);
  if (!isModelCall(type)) {
    if (isReplaced) return leftToIntegration(span.instrumentation, ofParent);
    const group = SpanOfStep.start(span, type, parent);
    if (mayBeRun) group?.shareRun(facts);
    else group?.revealLater();
    return group;
  }
  if (ofParent !== undefined) {
    const joined = joinedCall(ofParent, facts, span.instrumentation);
    if (joined !== undefined) return new FillingSpan(joined.step, joined);
    if (isClientCall(ofParent, type, model)) return new FillingSpan(ofParent);
  }
  if (isReplaced) return leftToIntegration(span.instrumentation, ofParent);
  const started = SpanOfStep.start(span, type, parent);
  started?.share(facts);
  return started;
}

/** Leaves out a span that an integration replaces. */
function leftToIntegration(instrumentation: string, parent: TracedStep | undefined): undefined {
  reportLeftSpans(instrumentation, parent?.trace.recorder.diagnostics);
}

/** Whether the step is an open call of this model that the integration of a client or framework records. */
function isClientCall(step: TracedStep, type: StepType, model: string | undefined): boolean {
  return (
    step.type === type &&
    step.isRunning &&
    !openSpans.isOfOpenSpan(step) &&
    step.trace.isCall(step) &&
    isSameModel(textIn(step, 'model'), model)
  );
}
