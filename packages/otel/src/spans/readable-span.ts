/** Reads the spans of the SDK, of versions 1 to 3. */

import type { MeasuredSpan, SpanEvent, SpanKind, SpanScope } from '../dialects/span-data.js';

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
  readonly instrumentationScope?: SpanScope | undefined;
  /** In place of `instrumentationScope`, until version 2. */
  readonly instrumentationLibrary?: SpanScope | undefined;
}

const KINDS: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];
const CODES = ['unset', 'ok', 'error'] as const;
const NO_SCOPE: SpanScope = { name: '' };

export function kindOf({ kind }: ReadableSpan): SpanKind {
  return KINDS[kind] ?? 'internal';
}

/** The instrumentation that made the span. */
export function scopeOf(span: ReadableSpan): SpanScope {
  return span.instrumentationScope ?? span.instrumentationLibrary ?? NO_SCOPE;
}

/** The span as the dialects read it. A span that has not ended ends now. */
export function measuredSpanOf(span: ReadableSpan): MeasuredSpan {
  return {
    name: span.name,
    kind: kindOf(span),
    startMs: millis(span.startTime),
    endMs: endOf(span),
    attributes: span.attributes,
    events: eventsOf(span),
    status: { code: CODES[span.status.code] ?? 'unset', message: span.status.message },
    scope: scopeOf(span),
  };
}

export function eventsOf({ events }: ReadableSpan): readonly SpanEvent[] {
  return events.length === 0 ? NOTHING : events.map(eventOf);
}

/** The end in epoch milliseconds. A span that has not ended ends now. */
export function endOf({ ended, startTime, endTime }: ReadableSpan): number {
  return ended ? millis(endTime) : Math.max(Date.now(), millis(startTime));
}

const NOTHING: readonly never[] = [];

function eventOf({ name, time, attributes = {} }: ReadableSpan['events'][number]): SpanEvent {
  return { name, timeMs: millis(time), attributes };
}

/** Epoch milliseconds with fractions. */
export function millis([seconds, nanos]: Time): number {
  return seconds * 1000 + nanos / 1e6;
}

/** Whether the span has nothing but a name and times, as many of an app's own have: no convention needs to read it. */
export function isBare({ attributes, events, status }: ReadableSpan): boolean {
  for (const _key in attributes) return false;
  return events.length === 0 && status.code === 0;
}

/** What an attribute takes beside the characters of its value, approximately. */
const CHARS_OF_ATTRIBUTE = 16;
const CHARS_OF_NUMBER = 8;
const MAX_DEPTH = 32;

/** Characters of the attributes and events, approximately. */
export function charsOf({ attributes, events }: ReadableSpan): number {
  let chars = charsIn(attributes, 0);
  for (const event of events) chars += event.name.length + charsIn(event.attributes ?? {}, 0);
  return chars;
}

function charsIn(attributes: Readonly<Record<string, unknown>>, depth: number): number {
  let chars = 0;
  for (const key in attributes) {
    const value = attributes[key];
    chars += CHARS_OF_ATTRIBUTE;
    if (typeof value === 'string') chars += value.length;
    else if (typeof value === 'object' && value !== null) chars += charsOfObject(value, depth + 1);
  }
  return chars;
}

/** Of an array or, from version 3 on, of an object; infinite if it is too deep to count. */
function charsOfObject(value: object, depth: number): number {
  if (depth > MAX_DEPTH) return Number.POSITIVE_INFINITY;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (Array.isArray(value) && typeof value[0] === 'number') return value.length * CHARS_OF_NUMBER;
  // Arrays have their indexes as keys.
  return charsIn(value as Readonly<Record<string, unknown>>, depth);
}
