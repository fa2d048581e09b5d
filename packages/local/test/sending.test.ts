/** What the page says of how a trace was sent: by a real tracer, which says so on its calls. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTracer, type TracerOptions } from '@openlayer-tracing/core';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import type { Health, TracePage } from '../src/page-api.ts';
import { call, PIPELINE, requestOf } from './client.js';
import { got } from './page/read.js';

/** Old rows are marked as late. */
function ofNow() {
  const [step] = requestOf('x').rows[0]?.steps ?? [];
  const now = Date.now();
  return {
    inferenceTimestamp: now / 1000,
    steps: [{ ...step, steps: [], startTime: now - 42, endTime: now, latency: 42 }],
  };
}

describe('how a trace was sent', () => {
  let folder: string;
  let server: LocalServer;
  /** How many calls are still refused. */
  let refusals = 0;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-sending-'));
    server = await startLocalServer({
      file: join(folder, 'traces.db'),
      intercept(_request, response) {
        if (refusals <= 0) return false;
        refusals -= 1;
        response.writeHead(503).end('{"error":"later"}');
        return true;
      },
    });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const tracerOf = (options: TracerOptions = {}) =>
    createTracer({
      ...{ baseUrl: server.url, apiKey: 'any', inferencePipelineId: PIPELINE },
      ...{ handleSignals: false, onDiagnostic: () => {} },
      ...{ batch: { maxDelayMs: 5 }, retry: { baseMs: 5, capMs: 20 } },
      ...options,
    });
  const marksOf = async (inferenceId: string) => {
    const { traces } = await got<TracePage>(server, 'traces?limit=50');
    return traces.find((trace) => trace.inferenceId === inferenceId)?.marks;
  };

  it('is said of a trace that was sent at once: nothing', async () => {
    const tracer = tracerOf();
    tracer.startTrace({ name: 'ask', inferenceId: 'first' }).end();
    await tracer.flush();
    assert.deepEqual(await marksOf('first'), []);
    await tracer.shutdown();
  });

  it('is said of a trace whose first attempts failed, and not of the next one', async () => {
    const tracer = tracerOf();
    refusals = 2;
    tracer.startTrace({ name: 'ask', inferenceId: 'again' }).end();
    await tracer.flush();
    tracer.startTrace({ name: 'ask', inferenceId: 'next' }).end();
    await tracer.flush();
    assert.deepEqual([await marksOf('again'), await marksOf('next')], [['retried'], []]);
    const { total } = await got<TracePage>(server, 'traces?mark=retried');
    assert.equal(total, 1);
    assert.deepEqual((await got<Health>(server, 'health')).marks, { retried: 1 });
    await tracer.shutdown();
  });

  it('is said of a trace that waited in the spool of an earlier process', async () => {
    const spool = { dir: join(folder, 'spool') };
    refusals = Number.POSITIVE_INFINITY;
    const first = tracerOf({ spool, retry: { baseMs: 5, capMs: 5, maxElapsedMs: 20 } });
    first.startTrace({ name: 'ask', inferenceId: 'kept' }).end();
    await first.shutdown();
    assert.equal(server.rows().length, 0);
    refusals = 0;
    const second = tracerOf({ spool });
    await server.waitForRows(1, { timeoutMs: 30_000 });
    assert.deepEqual(await marksOf('kept'), ['replayed']);
    await second.shutdown();
  });

  it('is said of the traces of a process that left out others', async () => {
    for (const sampledOut of [0, 3]) {
      const report = { name: 'app.js (process 1)', stats: { sampledOut } };
      const headers = { 'x-openlayer-tracing-stats': JSON.stringify(report) };
      const path = `/inference-pipelines/${PIPELINE}/data-stream`;
      await call(server, 'POST', path, requestOf(`of-${sampledOut}`, ofNow()), headers);
    }
    assert.deepEqual([await marksOf('of-0'), await marksOf('of-3')], [[], ['sampled']]);
  });
});
