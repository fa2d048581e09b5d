/** Converts a row to spans: one for each step, with the ids that other services know. */

import {
  arrayOrEmpty,
  definedFields,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  type StepType,
  stringOrUndefined,
} from '@openlayer-tracing/core/integration';
import { genAIMessagesOf } from '../../dialects/messages/gen-ai-messages.js';
import type { SpanContent } from '../../dialects/span-data.js';
import type { SpanError, StepData } from '../../dialects/step-data.js';
import { type RequestFacts, spanOfStep } from '../../dialects/to-span/span-of-step.js';
import { cutText, limitedAttributes } from './attribute-limits.js';
import type { ExportLink, ExportSpan } from './export-span.js';
import { nanoseconds } from './nanoseconds.js';
import { isSpanId, isTraceId, SpanIds, traceIdOf } from './span-identity.js';
import { StartTimes } from './start-times.js';
import { withoutContent } from './without-content.js';

/** What kind of backend reads the spans. */
export type ExportProfile = 'apm' | 'llm';

export interface RowSettings {
  /** Whether steps that were spans of the app's own SDK are left out, since the app exports them itself. */
  readonly skipsForeign: boolean;
  readonly profile: ExportProfile;
  readonly content: boolean;
  /** Of one attribute, in bytes of UTF-8. */
  readonly maxAttributeBytes: number;
}

/** As OpenTelemetry's SDKs by default. */
const MAX_ATTRIBUTES = 128;

/** The spans of a row, parents before their children; none if it has no step. */
export function spansOfRow(row: JsonObject, settings: RowSettings): readonly ExportSpan[] {
  const [root] = arrayOrEmpty(row.steps);
  if (!isJsonObject(root)) return [];
  const inferenceId = String(row.inferenceId);
  const traceId = traceIdOf(row.trace_id, inferenceId);
  const origin = originOf(row, traceId);
  const ids = new SpanIds();
  const starts = new StartTimes();
  const spans: ExportSpan[] = [];
  const pending: { readonly step: JsonObject; readonly parentSpanId: string | undefined }[] = [
    { step: root, parentSpanId: undefined },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { step } = next;
    const isRoot = step === root;
    const spanId = ids.of(step);
    // The last one is taken first.
    for (const child of [...arrayOrEmpty(step.steps)].reverse()) {
      if (isJsonObject(child)) pending.push({ step: child, parentSpanId: spanId });
    }
    // Its id is the one that its SDK exports it with, so that its children have a parent.
    if (settings.skipsForeign && !isRoot && isForeign(step, traceId)) continue;
    const caller = isRoot ? parentOf(origin, settings) : undefined;
    const data = stepDataOf(step, row);
    const content = isRoot ? rootContent(data, row, settings) : contentOf(data, settings);
    const { attributes, dropped } = limitedAttributes(content.attributes, limitsOf(settings));
    const startNs = starts.next(data.startTime, spanId, next.parentSpanId);
    const endNs = startNs + nanoseconds(durationOf(step));
    spans.push({
      traceId,
      spanId,
      parentSpanId: next.parentSpanId ?? caller?.spanId,
      hasRemoteParent: caller?.isRemote === true,
      name: content.name,
      kind: content.kind,
      startNs,
      endNs,
      attributes,
      droppedAttributes: dropped,
      events: eventsOf(content, endNs, settings),
      links: isRoot ? linksOf(origin, settings) : [],
      status: statusOf(content, settings),
    });
  }
  return spans;
}

/** Whether the step was a span of another SDK in the same trace. */
function isForeign({ metadata }: JsonObject, traceId: string): boolean {
  const { trace_id: ownTraceId, span_id: spanId } = objectOrEmpty(objectOrEmpty(metadata).otel);
  return ownTraceId === traceId && isSpanId(spanId);
}

/* Where the trace comes from. */

interface Origin {
  /** The span of the caller, if the trace continues the caller's. */
  readonly caller: ExportLink | undefined;
  readonly links: readonly ExportLink[];
}

/** From `metadata.otel`, which an app may have replaced. */
function originOf(row: JsonObject, traceId: string): Origin {
  const otel = objectOrEmpty(objectOrEmpty(row.metadata).otel);
  const { parent_span_id: parent, parent_is_remote: isRemote } = otel;
  return {
    caller: isSpanId(parent)
      ? { traceId, spanId: parent, isRemote: isRemote !== false }
      : undefined,
    links: arrayOrEmpty(otel.links).flatMap((each) => {
      const { trace_id: linked, span_id: spanId } = objectOrEmpty(each);
      if (!isTraceId(linked) || !isSpanId(spanId)) return [];
      return [{ traceId: linked, spanId, isRemote: true }];
    }),
  };
}

