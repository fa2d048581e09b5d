/** Reads the spans of the SDK, of versions 1 to 3. */

import type {
  MeasuredSpan,
  SpanEvent,
  SpanKind,
  SpanLink,
  SpanScope,
} from '../dialects/span-data.js';

/** Seconds and nanoseconds. */
type Time = readonly [number, number];

/** The part of the SDK's spans that is read. The SDKs take links as the app gives them: of any form. */
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
export type SpanContent = Pick<ReadableSpan, 'attributes' | 'events' | 'links'>;

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

/**
 * The span as the dialects read it. A span that has not ended ends now.
 * @param content of the span
 */
export function measuredSpanOf(span: ReadableSpan, content: SpanContent): MeasuredSpan {
  return {
    name: span.name,
    kind: kindOf(span),
    startMs: millis(span.startTime),
    endMs: endOf(span),
    attributes: content.attributes,
    events: eventsOf(content),
    status: { code: CODES[span.status.code] ?? 'unset', message: span.status.message },
    scope: scopeOf(span),
  };
}

export function eventsOf({ events }: SpanContent): readonly SpanEvent[] {
  return events.length === 0 ? NOTHING : events.map(eventOf);
}

const MAX_LINKS = 32;

/** A link that has the ids of a span. */
interface LinkWithIds {
  readonly context: { readonly traceId: string; readonly spanId: string };
  readonly attributes?: Readonly<Record<string, unknown>> | null | undefined;
}

function hasIds(link: unknown): link is LinkWithIds {
  const context = (link as Partial<LinkWithIds> | null | undefined)?.context;
  return typeof context?.traceId === 'string' && typeof context.spanId === 'string';
}

/** The first 32 links that have ids. */
export function linksOf({ links }: SpanContent): readonly SpanLink[] {
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

/**
 * Whether the span has nothing but a name and times, as many of an app's own have: no convention needs to read it.
 * @param content of the span
 */
export function isBare(
  { status }: ReadableSpan,
  { attributes, events, links }: SpanContent,
): boolean {
  for (const _key in attributes) return false;
  return events.length === 0 && (links ?? NOTHING).length === 0 && status.code === 0;
}

/** What an attribute takes beside the characters of its value, approximately. */
const CHARS_OF_ATTRIBUTE = 16;
const CHARS_OF_NUMBER = 8;
const MAX_DEPTH = 32;
/** Attributes and elements of arrays that are counted: more would keep the app waiting at the end of the span. */
const MAX_ITEMS = 20_000;

/** Characters of the attributes, events and links, approximately; infinite if they are too many or too deep to count. */
export function charsOf({ attributes, events, links }: SpanContent): number {
  const count = new CharCount();
  count.addObject(attributes, 0);
  for (const event of events) {
    count.addItem(event.name);
    count.addObject(event.attributes ?? {}, 0);
  }
  for (const link of links ?? NOTHING) {
    if (!hasIds(link)) continue;
    count.addItem(link.context.spanId);
    count.addObject(link.attributes ?? {}, 0);
  }
  return count.chars;
}

class CharCount {
  chars = 0;
  #itemsLeft = MAX_ITEMS;

  addObject(fields: object, depth: number): void {
    for (const key in fields) {
      if (!this.#add((fields as Readonly<Record<string, unknown>>)[key], depth)) return;
    }
  }

  addItem(value: unknown): void {
    this.#add(value, 0);
  }

  /** @returns whether there is room for more */
  #add(value: unknown, depth: number): boolean {
    this.chars += --this.#itemsLeft < 0 ? Number.POSITIVE_INFINITY : CHARS_OF_ATTRIBUTE;
    if (typeof value === 'string') this.chars += value.length;
    else if (typeof value === 'object' && value !== null) this.#addNested(value, depth + 1);
    return this.chars !== Number.POSITIVE_INFINITY;
  }

  /** Of an array or, from version 3 on, of an object. */
  #addNested(value: object, depth: number): void {
    if (depth > MAX_DEPTH) this.chars = Number.POSITIVE_INFINITY;
    else if (ArrayBuffer.isView(value)) this.chars += value.byteLength;
    else if (Array.isArray(value)) this.#addArray(value, depth);
    else this.addObject(value, depth);
  }

  #addArray(values: readonly unknown[], depth: number): void {
    if (typeof values[0] === 'number') {
      this.chars += values.length * CHARS_OF_NUMBER;
    } else if (values.length > this.#itemsLeft) {
      this.chars = Number.POSITIVE_INFINITY;
    } else {
      for (let i = 0; i < values.length; i++) if (!this.#add(values[i], depth)) return;
    }
  }
}
