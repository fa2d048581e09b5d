/** What a backend refuses for good is sent once, with a spool too. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTracer, type DestinationStats, type Tracer } from '@openlayer-tracing/core';
import { type OtelExportOptions, otelExport } from '@openlayer-tracing/otel';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { type OtlpReply, startBackend } from './otlp-backend.ts';

/** Longer than many replays take with this policy. */
const REPLAYS_MS = 400;
const RETRY = { baseMs: 1, capMs: 20 };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('an export with a spool', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'refused-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const tracerOf = (options: OtelExportOptions): Tracer =>
    createTracer({ exports: [otelExport(options)], spool: { dir }, retry: RETRY, logLevel: 'off' });

  const statsOf = (tracer: Tracer): DestinationStats => {
    const { otel } = tracer.stats().exports ?? {};
    assert.ok(otel !== undefined);
    return otel;
  };

  const filesSetAside = () =>
    readdirSync(dir, { recursive: true }).filter((path) => String(path).endsWith('.refused'));

  const own = (url: string): OtelExportOptions => ({ url });
  const official = (url: string): OtelExportOptions => ({
    exporter: new OTLPTraceExporter({ url }),
  });

  const cases: readonly (readonly [string, OtlpReply, (url: string) => OtelExportOptions])[] = [
    ...[409, 415, 422, 501].map((status) => [`${status}`, { status }, own] as const),
    ['a response that is too long', { body: Buffer.alloc(5 * 1024 * 1024) }, own],
    ['422 by an exporter of OpenTelemetry', { status: 422 }, official],
  ];
  for (const [what, reply, options] of cases) {
    it(`sends the traces of a batch that is refused by ${what} once, and keeps them aside`, async () => {
      await using backend = await startBackend(() => reply);
      const tracer = tracerOf(options(backend.url));
      for (let i = 0; i < 3; i++) tracer.startTrace({ name: 'a', inferenceId: `id-${i}` }).end();
      await tracer.flush();
      await pause(REPLAYS_MS);
      assert.equal(backend.requests.length, 1);
      const { published, spooled, quarantined, dropped } = statsOf(tracer);
      assert.deepEqual([published, spooled, quarantined, dropped], [0, 0, 3, {}]);
      await tracer.shutdown();
      assert.equal(filesSetAside().length, 1);

      const next = tracerOf(options(backend.url));
      await pause(REPLAYS_MS);
      await next.shutdown();
      assert.equal(backend.requests.length, 1);
    });
  }

  for (const [what, status, options] of [
    ...[301, 302, 307, 308, 402, 405, 408, 425, 500, 520, 522].map(
      (each) => [`${each}`, each, own] as const,
    ),
    ['500 by an exporter of OpenTelemetry', 500, official] as const,
  ]) {
    it(`keeps on disk what was refused by ${what}, until the backend takes it`, async () => {
      await using backend = await startBackend((_, i) => (i < 2 ? { status } : {}));
      const tracer = tracerOf(options(backend.url));
      tracer.startTrace('a').end();
      await tracer.flush();
      await backend.waitFor(3);
      await pause(50);
      const { published, spooled, quarantined, dropped } = statsOf(tracer);
      assert.deepEqual([published, spooled, quarantined, dropped], [1, 0, 0, {}]);
      await tracer.shutdown();
      assert.deepEqual(filesSetAside(), []);
    });
  }

  it('sends what was refused by a full backend again', async () => {
    await using backend = await startBackend((_, i) => (i === 0 ? { status: 503 } : {}));
    const tracer = tracerOf(own(backend.url));
    tracer.startTrace('a').end();
    await tracer.flush();
    await backend.waitFor(2);
    await pause(50);
    assert.equal(statsOf(tracer).published, 1);
    await tracer.shutdown();
  });
});
