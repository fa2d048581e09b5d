/** Errors that reach a framework when the trace of their request has ended. */

import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Diagnostic, Tracer } from '@openlayer-tracing/core';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forHono } from '@openlayer-tracing/hono';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import { Hono } from 'hono';
import { startCollector } from '../../support/collector.ts';
import { expressVersions } from '../express/frameworks.ts';
import { later, until } from '../harness/pause.ts';
import { koaVersions } from '../koa/frameworks.ts';

/** An app that responds, and whose handler fails when `failing` resolves. */
type Make = (tracer: Tracer, failing: () => Promise<Error>) => RequestListener;

const APPS: Record<string, Make> = {};

for (const { name, express } of expressVersions) {
  APPS[`${name}, where a handler passes it on`] = (tracer, failing) => {
    const app = express();
    app.set('env', 'test');
    app.use(forExpress({ tracer }));
    app.get('/', (_req, res, next) => {
      res.send('early');
      failing().then(next);
    });
    return app;
  };
  APPS[`${name}, where the last middleware passes it on`] = (tracer, failing) => {
    const app = express();
    app.set('env', 'test');
    app.use(forExpress({ tracer }));
    app.use((_req, res, next) => {
      res.send('early');
      failing().then(next);
    });
    return app;
  };
}
for (const { name, Koa } of koaVersions) {
  APPS[name] = (tracer, failing) => {
    const app = new Koa();
    app.silent = true;
    app.use(forKoa({ tracer }));
    app.use(async (ctx) => {
      ctx.respond = false;
      ctx.res.end('early');
      throw await failing();
    });
    return app.callback();
  };
}
APPS.Hono = (tracer, failing) => {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(forHono({ tracer }));
  app.onError(() => RESPONSE_ALREADY_SENT);
  app.get('/', async (c) => {
    c.env.outgoing.end('early');
    throw await failing();
  });
  return getRequestListener(app.fetch) as RequestListener;
};

describe('an error after the end of its trace', () => {
  for (const [name, make] of Object.entries(APPS)) {
    it(`is reported, with what can be done about it, on ${name}`, async () => {
      await using collector = await startCollector();
      const said: Diagnostic[] = [];
      const tracer = collector.createTracer({ onDiagnostic: (each) => said.push(each) });
      const error = new RangeError('no such shelf');
      let fail = () => {};
      const failing = new Promise<Error>((resolve) => {
        fail = () => resolve(error);
      });
      const server = createServer(make(tracer, () => failing)).listen(0);
      const { port } = server.address() as AddressInfo;
      const headers = { 'x-request-id': 'req-1' };
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
      assert.equal(await response.text(), 'early');
      await collector.exactly(1);
      fail();
      await until(() => said.length > 0, 'the diagnostic');
      await later(20);
      server.close();
      const [only, ...more] = said;
      assert.deepEqual(more, []);
      assert.equal(only?.reason, 'too_late');
      assert.match(
        only?.message ?? '',
        /^an error that the app threw or passed on came after .* \(inference ID req-1, outcome completed\); pass the promise of the work that failed to the trace's waitUntil\(\)/,
      );
      assert.equal(only?.error, error);
      assert.equal((await collector.row('req-1')).metadata?.error, undefined);
    });
  }

  it('is no news where it is the one by which the response failed', async () => {
    for (const { Koa } of koaVersions) {
      await using collector = await startCollector();
      const said: Diagnostic[] = [];
      const tracer = collector.createTracer({
        logLevel: 'info',
        onDiagnostic: (each) => said.push(each),
      });
      const app = new Koa();
      app.silent = true;
      app.use(forKoa({ tracer }));
      app.use((ctx) => {
        ctx.body = new ReadableStream({
          async pull(controller) {
            await later(5);
            controller.error(new Error('the pen broke'));
          },
        });
      });
      const server = createServer(app.callback()).listen(0);
      const { port } = server.address() as AddressInfo;
      await fetch(`http://127.0.0.1:${port}/`).then(
        (response) => response.text(),
        () => {},
      );
      await collector.exactly(1);
      await later(20);
      server.close();
      server.closeAllConnections();
      assert.deepEqual(said, []);
    }
  });
});
