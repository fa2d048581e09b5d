/** Exporters of OpenTelemetry's SDK 2 that send the spans of otelExport. SDK 3 is in sdk-3.test.ts. */

import assert from 'node:assert/strict';
import { createTracer, SendError } from '@openlayer-tracing/core';
import { otelExport, type SpanExporter } from '@openlayer-tracing/otel';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  ConsoleSpanExporter,
  InMemorySpanExporter,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { startBackend } from './otlp-backend.ts';
import { PARENT_ID, rowOf, send, step, TRACE_ID } from './rows.ts';

const http = { method: 'POST', status: 200 };
const row = rowOf(
  step({
    name: 'POST /chat',
    metadata: { http, otel: { parent_span_id: PARENT_ID }, error: 'no', errorType: 'RangeError' },
    steps: [step({ id: 'e52a7274-c856-46f4-84ab-000000000001', type: 'tool', name: 'search' })],
  }),
);

const sent = (exporter: SpanExporter, timeoutMs?: number, signal?: AbortSignal) =>
  send(otelExport({ exporter, timeoutMs }), [row], signal);

async function failureOf(promise: Promise<unknown>): Promise<SendError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof SendError, String(error));
    return error;
  }
  assert.fail('the send succeeded');
}

describe('an exporter given to otelExport', () => {
  it('gets spans that it can read', async () => {
    const exporter = new InMemorySpanExporter();
    assert.deepEqual(await sent(exporter), { delivered: 1, lost: {} });
    const [root, tool] = exporter.getFinishedSpans() as [ReadableSpan, ReadableSpan];
    assert.equal(root.name, 'POST /chat');
    assert.equal(root.kind, 1);
    assert.equal(tool.kind, 0);
    assert.equal(root.spanContext().traceId, TRACE_ID);
    assert.deepEqual(root.parentSpanContext, {
      traceId: TRACE_ID,
      spanId: PARENT_ID,
      traceFlags: 1,
      isRemote: true,
    });
    assert.equal(tool.parentSpanContext?.spanId, root.spanContext().spanId);
    assert.equal(tool.parentSpanContext?.isRemote, false);
    assert.deepEqual(root.startTime, [1_790_000_000, 123_000_000]);
    assert.deepEqual(root.duration, [0, 12_345_000]);
    assert.deepEqual(root.status, { code: 2, message: 'no' });
    assert.equal(root.events[0]?.name, 'exception');
    assert.equal(root.resource.attributes['telemetry.sdk.name'], 'openlayer-tracing');
    assert.equal(root.instrumentationScope.name, '@openlayer-tracing/otel');
    assert.equal(root.ended, true);
  });

  it('may be the one of the console', async () => {
    const printed: unknown[] = [];
    const { dir } = console;
    console.dir = (value: unknown) => printed.push(value);
    try {
      assert.equal((await sent(new ConsoleSpanExporter())).delivered, 1);
    } finally {
      console.dir = dir;
    }
    assert.match(JSON.stringify(printed), /POST \/chat/);
  });

  for (const [name, Exporter] of [
    ['protobuf', ProtobufExporter],
    ['JSON', JsonExporter],
  ] as const) {
    it(`decides by its result, with the official exporter of ${name}`, async () => {
      let status = 200;
      await using backend = await startBackend(() => ({ status }));
      const exporter = new Exporter({ url: backend.url });
      assert.equal((await sent(exporter)).delivered, 1);
      assert.equal(backend.lastSpans().length, 2);
      const codes: Record<number, string> = {
        400: 'rejected',
        401: 'unauthorized',
        404: 'not_found',
        413: 'too_large',
        500: 'refused',
      };
      for (const [each, code] of Object.entries(codes)) {
        status = Number(each);
        const error = await failureOf(sent(exporter));
        assert.equal(error.code, code, each);
        assert.match(error.message, /the exporter failed/);
      }
      await exporter.shutdown();
    });
  }

  it('that fails, throws or reports without an error is tried again', async () => {
    const failing: readonly SpanExporter[] = [
      {
        export: (_, done) => done({ code: 1, error: new Error('away') }),
        shutdown: async () => {},
      },
      { export: (_, done) => done({ code: 1 }), shutdown: async () => {} },
      {
        export() {
          throw new Error('away');
        },
        shutdown: async () => {},
      },
    ];
    for (const exporter of failing) {
      const error = await failureOf(sent(exporter));
      assert.deepEqual([error.code, error.isRetryable], ['unreachable', true]);
    }
  });

  it('that never answers is given up at the deadline, and at the shutdown', async () => {
    let late: ((result: { code: number }) => void) | undefined;
    const silent: SpanExporter = {
      export(_, done) {
        late = done;
      },
      shutdown: () => new Promise(() => {}),
    };
    const error = await failureOf(sent(silent, 50));
    assert.deepEqual([error.code, error.isAmbiguous], ['unreachable', true]);
    assert.match(error.message, /no result within 50 ms/);
    late?.({ code: 0 });
    const stop = new AbortController();
    const pending = failureOf(sent(silent, 60_000, stop.signal));
    stop.abort();
    assert.equal((await pending).code, 'given_up');
    assert.equal((await failureOf(sent(silent, 60_000, stop.signal))).code, 'given_up');
  });

  it('is shut down with the tracer, which does not wait for it', async () => {
    let closed = 0;
    const exporter: SpanExporter = {
      export: (_, done) => done({ code: 0 }),
      shutdown() {
        closed++;
        return closed === 1 ? new Promise(() => {}) : Promise.reject(new Error('closed'));
      },
    };
    for (let i = 0; i < 2; i++) {
      const tracer = createTracer({ exports: [otelExport({ exporter })] });
      tracer.startTrace('a').end();
      const start = performance.now();
      await tracer.shutdown({ deadlineMs: 60_000 });
      assert.ok(performance.now() - start < 2000);
      assert.equal(tracer.stats().exports?.otel?.published, 1);
    }
    assert.equal(closed, 2);
  });
});
