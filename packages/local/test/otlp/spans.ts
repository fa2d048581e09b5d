/** Spans as the official SDK has them, and requests as bytes. */

import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

export const TRACE = '0af7651916cd43dd8448eb211c80319c';

/** The facts of a span that a test is about. */
export interface SpanFacts {
  readonly id?: string;
  readonly parent?: string;
  readonly traceId?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly start?: HrTime;
  readonly end?: HrTime;
  readonly isRemote?: boolean;
  readonly attributes?: object;
  readonly events?: readonly { name: string; time: HrTime; attributes?: object }[];
  readonly links?: readonly { traceId: string; spanId: string; attributes?: object }[];
  readonly status?: { code: number; message?: string };
  readonly resource?: object;
}

/** A hand-made object is enough for the official exporters and serializers. */
export function readableSpan(facts: SpanFacts = {}): ReadableSpan {
  const { traceId = TRACE, id = '00f067aa0ba902b7', parent, attributes, resource } = facts;
  const context = (spanId: string, isRemote = false) => ({
    ...{ traceId, spanId, traceFlags: 1 },
    ...(isRemote && { isRemote }),
  });
  const span = {
    name: facts.name ?? 'work',
    kind: facts.kind ?? 0,
    spanContext: () => context(id),
    ...(parent !== undefined && { parentSpanContext: context(parent, facts.isRemote) }),
    startTime: facts.start ?? [1_790_000_000, 123_456_789],
    endTime: facts.end ?? [1_790_000_001, 123_456_790],
    status: facts.status ?? { code: 0 },
    attributes: attributes ?? {},
    links: (facts.links ?? []).map(({ attributes: own, ...ids }) => ({
      context: { ...ids, traceFlags: 1 },
      attributes: own ?? {},
    })),
    events: facts.events ?? [],
    duration: [1, 1],
    ended: true,
    resource: { attributes: resource ?? { 'service.name': 'shop' } },
    instrumentationScope: { name: 'tests', version: '1.2.3' },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
  return span as unknown as ReadableSpan;
}

/** Protobuf: a field with a length. */
export function bytesField(field: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(BigInt(field * 8 + 2)), varint(BigInt(body.length)), body]);
}

export function varintField(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(field * 8)), varint(value)]);
}

export function fixed64Field(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([varint(BigInt(field * 8 + 1)), bytes]);
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

/** The fields of a valid span in protobuf. */
export function spanFields(id = '00f067aa0ba902b7', traceId = TRACE): Buffer {
  return Buffer.concat([
    bytesField(1, Buffer.from(traceId, 'hex')),
    bytesField(2, Buffer.from(id, 'hex')),
    bytesField(5, 'work'),
    fixed64Field(7, 1_790_000_000_123_456_789n),
    fixed64Field(8, 1_790_000_001_123_456_790n),
  ]);
}

/** A request of one scope with these spans in protobuf. */
export function requestOf(...spans: readonly Buffer[]): Buffer {
  return bytesField(1, bytesField(2, ...spans.map((span) => bytesField(2, span))));
}
