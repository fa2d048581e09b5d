/** The names of traces: many paths through one way of routing make one name. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Router from '@koa/router';
import { createTracer, type Tracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import type { Express, RequestHandler } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type Koa from 'koa';
import mount from 'koa-mount';
import koaStatic from 'koa-static';
import favicon from 'serve-favicon';
import { expressVersions } from '../express/frameworks.ts';
import { koaVersions } from '../koa/frameworks.ts';

type MakeExpress = (typeof expressVersions)[number]['express'];

const answer: RequestHandler = (_req, res) => {
  res.json(1);
};

interface Way<App> {
  readonly app: (app: App, context: Context) => void;
  /** With `WORD` for a part that no two requests share, and `ID` for one that looks like an id. */
  readonly path: string;
  readonly name: string;
}

interface Context {
  readonly folder: string;
  /** A server that answers everything, to be a proxy's target. */
  readonly target: string;
}

function expressWays(make: MakeExpress, is5: boolean): Readonly<Record<string, Way<Express>>> {
  const rest = (name: string) => (is5 ? `*${name}` : '*');
  return {
    'a route': {
      app: (app) => app.get('/items/:item', answer),
      path: '/items/WORD',
      name: 'GET /items/:item',
    },
    'a route with two parameters': {
      app: (app) => app.get('/a/:from-:to/b', answer),
      path: '/a/WORD-WORD/b',
      name: 'GET /a/:from-:to/b',
    },
    'a route with a wildcard': {
      app: (app) => app.all(`/proxy/${rest('path')}`, answer),
      path: '/proxy/WORD/WORD',
      name: `GET /proxy/${rest('path')}`,
    },
    'a route for everything': {
      app: (app) => app.all(is5 ? '/{*all}' : '*', answer),
      path: '/WORD/WORD',
      name: `GET ${is5 ? '/{*all}' : '*'}`,
    },
    'a route by a regular expression': {
      app: (app) => app.get(/^\/re\/.*/, answer),
      path: '/re/WORD',
      name: 'GET /^\\/re\\/.*/',
    },
    'a route behind one for everything that passes on': {
      app: (app) => {
        app.all(is5 ? '/{*all}' : '*', (_req, _res, next) => next());
        app.get('/items/:item', answer);
      },
      path: '/items/WORD',
      name: 'GET /items/:item',
    },
    'a route that fails, and an error handler that answers': {
      app: (app) => {
        app.get('/items/:item', () => {
          throw new Error('kaboom');
        });
        app.use(((_error: Error, _req, res, _next) => {
          res.status(500).end();
        }) as (error: Error, ...rest: Parameters<RequestHandler>) => void);
      },
      path: '/items/WORD',
      name: 'GET /items/:item',
    },
    'a route in a router at a parameter': {
      app: (app) => {
        const router = make.Router();
        router.get('/orders/:order', answer);
        app.use('/tenants/:tenant', router);
      },
      path: '/tenants/WORD/orders/WORD',
      name: 'GET /tenants/:tenant/orders/:order',
    },
    'a route in routers within routers': {
      app: (app) => {
        const inner = make.Router();
        inner.get('/', answer);
        const outer = make.Router({ mergeParams: true });
        outer.use('/b/:b', inner);
        app.use('/a/:a', outer);
      },
      path: '/a/WORD/b/WORD',
      name: 'GET /a/:a/b/:b/',
    },
    'a handler that is mounted at a parameter': {
      app: (app) => app.use('/files/:file', answer),
      path: '/files/WORD',
      name: 'GET /files/:file/*',
    },
    'a handler that is mounted at a path': {
      app: (app) => app.use('/plain', answer),
      path: '/plain/WORD',
      name: 'GET /plain/*',
    },
    'a handler that is mounted at several paths': {
      app: (app) => app.use(['/one', '/two/:two'], answer),
      path: '/two/WORD/WORD',
      name: 'GET /two/:two/*',
    },
    'a handler that is mounted at a regular expression': {
      app: (app) => app.use(/^\/re\/[a-z]+/, answer),
      path: '/re/WORD/WORD',
      name: 'GET /^\\/re\\/[a-z]+//*',
    },
    'middleware of a router that is mounted at a parameter': {
      app: (app) => {
        const router = make.Router();
        router.use(answer);
        app.use('/sub/:tenant', router);
      },
      path: '/sub/WORD/WORD',
      name: 'GET /sub/:tenant/*',
    },
    'an app that is mounted': {
      app: (app) => {
        const sub = make();
        sub.get('/x/:x', answer);
        app.use('/sub/:tenant', sub);
      },
      path: '/sub/WORD/x/WORD',
      name: 'GET /sub/:tenant/x/:x',
    },
    'an app that is called': {
      app: (app) => {
        const sub = make();
        sub.get('/x/:x', answer);
        app.use('/sub/:tenant', (req, res, next) => {
          sub(req, res, next);
        });
      },
      path: '/sub/WORD/x/WORD',
      name: 'GET /sub/:tenant/x/:x',
    },
    'static files': {
      app: (app, { folder }) => app.use('/assets', make.static(folder)),
      path: '/assets/file-WORD.txt',
      name: 'GET /assets/*',
    },
    'static files that are not there, and no route': {
      app: (app, { folder }) => app.use('/assets', make.static(folder)),
      path: '/assets/none-WORD.txt',
      name: 'GET /assets/*',
    },
    'a proxy': {
      app: (app, { target }) => app.use('/api', createProxyMiddleware({ target })),
      path: '/api/WORD',
      name: 'GET /api/*',
    },
    'a favicon': {
      app: (app, { folder }) => app.use(favicon(join(folder, 'favicon.ico'))),
      path: '/favicon.ico?WORD',
      name: 'GET /favicon.ico',
    },
    'middleware that answers for the app': {
      app: (app) => app.use(answer),
      path: '/any/ID',
      name: 'GET /any/*',
    },
    'no route': { app: () => {}, path: '/none/ID/edit', name: 'GET /none/*/edit' },
    'a path that is no valid URL': {
      app: (app) => app.get('/items/:item', answer),
      path: '/items/%-ID',
      name: 'GET /items/*',
    },
  };
}

