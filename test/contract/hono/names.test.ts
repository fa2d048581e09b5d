/** What requests are called on Hono: as many names as an app has patterns, however many paths are asked for. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { serveStatic as serveFiles } from '@hono/node-server/serve-static';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { type Context, Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { bearerAuth } from 'hono/bearer-auth';
import { bodyLimit } from 'hono/body-limit';
import { except } from 'hono/combine';
import { cors } from 'hono/cors';
import { csrf } from 'hono/csrf';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { jwt } from 'hono/jwt';
import { logger } from 'hono/logger';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { mount } from 'hono/mount';
import { LinearRouter } from 'hono/router/linear-router';
import { PatternRouter } from 'hono/router/pattern-router';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { TrieRouter } from 'hono/router/trie-router';
import { serveStatic } from 'hono/serve-static';
import { timeout } from 'hono/timeout';
import { appendTrailingSlash, trimTrailingSlash } from 'hono/trailing-slash';
import { listen } from '../harness/frameworks.ts';
import { until } from '../harness/pause.ts';
import { httpOf } from '../harness/stage.ts';

/** One way to route, and what all requests that go by it are called. */
interface Way {
  readonly title: string;
  readonly define: (app: Hono, files: string) => void;
  /** Where `N` differs from request to request. */
  readonly path: string;
  readonly name: string;
  readonly status?: number;
  readonly init?: RequestInit;
}

const ok = (c: Context) => c.text('ok');
const answering = async (c: Context) => c.text('ok');
/** A middleware by its parameters, which answers all the same. */
const inTheWay = async (c: Context, _next: () => Promise<void>) => c.text('ok');
const passing = async (_c: Context, next: () => Promise<void>) => next();
const fail = () => {
  throw new Error('no luck');
};
const token = { token: 'secret' };

