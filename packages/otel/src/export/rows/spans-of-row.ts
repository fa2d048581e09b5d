/** Converts a row to spans: one for each step, with the ids that other services received. */

import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import {
  isStrings,
  SPAN_KINDS,
  type SpanContent,
  type SpanKind,
  type SpanStatus,
} from '../../dialects/data/span-data.js';
import type { StepData } from '../../dialects/data/step-data.js';
import { isSpanId } from '../../dialects/data/trace-context.js';
import { genAIMessagesOf } from '../../dialects/messages/gen-ai-messages.js';
import type { RequestFacts } from '../../dialects/to-span/request-attributes.js';
import { spanOfStep } from '../../dialects/to-span/span-of-step.js';
import { STATUS_ERROR_MESSAGE } from '../../dialects/vocabulary/error-type.js';
import { cutText, limitedAttributes, limitsOf } from './attribute-limits.js';
import type { SpanSettings } from './export-settings.js';
import type { ExportSpan } from './export-span.js';
import { nanoseconds } from './nanoseconds.js';
import { callerLink, linksOf, originOf, parentOf } from './origin-of-row.js';
import { otelOf } from './otel-metadata.js';
import { SpanIds, traceIdOf } from './span-identity.js';
import { StartTimes } from './start-times.js';
import { durationOf, stepDataOf } from './step-data-of-row.js';
import { withoutContent } from './without-content.js';

/**
 * The spans of a row, parents before their children; none if the app's own SDK sends all of them.
 * @returns undefined if the row has no step
 */
export function spansOfRow(
  row: JsonObject,
  settings: SpanSettings,
): readonly ExportSpan[] | undefined {
  const [root] = arrayOrEmpty(row.steps);
  if (!isJsonObject(root)) return undefined;
  const inferenceId = String(row.inferenceId);
  const traceId = traceIdOf(row.trace_id, inferenceId);
  const origin = originOf(row, traceId);
  const ids = new SpanIds();
  const starts = new StartTimes();
  const spans: ExportSpan[] = [];
  const stack: { readonly step: JsonObject; readonly parentSpanId: string | undefined }[] = [
    { step: root, parentSpanId: undefined },
  ];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { step } = next;
    const isRoot = step === root;
    const spanId = ids.of(step);
    // The last one is taken first.
    for (const child of [...arrayOrEmpty(step.steps)].reverse()) {
      if (isJsonObject(child)) stack.push({ step: child, parentSpanId: spanId });
    }
    // Its id is the one that its SDK exports it with, so that its children have a parent.
    if (settings.skipsForeign && isSentBySdk(step, traceId)) continue;
    const caller = isRoot ? parentOf(origin, settings) : undefined;
    const data = stepDataOf(step, row);
    const ours = isRoot ? exportedRootSpan(data, row, settings) : exportedSpan(data, settings);
    const span = withSdkSpanFacts(ours, step);
    const { attributes, dropped } = limitedAttributes(span.attributes, limitsOf(settings));
    const startNs = starts.next(data.startTime, spanId, next.parentSpanId);
    const endNs = startNs + nanoseconds(durationOf(step));
    spans.push({
      traceId,
      spanId,
      parentSpanId: next.parentSpanId ?? caller?.spanId,
      hasRemoteParent: caller?.isRemote === true,
      name: span.name,
      kind: span.kind,
      startNs,
      endNs,
      attributes,
      droppedAttributes: dropped,
      events: eventsOf(span, endNs, settings),
      links: [...(isRoot ? callerLink(origin, settings) : []), ...linksOf(step, traceId, settings)],
      status: statusOf(span, settings),
    });
  }
  return spans;
}

/** Whether the app's own SDK exports a span of the same work in the same trace. It exports those that it sampled. */
function isSentBySdk(step: JsonObject, traceId: string): boolean {
  const { trace_id: ownTraceId, span_id: spanId, sampled } = otelOf(step);
  return ownTraceId === traceId && isSpanId(spanId) && sampled !== false;
}

