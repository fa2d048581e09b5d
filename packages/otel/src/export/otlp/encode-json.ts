/** Encodes spans as an ExportTraceServiceRequest in JSON, by the rules of OTLP: ids in hexadecimal, large integers as strings. */

import {
  type Attributes,
  type AttributeValue,
  otlpKindNumber,
  STATUS_NUMBERS,
} from '../../dialects/data/span-data.js';
import { type ExportBatch, type ExportSpan, flagsOf, linkFlagsOf } from '../rows/export-span.js';
import { SCOPE } from '../rows/scope.js';

export function encodeJson({ resource, spans }: ExportBatch): Uint8Array {
  const request = {
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: SCOPE, spans: spans.map(jsonSpan) }],
      },
    ],
  };
  return new TextEncoder().encode(JSON.stringify(request));
}

function jsonSpan(span: ExportSpan) {
  const { traceId, spanId, parentSpanId, name, kind, droppedAttributes, status } = span;
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind: otlpKindNumber(kind),
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.endNs),
    attributes: attributesOf(span.attributes),
    droppedAttributesCount: droppedAttributes,
    events: span.events.map((event) => ({
      timeUnixNano: String(event.timeNs),
      name: event.name,
      attributes: attributesOf(event.attributes),
    })),
    links: span.links.map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: attributesOf(link.attributes),
      flags: linkFlagsOf(link),
    })),
    status: { code: STATUS_NUMBERS[status.code], message: status.message },
    flags: flagsOf(span),
  };
}

function attributesOf(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'object') return { arrayValue: { values: value.map(stringValue) } };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function stringValue(value: string) {
  return { stringValue: value };
}
