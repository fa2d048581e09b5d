/** Reads an ExportTraceServiceRequest in protobuf. Field numbers are those of opentelemetry-proto 1.x. */

import type { SpanEvent, SpanLink, SpanScope, SpanStatus } from '@openlayer-tracing/otel/dialects';
import type { OtlpSpan, OtlpSpans } from './otlp-span.js';
import { ProtobufReader, WIRE } from './protobuf-reader.js';
import { Rejections } from './rejections.js';
import { MAX_DEPTH, RequestLimits, TOO_DEEP } from './request-limits.js';
import {
  doubleValue,
  hasRemoteParent,
  idOf,
  integerValue,
  kindOf,
  linkOf,
  msOf,
  parentIdOf,
  statusCodeOf,
  timesOf,
} from './span-facts.js';

type Attributes = Readonly<Record<string, unknown>>;

/** The spans of a body. Unknown fields are ignored. @throws Malformed, or Refusal 413 if it has too many values */
export function readProtobuf(body: Buffer): OtlpSpans {
  const reading = new Reading();
  const request = new ProtobufReader(body);
  while (request.next()) {
    if (request.is(1, WIRE.bytes)) reading.resourceSpans(request.message());
    else request.skip();
  }
  const { spans, rejections } = reading;
  return { spans, rejected: rejections.count, reason: rejections.text };
}

class Reading {
  readonly spans: OtlpSpan[] = [];
  readonly rejections = new Rejections();
  readonly #limits = new RequestLimits();

