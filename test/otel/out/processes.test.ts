/** Exports and the end of processes: none is held, and what was not sent is sent by the next one. */

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { createTracer } from '@openlayer-tracing/core';
import { otelExport } from '@openlayer-tracing/otel';
import { temporaryFolder } from '../../faults/temporary-folder.ts';
import { startProcess } from '../../support/child.ts';
import { freePort } from '../../support/free-port.ts';
import { startBackend } from './otlp-backend.ts';

const app = (name: string) => fileURLToPath(new URL(`apps/${name}.mjs`, import.meta.url));

describe('a process with an export', () => {
  for (const how of ['idle', 'flush', 'at the end'] as const) {
    it(`ends by itself at once: ${how}`, async () => {
      await using backend = await startBackend();
      await using child = startProcess([process.execPath, app('short'), backend.url, how]);
      await child.line();
      const start = performance.now();
      const { code, stderr } = await child.ended;
      const tookMs = performance.now() - start;
      assert.equal(code, 0, stderr);
      // Node's own exporters hold the process for the life of an idle connection, five seconds.
      assert.ok(tookMs < 2000, `${tookMs} ms`);
      assert.equal(backend.requests.length, how === 'idle' ? 0 : 1);
    });
  }

  it('is not held by a backend that hangs', async () => {
    await using backend = await startBackend(() => ({ instead: 'hang' }));
    await using child = startProcess([process.execPath, app('short'), backend.url, 'at the end']);
    await child.line();
    const start = performance.now();
    assert.equal((await child.ended).code, 0);
    assert.ok(performance.now() - start < 8000);
  });

  it('that is killed loses nothing: the next one sends its traces, with the ids that others know', async () => {
    using folder = temporaryFolder();
    // A port where nothing listens, until the backend is back.
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/v1/traces`;
    const child = startProcess([process.execPath, app('killed'), url, folder.path]);
    const { ended, open } = JSON.parse(await child.line()) as {
      ended: Record<string, string>;
      open: string;
    };
    await child.kill('SIGKILL');

    await using backend = await startBackend(undefined, port);
    const tracer = createTracer({
      exports: [otelExport({ url })],
      spool: { dir: folder.path },
      retry: { baseMs: 10, capMs: 100 },
      logLevel: 'off',
    });
    try {
      const names = () =>
        backend.spans().flatMap(({ attributes }) => attributes['openlayer.inference_id'] ?? []);
      const end = Date.now() + 60_000;
      while (names().length < 21 && Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.deepEqual(names().sort(), [...Object.keys(ended), 'open'].sort());
      const spans = backend.spans();
      for (const [inferenceId, traceparent] of Object.entries({ ...ended, open })) {
        const root = spans.find(
          ({ attributes }) => attributes['openlayer.inference_id'] === inferenceId,
        );
        const [, traceId, spanId] = traceparent.split('-');
        assert.deepEqual([root?.traceId, root?.spanId], [traceId, spanId], inferenceId);
        const inner = spans.find(({ parentSpanId }) => parentSpanId === spanId);
        assert.equal(inner?.name, inferenceId === 'open' ? undefined : 'inner');
      }
      const interrupted = spans.find(({ name }) => name === 'open');
      assert.equal(interrupted?.status.code, 2);
    } finally {
      await tracer.shutdown();
    }
  });
});
