/** Spans in the shape that exporters of OpenTelemetry's SDKs read. Needs no package of OpenTelemetry. */

import type { SpanKind } from '../../dialects/span-data.js';
import { STATUS_NUMBERS } from '../otlp/enum-numbers.js';
import {
  type Attributes,
  type ExportBatch,
  type ExportSpan,
  SAMPLED,
} from '../rows/export-span.js';
import { SCOPE } from '../rows/scope.js';

/** The result of an export: code 0 for success. */
export interface SpanExportResult {
  readonly code: number;
  readonly error?: Error;
}

/** An exporter of OpenTelemetry's SDK, such as OTLPTraceExporter. */
export interface SpanExporter {
  /** Sends spans, and calls `resultCallback` once. */
  export(spans: unknown[], resultCallback: (result: SpanExportResult) => void): void;
  /** Closes it. */
  shutdown(): Promise<void>;
}

/** Seconds and nanoseconds. */
type HrTime = [number, number];

/** The numbers of the API, which differ from those of OTLP. */
const API_KINDS: Readonly<Record<SpanKind, number>> = {
  internal: 0,
  server: 1,
  client: 2,
  producer: 3,
  consumer: 4,
};

export function readableSpans({ resource, spans }: ExportBatch): unknown[] {
  const shared = readableResource(resource);
  return spans.map((span) => readableSpan(span, shared));
}

function readableSpan(span: ExportSpan, resource: object): object {
  const { traceId, spanId, parentSpanId, startNs, endNs, status } = span;
  const context = contextOf(traceId, spanId);
  const parent =
    parentSpanId === undefined ? undefined : contextOf(traceId, parentSpanId, span.hasRemoteParent);
  return {
    name: span.name,
    kind: API_KINDS[span.kind],
    spanContext: () => context,
    parentSpanContext: parent,
    // SDK 1 reads this one.
    parentSpanId,
    startTime: hrTime(startNs),
    endTime: hrTime(endNs),
    duration: hrTime(endNs - startNs),
    status: { code: STATUS_NUMBERS[status.code], message: status.message },
    attributes: { ...span.attributes },
    links: span.links.map((link) => ({
      context: contextOf(link.traceId, link.spanId, link.isRemote),
      attributes: {},
      droppedAttributesCount: 0,
    })),
    events: span.events.map(({ name, timeNs, attributes }) => ({
      name,
      time: hrTime(timeNs),
      attributes: { ...attributes },
      droppedAttributesCount: 0,
    })),
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    instrumentationLibrary: SCOPE,
    droppedAttributesCount: span.droppedAttributes,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function contextOf(traceId: string, spanId: string, isRemote = false) {
  return { traceId, spanId, traceFlags: SAMPLED, isRemote };
}

const NS_IN_S = 1_000_000_000n;

function hrTime(ns: bigint): HrTime {
  return [Number(ns / NS_IN_S), Number(ns % NS_IN_S)];
}

function readableResource(attributes: Attributes): object {
  const resource = {
    attributes: { ...attributes },
    asyncAttributesPending: false,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}
