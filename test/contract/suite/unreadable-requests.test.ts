/** Requests of which the app lets something throw when it is read: a diagnostic names it, and blames no option. */

import assert from 'node:assert/strict';
import Router from '@koa/router';
import { createTracer, type Diagnostic, type Tracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forHono } from '@openlayer-tracing/hono';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import { expressVersions } from '../express/frameworks.ts';
import type { Running } from '../harness/frameworks.ts';
import { httpOf } from '../harness/stage.ts';
import { hono } from '../hono/frameworks.ts';
import { koaVersions } from '../koa/frameworks.ts';

const fail = (): never => {
  throw new Error('not for you');
};

function breakProperty(holder: object, name: string): void {
  Object.defineProperty(holder, name, { get: fail, configurable: true });
}

type Serve = (tracer: Tracer) => Promise<Running>;

/** By framework, what is broken before the middleware runs, under the name that the diagnostic has for it. */
const APPS: (readonly [framework: string, fact: string, serve: Serve])[] = [];

for (const { name, serve } of expressVersions) {
  for (const [fact, property] of [
    ['query', 'query'],
    ['body', 'body'],
  ] as const) {
    APPS.push([
      name,
      fact,
      (tracer) =>
        serve((app) => {
          app.use((req, _res, next) => {
            breakProperty(req, property);
            next();
          });
          app.use(forExpress({ tracer }));
          app.post('/a/:id', (_req, res) => void res.send('ok'));
        }),
    ]);
  }
  // Express 4 parses the query before any middleware runs.
  if (name === 'Express 4') continue;
  APPS.push([
    `${name} with a query parser of the app`,
    'query',
    (tracer) =>
      serve((app) => {
        app.set('query parser', fail);
        app.use(forExpress({ tracer }));
        app.post('/a/:id', (_req, res) => void res.send('ok'));
      }),
  ]);
}
for (const { name, serve } of koaVersions) {
  for (const fact of ['query', 'params', 'body'] as const) {
    APPS.push([
      name,
      fact,
      (tracer) =>
        serve((app) => {
          app.use(async (ctx, next) => {
            if (fact === 'body') breakProperty(ctx.request, 'body');
            else if (fact === 'query') breakProperty(ctx, 'query');
            await next();
            if (fact === 'params') breakProperty(ctx, 'params');
          });
          app.use(forKoa({ tracer }));
          const router = new Router();
          router.post('/a/:id', (ctx) => {
            ctx.body = 'ok';
          });
          app.use(router.routes());
        }),
    ]);
  }
}
for (const [fact, member] of [
  ['query', 'queries'],
  ['params', 'param'],
] as const) {
  APPS.push([
    'Hono',
    fact,
    (tracer) =>
      hono.serve((app) => {
        app.use(async (c, next) => {
          breakProperty(c.req, member);
          await next();
        });
        app.use(forHono({ tracer }));
        app.post('/a/:id', (c) => c.text('ok'));
      }),
  ]);
}

for (const [framework, fact, serve] of APPS) {
  it(`a request of ${framework} whose ${fact} cannot be read has the rest, and one diagnostic that says so`, async () => {
    const diagnostics: Diagnostic[] = [];
    const transport = memoryTransport();
    const tracer = createTracer({
      transport,
      onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    });
    const { url, server } = await serve(tracer);
    try {
      const body = new FormData();
      body.set('question', 'Why?');
      const response = await fetch(`${url}/a/1?q=1`, { method: 'POST', body });
      assert.deepEqual([response.status, await response.text()], [200, 'ok']);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await tracer.shutdown();
    }
    const [row, ...others] = transport.rows;
    assert.ok(row !== undefined && others.length === 0);
    assert.deepEqual([httpOf(row).status, row.output], [200, 'ok']);
    const said = new Set(diagnostics.map(({ reason, message }) => `${reason}: ${message}`));
    assert.deepEqual(
      [...said],
      [`request_${fact}_failed: the ${fact} of the request could not be read`],
    );
  });
}
