/** Parts of a path that stand for a secret, and users and passwords of absolute URLs, are in no row and in no file. */

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import Router from '@koa/router';
import type { Tracer, TracerOptions } from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forHono } from '@openlayer-tracing/hono';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import type {
  ErrorRequestHandler,
  Express,
  Router as ExpressRouter,
  NextFunction,
  Request,
  RequestHandler,
  Response,
} from 'express';
import { Hono } from 'hono';
import { temporaryFolder } from '../../faults/temporary-folder.ts';
import { startCollector } from '../../support/collector.ts';
import { expressVersions } from '../express/frameworks.ts';
import { serving } from '../harness/frameworks.ts';
import { later } from '../harness/pause.ts';
import { httpOf } from '../harness/stage.ts';
import { koaVersions } from '../koa/frameworks.ts';

/** No part of it looks like an id. */
const SECRET = 'hush';

interface Options {
  readonly tracer: Tracer;
}

/** Each app has the same routes, which answer, fail, are left, or are not what answers. */
const APPS: Record<string, (options: Options) => RequestListener> = {};

for (const { name, express } of expressVersions) {
  APPS[name] = (options) => {
    const app = express();
    app.set('env', 'test');
    app.use(forExpress(options));
    const ok: RequestHandler = (_req, res) => {
      res.json({ ok: 1 });
    };
    app.get('/reset/:token', ok);
    app.get('/gone/:password', (_req, res) => {
      res.status(404).json({});
    });
    app.get('/fail/:accessToken', () => {
      throw new Error('boom');
    });
    app.get('/mixed/:id-:secret', ok);
    app.get('/stream/:token', (_req, res) => {
      res.write('one ');
      setTimeout(() => res.end('two'), 5);
    });
    const sub = express.Router();
    sub.get('/x', ok);
    app.use('/sub/:apiKey', sub);
    app.use('/mount/:token', ok);
    app.use(((_error, _req, res, _next) => {
      res.status(500).json({});
    }) as ErrorRequestHandler);
    return app;
  };
}
for (const { name, Koa } of koaVersions) {
  APPS[name] = (options) => {
    const app = new Koa();
    app.silent = true;
    app.use(forKoa(options));
    const ok = (ctx: { body: unknown }) => {
      ctx.body = { ok: 1 };
    };
    const router = new Router();
    router.get('/reset/:token', ok);
    router.get('/gone/:password', (ctx) => {
      ctx.status = 404;
    });
    router.get('/fail/:accessToken', () => {
      throw new Error('boom');
    });
    router.get('/mixed/:id-:secret', ok);
    router.get('/stream/:token', ok);
    router.use('/sub/:apiKey', new Router().get('/x', ok).routes());
    router.get('/mount/:token/:rest', ok);
    app.use(router.routes());
    return app.callback();
  };
}
APPS.Hono = (options) => {
  const app = new Hono();
  app.use(forHono(options));
  app.get('/reset/:token', (c) => c.json({ ok: 1 }));
  app.get('/gone/:password', (c) => c.json({}, 404));
  app.get('/fail/:accessToken', () => {
    throw new Error('boom');
  });
  app.get('/mixed/:secret', (c) => c.json({ ok: 1 }));
  app.get('/stream/:token', (c) => c.body('one two'));
  app.route(
    '/sub/:apiKey',
    new Hono().get('/x', (c) => c.json({ ok: 1 })),
  );
  app.get('/mount/:token/:rest', (c) => c.json({ ok: 1 }));
  app.onError((_error, c) => c.json({}, 500));
  return getRequestListener(app.fetch);
};

const PATHS = [
  `/reset/${SECRET}`,
  `/reset/${SECRET}?x=1`,
  `/reset/${SECRET.replace('h', '%68')}`,
  `/gone/${SECRET}`,
  `/fail/${SECRET}`,
  `/mixed/7-${SECRET}`,
  `/stream/${SECRET}`,
  `/sub/${SECRET}/x`,
  `/mount/${SECRET}/more`,
];

