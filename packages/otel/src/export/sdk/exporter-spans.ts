/** Spans in the shape that exporters of OpenTelemetry's SDKs read. Needs no package of OpenTelemetry. */

import { type Attributes, KIND_NUMBERS, STATUS_NUMBERS } from '../../dialects/data/span-data.js';
import { SAMPLED } from '../../dialects/data/trace-context.js';
import type { ExportBatch, ExportSpan } from '../rows/export-span.js';
import { SCOPE } from '../rows/scope.js';

/** Seconds and nanoseconds. */
type HrTime = [number, number];

export function exporterSpans({ resource, spans }: ExportBatch): unknown[] {
  const shared = exporterResource(resource);
  return spans.map((span) => exporterSpan(span, shared));
}

function exporterSpan(span: ExportSpan, resource: object): object {
  const { traceId, spanId, parentSpanId, startNs, endNs, status } = span;
  const context = contextOf(traceId, spanId);
  const parent =
    parentSpanId === undefined ? undefined : contextOf(traceId, parentSpanId, span.hasRemoteParent);
  return {
    name: span.name,
    kind: KIND_NUMBERS[span.kind],
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
      attributes: { ...link.attributes },
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

function exporterResource(attributes: Attributes): object {
  const resource = {
    attributes: { ...attributes },
    asyncAttributesPending: false,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}
