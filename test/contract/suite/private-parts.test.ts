/**
 * What depends on parts of other libraries that are private to them, and on no other test: CONTRIBUTING lists these parts. Where
 * one of them is called differently in a new version, the test named there fails.
 */

import assert from 'node:assert/strict';
import type { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { openlayerTracing } from '@openlayer-tracing/express';
import { openlayerTracing as onHono } from '@openlayer-tracing/hono';
import type { ErrorRequestHandler } from 'express';
import { Hono } from 'hono';
import { expressVersions } from '../express/frameworks.ts';
import { listen } from '../harness/frameworks.ts';
import { stageOn } from '../harness/stage.ts';
import { koaVersions } from '../koa/frameworks.ts';
import { stagesOf } from '../koa/stage.ts';

for (const framework of expressVersions) {
  describe(`${framework.name}, by its layers`, () => {
    it('shows the error of a parameter, which no handler was given before', async () => {
      const answered: ErrorRequestHandler = (_error, _req, res, _next) =>
        void res.json({ sorry: 1 });
      await using stage = await stageOn((tracer) =>
        framework.serve((app) => {
          app.use(openlayerTracing({ tracer }));
          app.param('id', (_req, _res, next) => next(new RangeError('no such shelf')));
          app.get('/books/:id', (_req, res) => void res.json({}));
          app.use(answered);
        }),
      );
      assert.equal((await fetch(`${stage.url}/books/7`)).status, 200);
      assert.equal((await stage.only()).metadata?.error, 'no such shelf');
    });
  });
}

for (const framework of koaVersions) {
  const { traced } = stagesOf(framework);
  describe(`${framework.name}, by its contexts`, () => {
    it('shows what a stream was destroyed with, and not the error that Koa makes of it', async () => {
      await using stage = await traced((app) =>
        app.use((ctx) => {
          ctx.body = new Readable({
            read() {
              this.destroy('out of paper' as never);
            },
          });
        }),
      );
      await fetch(`${stage.url}/books`).then(
        (response) => response.text(),
        () => {},
      );
      assert.equal((await stage.only()).metadata?.error, 'out of paper');
    });
  });
}

describe('Hono, by its composed handlers', () => {
  it('shows that a catch-all of a sub-app with an error handler has answered by 404', async () => {
    await using stage = await stageOn((tracer) => {
      const inner = new Hono().all('*', (c) => c.text('no such shelf', 404));
      inner.onError((error) => new Response(error.message, { status: 500 }));
      const app = new Hono().use(onHono({ tracer })).route('/', inner);
      return listen(createAdaptorServer(app) as ReturnType<typeof createServer>);
    });
    assert.equal((await fetch(`${stage.url}/books`)).status, 404);
    assert.equal((await stage.only()).steps[0]?.name, 'GET /*');
  });
});
