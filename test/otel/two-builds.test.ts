/** Both builds of the package in one process, each with a span processor of its own. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { createTracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';

type Otel = typeof import('@openlayer-tracing/otel');

const require = createRequire(__filename);
const COMMON_JS = require.resolve('@openlayer-tracing/otel');
const ES_MODULES = COMMON_JS.replace(/dist.cjs/, 'dist');

describe('two builds of the span processor', () => {
  before(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
  after(() => context.disable());

  const spansOf = ({ openlayerSpanProcessor }: Otel, scope: string) =>
    new BasicTracerProvider({ spanProcessors: [openlayerSpanProcessor()] }).getTracer(scope);

  it('give requests the trace ids of the spans around them, whichever build has seen these', async () => {
    const first = spansOf(require(COMMON_JS) as Otel, '@opentelemetry/instrumentation-http');
    const second = spansOf((await import(pathToFileURL(ES_MODULES).href)) as Otel, 'app');
    const tracer = createTracer({ transport: memoryTransport(), logLevel: 'off' });

    for (let request = 1; request <= 2; request++) {
      const server = first.startSpan('GET', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
      const below = second.startSpan('below', {}, trace.setSpan(ROOT_CONTEXT, server));
      context.with(trace.setSpan(ROOT_CONTEXT, below), () => {
        const started = tracer.startTrace('request');
        assert.equal(started.traceId, server.spanContext().traceId, `request ${request}`);
        started.end();
      });
      below.end();
      server.end();
    }
    await tracer.shutdown();
  });
});
