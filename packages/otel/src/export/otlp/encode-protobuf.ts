/** Encodes spans as an ExportTraceServiceRequest in protobuf. Field numbers are those of opentelemetry-proto 1.x. */

import {
  type Attributes,
  type AttributeValue,
  otlpKindNumber,
  type SpanStatus,
  STATUS_NUMBERS,
} from '../../dialects/data/span-data.js';
import {
  type ExportBatch,
  type ExportEvent,
  type ExportLink,
  type ExportSpan,
  flagsOf,
  linkFlagsOf,
} from '../rows/export-span.js';
import { SCOPE } from '../rows/scope.js';
import { ProtobufWriter } from './protobuf-writer.js';

export function encodeProtobuf({ resource, spans }: ExportBatch): Uint8Array {
  const writer = new ProtobufWriter();
  writer.message(1, () => {
    writer.message(1, () => writeAttributes(writer, 1, resource));
    writer.message(2, () => {
      writer.message(1, () => {
        writer.string(1, SCOPE.name);
        writer.string(2, SCOPE.version);
      });
      for (const span of spans) writer.message(2, () => writeSpan(writer, span));
    });
  });
  return writer.bytes;
}

function writeSpan(writer: ProtobufWriter, span: ExportSpan): void {
  const { parentSpanId, droppedAttributes, status } = span;
  writer.hex(1, span.traceId);
  writer.hex(2, span.spanId);
  if (parentSpanId !== undefined) writer.hex(4, parentSpanId);
  writer.string(5, span.name);
  writer.uint(6, otlpKindNumber(span.kind));
  writer.fixed64(7, span.startNs);
  writer.fixed64(8, span.endNs);
  writeAttributes(writer, 9, span.attributes);
  if (droppedAttributes > 0) writer.uint(10, droppedAttributes);
  for (const event of span.events) writer.message(11, () => writeEvent(writer, event));
  for (const link of span.links) writer.message(13, () => writeLink(writer, link));
  writer.message(15, () => writeStatus(writer, status));
  writer.fixed32(16, flagsOf(span));
}

function writeStatus(writer: ProtobufWriter, { code, message = '' }: SpanStatus): void {
  if (message !== '') writer.string(2, message);
  if (code !== 'unset') writer.uint(3, STATUS_NUMBERS[code]);
}

function writeEvent(writer: ProtobufWriter, { name, timeNs, attributes }: ExportEvent): void {
  writer.fixed64(1, timeNs);
  writer.string(2, name);
  writeAttributes(writer, 3, attributes);
}

function writeLink(writer: ProtobufWriter, link: ExportLink): void {
  writer.hex(1, link.traceId);
  writer.hex(2, link.spanId);
  writeAttributes(writer, 4, link.attributes);
  writer.fixed32(6, linkFlagsOf(link));
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    writer.message(field, () => {
      writer.string(1, key);
      writer.message(2, () => writeValue(writer, value));
    });
  }
}

/** Members of a `oneof` are written with their default value as well. */
function writeValue(writer: ProtobufWriter, value: AttributeValue): void {
  if (typeof value === 'string') writer.string(1, value);
  else if (typeof value === 'boolean') writer.bool(2, value);
  else if (typeof value === 'object') {
    writer.message(5, () => {
      for (const each of value) writer.message(1, () => writer.string(1, each));
    });
  } else if (Number.isSafeInteger(value)) writer.int(3, value);
  else writer.double(4, value);
}
