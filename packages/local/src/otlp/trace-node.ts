import type { WireStep } from '@openlayer-tracing/core/wire';
import type { SpanData, SpanStep } from '@openlayer-tracing/otel/dialects';
import { cutText } from '../values/cut-text.js';
import { isJsonObject, type JsonObject } from '../values/json.js';
import { rounded } from '../values/rounded.js';
import type { OtlpSpan } from './otlp-span.js';
import { stepFields } from './step-fields.js';

/** What a span states of its trace. */
export interface TraceFacts {
  readonly inferenceId: string | undefined;
  readonly userId: string | undefined;
  readonly sessionId: string | undefined;
  readonly tags: readonly string[] | undefined;
}

/** A span as a step, apart from its parent and children. */
export interface TraceNode {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the root of a trace. */
  readonly parentId: string | undefined;
  /** Whether the parent is known to belong to another process. */
  readonly isRemote: boolean;
  /** The step without children. */
  readonly step: WireStep;
  /** Undefined if the step was read back from a row: the row has them. */
  readonly facts: TraceFacts | undefined;
  /** About how much memory it takes. */
  readonly bytes: number;
}

/** Characters of a step's name, and of a user's or session's id. */
const MAX_LENGTH = 256;

/** Converts a span to a step, as `@openlayer-tracing/otel/dialects` does. */
export type StepOfSpan = (span: SpanData) => SpanStep;

/** The spans of a request as steps. */
export interface TraceNodes {
  readonly nodes: readonly TraceNode[];
  /** How many spans could not be converted. */
  readonly failed: number;
  /** Why the first of them could not. */
  readonly failure: unknown;
}

/** The spans as steps, each on its own: one that cannot be converted leaves the others. */
export function nodesOfSpans(spans: readonly OtlpSpan[], stepOfSpan: StepOfSpan): TraceNodes {
  const nodes: TraceNode[] = [];
  const failures: unknown[] = [];
  for (const span of spans) {
    try {
      const node = nodeOfSpan(span, stepOfSpan);
      if (node !== undefined) nodes.push(node);
    } catch (error) {
      failures.push(error);
    }
  }
  return { nodes, failed: failures.length, failure: failures[0] };
}

/** The span as a step; undefined for a provisional copy of a span that ends later. */
export function nodeOfSpan(span: OtlpSpan, stepOfSpan: StepOfSpan): TraceNode | undefined {
  const { step, isPending, inferenceId, userId, sessionId, tags } = stepOfSpan(span);
  if (isPending) return undefined;
  const { name, type, inputs, output, error, startTime, endTime, ...fields } = step;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: span.parentSpanId,
    isRemote: span.hasRemoteParent,
    step: {
      name: cutText(name || span.name || 'span', MAX_LENGTH),
      // Span ids are unique in a trace. A span that is sent twice is the same step.
      id: span.spanId,
      type,
      inputs: (inputs ?? null) as WireStep['inputs'],
      output: (output ?? null) as WireStep['output'],
      groundTruth: null,
      metadata: {
        ...step.metadata,
        ...(error && { error: error.message, errorType: error.name, Exceptions: error.message }),
        ...(error?.stack !== undefined && { errorStack: error.stack }),
        otel: originOf(span),
      } as WireStep['metadata'],
      steps: [],
      latency: rounded(span.durationMs),
      startTime: rounded(startTime),
      endTime: rounded(Math.max(endTime, startTime)),
      ...(stepFields(type, fields) as Record<string, WireStep['inputs']>),
    },
    facts: {
      inferenceId: idOf(inferenceId),
      userId: idOf(userId),
      sessionId: idOf(sessionId),
      tags,
    },
    bytes: span.bytes,
  };
}

/** The step of a row as a node again. */
export function nodeOfStep(step: JsonObject, traceId: string): TraceNode {
  const { steps: _, ...own } = step;
  const metadata = isJsonObject(step.metadata) ? step.metadata : {};
  const otel = isJsonObject(metadata.otel) ? metadata.otel : {};
  return {
    traceId,
    spanId: String(step.id),
    parentId: typeof otel.parent_span_id === 'string' ? otel.parent_span_id : undefined,
    isRemote: otel.parent_is_remote === true,
    step: { ...own, steps: [] } as unknown as WireStep,
    facts: undefined,
    bytes: 0,
  };
}

/** Where the span comes from: what no field of a step has. */
function originOf(span: OtlpSpan): JsonObject {
  const { parentSpanId, resource, links } = span;
  const isEntry = parentSpanId === undefined || span.hasRemoteParent;
  return {
    span_id: span.spanId,
    ...(parentSpanId !== undefined && { parent_span_id: parentSpanId }),
    ...(span.hasRemoteParent && { parent_is_remote: true }),
    kind: span.kind,
    ...(resource['service.name'] !== undefined && { service: resource['service.name'] }),
    ...(links.length > 0 && {
      links: links.map(({ traceId, spanId, attributes }) => ({
        trace_id: traceId,
        span_id: spanId,
        ...(attributes && { attributes }),
      })),
    }),
    // The other spans of the service have the same.
    ...(isEntry && Object.keys(resource).length > 0 && { resource }),
  };
}

function idOf(stated: string | undefined): string | undefined {
  return stated === undefined ? undefined : cutText(stated, MAX_LENGTH);
}
