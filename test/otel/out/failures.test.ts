/** Failures that users of other libraries met, with ours: exports. The numbers are those of the list in the issue tracker. */

import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTracer, type Tracer } from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/express';
import { type OtelExportOptions, otelExport, type SpanExporter } from '@openlayer-tracing/otel';
import { context, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import express, { type Express } from 'express';
import { assertUnseen } from './instrumented.ts';
import { type JsonSpan, type OtlpBackend, startBackend } from './otlp-backend.ts';

interface App extends AsyncDisposable {
  readonly url: string;
  readonly tracer: Tracer;
  readonly backend: OtlpBackend;
  /** The spans of all traces so far. */
  spans(): Promise<readonly JsonSpan[]>;
}

async function startApp(
  routes: (app: Express) => void,
  options: OtelExportOptions = {},
  backendReply?: Parameters<typeof startBackend>[0],
): Promise<App> {
  const backend = await startBackend(backendReply);
  const tracer = createTracer({
    exports: [otelExport({ url: backend.url, ...options })],
    retry: { baseMs: 1, capMs: 20 },
    logLevel: 'off',
  });
  const app = express();
  app.use(express.json());
  app.use(openlayerTracing({ tracer }));
  routes(app);
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tracer,
    backend,
    async spans() {
      await tracer.flush();
      return backend.spans();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await tracer.shutdown({ deadlineMs: 200 });
      await backend[Symbol.asyncDispose]();
    },
  };
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

const ask = (url: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/chat`, { headers }).then((response) => response.text());

const plainChat = (app: Express) => app.get('/chat', (_req, res) => void res.json({ ok: true }));

describe('exports', () => {
  it('failure 1: a sampler of another library that drops everything takes no trace of ours', async () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ sampler: new AlwaysOffSampler() }));
    try {
      await using app = await startApp(plainChat);
      for (let i = 0; i < 10; i++) await ask(app.url);
      assert.equal((await app.spans()).length, 10);
    } finally {
      trace.disable();
    }
  });

  it('failure 2: a caller whose flag is 00 loses no trace, and the ids are kept', async () => {
    await using app = await startApp(plainChat);
    await ask(app.url, { traceparent: `00-${TRACE}-${CALLER}-00` });
    const [span] = await app.spans();
    assert.equal(span?.traceId, TRACE);
    assert.equal(span.parentSpanId, CALLER);
    assert.equal(span.flags, 0x301);
  });

  it('failure 3: a caller whose flag is 01 bypasses no decision, and requests of one trace id stay apart', async () => {
    await using app = await startApp(plainChat);
    const traceparent = `00-${TRACE}-${CALLER}-01`;
    await Promise.all([ask(app.url, { traceparent }), ask(app.url, { traceparent })]);
    const spans = await app.spans();
    assert.equal(spans.length, 2);
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, 2);
    for (const { traceId, parentSpanId } of spans) {
      assert.deepEqual([traceId, parentSpanId], [TRACE, CALLER]);
    }
    const sampling = createTracer({ exports: [otelExport({ url: app.backend.url })] });
    const server = express().use(openlayerTracing({ tracer: sampling, sample: 0 }));
    server.get('/chat', (_req, res) => void res.end());
    const listening = server.listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    await ask(`http://127.0.0.1:${(listening.address() as AddressInfo).port}`, { traceparent });
    await sampling.shutdown();
    listening.close();
    listening.closeAllConnections();
    assert.equal(sampling.stats().sampledOut, 1);
    assert.equal((await app.spans()).length, 2);
  });

  it('failure 11: work after the response is in the trace, and no span is sent without its root', async () => {
    await using app = await startApp((routes) =>
      routes.get('/chat', (req, res) => {
        const later = async () => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          await req.trace.step('later', async () => 1);
        };
        req.trace.waitUntil(later());
        res.end('ok');
      }),
    );
    await ask(app.url);
    await app.tracer.flush();
    await app.backend.waitFor(1);
    const spans = await app.spans();
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['GET /chat', 'later'],
    );
    assert.equal(app.backend.requests.length, 1);
  });

  it('failure 14: the root of a trace is the request, with its input and output, also for backends of models', async () => {
    await using app = await startApp(
      (routes) => routes.post('/chat', (_req, res) => void res.json({ answer: 'Yes.' })),
      { profile: 'llm' },
    );
    await fetch(`${app.url}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${TRACE}-${CALLER}-01` },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'May I?' }] }),
    });
    const roots = (await app.spans()).filter(({ parentSpanId = '' }) => parentSpanId === '');
    assert.equal(roots.length, 1);
    assert.match(String(roots[0]?.attributes['gen_ai.input.messages']), /May I\?/);
    assert.match(String(roots[0]?.attributes['gen_ai.output.messages']), /Yes\./);
  });

  it('failure 18: instrumentations make no spans of our own requests, by http or fetch, to the platform or to exports', () =>
    assertUnseen({
      node: process.execPath,
      folder: new URL('.', import.meta.url).pathname,
      sdk: '@opentelemetry/sdk-trace-base',
    }));

  it('failure 21: one timeout loses nothing, and a backend that hangs delays nobody', async () => {
    let isHanging = true;
    await using app = await startApp(plainChat, { timeoutMs: 100 }, () =>
      isHanging ? { instead: 'hang' } : {},
    );
    const start = performance.now();
    for (let i = 0; i < 5; i++) assert.equal(await ask(app.url), '{"ok":true}');
    assert.ok(performance.now() - start < 1500);
    await app.backend.waitFor(2);
    isHanging = false;
    await app.tracer.flush();
    assert.equal(app.tracer.stats().exports?.otel?.published, 5);
    const ids = new Set((await app.spans()).map(({ spanId }) => spanId));
    assert.equal(ids.size, 5);
  });

  it('failure 21: an exporter that hangs at its shutdown does not delay ours', async () => {
    const exporter: SpanExporter = { export() {}, shutdown: () => new Promise(() => {}) };
    const tracer = createTracer({ exports: [otelExport({ exporter })], logLevel: 'off' });
    tracer.startTrace('a').end();
    const start = performance.now();
    await tracer.shutdown({ deadlineMs: 200 });
    assert.ok(performance.now() - start < 1500);
    const { published, dropped } = tracer.stats().exports?.otel ?? {};
    assert.deepEqual([published, dropped], [0, { shut_down: 1 }]);
  });

  it('failure 22: nothing is registered with OpenTelemetry by an export', async () => {
    context.disable();
    trace.disable();
    await using app = await startApp(plainChat);
    await ask(app.url);
    assert.equal((await app.spans()).length, 1);
    const registered = (globalThis as Record<symbol, object | undefined>)[
      Symbol.for('opentelemetry.js.api.1')
    ];
    const { trace: provider, context: manager } = (registered ?? {}) as Record<string, unknown>;
    assert.deepEqual([provider, manager], [undefined, undefined]);
  });
});