const WAYS: readonly Way[] = [
  // Patterns of routes.
  {
    title: 'a parameter',
    define: (app) => app.get('/chat/:id', ok),
    path: '/chat/N',
    name: 'GET /chat/:id',
  },
  {
    title: 'a parameter that may be absent',
    define: (app) => app.get('/chat/:id?', ok),
    path: '/chat/N',
    name: 'GET /chat/:id?',
  },
  {
    title: 'a parameter of many segments',
    define: (app) => app.get('/tree/:rest{.+}', ok),
    path: '/tree/a/N/b',
    name: 'GET /tree/:rest{.+}',
  },
  {
    title: 'parameters of a form',
    define: (app) => app.get('/on/:day{[0-9a-z]+}/:file{.+\\.txt}', ok),
    path: '/on/N/N.txt',
    name: 'GET /on/:day{[0-9a-z]+}/:file{.+\\.txt}',
  },
  {
    title: 'a wildcard within',
    define: (app) => app.get('/users/*/posts', ok),
    path: '/users/N/posts',
    name: 'GET /users/*/posts',
  },
  {
    title: 'a HEAD request of a GET route',
    define: (app) => app.get('/chat/:id', ok),
    path: '/chat/N',
    init: { method: 'HEAD' },
    name: 'HEAD /chat/:id',
  },
  {
    title: 'several methods and paths at once',
    define: (app) => app.on(['GET', 'POST'], ['/api/auth/*', '/auth/:x'], ok),
    path: '/api/auth/N/x',
    name: 'GET /api/auth/*',
  },
  {
    title: 'a method of its own',
    define: (app) => app.on('PURGE', '/cache/:key', ok),
    path: '/cache/N',
    init: { method: 'PURGE' },
    name: 'PURGE /cache/:key',
  },
  {
    title: 'a page for all that is left',
    define: (app) => app.get('*', ok),
    path: '/page/N',
    name: 'GET /*',
  },
  {
    title: 'a base path',
    define: (app) => app.basePath('/v1').get('/items/:id', ok),
    path: '/v1/items/N',
    name: 'GET /v1/items/:id',
  },
  // Handlers of wildcards for all methods.
  {
    title: 'all() with a wildcard',
    define: (app) => app.all('/proxy/*', ok),
    path: '/proxy/N/x',
    name: 'GET /proxy/*',
  },
  {
    title: 'all() with a wildcard, before a page for all that is left',
    define: (app) => app.all('/proxy/*', ok).get('*', ok),
    path: '/proxy/N',
    name: 'GET /proxy/*',
  },
  {
    title: 'all() for everything',
    define: (app) => app.all('*', ok),
    path: '/x/N',
    name: 'GET /*',
  },
  {
    title: 'all() for everything, which finds nothing',
    define: (app) => app.all('*', (c) => c.text('not here', 404)),
    path: '/x/N',
    status: 404,
    name: 'GET /*',
  },
  {
    title: 'all() that fails',
    define: (app) => app.all('/boom/*', fail),
    path: '/boom/N',
    status: 500,
    name: 'GET /boom/*',
  },
  {
    title: 'a base path and a wildcard',
    define: (app) => app.basePath('/v1').all('*', ok),
    path: '/v1/N',
    name: 'GET /v1/*',
  },
  {
    title: 'a sub-app for everything below a parameter',
    define: (app) => app.route('/sub/:tenant', new Hono().all('*', ok)),
    path: '/sub/N/y',
    name: 'GET /sub/:tenant/*',
  },
  {
    title: 'a sub-app with an answer to errors of its own',
    define: (app) => {
      const sub = new Hono().onError((_error, c) => c.text('sorry', 500)).all('*', answering);
      app.route('/sub', new Hono().onError((_error, c) => c.text('sorry', 500)).route('/in', sub));
    },
    path: '/sub/in/N',
    name: 'GET /sub/in/*',
  },
  // What is mounted.
  {
    title: 'use() with a handler',
    define: (app) => app.use('/files/*', answering),
    path: '/files/N/x',
    name: 'GET /files/*',
  },
  {
    title: 'use() with a middleware that answers',
    define: (app) => app.use('/files/*', inTheWay),
    path: '/files/N',
    name: 'GET /files/*',
  },
  {
    title: 'use() with a parameter',
    define: (app) => app.use('/files/:id', inTheWay),
    path: '/files/N',
    name: 'GET /files/:id',
  },
  {
    title: 'use() for everything, which answers',
    define: (app) => app.use(inTheWay),
    path: '/x/N',
    name: 'GET /*',
  },
  {
    title: 'use() within use()',
    define: (app) => app.use('/a/*', passing).use('/a/b/*', inTheWay).use(passing),
    path: '/a/b/N',
    name: 'GET /a/b/*',
  },
  {
    title: 'mount()',
    define: (app) => app.mount('/mounted', () => new Response('ok')),
    path: '/mounted/N/x',
    name: 'GET /mounted/*',
  },
  {
    title: 'mount() below a parameter, which leaves the request as it is',
    define: (app) => {
      app.mount('/of/:tenant', () => new Response('ok'), { replaceRequest: false });
    },
    path: '/of/N/x',
    name: 'GET /of/:tenant/*',
  },
  {
    title: 'hono/mount',
    define: (app) =>
      app.all(
        '/mounted/*',
        mount(() => new Response('ok')),
      ),
    path: '/mounted/N',
    name: 'GET /mounted/*',
  },
  {
    title: 'a mounted app that finds nothing',
    define: (app) => app.mount('/mounted', new Hono().get('/known', ok).fetch),
    path: '/mounted/N',
    status: 404,
    name: 'GET /mounted/*',
  },
  {
    title: 'mount(), of an app that is traced too',
    define: (app) => {
      const inner = new Hono().use(openlayerTracing()).get('/items/:id', ok);
      app.mount('/of/:tenant', inner.fetch);
    },
    path: '/of/N/items/N',
    name: 'GET /of/:tenant/items/:id',
  },
  {
    title: 'an app that is traced too and that a handler calls',
    define: (app) => {
      const inner = new Hono().use(openlayerTracing()).get('/v2/:x', ok);
      app.all('/v2/*', (c) => inner.fetch(c.req.raw, c.env));
    },
    path: '/v2/N',
    name: 'GET /v2/:x',
  },
  {
    title: 'a handler that asks another app',
    define: (app) => {
      const inner = new Hono().use(openlayerTracing()).get('/stock/:x', ok);
      app.all('/ask/*', (c) => inner.request(c.req.path.replace('ask', 'stock'), {}, c.env));
    },
    path: '/ask/N',
    name: 'GET /ask/*',
  },
  {
    title: 'an app that a handler calls',
    define: (app) => app.all('/v2/*', (c) => new Hono().get('/v2/:x', ok).fetch(c.req.raw)),
    path: '/v2/N',
    name: 'GET /v2/*',
  },
  // Files.
  {
    title: 'files of a folder',
    define: (app, root) => app.use('/assets/*', serveFiles({ root })),
    path: '/assets/N.txt',
    name: 'GET /assets/*',
  },
  {
    title: 'files of a folder, by get()',
    define: (app, root) => app.get('/assets/*', serveFiles({ root })),
    path: '/assets/N.txt',
    name: 'GET /assets/*',
  },
  {
    title: 'files that are not there',
    define: (app, root) => app.use('/assets/*', serveFiles({ root })),
    path: '/assets/N.gif',
    status: 404,
    name: 'GET /assets/*',
  },
  {
    title: 'files at the root',
    define: (app, root) => {
      const rewriteRequestPath = (path: string) => `/assets${path}`;
      app.use(serveFiles({ root, rewriteRequestPath })).get('/api/:x', ok);
    },
    path: '/N.txt',
    name: 'GET /*',
  },
  {
    title: 'files at the root, before a mount',
    define: (app, root) => app.get('*', serveFiles({ root })).use('/x/*', inTheWay),
    path: '/x/N',
    name: 'GET /x/*',
  },
  {
    title: 'files of a store',
    define: (app) => {
      app.use('/kv/*', serveStatic({ getContent: async (path) => `it is ${path}` }));
    },
    path: '/kv/N.txt',
    name: 'GET /kv/*',
  },
  // Middleware of Hono's that answers.
  {
    title: 'bearerAuth(), before the route',
    define: (app) => app.use(bearerAuth(token)).get('/chat/:id', ok),
    path: '/chat/N',
    status: 401,
    name: 'GET /chat/:id',
  },
  {
    title: 'bearerAuth() of a part, before the route',
    define: (app) => app.use('/chat/*', bearerAuth(token)).get('/chat/:id', ok).get('*', ok),
    path: '/chat/N',
    status: 401,
    name: 'GET /chat/:id',
  },
  {
    title: 'bearerAuth() of a part, before a page for all that is left',
    define: (app) => app.use('/private/*', bearerAuth(token)).get('*', ok),
    path: '/private/N',
    status: 401,
    name: 'GET /private/*',
  },
  {
    title: 'bearerAuth(), without a route',
    define: (app) => app.use('/private/*', bearerAuth(token)),
    path: '/private/N',
    status: 401,
    name: 'GET /private/*',
  },
  {
    title: 'basicAuth() for everything',
    define: (app) => app.use(basicAuth({ username: 'ada', password: 'secret' })),
    path: '/N',
    status: 401,
    name: 'GET /*',
  },
  {
    title: 'jwt(), but for some',
    define: (app) =>
      app.use('/in/*', except('/in/public/*', jwt({ secret: 'secret', alg: 'HS256' }))),
    path: '/in/N',
    status: 401,
    name: 'GET /in/*',
  },
  {
    title: 'a preflight of cors()',
    define: (app) => app.use('/api/*', cors()).post('/api/:x', ok),
    path: '/api/N',
    init: { method: 'OPTIONS', headers: { origin: 'http://x' } },
    status: 204,
    name: 'OPTIONS /api/*',
  },
  {
    title: 'a preflight of cors() for everything',
    define: (app) => app.use(cors()).post('/api/:x', ok),
    path: '/api/N',
    init: { method: 'OPTIONS', headers: { origin: 'http://x' } },
    status: 204,
    name: 'OPTIONS /*',
  },
  {
    title: 'csrf()',
    define: (app) => app.use('/forms/*', csrf()),
    path: '/forms/N',
    init: { method: 'POST', headers: { origin: 'http://else', 'content-type': 'text/plain' } },
    status: 403,
    name: 'POST /forms/*',
  },
  {
    title: 'bodyLimit()',
    define: (app) => app.use('/up/*', bodyLimit({ maxSize: 1 })),
    path: '/up/N',
    init: { method: 'POST', body: 'too long' },
    status: 413,
    name: 'POST /up/*',
  },
  {
    title: 'etag(), which spares the body',
    define: (app) =>
      app.use('/tagged/*', etag()).get('/tagged/:x', (c) => c.body('ok', 200, { etag: '"1"' })),
    path: '/tagged/N',
    init: { headers: { 'if-none-match': '"1"' } },
    status: 304,
    name: 'GET /tagged/:x',
  },
  {
    title: 'timeout()',
    define: (app) => {
      app.use('/slow/*', timeout(1)).use('/slow/*', () => new Promise<Response>(() => {}));
    },
    path: '/slow/N',
    status: 504,
    name: 'GET /slow/*',
  },
  {
    title: 'trimTrailingSlash()',
    define: (app) => app.use(trimTrailingSlash()).get('/x/:x', ok),
    path: '/x/N/',
    status: 301,
    name: 'GET /*',
  },
  {
    title: 'appendTrailingSlash()',
    define: (app) => app.use(appendTrailingSlash()).get('/x/:x/', ok),
    path: '/x/N',
    status: 301,
    name: 'GET /*',
  },
  {
    title: 'a redirect',
    define: (app) => app.use('/old/*', async (c) => c.redirect(c.req.path.replace('old', 'new'))),
    path: '/old/N',
    status: 302,
    name: 'GET /old/*',
  },
  {
    title: 'methodNotAllowed()',
    define: (app) => app.use(methodNotAllowed({ app })).get('/x/:x', ok),
    path: '/x/N',
    init: { method: 'POST' },
    status: 405,
    name: 'POST /*',
  },
  // What is not found, and what fails.
  {
    title: 'nothing, below middleware',
    define: (app) => app.use('/api/*', cors()).use(logger(() => {})),
    path: '/api/N',
    status: 404,
    name: 'GET /api/*',
  },
  {
    title: 'notFound() with a page',
    define: (app) => app.notFound((c) => c.text('home', 200)),
    path: '/N',
    name: 'GET /*',
  },
  {
    title: 'an HTTPException of a middleware',
    define: (app) => {
      app.use('/paid/*', async () => {
        throw new HTTPException(402);
      });
    },
    path: '/paid/N',
    status: 402,
    name: 'GET /paid/*',
  },
  {
    title: 'onError() of a wildcard',
    define: (app) => app.use('/boom/*', fail).onError((_error, c) => c.text('sorry', 503)),
    path: '/boom/N',
    status: 503,
    name: 'GET /boom/*',
  },
];

