/** Reads the spans of the SDK, of versions 1 to 3. */

import {
  type MeasuredSpan,
  SPAN_KINDS,
  type SpanEvent,
  type SpanKind,
  type SpanLink,
  type SpanScope,
  STATUS_CODES,
  STATUS_NUMBERS,
} from '../dialects/data/span-data.js';

/** Seconds and nanoseconds. */
type Time = readonly [number, number];

/** The part of the SDK's spans that is read. A link may be any value: the SDKs do not check what the app passes. */
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
    readonly attributes?: Readonly<Record<string, unknown>> | null | undefined;
  }[];
  readonly links?: readonly unknown[] | null | undefined;
  readonly instrumentationScope?: SpanScope | undefined;
  /** In place of `instrumentationScope`, until version 2. */
  readonly instrumentationLibrary?: SpanScope | undefined;
}

/** What a span holds beside its name, times and status. */
export type SpanDetails = Pick<ReadableSpan, 'attributes' | 'events' | 'links'>;

const NO_SCOPE: SpanScope = { name: '' };

export function spanKindOf({ kind }: ReadableSpan): SpanKind {
  return SPAN_KINDS[kind] ?? 'internal';
}

/** The instrumentation that made the span. */
export function scopeOf(span: ReadableSpan): SpanScope {
  return span.instrumentationScope ?? span.instrumentationLibrary ?? NO_SCOPE;
}

/** The span as the dialects read it. A span that has not ended ends now. */
export function measuredSpanOf(span: ReadableSpan, details: SpanDetails): MeasuredSpan {
  return {
    name: span.name,
    kind: spanKindOf(span),
    startMs: millis(span.startTime),
    endMs: endOf(span),
    attributes: details.attributes,
    events: eventsOf(details),
    status: { code: STATUS_CODES[span.status.code] ?? 'unset', message: span.status.message },
    scope: scopeOf(span),
  };
}

export function eventsOf({ events }: SpanDetails): readonly SpanEvent[] {
  return events.length === 0 ? NOTHING : events.map(eventOf);
}

const MAX_LINKS = 32;

/** A link that has the ids of a span. */
interface LinkWithIds {
  readonly context: { readonly traceId: string; readonly spanId: string };
  readonly attributes?: Readonly<Record<string, unknown>> | null | undefined;
}

export function hasIds(link: unknown): link is LinkWithIds {
  const context = (link as Partial<LinkWithIds> | null | undefined)?.context;
  return typeof context?.traceId === 'string' && typeof context.spanId === 'string';
}

/** The first 32 links that have ids. */
export function linksOf({ links }: SpanDetails): readonly SpanLink[] {
  const read = (links ?? NOTHING).filter(hasIds).slice(0, MAX_LINKS);
  return read.map(({ context: { traceId, spanId }, attributes }) => ({
    traceId,
    spanId,
    ...(attributes && Object.keys(attributes).length > 0 && { attributes }),
  }));
}

/** The end in epoch milliseconds. A span that has not ended ends now. */
export function endOf({ ended, startTime, endTime }: ReadableSpan): number {
  return ended ? millis(endTime) : Math.max(Date.now(), millis(startTime));
}

const NOTHING: readonly never[] = [];

function eventOf({ name, time, attributes }: ReadableSpan['events'][number]): SpanEvent {
  return { name, timeMs: millis(time), attributes: attributes ?? {} };
}

/** Epoch milliseconds with fractions. */
export function millis([seconds, nanos]: Time): number {
  return seconds * 1000 + nanos / 1e6;
}

/** Whether the span has nothing but a name and times, as many of an app's own have: no dialect needs to read it. */
export function isBare(
  { status }: ReadableSpan,
  { attributes, events, links }: SpanDetails,
): boolean {
  for (const _key in attributes) return false;
  return (
    events.length === 0 && (links ?? NOTHING).length === 0 && status.code === STATUS_NUMBERS.unset
  );
}
