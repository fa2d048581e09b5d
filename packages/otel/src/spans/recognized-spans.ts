/** Recognizes spans whose work the trace has already: those of frameworks, of requests, and of calls that a client records. */

import {
  isModelCall,
  isNearSharedCall,
  isRecordedByCaller,
  type Step,
} from '@openlayer-tracing/core/integration';
import { type ReadableSpan, scopeOf, spanKindOf } from './readable-span.js';
import type { SpanNode } from './span-tree.js';

/** Instrumentations of frameworks, whose requests are the traces, and of sockets, DNS and files. */
const FRAMEWORKS: ReadonlySet<string> = new Set([
  ...'express koa hono connect router fastify restify hapi nestjs-core net dns fs'
    .split(' ')
    .map((name) => `@opentelemetry/instrumentation-${name}`),
  ...['@hono/otel', '@fastify/otel', 'next.js'],
]);
const HTTP: ReadonlySet<string> = new Set(
  ['http', 'undici', 'fetch'].map((name) => `@opentelemetry/instrumentation-${name}`),
);
/** The paths of model calls, in the APIs of all providers. */
const MODEL_PATH =
  /\/(completions|responses|embeddings|messages|chat|generate|embed|rerank|converse|converse-stream|invoke|invoke-with-response-stream)$|:(generateContent|streamGenerateContent|embedContent|predict)(\?|$)/;
/** The paths that rows are sent to. */
const OWN_PATH = /\/inference-pipelines\/[^/]+\/(data-stream|rows)$/;

/** Whether the span is of a framework, or of the request itself. */
export function isOfFramework(span: ReadableSpan): boolean {
  const { name } = scopeOf(span);
  const kind = spanKindOf(span);
  if (kind === 'server') return HTTP.has(name) || FRAMEWORKS.has(name);
  return kind !== 'client' && FRAMEWORKS.has(name);
}

/** Whether the span is an HTTP request that the app sends. */
export function isHttpRequest(span: ReadableSpan): boolean {
  const { attributes } = span;
  return (
    spanKindOf(span) === 'client' &&
    ('http.request.method' in attributes || 'http.method' in attributes)
  );
}

/** The host of a request or of a model call; undefined if the span does not state it. */
export function hostOf({ attributes }: ReadableSpan): string | undefined {
  const host = attributes['server.address'] ?? attributes['net.peer.name'];
  return typeof host === 'string' && host !== '' ? host : undefined;
}

/**
 * Whether a request is a part of what is recorded anyway: the request of a model call, or one that sends rows.
 * @param parent the step that the request would be below
 * @param node of the closest span around it; undefined if there is none
 */
export function isPartOfCall(
  span: ReadableSpan,
  parent: Step,
  node: SpanNode | undefined,
): boolean {
  if (isRecordedByCaller()) return true;
  const isNear = isNearSharedCall(parent);
  if (isModelCall(parent.type)) {
    const ofCall = node?.step === parent ? node.host : undefined;
    const host = hostOf(span);
    return ofCall === undefined || host === undefined || ofCall === host;
  }
  const url = span.attributes['url.full'] ?? span.attributes['http.url'];
  return typeof url === 'string' && (OWN_PATH.test(url) || (isNear && MODEL_PATH.test(url)));
}