/** The parent of the root, if the backend gets it. With foreign spans from us, the app's own SDK sends none to it. */
function parentOf({ caller }: Origin, settings: RowSettings): ExportLink | undefined {
  if (settings.profile !== 'apm') return undefined;
  return caller?.isRemote === false && !settings.skipsForeign ? undefined : caller;
}

/** A backend for models reads nothing of a trace whose root has a parent that never arrives there: it gets a link instead. */
function linksOf({ caller, links }: Origin, { profile }: RowSettings): readonly ExportLink[] {
  return profile === 'apm' || caller === undefined ? links : [caller, ...links];
}

/* Steps. */

/** Keys of a step that are no field of its type. */
const STEP_KEYS: ReadonlySet<string> = new Set(
  'name id type inputs output metadata steps latency startTime endTime'.split(' '),
);
const ERROR_KEYS: ReadonlySet<string> = new Set(['error', 'errorType', 'Exceptions']);

function stepDataOf(step: JsonObject, row: JsonObject): StepData {
  const fields = Object.entries(step).filter(
    ([key, value]) => !STEP_KEYS.has(key) && value !== null,
  );
  const metadata = objectOrEmpty(step.metadata);
  const error = errorOf(metadata);
  const startTime = startOf(step, row);
  return {
    ...Object.fromEntries(fields),
    name: String(step.name),
    type: step.type as StepType,
    startTime,
    endTime: startTime + durationOf(step),
    ...definedFields({
      inputs: step.inputs ?? undefined,
      output: step.output ?? undefined,
      error,
    }),
    metadata: Object.fromEntries(
      Object.entries(metadata).filter(([key]) => error === undefined || !ERROR_KEYS.has(key)),
    ),
  };
}

/** The error under the keys from which the platform reads it; undefined if the app uses them for something else. */
function errorOf({ error, errorType }: JsonObject): SpanError | undefined {
  if (typeof error !== 'string') return undefined;
  return { name: stringOrUndefined(errorType) ?? 'Error', message: error };
}

/** Epoch milliseconds. */
function startOf({ startTime }: JsonObject, { inferenceTimestamp }: JsonObject): number {
  if (isTime(startTime)) return startTime;
  return isTime(inferenceTimestamp) ? inferenceTimestamp * 1000 : 0;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Milliseconds. The latency is measured by a clock that never goes back, the difference of the times is not. */
function durationOf({ latency, startTime, endTime }: JsonObject): number {
  if (isTime(latency)) return latency;
  return isTime(startTime) && isTime(endTime) ? Math.max(endTime - startTime, 0) : 0;
}

/* What spans say. */

function contentOf(step: StepData, { content }: RowSettings): SpanContent {
  return spanOfStep(content ? step : withoutContent(step));
}

function rootContent(step: StepData, row: JsonObject, settings: RowSettings): SpanContent {
  const { trace_id: _traceId, otel: _otel, tags, ...metadata } = step.metadata;
  const isTags = Array.isArray(tags) && tags.every((each) => typeof each === 'string');
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
  const span = spanOfStep(settings.content ? root : withoutContent(root), facts);
  const { status } = objectOrEmpty(metadata.http);
  // By OpenTelemetry's conventions, also if nothing was thrown.
  const isFailure = span.status.code !== 'error' && typeof status === 'number' && status >= 500;
  const hasContent = settings.content;
  return {
    ...span,
    // The root of a trace outside requests serves nobody.
    kind: isJsonObject(metadata.http) ? span.kind : contentOf(root, settings).kind,
    attributes: {
      ...span.attributes,
      ...(isFailure && { 'error.type': String(status) }),
      ...(hasContent && ragOf(row)),
      ...(facts.asConversation && questionOf(row)),
    },
    status: isFailure ? { code: 'error' } : span.status,
  };
}

/** What the user asked, if the app says so, is the conversation's input. */
function questionOf({ _question: question }: JsonObject): JsonObject {
  if (typeof question !== 'string') return {};
  return { 'gen_ai.input.messages': asJson(genAIMessagesOf(question)) };
}

/** The columns for RAG metrics, which no convention has. */
function ragOf({ context, _question: question }: JsonObject): JsonObject {
  return definedFields({ 'openlayer.context': asJson(context), 'openlayer.question': question });
}

function asJson(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}

/* Limits. */

function limitsOf({ maxAttributeBytes }: RowSettings) {
  return { maxAttributes: MAX_ATTRIBUTES, maxAttributeBytes };
}

/** A step has one event, the error that it ended with. */
function eventsOf({ events }: SpanContent, endNs: bigint, settings: RowSettings) {
  return events.map(({ name, attributes }) => ({
    name,
    timeNs: endNs,
    attributes: limitedAttributes(attributes, limitsOf(settings)).attributes,
  }));
}

function statusOf({ status }: SpanContent, { maxAttributeBytes }: RowSettings) {
  const { code, message } = status;
  return message === undefined ? { code } : { code, message: cutText(message, maxAttributeBytes) };
}