const PATHS = Array.from({ length: 25 }, (_, n) => `p${n}`);

type Ask = (path: string, init: RequestInit) => Promise<Response>;

/** How an app is asked, and how that ends. */
const SERVED: Readonly<Record<string, (app: Hono) => Promise<{ ask: Ask; close(): void }>>> = {
  'on node-server': async (app) => {
    const { url, server } = await listen(createAdaptorServer({ fetch: app.fetch }) as Server);
    return {
      ask: (path, init) => fetch(`${url}${path}`, init),
      close() {
        server.closeAllConnections();
        server.close();
      },
    };
  },
  'by app.request()': async (app) => ({
    ask: async (path, init) => app.request(path, init),
    close: () => {},
  }),
};

for (const [served, serve] of Object.entries(SERVED)) {
  describe(`Requests to Hono ${served}, for ${PATHS.length} paths`, () => {
    let files = '';
    before(async () => {
      files = await mkdtemp(join(tmpdir(), 'hono-names-'));
      await mkdir(join(files, 'assets'));
      for (const path of PATHS) await writeFile(join(files, 'assets', `${path}.txt`), 'ok');
    });
    after(() => rm(files, { recursive: true }));

    const namesOf = async (
      define: Way['define'],
      path: string,
      status: number,
      init: RequestInit = {},
    ) => {
      using traces = captureTraces();
      const app = new Hono();
      app.onError((error, c) =>
        error instanceof HTTPException ? error.getResponse() : c.text('sorry', 500),
      );
      app.use(openlayerTracing());
      define(app, files);
      const { ask, close } = await serve(app);
      const statuses = new Set<number>();
      for (const each of PATHS) {
        const response = await ask(path.replaceAll('N', each), { redirect: 'manual', ...init });
        await response.arrayBuffer();
        statuses.add(response.status);
      }
      close();
      assert.deepEqual([...statuses], [status]);
      let rows: readonly WireRow[] = [];
      await until(async () => {
        rows = await traces.rows();
        return rows.length === PATHS.length;
      }, 'all rows');
      return [...new Set(rows.map((row) => `${row.steps[0]?.name} of ${httpOf(row).route}`))];
    };

    for (const { title, define, path, name, status = 200, init } of WAYS) {
      it(`have one name by ${title}: ${name}`, async () => {
        const route = name.slice(name.indexOf(' ') + 1);
        assert.deepEqual(await namesOf(define, path, status, init), [`${name} of ${route}`]);
      });
    }

    it('have no route where nothing of the app is for them alone', async () => {
      for (const define of [() => {}, (app: Hono) => app.use(cors()).get('/chat/:id', ok)]) {
        for (const name of await namesOf(define, '/N', 404)) assert.match(name, / of null$/);
      }
    });
  });
}

const ROUTERS = { LinearRouter, PatternRouter, RegExpRouter, TrieRouter };

for (const [title, Router] of Object.entries(ROUTERS)) {
  it(`Requests to Hono by ${title} have the names of their patterns`, async () => {
    using traces = captureTraces();
    const app = new Hono({ router: new Router() });
    app.use(openlayerTracing());
    app.use('/files/*', answering);
    app.use('/api/*', passing);
    app.get('/api/:id', ok);
    app.all('/proxy/*', ok);
    app.mount('/mounted', () => new Response('ok'));
    const paths = ['/files/N', '/api/N', '/api/N/none', '/proxy/N/x', '/mounted/N'];
    for (const each of PATHS) for (const path of paths) await app.request(path.replace('N', each));
    const names = new Set((await traces.rows()).map((row) => row.steps[0]?.name));
    assert.deepEqual(
      [...names],
      ['GET /files/*', 'GET /api/:id', 'GET /api/*', 'GET /proxy/*', 'GET /mounted/*'],
    );
  });
}
