/** A backend of OTLP over a real socket: it keeps each request as it came, and answers as a test says. */

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type Message, messageOf } from './protobuf.ts';

export interface OtlpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. */
  readonly body: Buffer;
}

export interface OtlpReply {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Never answers, or closes the connection without an answer. */
  readonly instead?: 'hang' | 'close';
}

export interface OtlpBackend extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly OtlpRequest[];
  /** Connections that are open. */
  readonly connections: () => Promise<number>;
  /** The spans of all requests, in order of arrival. */
  spans(): readonly JsonSpan[];
  /** The spans of the last request. */
  lastSpans(): readonly JsonSpan[];
  /** Resolves when there are so many requests. */
  waitFor(requests: number, timeoutMs?: number): Promise<void>;
}

/** A span as OTLP's JSON has it, with its attributes as an object. */
export interface JsonSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly droppedAttributesCount?: number;
  readonly events: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly flags?: number;
  }[];
  readonly status: { readonly code?: number; readonly message?: string };
  readonly flags: number;
  readonly resource: Readonly<Record<string, unknown>>;
}

export async function startBackend(
  answer: (request: OtlpRequest, index: number) => OtlpReply = () => ({}),
  port = 0,
): Promise<OtlpBackend> {
  const requests: OtlpRequest[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = req.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      const { method = '', url = '', headers } = req;
      const request = { method, path: url, headers, body };
      requests.push(request);
      const reply = answer(request, requests.length - 1);
      if (reply.instead === 'hang') return;
      if (reply.instead === 'close') {
        res.destroy();
        return;
      }
      const type = headers['content-type'] ?? '';
      res.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers });
      res.end(reply.body ?? (type.includes('json') ? '{}' : ''));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}/v1/traces`,
    port: bound,
    requests,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    spans: () => requests.flatMap(spansOfRequest),
    lastSpans: () => requests.slice(-1).flatMap(spansOfRequest),
    async waitFor(count, timeoutMs = 10_000) {
      const end = Date.now() + timeoutMs;
      while (requests.length < count) {
        if (Date.now() > end) throw new Error(`${requests.length} of ${count} requests came`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The spans of a request in either encoding. */
export function spansOfRequest({ headers, body }: OtlpRequest): readonly JsonSpan[] {
  const isJson = headers['content-type'] === 'application/json';
  const { resourceSpans } = isJson ? JSON.parse(body.toString()) : decodedRequest(body);
  return (resourceSpans as Json[]).flatMap(({ resource, scopeSpans }) =>
    (scopeSpans as Json[]).flatMap(({ spans }) =>
      (spans as Json[]).map((span) => ({
        ...span,
        attributes: plainAttributes(span.attributes),
        events: ((span.events ?? []) as Json[]).map((event) => ({
          ...event,
          attributes: plainAttributes(event.attributes),
        })),
        links: ((span.links ?? []) as Json[]).map((link) => ({
          ...link,
          attributes: plainAttributes(link.attributes),
        })),
        status: span.status ?? {},
        resource: plainAttributes((resource as Json).attributes),
      })),
    ),
  ) as unknown as readonly JsonSpan[];
}

type Json = Readonly<Record<string, unknown>>;

function plainAttributes(attributes: unknown): Record<string, unknown> {
  return Object.fromEntries(
    ((attributes ?? []) as { key: string; value: Json }[]).map(({ key, value }) => [
      key,
      plainValue(value),
    ]),
  );
}

function plainValue(value: Json): unknown {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return value.doubleValue;
  return (((value.arrayValue as Json).values ?? []) as Json[]).map(plainValue);
}

/* Protobuf, decoded by the numbers of opentelemetry-proto. */

export function decodedRequest(body: Uint8Array): { readonly resourceSpans: readonly Json[] } {
  return {
    resourceSpans: messageOf(body)
      .messages(1)
      .map((each) => ({
        resource: { attributes: attributesOf(each.message(1), 1) },
        scopeSpans: each.messages(2).map((scopeSpans) => ({
          scope: nameAndVersion(scopeSpans.message(1)),
          spans: scopeSpans.messages(2).map(spanOf),
        })),
      })),
  };
}

function nameAndVersion(scope: Message) {
  return { name: scope.string(1), version: scope.string(2) };
}

function spanOf(span: Message): Json {
  const parent = span.hex(4);
  return {
    traceId: span.hex(1),
    spanId: span.hex(2),
    ...(parent !== '' && { parentSpanId: parent }),
    name: span.string(5),
    kind: span.number(6),
    startTimeUnixNano: String(span.fixed64(7)),
    endTimeUnixNano: String(span.fixed64(8)),
    attributes: attributesOf(span, 9),
    droppedAttributesCount: span.number(10),
    events: span.messages(11).map((event) => ({
      timeUnixNano: String(event.fixed64(1)),
      name: event.string(2),
      attributes: attributesOf(event, 3),
    })),
    links: span.messages(13).map((link) => ({
      traceId: link.hex(1),
      spanId: link.hex(2),
      attributes: attributesOf(link, 4),
      flags: link.number(6),
    })),
    status: { code: span.message(15).number(3), message: span.message(15).string(2) },
    flags: span.number(16),
  };
}

function attributesOf(message: Message, field: number): readonly Json[] {
  return message
    .messages(field)
    .map((each) => ({ key: each.string(1), value: anyValueOf(each.message(2)) }));
}

function anyValueOf(value: Message): Json {
  if (value.has(1)) return { stringValue: value.string(1) };
  if (value.has(2)) return { boolValue: value.number(2) === 1 };
  if (value.has(3)) return { intValue: String(value.int64(3)) };
  if (value.has(4)) return { doubleValue: value.double(4) };
  return { arrayValue: { values: value.message(5).messages(1).map(anyValueOf) } };
}

/** Bytes of an empty or partial response of OTLP in JSON. */
export const partialJson = (rejectedSpans: number | string, errorMessage: string) =>
  JSON.stringify({ partialSuccess: { rejectedSpans, errorMessage } });
