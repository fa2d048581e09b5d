/** The route in the trace, with every version of the router that is in use. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import Router from '@koa/router';
import { openlayerTracing } from '@openlayer-tracing/koa';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import mount from 'koa-mount';
import { httpOf, type Stage, stageOn } from '../harness/stage.ts';
import { koa2, koa3 } from './frameworks.ts';

const load = createRequire(import.meta.url);

const ROUTERS: readonly (readonly [version: number, router: typeof Router])[] = [
  ...[8, 10, 12, 13, 14].map(
    // Older versions are used through the types of the newest: what is used here is the same in all.
    (version) => [version, load(`koa-router${version}`) as typeof Router] as const,
  ),
  [15, Router],
];

const answer: Middleware = (ctx) => {
  ctx.body = { ...ctx.params };
};

const refuse: Middleware = (ctx) => ctx.throw(401);

for (const framework of [koa2, koa3]) {
  const stageWith = (define: (app: Koa) => void) =>
    stageOn((tracer) =>
      framework.serve((app) => {
        app.use(openlayerTracing({ tracer }));
        define(app);
      }),
    );

  for (const [version, Router] of ROUTERS) {
    const OPTIONAL = version < 14 ? '/:a/:b?' : '/:a{/:b}';

    describe(`routes of @koa/router ${version} on ${framework.name}`, () => {
      it('name the trace by their pattern, prefixes and all, and give it their parameters', async () => {
        await using stage = await stageWith((app) => {
          const items = new Router();
          items.get('/:item', answer);
          const shelves = new Router({ prefix: '/shelves/:shelf' });
          shelves.use('/items', items.routes(), items.allowedMethods());
          const api = new Router();
          api.prefix('/api');
          api.get('/', answer);
          api.get('by-name', '/names/:name', answer);
          api.use(shelves.routes());
          app.use(api.routes()).use(api.allowedMethods());
          const other = new Router();
          other.get(/^\/r(\d+)$/, answer);
          other.post('/:any', answer);
          other.all('/all/:n', answer);
          app.use(other.routes());
        });
        assert.deepEqual(
          await namesOf(stage, [
            'GET /api',
            'GET /api/names/ann?x=1',
            'GET /api/shelves/3/items/7',
            'HEAD /api/names/bob',
            'POST /somewhere',
            'PUT /all/5',
            'GET /r12',
          ]),
          [
            // The root of a prefix is spelled in two ways.
            [version < 10 ? 'GET /api/' : 'GET /api', null],
            ['GET /api/names/:name', { name: 'ann' }],
            ['GET /api/shelves/:shelf/items/:item', { shelf: '3', item: '7' }],
            ['HEAD /api/names/:name', { name: 'bob' }],
            ['POST /:any', { any: 'somewhere' }],
            ['PUT /all/:n', { n: '5' }],
            ['GET /^\\/r(\\d+)$/', version < 14 ? { 0: '12' } : null],
          ],
        );
      });

      it('that are not there or not by this method leave it the path', async () => {
        await using stage = await stageWith((app) => {
          const router = new Router();
          router.use((_ctx, next) => next());
          router.get('/books/:id', answer);
          app.use(router.routes()).use(router.allowedMethods());
        });
        assert.deepEqual(await namesOf(stage, ['GET /none/*', 'DELETE /books/*']), [
          ['GET /none/*', null],
          ['DELETE /books/*', null],
        ]);
        const { route } = httpOf((await stage.rows(2))[1] ?? assert.fail());
        assert.equal(route, null);
      });

      it('are named where middleware of the router answers before them', async () => {
        await using stage = await stageWith((app) => {
          const router = new Router();
          router.use('/books', refuse);
          router.get('/books/:id', answer);
          app.use(router.routes());
        });
        const [[name] = []] = await namesOf(stage, ['GET /books/7']);
        assert.equal(name, 'GET /books/:id');
        assert.equal(httpOf(await stage.only()).status, 401);
      });

      it('are told apart where several match, by the one that was entered last', async () => {
        await using stage = await stageWith((app) => {
          const router = new Router();
          router.get('/books/:id', (ctx, next) =>
            ctx.params.id === 'new' ? next() : answer(ctx, next),
          );
          router.get('/books/new', answer);
          app.use(router.routes());
        });
        const [[first] = [], [second] = []] = await namesOf(stage, [
          'GET /books/7',
          'GET /books/new',
        ]);
        assert.equal(first, 'GET /books/:id');
        // Where the router itself says so: the versions before 10 name the last that matches.
        assert.equal(second, 'GET /books/new');
      });

      it('of an app that is mounted in another have the path that it is mounted on', async () => {
        await using stage = await stageWith((app) => {
          const inner = new framework.Koa();
          const router = new Router();
          router.get('/users/:user', answer);
          inner.use(router.routes());
          app.use(mount('/admin', mount('/v1', inner)));
          const outer = new Router();
          outer.get('/admin/:section', answer);
          app.use(outer.routes());
        });
        assert.deepEqual(await namesOf(stage, ['GET /admin/v1/users/ann', 'GET /admin/help']), [
          ['GET /admin/v1/users/:user', { user: 'ann' }],
          ['GET /admin/:section', { section: 'help' }],
        ]);
      });

      it('of a mounted router have the path that it is mounted on, also if they match the whole path', async () => {
        await using stage = await stageWith((app) => {
          const any = new Router();
          any.get(/^\/files(\/.*)?$/, answer);
          any.get(OPTIONAL, answer);
          app.use(mount('/api', any.routes()));
          const wild = new Router();
          wild.get(/^\/(.*)$/, answer);
          app.use(mount('/wild', mount('/er', wild.routes())));
          const root = new Router();
          root.get('/', answer);
          app.use(mount('/root', root.routes()));
          const uncaptured = new Router();
          uncaptured.get(/\/users$/, answer);
          app.use(mount('/admin', uncaptured.routes()));
          // Behind the mount at `/api`, whose router has no pattern for three parts.
          const outer = new Router();
          outer.get('/:a/:b/:c/:d', answer);
          app.use(outer.routes());
        });
        const requests = {
          'GET /api/x': `GET /api${OPTIONAL}`,
          'GET /api/x/y': `GET /api${OPTIONAL}`,
          'GET /api/api': `GET /api${OPTIONAL}`,
          'GET /api/api/api': `GET /api${OPTIONAL}`,
          'GET /wild/er/x/y?z': 'GET /wild/er/^\\/(.*)$/',
          'GET /api/x/y/z': 'GET /:a/:b/:c/:d',
          'GET /api/files/a/b': 'GET /api/^\\/files(\\/.*)?$/',
          'GET /root': 'GET /root/',
          'GET /admin/users': 'GET /admin/\\/users$/',
        };
        const names = await namesOf(stage, Object.keys(requests));
        assert.deepEqual(
          names.map(([name]) => name),
          Object.values(requests),
        );
      });
    });
  }
}

/** Names and parameters of the traces of these requests. */
async function namesOf(
  stage: Stage,
  requests: readonly string[],
): Promise<(readonly [name: unknown, params: unknown])[]> {
  const found: (readonly [unknown, unknown])[] = [];
  for (const [n, request] of requests.entries()) {
    const [method = '', path] = request.split(' ');
    const headers = { 'x-request-id': `r-${n}` };
    await (await fetch(`${stage.url}${path}`, { method, headers })).text();
    const row = await stage.row(`r-${n}`);
    found.push([row.steps[0]?.name, row.params]);
  }
  return found;
}
