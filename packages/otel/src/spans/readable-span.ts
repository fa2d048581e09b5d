/** Reads the spans of the SDK, of versions 1 to 3. */

import type { SpanData, SpanEvent, SpanKind, SpanLink, SpanScope } from '../dialects/span-data.js';
import { contextOfSpan, type SpanContext } from './otel-api.js';

/** Seconds and nanoseconds. */
type Time = readonly [number, number];

/** The part of the SDK's spans that is read. */
export interface ReadableSpan {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly startTime: Time;
  readonly endTime: Time;
  readonly ended: boolean;
  readonly status: { readonly code: number; readonly message?: string | undefined };
  readonly events: readonly {
    readonly name: string;
    readonly time: Time;
    readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  }[];
  readonly links: readonly {
    readonly context: SpanContext;
    readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  }[];
  readonly resource: { readonly attributes: Readonly<Record<string, unknown>> };
  readonly parentSpanContext?: SpanContext | undefined;
  /** In place of `parentSpanContext`, until version 2. */
  readonly parentSpanId?: string | undefined;
  readonly instrumentationScope?: SpanScope | undefined;
  /** In place of `instrumentationScope`, until version 2. */
  readonly instrumentationLibrary?: SpanScope | undefined;
}

const KINDS: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];
const CODES = ['unset', 'ok', 'error'] as const;
const NO_SCOPE: SpanScope = { name: '' };
const NO_IDS = { traceId: '', spanId: '' };

export function kindOf({ kind }: ReadableSpan): SpanKind {
  return KINDS[kind] ?? 'internal';
}

/** The instrumentation that made the span. */
export function scopeOf(span: ReadableSpan): SpanScope {
  return span.instrumentationScope ?? span.instrumentationLibrary ?? NO_SCOPE;
}

/** The span as the dialects read it. A span that has not ended ends now. */
export function spanDataOf(span: ReadableSpan): SpanData {
  const { traceId, spanId } = contextOfSpan(span) ?? NO_IDS;
  const [startMs, endMs] = timesOf(span);
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? span.parentSpanId,
    name: span.name,
    kind: kindOf(span),
    startMs,
    endMs,
    attributes: span.attributes,
    events: span.events.length === 0 ? NOTHING : span.events.map(eventOf),
    links: span.links.length === 0 ? NOTHING : span.links.map(linkOf),
    status: { code: CODES[span.status.code] ?? 'unset', message: span.status.message },
    resource: span.resource.attributes,
    scope: scopeOf(span),
  };
}

/** Start and end in epoch milliseconds. A span that has not ended ends now. */
export function timesOf(span: ReadableSpan): readonly [startMs: number, endMs: number] {
  const startMs = millis(span.startTime);
  return [startMs, span.ended ? millis(span.endTime) : Math.max(Date.now(), startMs)];
}

const NOTHING: readonly never[] = [];

function eventOf({ name, time, attributes = {} }: ReadableSpan['events'][number]): SpanEvent {
  return { name, timeMs: millis(time), attributes };
}

function linkOf({ context, attributes }: ReadableSpan['links'][number]): SpanLink {
  return { traceId: context.traceId, spanId: context.spanId, attributes };
}

function millis([seconds, nanos]: Time): number {
  return seconds * 1000 + nanos / 1e6;
}
