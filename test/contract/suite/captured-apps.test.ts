/** Tests of apps whose middleware has options of a tracer: what they capture is sent nowhere. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { TracerOptions } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import * as onExpress from '@openlayer-tracing/express';
import * as onHono from '@openlayer-tracing/hono';
import * as onKoa from '@openlayer-tracing/koa';
import express from 'express';
import { Hono } from 'hono';
import Koa from 'koa';
import { startCollector } from '../../support/collector.ts';

/** Starts an app with a value in its metadata. */
type Start = (options: TracerOptions) => Server;

const metadata = { iban: 'DE02', plan: 'pro' };

const APPS: Readonly<Record<string, Start>> = {
  Express(options) {
    const app = express();
    app.use(onExpress.openlayerTracing(options));
    app.get('/', (req, res) => {
      req.trace.update({ metadata });
      res.send('ok');
    });
    return createServer(app).listen(0);
  },
  Koa(options) {
    const app = new Koa();
    app.use(onKoa.openlayerTracing(options));
    app.use((ctx) => {
      ctx.trace.update({ metadata });
      ctx.body = 'ok';
    });
    return app.listen(0);
  },
  Hono(options) {
    const app = new Hono();
    app.use(onHono.openlayerTracing(options));
    app.get('/', (c) => {
      c.var.trace.update({ metadata });
      return c.text('ok');
    });
    return serve({ fetch: app.fetch, port: 0 }) as Server;
  },
};

async function ask(server: Server): Promise<void> {
  while (server.address() === null) await new Promise((resolve) => setTimeout(resolve, 1));
  const { port } = server.address() as AddressInfo;
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'ok');
}

for (const [name, start] of Object.entries(APPS)) {
  describe(`an app on ${name} whose middleware has options of a tracer`, () => {
    for (const isEarly of [true, false]) {
      it(`is captured by them, started ${isEarly ? 'before' : 'after'} the capture`, async () => {
        await using collector = await startCollector();
        const options = { ...collector.tracer, redact: { keys: ['iban'] } };
        const early = isEarly ? start(options) : undefined;
        const traces = captureTraces();
        const server = early ?? start(options);
        await ask(server);
        await ask(server);
        const rows = await traces.rows();
        assert.deepEqual(
          rows.map((row) => [row.metadata?.iban, row.metadata?.plan]),
          [
            ['[redacted]', 'pro'],
            ['[redacted]', 'pro'],
          ],
        );
        traces.clear();
        assert.deepEqual(await traces.rows(), []);
        await ask(server);
        assert.equal((await traces.rows()).length, 1);
        assert.deepEqual(collector.server.rows(), []);
        traces.restore();
        await ask(server);
        assert.equal((await collector.exactly(1))[0]?.metadata?.iban, '[redacted]');
        server.close();
      });
    }

    it('is captured by the options of the capture where both have them', async () => {
      await using collector = await startCollector();
      const server = start({ ...collector.tracer, publish: false, redact: { keys: ['iban'] } });
      using traces = captureTraces({ redact: { keys: ['plan'] } });
      await ask(server);
      const [row] = await traces.rows();
      assert.deepEqual([row?.metadata?.iban, row?.metadata?.plan], ['DE02', '[redacted]']);
      server.close();
    });

    it('is captured by the inner one of two captures', async () => {
      await using collector = await startCollector();
      const server = start({ ...collector.tracer, redact: { keys: ['iban'] } });
      using outer = captureTraces();
      const inner = captureTraces();
      await ask(server);
      assert.equal((await inner.rows()).length, 1);
      inner.restore();
      await ask(server);
      assert.equal((await outer.rows()).length, 1);
      assert.deepEqual(collector.server.rows(), []);
      server.close();
    });
  });
}
