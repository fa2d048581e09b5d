/** Where the trace of a row comes from, and what its spans are linked to. */

import { arrayOrEmpty, type JsonObject, objectOrEmpty } from '@openlayer-tracing/core/integration';
import { isSpanId, isTraceId } from '../../dialects/data/trace-context.js';
import { limitedAttributes, limitsOf } from './attribute-limits.js';
import type { SpanSettings } from './export-settings.js';
import type { ExportLink } from './export-span.js';
import { otelOf } from './otel-metadata.js';

export interface Origin {
  /** The span of the caller, if the trace continues the caller's. */
  readonly caller: ExportLink | undefined;
  /** Whether the caller is a span of this process that the app's own SDK exports. */
  readonly isFromSdk: boolean;
}

/** The origin of a row's trace. */
export function originOf(row: JsonObject, traceId: string): Origin {
  const { parent_span_id: parent, parent_is_remote: isRemote, sampled } = otelOf(row);
  return {
    caller: isSpanId(parent)
      ? { traceId, spanId: parent, isRemote: isRemote !== false, attributes: {} }
      : undefined,
    isFromSdk: sampled !== false,
  };
}

/** The parent of the root, if the backend gets it. */
export function parentOf(
  { caller, isFromSdk }: Origin,
  settings: SpanSettings,
): ExportLink | undefined {
  if (settings.profile !== 'apm') return undefined;
  if (caller?.isRemote !== false) return caller;
  // With foreign spans from us, the app's own SDK sends none to this backend.
  return settings.skipsForeign && isFromSdk ? caller : undefined;
}

/** A backend for models reads nothing of a trace whose root has a parent that never arrives there: it gets a link instead. */
export function callerLink({ caller }: Origin, { profile }: SpanSettings): readonly ExportLink[] {
  return profile === 'apm' || caller === undefined ? [] : [caller];
}

/** The links of a step: those of its span, to its span if that is in another trace, or to a caller that is not trusted. */
export function linksOf(
  step: JsonObject,
  traceId: string,
  settings: SpanSettings,
): readonly ExportLink[] {
  const { links, trace_id: ofSpan, span_id: spanId } = otelOf(step);
  const isElsewhere = ofSpan !== undefined && ofSpan !== traceId;
  const all = [
    ...(isElsewhere ? [{ trace_id: ofSpan, span_id: spanId }] : []),
    ...arrayOrEmpty(links),
  ];
  const isRemote = ofSpan === undefined ? true : undefined;
  return all.flatMap((each) => linkOf(objectOrEmpty(each), isRemote, settings));
}

function linkOf(
  { trace_id: traceId, span_id: spanId, attributes }: JsonObject,
  isRemote: boolean | undefined,
  settings: SpanSettings,
): readonly ExportLink[] {
  if (!isTraceId(traceId) || !isSpanId(spanId)) return [];
  const kept = settings.content ? objectOrEmpty(attributes) : {};
  const limited = limitedAttributes(kept, limitsOf(settings));
  return [{ traceId, spanId, isRemote, attributes: limited.attributes }];
}
