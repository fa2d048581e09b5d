import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DataStreamRequest, WireRow } from '@openlayer-tracing/core/wire';
import { createTracer, openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';
import { PIPELINE } from '../../support/collector.ts';
import { assertConserved } from '../../support/conservation.ts';
import { ask } from './support.ts';

/** Quiet for so long means that nothing feeds itself: batches are sent every few milliseconds. */
const QUIET_MS = 400;

describe('an app that is its own collector', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  for (const [what, mount] of [
    ['before the body parser', (app, tracing) => app.use(tracing, express.json())],
    ['behind the body parser', (app, tracing) => app.use(express.json(), tracing)],
    ['on its routes', (app, tracing) => app.use('/v1', tracing).use(tracing, express.json())],
  ] satisfies [string, (app: express.Express, tracing: express.RequestHandler) => unknown][]) {
    it(`does not trace our publishing, with tracing mounted ${what}`, async () => {
      const app = express();
      const server = createServer(app);
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      servers.push(server);
      const { port } = server.address() as AddressInfo;
      const tracer = createTracer({
        apiKey: 'test-key',
        inferencePipelineId: PIPELINE,
        baseUrl: `http://127.0.0.1:${port}/v1`,
        batch: { maxDelayMs: 5 },
      });
      const rows: WireRow[] = [];
      let posts = 0;
      let puts = 0;
      mount(app, openlayerTracing({ tracer }));
      app.post('/v1/inference-pipelines/:id/data-stream', (req, res) => {
        posts++;
        rows.push(...(req.body as DataStreamRequest).rows);
        res.json({ success: true });
      });
      app.put('/v1/inference-pipelines/:id/rows', (_req, res) => {
        puts++;
        res.json({ success: true });
      });
      app.get('/hello', (_req, res) => {
        res.json({ hello: 'world' });
      });

      for (let i = 0; i < 20; i++) {
        assert.equal(await ask(port, '/hello', { 'x-request-id': `hello-${i}` }), 200);
      }
      for (let i = 0; i < 5; i++) {
        const result = await tracer.feedback(`hello-${i}`, { humanFeedback: i });
        assert.deepEqual(result, { ok: true });
      }
      await tracer.flush();
      const seen = posts;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));

      assert.equal(posts, seen, 'no further POST');
      assert.ok(posts <= 20);
      assert.equal(puts, 5);
      assert.deepEqual(
        rows.map((row) => row.inferenceId),
        Array.from({ length: 20 }, (_, i) => `hello-${i}`),
      );
      assert.equal(tracer.stats().started, 20);
      assertConserved(tracer.stats());
      await tracer.shutdown();
    });
  }
});
