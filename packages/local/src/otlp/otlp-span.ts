import type { SpanData } from '@openlayer-tracing/otel/dialects';

/** A span as it was received. */
export interface OtlpSpan extends SpanData {
  /** Milliseconds with fractions: the exact difference of the two times, which as numbers are rounded to 0.2 microseconds. */
  readonly durationMs: number;
  /** Whether the sender stated that the parent belongs to another process. */
  readonly hasRemoteParent: boolean;
  /** About how much memory the span takes. */
  readonly bytes: number;
}

/** The spans of one request. */
export interface OtlpSpans {
  readonly spans: readonly OtlpSpan[];
  /** Number of spans that are not in `spans`. */
  readonly rejected: number;
  /** Why spans were rejected; empty if none was. */
  readonly reason: string;
}