for (const [name, start] of Object.entries(APPS)) {
  describe(`${name}, where a path holds a secret`, () => {
    for (const isSpooled of [false, true]) {
      it(`keeps it out of ${isSpooled ? 'the spool' : 'rows and names'}`, async () => {
        await using collector = await startCollector();
        await using folder = await temporaryFolder();
        const settings: TracerOptions = isSpooled
          ? { ...collector.tracer, spool: { dir: folder.path } }
          : collector.tracer;
        const tracer = collector.createTracer(settings);
        const server = createServer(start({ tracer })).listen(0);
        const { port } = server.address() as AddressInfo;
        for (const path of PATHS) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
        // Scheme, user and password may stand in the request line (RFC 9112, section 3.2.2).
        const socket = connect(port, '127.0.0.1');
        socket.end(
          `GET http://user:${SECRET}@x.test/reset/y HTTP/1.1\r\nhost: x.test\r\nconnection: close\r\n\r\n`,
        );
        socket.resume();
        await collector.server.waitForRows(PATHS.length + 1, { timeoutMs: 60_000 });
        const sent = JSON.stringify(collector.server.rows());
        server.closeAllConnections();
        server.close();
        const written = isSpooled ? await textsIn(folder.path) : '';
        await tracer.shutdown();
        for (const text of [sent, written, decodeURIComponent(sent.replaceAll('%"', ''))]) {
          assert.equal(text.includes(SECRET), false);
        }
        assert.match(sent, /"path":"\/reset\/\[redacted\]"/);
        assert.match(sent, /GET \/reset\/:token/);
      });
    }

    it('lets redact.text see paths and names', async () => {
      await using collector = await startCollector();
      const redact = { text: (text: string) => text.replaceAll('ann', '***') };
      const tracer = collector.createTracer({ redact });
      const server = createServer(start({ tracer })).listen(0);
      const { port } = server.address() as AddressInfo;
      await (await fetch(`http://127.0.0.1:${port}/nowhere/ann`)).text();
      const [row] = await collector.exactly(1);
      await later(1);
      server.closeAllConnections();
      server.close();
      assert.equal(row?.steps[0]?.name, 'GET /nowhere/***');
      assert.equal(httpOf(row as WireRow).path, '/nowhere/***');
    });
  });
}

type Callback = (req: Request, res: Response, next: NextFunction, value: unknown) => unknown;

/** What a callback of `param()` does, so that the layer with the parameter is not entered, or does not see it. */
const CALLBACKS: Readonly<Record<string, Callback>> = {
  'passes an error on': (_req, _res, next) => next(new Error('expired')),
  'passes an error on later': (_req, _res, next) =>
    void setTimeout(() => next(new Error('expired')), 5),
  throws: () => {
    throw new Error('expired');
  },
  responds: (_req, res) => res.status(401).json({}),
  skips: (_req, _res, next) => next('route'),
  'replaces the value': (req, _res, next) => {
    req.params.token = { user: 'ann' } as unknown as string;
    next();
  },
};

/** Where the parameter and its callback are. */
const HOLDERS: Readonly<
  Record<string, (app: Express, router: ExpressRouter, callback: Callback) => string>
> = {
  'a route of the app': (app, _router, callback) => {
    app.param('token', callback);
    app.get('/reset/:token', (_req, res) => void res.json({}));
    return `/reset/${SECRET}`;
  },
  'a route of a router': (app, router, callback) => {
    router.param('token', callback);
    router.get('/:token/run', (_req, res) => void res.json({}));
    app.use('/v1', router);
    return `/v1/${SECRET}/run`;
  },
  'the second callback of a route': (app, _router, callback) => {
    app.param('token', (_req, _res, next) => next());
    app.param('token', callback);
    app.get('/reset/:token', (_req, res) => void res.json({}));
    return `/reset/${SECRET}`;
  },
  'a mount': (app, router, callback) => {
    app.param('token', callback);
    app.use('/mount/:token', router);
    return `/mount/${SECRET}/more`;
  },
};

for (const { name, express } of expressVersions) {
  describe(`${name}, where a callback of param() sees a secret`, () => {
    const ways = Object.entries<Callback>({
      ...CALLBACKS,
      ...(name === 'Express 5' && { rejects: () => Promise.reject(new Error('expired')) }),
    });
    for (const [what, define] of Object.entries(HOLDERS)) {
      for (const [how, callback] of ways) {
        it(`keeps it out of the rows where it ${how}: ${what}`, async () => {
          await using collector = await startCollector();
          const app = express();
          app.set('env', 'test');
          app.use(forExpress({ tracer: collector.createTracer() }));
          app.use(express.json());
          const path = define(app, express.Router(), callback);
          // Express's own response would contain the path.
          app.use((_req, res) => void res.status(404).json({}));
          app.use(((_error, _req, res, _next) => {
            res.status(500).json({});
          }) as ErrorRequestHandler);
          await using server = await serving(app);
          // The first request prepares the app while its router runs.
          for (let n = 0; n < 2; n++) await (await fetch(`${server.url}${path}`)).text();
          for (const row of await collector.exactly(2)) {
            assert.equal(JSON.stringify(row).includes(SECRET), false, JSON.stringify(row));
            assert.equal(httpOf(row).path, path.replace(SECRET, '[redacted]'));
          }
        });
      }
    }
  });
}

async function textsIn(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
  return (await Promise.all(texts)).join('\n');
}
