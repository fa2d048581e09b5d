/** Which span stands for the same work as a step, for exporters of traces. */

import type { TracedStep } from '../../trace/traced-step.js';

/** What an exporter of traces needs to know of the span behind a step: which one it is, and what no field of a step has. */
export interface SpanOrigin extends SpanIds {
  /** Whether the app's own exporters send it. */
  readonly isSampled: boolean;
  /** The kind of the span, a word of OpenTelemetry. */
  readonly kind: string;
  /** Only if the app set the status OK. */
  readonly isOk?: boolean;
  /** Of a span that failed: whether it has an event with the exception. */
  readonly hasException?: boolean;
  /** The attribute `error.type`. */
  readonly errorType?: string | undefined;
  /** The spans that it links to. */
  readonly links?: readonly SpanReference[];
}

/** A link to a span of the same or another trace. */
interface SpanReference extends SpanIds {
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** Records into `metadata.otel` of a step which span it was. */
export function recordOrigin(step: TracedStep, origin: SpanOrigin | undefined): void {
  if (origin === undefined) return;
  const { traceId, spanId, isSampled, kind, links = [], errorType, hasException, isOk } = origin;
  if (links.length === 0 && errorType === undefined && !hasException && !isOk) {
    const sampled = isSampled ? '' : ',"sampled":false';
    // The ids are hexadecimal digits, and the kind is a word.
    step.setMetadata(
      'otel',
      `{"trace_id":"${traceId}","span_id":"${spanId}"${sampled},"kind":"${kind}"}`,
    );
    return;
  }
  const value = {
    trace_id: traceId,
    span_id: spanId,
    ...(!isSampled && { sampled: false }),
    kind,
    ...(isOk && { status: 'ok' }),
    ...(errorType !== undefined && { error_type: errorType }),
    ...(hasException && { exception: true }),
    ...(links.length > 0 && {
      links: links.map(({ traceId: linkedTrace, spanId: linkedSpan, attributes }) => ({
        trace_id: linkedTrace,
        span_id: linkedSpan,
        ...(attributes && { attributes }),
      })),
    }),
  };
  step.setMetadata('otel', step.values.snapshot(value, 'otel'));
}

/**
 * Records which span stands for the same work as a step, unless a span does already. The root of a trace with other ids than the
 * span keeps its own, which other services were sent.
 */
export function recordSameWork(step: TracedStep, origin: SpanOrigin | undefined): void {
  if (step.metadata?.has('otel') === true) return;
  if (step.depth === 0 && step.trace.sharedTraceId !== origin?.traceId) return;
  recordOrigin(step, origin);
}