const koaAnswer = (ctx: { body: unknown }) => {
  ctx.body = 1;
};

const KOA_WAYS: Readonly<Record<string, Way<Koa>>> = {
  'a route': {
    app: (app) => app.use(new Router().get('/items/:item', koaAnswer).routes()),
    path: '/items/WORD',
    name: 'GET /items/:item',
  },
  'a route with a wildcard': {
    app: (app) => app.use(new Router().all('/proxy/*rest', koaAnswer).routes()),
    path: '/proxy/WORD/WORD',
    name: 'GET /proxy/*rest',
  },
  'a router with a prefix': {
    app: (app) => app.use(new Router({ prefix: '/t/:t' }).get('/x/:x', koaAnswer).routes()),
    path: '/t/WORD/x/WORD',
    name: 'GET /t/:t/x/:x',
  },
  'a router in a router': {
    app: (app) => {
      const inner = new Router().get('/x/:x', koaAnswer);
      app.use(new Router().use('/t/:t', inner.routes()).routes());
    },
    path: '/t/WORD/x/WORD',
    name: 'GET /t/:t/x/:x',
  },
  'middleware of a router that answers': {
    app: (app) => {
      const router = new Router();
      router.use('/files/:file', koaAnswer);
      router.get('/files/:file', () => {});
      app.use(router.routes());
    },
    path: '/files/WORD',
    name: 'GET /files/:file',
  },
  'a route that fails': {
    app: (app) => {
      app.silent = true;
      const fail = () => {
        throw new Error('kaboom');
      };
      app.use(new Router().get('/items/:item', fail).routes());
    },
    path: '/items/WORD',
    name: 'GET /items/:item',
  },
  'static files that are mounted': {
    app: (app, { folder }) => app.use(mount('/assets', koaStatic(folder))),
    path: '/assets/file-WORD.txt',
    name: 'GET /assets/*',
  },
  'a handler that is mounted': {
    app: (app) => app.use(mount('/plain', koaAnswer)),
    path: '/plain/WORD',
    name: 'GET /plain/*',
  },
  'mounts within mounts': {
    app: (app) => app.use(mount('/outer', mount('/inner', koaAnswer))),
    path: '/outer/inner/WORD',
    name: 'GET /outer/inner/*',
  },
  'mounts within mounts, of which one begins as the other': {
    app: (app) => app.use(mount('/api', mount('/a', koaAnswer))),
    path: '/api/a/WORD',
    name: 'GET /api/a/*',
  },
  'a mount within a mount, asked for without anything below it': {
    app: (app) => app.use(mount('/api', mount('/a', koaAnswer))),
    path: '/api/a?WORD',
    name: 'GET /api/a/*',
  },
  'a mount that ends in a slash': {
    app: (app) => app.use(mount('/images/', koaAnswer)),
    path: '/images/WORD',
    name: 'GET /images/*',
  },
  'a mount that ends in a slash within another': {
    app: (app) => app.use(mount('/im', mount('/images/', koaAnswer))),
    path: '/im/images/WORD',
    name: 'GET /im/images/*',
  },
  'a router that is mounted': {
    app: (app) => app.use(mount('/api', new Router().get('/x/:x', koaAnswer).routes())),
    path: '/api/x/WORD',
    name: 'GET /api/x/:x',
  },
  'middleware that answers for the app': {
    app: (app) => app.use(koaAnswer),
    path: '/any/ID',
    name: 'GET /any/*',
  },
  'no route': { app: () => {}, path: '/none/ID/edit', name: 'GET /none/*/edit' },
};