/** The span of a step, without contents unless they are sent. @param request facts of the request, for a root step */
function exportedSpan(
  step: StepData,
  { content }: SpanSettings,
  request?: RequestFacts,
): SpanContent {
  return spanOfStep(content ? step : withoutContent(step), request);
}

const KINDS: ReadonlySet<unknown> = new Set(SPAN_KINDS);

/**
 * The span with what the app's own SDK stated of the span that became the step, where a step states less; the span itself for other
 * steps.
 */
function withSdkSpanFacts(span: SpanContent, step: JsonObject): SpanContent {
  const { kind, error_type: type, exception } = otelOf(step);
  if (!KINDS.has(kind)) return span;
  const { 'error.type': _, ...attributes } = span.attributes;
  return {
    ...span,
    kind: kind as SpanKind,
    attributes: {
      ...attributes,
      // Of a span with an exception, the step may not have the error type: the event has it.
      ...definedFields({
        'error.type': type ?? (exception ? span.attributes['error.type'] : undefined),
      }),
    },
    events: exception === true ? span.events : [],
    status: statusAsStated(span, step),
  };
}

/** The status without the message that an error has if its span has none. */
function statusAsStated({ status: ours }: SpanContent, step: JsonObject): SpanStatus {
  const { status, exception } = otelOf(step);
  if (ours.code !== 'error') return status === 'ok' ? { code: 'ok' } : ours;
  const { errorType } = objectOrEmpty(step.metadata);
  const isMadeUp = ours.message === STATUS_ERROR_MESSAGE || ours.message === errorType;
  return isMadeUp && exception !== true ? { code: 'error' } : ours;
}

/** The span of a root step, with what the row states of the request. */
function exportedRootSpan(step: StepData, row: JsonObject, settings: SpanSettings): SpanContent {
  const { trace_id: _traceId, tags, ...metadata } = step.metadata;
  const isTags = isStrings(tags);
  const root = {
    ...step,
    metadata: isTags || tags === undefined ? metadata : { ...metadata, tags },
  };
  const facts: RequestFacts = {
    inferenceId: stringOrUndefined(row.inferenceId),
    sessionId: stringOrUndefined(row.session_id),
    userId: stringOrUndefined(row.user_id),
    tags: isTags ? tags : undefined,
    asConversation: settings.content && settings.profile === 'llm',
  };
  const span = exportedSpan(root, settings, facts);
  const { status } = objectOrEmpty(metadata.http);
  // By OpenTelemetry's conventions, also if nothing was thrown.
  const isFailure = span.status.code !== 'error' && typeof status === 'number' && status >= 500;
  return {
    ...span,
    // The root of a trace outside requests serves nobody.
    kind: isJsonObject(metadata.http) ? span.kind : exportedSpan(root, settings).kind,
    attributes: {
      ...span.attributes,
      ...(isFailure && { 'error.type': String(status) }),
      ...(settings.content && ragOf(row)),
      ...(facts.asConversation && questionOf(row)),
    },
    status: isFailure ? { code: 'error' } : span.status,
  };
}

/** What the user asked, if the app states it, as the input of the conversation. */
function questionOf({ _question: question }: JsonObject): JsonObject {
  if (typeof question !== 'string') return {};
  return { 'gen_ai.input.messages': jsonUnlessNull(genAIMessagesOf(question)) };
}

/** The columns for RAG metrics, which no dialect has. */
function ragOf({ context, _question: question }: JsonObject): JsonObject {
  return definedFields({
    'openlayer.context': jsonUnlessNull(context),
    'openlayer.question': question,
  });
}

function jsonUnlessNull(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}

/** A step has one event, the error that it ended with. */
function eventsOf({ events }: SpanContent, endNs: bigint, settings: SpanSettings) {
  return events.map(({ name, attributes }) => ({
    name,
    timeNs: endNs,
    attributes: limitedAttributes(attributes, limitsOf(settings)).attributes,
  }));
}

function statusOf({ status }: SpanContent, { maxAttributeBytes }: SpanSettings) {
  const { code, message } = status;
  return message === undefined ? { code } : { code, message: cutText(message, maxAttributeBytes) };
}
