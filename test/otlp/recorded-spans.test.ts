/** Spans that real SDKs made, sent by the official exporter, become rows as this library would send them. */

import assert from 'node:assert/strict';
import type { WireConfig, WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { type SpanData, stepOfSpan } from '@openlayer-tracing/otel/dialects';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { RECORDINGS, recordingOf } from '../otel/recordings.ts';

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'];
const STATUS = ['unset', 'ok', 'error'];

/** The span as the exporter reads it. */
function readable(span: SpanData): ReadableSpan {
  const context = (spanId: string) => ({ traceId: span.traceId, spanId, traceFlags: 1 });
  const time = (ms: number) => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
  const read = {
    name: span.name,
    kind: KINDS.indexOf(span.kind),
    spanContext: () => context(span.spanId),
    ...(span.parentSpanId !== undefined && { parentSpanContext: context(span.parentSpanId) }),
    startTime: time(span.startMs),
    endTime: time(span.endMs),
    status: { code: STATUS.indexOf(span.status.code), message: span.status.message },
    attributes: span.attributes,
    events: span.events.map(({ timeMs, ...event }) => ({ ...event, time: time(timeMs) })),
    links: span.links.map(({ attributes, ...ids }) => ({ context: ids, attributes })),
    duration: time(span.endMs - span.startMs),
    ended: true,
    resource: { attributes: span.resource },
    instrumentationScope: span.scope,
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
  return read as unknown as ReadableSpan;
}

function* stepsOf(steps: readonly WireStep[]): Generator<WireStep> {
  for (const step of steps) {
    yield step;
    yield* stepsOf(step.steps);
  }
}

describe('the spans that a real SDK recorded', () => {
  let server: LocalServer;
  let strict: LocalServer;
  before(async () => {
    server = await startLocalServer({ otlpQuietMs: 50 });
    strict = await startLocalServer();
  });
  after(() => Promise.all([server.close(), strict.close()]));

  for (const name of RECORDINGS) {
    it(`are rows of the strict profile, with each span once: ${name}`, async () => {
      const spans = recordingOf(name).spans.map((span) => ({
        ...span,
        // Recordings begin with the same ids.
        traceId: Buffer.from(name.padEnd(15).slice(-15)).toString('hex') + span.traceId.slice(-2),
      }));
      const rows = new Map<string, { readonly row: WireRow; readonly config: WireConfig }>();
      const stop = server.on('row', (row, _pipeline, { config, inferenceId }) => {
        rows.set(inferenceId, { row, config });
      });
      const exporter = new OTLPTraceExporter({
        url: `${server.url}/traces`,
        headers: { authorization: 'Bearer key' },
      });
      const before = server.rows().length;
      const traces = new Set(spans.map(({ traceId }) => traceId));
      await new Promise<void>((resolve, reject) => {
        exporter.export(spans.map(readable), ({ error }) => (error ? reject(error) : resolve()));
      });
      await server.waitForRows(before + traces.size, { timeoutMs: 15_000 });
      await exporter.shutdown();
      stop();

      const recorded = spans.filter((span) => !stepOfSpan(span).isPending);
      const steps = [...rows.values()].flatMap(({ row }) => [...stepsOf(row.steps)]);
      const ids = steps.map(({ id }) => id).filter((id) => !/^0+$/.test(id));
      assert.deepEqual(ids.sort(), recorded.map(({ spanId }) => spanId).sort());
      for (const { row, config } of rows.values()) {
        const response = await fetch(`${strict.url}/inference-pipelines/p/data-stream`, {
          method: 'POST',
          headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
          body: JSON.stringify({ config, rows: [row] }),
        });
        assert.equal(await response.text(), '{"success":true}');
      }
      assert.deepEqual(server.problems, []);
    });
  }
});
