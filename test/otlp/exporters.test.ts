/** Apps with OpenTelemetry's SDK send their traces to the local server, by both official exporters. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type LocalServer, renderTrace, startLocalServer } from '@openlayer-tracing/local';
import {
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

const EXPORTERS = { protobuf: ProtobufExporter, JSON: JsonExporter };

/** One service with its own SDK. */
function service(name: string, server: LocalServer, format: keyof typeof EXPORTERS = 'protobuf') {
  const exporter = new EXPORTERS[format]({
    url: `${server.url}/otel/v1/traces`,
    headers: { authorization: 'Bearer key', 'x-bt-parent': 'pipeline_id:shop' },
    compression: CompressionAlgorithm.GZIP,
  });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': name, 'service.version': '7' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  return { tracer: provider.getTracer('my-instrumentation', '1.2.0'), provider };
}

const below = (span: Span): Context => trace.setSpan(ROOT_CONTEXT, span);

const GEN_AI = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.response.model': 'gpt-4o-2024-08-06',
  'gen_ai.usage.input_tokens': 96,
  'gen_ai.usage.output_tokens': 14,
  'gen_ai.input.messages': JSON.stringify([
    { role: 'user', parts: [{ type: 'text', content: 'May I borrow a drill?' }] },
  ]),
  'gen_ai.output.messages': JSON.stringify([
    { role: 'assistant', parts: [{ type: 'text', content: 'Yes.' }], finish_reason: 'stop' },
  ]),
};

describe('an app with the SDK of OpenTelemetry', () => {
  let server: LocalServer;
  beforeEach(async () => {
    server = await startLocalServer({ checks: 'lenient', otlpQuietMs: 100 });
  });
  afterEach(() => server.close());

  for (const format of ['protobuf', 'JSON'] as const) {
    it(`has its HTTP request and model call as a row, sent as ${format}`, async () => {
      const { tracer, provider } = service('tool-library', server, format);
      const root = tracer.startSpan('POST /chat', {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': 'POST',
          'http.route': '/chat',
          'url.path': '/chat',
          'http.response.status_code': 200,
          'session.id': 's-1',
          'user.id': 'ada',
          'app.plan': 'pro',
        },
      });
      const call = tracer.startSpan(
        'chat gpt-4o',
        { kind: SpanKind.CLIENT, attributes: GEN_AI },
        below(root),
      );
      call.end();
      root.end();
      await provider.shutdown();
      const [row] = await server.waitForRows(1);
      assert.ok(row);
      const { traceId } = root.spanContext();
      assert.equal(
        renderTrace(row, { timings: false }),
        `${traceId}  200
└─ POST /chat [user_call]
   └─ chat gpt-4o [chat_completion]  gpt-4o-2024-08-06  96+14 tokens  → "Yes."`,
      );

      const response = await fetch(`${server.url}/inference-pipelines/shop/rows/${traceId}`, {
        headers: { authorization: 'Bearer key' },
      });
      const read = ((await response.json()) as { row: Record<string, unknown> }).row;
      assert.equal(read.openlayer_session_id, 's-1');
      assert.equal(read.openlayer_user_id, 'ada');
      assert.equal(read.openlayer_num_of_tokens, 110);
      assert.equal(read.trace_id, traceId);
      const metadata = read.metadata as Record<string, unknown>;
      assert.deepEqual(metadata.attributes, { 'app.plan': 'pro' });
      assert.equal(metadata.scope, 'my-instrumentation 1.2.0');
      const otel = metadata.otel as Record<string, unknown>;
      assert.equal(otel.service, 'tool-library');
      assert.deepEqual(otel.resource, { 'service.name': 'tool-library', 'service.version': '7' });
      const [step] = row.steps[0]?.steps ?? [];
      assert.deepEqual(step?.inputs, {
        prompt: [{ role: 'user', content: 'May I borrow a drill?' }],
      });
      assert.equal(step.provider, 'openai');
      assert.deepEqual(server.problems, []);
    });
  }

  it('has one row for the spans of three services, in whatever order they export', async () => {
    for (const order of [
      ['front', 'middle', 'back'],
      ['back', 'middle', 'front'],
      ['middle', 'front', 'back'],
    ]) {
      const services = {
        front: service('front', server),
        middle: service('middle', server, 'JSON'),
        back: service('back', server),
      };
      const remote = (span: Span): Context =>
        trace.setSpanContext(ROOT_CONTEXT, { ...span.spanContext(), isRemote: true });
      const front = services.front.tracer.startSpan('front', { kind: SpanKind.SERVER });
      const middle = services.middle.tracer.startSpan(
        'middle',
        { kind: SpanKind.SERVER },
        remote(front),
      );
      const back = services.back.tracer.startSpan(
        'back',
        { kind: SpanKind.SERVER },
        remote(middle),
      );
      back.setStatus({ code: SpanStatusCode.ERROR, message: 'out of drills' });
      back.recordException(new RangeError('out of drills'));
      for (const span of [back, middle, front]) span.end();
      for (const name of order) {
        await services[name as keyof typeof services].provider.shutdown();
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      const { traceId } = front.spanContext();
      await until(() => server.row(traceId)?.steps[0]?.name === 'front');
      const row = server.row(traceId);
      assert.ok(row);
      assert.equal(
        renderTrace(row, { timings: false }),
        `${traceId}
└─ front [user_call]
   └─ middle [user_call]
      └─ back [user_call]  ✗ out of drills`,
      );
      assert.equal(row.steps[0]?.steps[0]?.steps[0]?.metadata.errorType, 'RangeError');
    }
    assert.equal(server.rows().length, 3);
  });

  it('sends its spans while a real request runs', async () => {
    const { tracer, provider } = service('web', server);
    await using app = await listening(async () => {
      const span = tracer.startSpan('GET /', { kind: SpanKind.SERVER });
      await context.with(below(span), () => new Promise((resolve) => setTimeout(resolve, 5)));
      const child = tracer.startSpan(
        'SELECT',
        { attributes: { 'db.system.name': 'sqlite' } },
        below(span),
      );
      child.end();
      span.end();
    });
    await Promise.all(Array.from({ length: 50 }, () => fetch(app.url).then((it) => it.text())));
    await provider.shutdown();
    const rows = await server.waitForRows(50);
    for (const { steps } of rows) {
      assert.equal(steps[0]?.name, 'GET /');
      assert.deepEqual(
        steps[0].steps.map(({ name }) => name),
        ['SELECT'],
      );
    }
    assert.deepEqual(server.problems, []);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !holds(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(holds());
}

async function listening(handle: () => Promise<void>) {
  const app = createServer((_request, response) => {
    void handle().then(() => response.end('ok'));
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(app.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        app.close(() => resolve());
        app.closeAllConnections();
      }),
  };
}
