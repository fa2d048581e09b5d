/** An ended span, independent of the SDK or protocol that it comes from. */

/** The kinds of OpenTelemetry. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** The numbers of the kinds in OpenTelemetry's API. */
export const KIND_NUMBERS: Readonly<Record<SpanKind, number>> = {
  internal: 0,
  server: 1,
  client: 2,
  producer: 3,
  consumer: 4,
};

/** The kinds in the order of their numbers. */
export const SPAN_KINDS = Object.keys(KIND_NUMBERS) as readonly SpanKind[];

/** The number of a kind in OTLP: that of the API plus 1, since 0 means unspecified. */
export function otlpKindNumber(kind: SpanKind): number {
  return KIND_NUMBERS[kind] + 1;
}

/** The values that attributes have here. */
export type AttributeValue = string | number | boolean | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export function isAttributeValue(value: unknown): value is AttributeValue {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'string' || typeof value === 'boolean' || isStrings(value);
}

/** Whether it is an array of strings. */
export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** An event of a span. */
export interface SpanEvent {
  readonly name: string;
  /** Epoch milliseconds with fractions. */
  readonly timeMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A reference to a span of the same or another trace. */
export interface SpanLink {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

export interface SpanStatus {
  readonly code: 'unset' | 'ok' | 'error';
  /** Of an error. */
  readonly message?: string | undefined;
}

/** The numbers of the status codes, in OTLP and in OpenTelemetry's API. */
export const STATUS_NUMBERS: Readonly<Record<SpanStatus['code'], number>> = {
  unset: 0,
  ok: 1,
  error: 2,
};

/** The status codes in the order of their numbers. */
export const STATUS_CODES = Object.keys(STATUS_NUMBERS) as readonly SpanStatus['code'][];

/** The instrumentation that made the span. */
export interface SpanScope {
  readonly name: string;
  readonly version?: string | undefined;
}

/** A span without its identity and times. */
export interface SpanContent {
  readonly name: string;
  readonly kind: SpanKind;
  /** Values may be of any type: what a span is converted from was received from outside. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly SpanEvent[];
  readonly status: SpanStatus;
}

/** The part of an ended span that a step is made of. */
export interface MeasuredSpan extends SpanContent {
  /** Epoch milliseconds with fractions. */
  readonly startMs: number;
  /** Epoch milliseconds with fractions. */
  readonly endMs: number;
  readonly scope: SpanScope;
}

/** An ended span. */
export interface SpanData extends MeasuredSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** 16 hexadecimal digits; undefined for the root of a trace. */
  readonly parentSpanId?: string | undefined;
  readonly links: readonly SpanLink[];
  /** Attributes of what made the span, such as `service.name`. */
  readonly resource: Readonly<Record<string, unknown>>;
}