  /** Reads twice: fields may come in any order, and the spans need the resource. */
  resourceSpans(message: ProtobufReader): void {
    this.#limits.addValue();
    let resource: Attributes = {};
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) resource = this.#resource(message.message());
      else message.skip();
    }
    message.rewind();
    while (message.next()) {
      if (message.is(2, WIRE.bytes)) this.#scopeSpans(message.message(), resource);
      else message.skip();
    }
  }

  #resource(message: ProtobufReader): Attributes {
    const attributes: Pair[] = [];
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) attributes.push(this.#keyValue(message.message(), 0));
      else message.skip();
    }
    return Object.fromEntries(attributes);
  }

  #scopeSpans(message: ProtobufReader, resource: Attributes): void {
    this.#limits.addValue();
    let scope: SpanScope = { name: '' };
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) scope = this.#scope(message.message());
      else message.skip();
    }
    message.rewind();
    while (message.next()) {
      if (message.is(2, WIRE.bytes)) {
        const fields = message.message();
        const span = this.rejections.attempt(() => this.#span(fields, resource, scope));
        if (span) this.spans.push(span);
      } else message.skip();
    }
  }

  #scope(message: ProtobufReader): SpanScope {
    let name = '';
    let version: string | undefined;
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) name = message.text();
      else if (message.is(2, WIRE.bytes)) version = message.text() || undefined;
      else message.skip();
    }
    return { name, ...(version !== undefined && { version }) };
  }

  #span(message: ProtobufReader, resource: Attributes, scope: SpanScope): OtlpSpan {
    this.#limits.startSpan();
    let [traceId, spanId, parentId, name] = ['', '', '', ''];
    let [startNs, endNs] = [0n, 0n];
    let [kind, flags] = [0, 0];
    let status: SpanStatus = { code: 'unset' };
    const attributes: Pair[] = [];
    const events: SpanEvent[] = [];
    const links: SpanLink[] = [];
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) traceId = message.bytes().toString('hex');
      else if (message.is(2, WIRE.bytes)) spanId = message.bytes().toString('hex');
      else if (message.is(4, WIRE.bytes)) parentId = message.bytes().toString('hex');
      else if (message.is(5, WIRE.bytes)) name = this.#text(message);
      else if (message.is(6, WIRE.varint)) kind = message.int32();
      else if (message.is(7, WIRE.fixed64)) startNs = message.fixed64();
      else if (message.is(8, WIRE.fixed64)) endNs = message.fixed64();
      else if (message.is(9, WIRE.bytes)) attributes.push(this.#keyValue(message.message(), 0));
      else if (message.is(11, WIRE.bytes)) events.push(this.#event(message.message()));
      else if (message.is(13, WIRE.bytes)) {
        const link = this.#link(message.message());
        if (link) links.push(link);
      } else if (message.is(15, WIRE.bytes)) status = this.#status(message.message());
      else if (message.is(16, WIRE.fixed32)) flags = message.fixed32();
      else message.skip();
    }
    const id = idOf('span id', spanId, 16);
    return {
      traceId: idOf('trace id', traceId, 32),
      spanId: id,
      parentSpanId: parentIdOf(parentId, id),
      name,
      kind: kindOf(kind),
      ...timesOf(startNs, endNs),
      attributes: Object.fromEntries(attributes),
      events,
      links,
      status,
      resource,
      scope,
      hasRemoteParent: hasRemoteParent(flags),
      bytes: this.#limits.spanBytes,
    };
  }

  #event(message: ProtobufReader): SpanEvent {
    this.#limits.addValue();
    let name = '';
    let timeNs = 0n;
    const attributes: Pair[] = [];
    while (message.next()) {
      if (message.is(1, WIRE.fixed64)) timeNs = message.fixed64();
      else if (message.is(2, WIRE.bytes)) name = this.#text(message);
      else if (message.is(3, WIRE.bytes)) attributes.push(this.#keyValue(message.message(), 0));
      else message.skip();
    }
    return { name, timeMs: msOf(timeNs), attributes: Object.fromEntries(attributes) };
  }

  /** A link; undefined if its ids are not valid, since nothing can be found by it. */
  #link(message: ProtobufReader): SpanLink | undefined {
    this.#limits.addValue();
    let [traceId, spanId] = ['', ''];
    const attributes: Pair[] = [];
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) traceId = message.bytes().toString('hex');
      else if (message.is(2, WIRE.bytes)) spanId = message.bytes().toString('hex');
      else if (message.is(4, WIRE.bytes)) attributes.push(this.#keyValue(message.message(), 0));
      else message.skip();
    }
    return linkOf(traceId, spanId, Object.fromEntries(attributes));
  }

  #status(message: ProtobufReader): SpanStatus {
    let text: string | undefined;
    let code = 0;
    while (message.next()) {
      if (message.is(2, WIRE.bytes)) text = this.#text(message) || undefined;
      else if (message.is(3, WIRE.varint)) code = message.int32();
      else message.skip();
    }
    return { code: statusCodeOf(code), ...(text !== undefined && { message: text }) };
  }

  #keyValue(message: ProtobufReader, depth: number): Pair {
    this.#limits.addValue();
    let key = '';
    let value: unknown = null;
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) key = this.#text(message);
      else if (message.is(2, WIRE.bytes)) value = this.#anyValue(message.message(), depth);
      else message.skip();
    }
    return [key, value];
  }

  /** An AnyValue: of several members the last one counts. Without one it is null. */
  #anyValue(message: ProtobufReader, depth: number): unknown {
    let value: unknown = null;
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) value = this.#text(message);
      else if (message.is(2, WIRE.varint)) value = message.varint() !== 0n;
      else if (message.is(3, WIRE.varint))
        value = integerValue(BigInt.asIntN(64, message.varint()));
      else if (message.is(4, WIRE.fixed64)) value = doubleValue(message.double());
      else if (message.is(5, WIRE.bytes)) value = this.#array(message.message(), depth + 1);
      else if (message.is(6, WIRE.bytes)) value = this.#kvlist(message.message(), depth + 1);
      else if (message.is(7, WIRE.bytes)) value = this.#base64(message.bytes());
      else message.skip();
    }
    return value;
  }

  #array(message: ProtobufReader, depth: number): unknown {
    if (depth > MAX_DEPTH) return TOO_DEEP;
    const values: unknown[] = [];
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) {
        this.#limits.addValue();
        values.push(this.#anyValue(message.message(), depth));
      } else message.skip();
    }
    return values;
  }

  #kvlist(message: ProtobufReader, depth: number): unknown {
    if (depth > MAX_DEPTH) return TOO_DEEP;
    const pairs: Pair[] = [];
    while (message.next()) {
      if (message.is(1, WIRE.bytes)) pairs.push(this.#keyValue(message.message(), depth));
      else message.skip();
    }
    return Object.fromEntries(pairs);
  }

  #text(message: ProtobufReader): string {
    const text = message.text();
    this.#limits.addText(text);
    return text;
  }

  #base64(bytes: Buffer): string {
    const text = bytes.toString('base64');
    this.#limits.addText(text);
    return text;
  }
}

type Pair = readonly [key: string, value: unknown];