const REQUESTS = 25;

/** `aa`, `ab`, ...: words without a digit, of which none comes twice. */
function word(i: number): string {
  return String.fromCharCode(97 + Math.floor(i / 26)) + String.fromCharCode(97 + (i % 26));
}

const IDS = [
  (i: number) => String(i),
  (i: number) => `p${i}`,
  () => crypto.randomUUID(),
  (i: number) => `2026-11-${i}`,
  (i: number) => `ann${i}%40x.test`,
  (i: number) => `file-${i}.pdf`,
  (i: number) => Buffer.from(`id ${i}`).toString('hex'),
];

describe('the names of many paths', () => {
  let folder: string;
  let target: string;
  const servers: { closeAllConnections(): void; close(): void }[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openlayer-names-'));
    await writeFile(join(folder, 'favicon.ico'), 'x');
    for (let i = 0; i < REQUESTS; i++) await writeFile(join(folder, `file-${word(i)}.txt`), 'x');
    target = listen((_req, res) => res.end('proxied'));
  });

  after(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await rm(folder, { recursive: true });
  });

  function listen(listener: RequestListener): string {
    const server = createServer(listener).listen(0);
    servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function assertName(
    way: { path: string; name: string },
    start: (tracer: Tracer) => RequestListener,
  ) {
    const transport = memoryTransport();
    const tracer = createTracer({ transport });
    const url = listen(start(tracer));
    for (let i = 0; i < REQUESTS; i++) {
      const id = IDS[i % IDS.length] as (i: number) => string;
      const path = way.path.replaceAll('WORD', word(i)).replaceAll('ID', id(i));
      await (await fetch(url + path)).text();
    }
    while (tracer.stats().open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await tracer.flush();
    const names = new Set(transport.rows.map((row) => row.steps[0]?.name));
    assert.equal(transport.rows.length, REQUESTS);
    assert.deepEqual([...names], [way.name]);
  }

  for (const { name, express } of expressVersions) {
    for (const [what, way] of Object.entries(expressWays(express, name === 'Express 5'))) {
      it(`through ${what}, on ${name}, are one`, () =>
        assertName(way, (tracer) => {
          const app = express();
          app.set('env', 'test');
          app.use(forExpress({ tracer }));
          way.app(app, { folder, target });
          return app;
        }));
    }
  }

  for (const { name, Koa } of koaVersions) {
    for (const [what, way] of Object.entries(KOA_WAYS)) {
      it(`through ${what}, on ${name}, are one`, () =>
        assertName(way, (tracer) => {
          const app = new Koa();
          app.use(forKoa({ tracer }));
          way.app(app, { folder, target });
          return app.callback();
        }));
    }
  }

  it('of which no route is known, and none looks like an id, are bounded in a process of two builds', async () => {
    const script = `
      import { createRequire } from 'node:module';
      import express from 'express';
      import { openlayerTracing } from '@openlayer-tracing/express';
      import { captureTraces } from '@openlayer-tracing/express/testing';
      const required = createRequire(process.cwd() + '/x.js')('@openlayer-tracing/express');
      const traces = captureTraces();
      const app = express();
      app.use('/', (req, res, next) => (/^.[a-m]/.test(req.url) ? ours : theirs)(req, res, next));
      const ours = openlayerTracing();
      const theirs = required.openlayerTracing();
      if (required.openlayerTracing === openlayerTracing) throw new Error('this is one build');
      const server = app.listen(0, async () => {
        const url = 'http://127.0.0.1:' + server.address().port;
        const letter = (n) => String.fromCharCode(97 + n);
        for (let i = 0; i < 600; i++) await (await fetch(url + '/' + letter(i / 26) + letter(i % 26))).text();
        await new Promise((resolve) => setTimeout(resolve, 50));
        const names = new Set((await traces.rows()).map((row) => row.steps[0].name));
        console.log(JSON.stringify([names.size, names.has('GET /*'), names.has('GET /ab')]));
        process.exit();
      });`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script],
      { cwd: new URL('.', import.meta.url) },
    );
    assert.deepEqual(JSON.parse(stdout), [257, true, true]);
  });
});
