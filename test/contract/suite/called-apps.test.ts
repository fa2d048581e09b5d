/** Apps that another app calls, instead of mounting them: the trace, its bodies and its errors are those of one request. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { getTrace } from '@openlayer-tracing/core';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express';
import type Koa from 'koa';
import vhost from 'vhost';
import { startCollector } from '../../support/collector.ts';
import { express4, express5, expressVersions } from '../express/frameworks.ts';
import { serving } from '../harness/frameworks.ts';
import { httpOf } from '../harness/stage.ts';
import { koa2, koa3 } from '../koa/frameworks.ts';

type MakeExpress = typeof express5.express;

/** How an app comes to answer below `/api` of another one. */
const WAYS: Readonly<Record<string, (outer: Express, sub: Express, make: MakeExpress) => void>> = {
  mounted: (outer, sub) => {
    outer.use('/api', sub);
  },
  'given to a router': (outer, sub, make) => {
    const router = make.Router();
    router.use('/api', sub);
    outer.use(router);
  },
  'given to a router within a router': (outer, sub, make) => {
    const inner = make.Router();
    inner.use(sub);
    const router = make.Router();
    router.use('/api', inner);
    outer.use('/', router);
  },
  'behind a virtual host': (outer, sub, make) => {
    const router = make.Router();
    router.use('/api', sub);
    outer.use(vhost('localhost', router as never) as unknown as RequestHandler);
  },
  'called by a function': (outer, sub) => {
    outer.use('/api', (req, res, next) => {
      sub(req, res, next);
    });
  },
  'called by a function, later': (outer, sub) => {
    outer.use('/api', (req, res, next) => {
      setImmediate(() => sub(req, res, next));
    });
  },
  'called by a function of a route': (outer, sub) => {
    outer.all(/^\/api/, (req, res, next) => {
      req.url = req.url.slice('/api'.length);
      sub(req, res, next);
    });
  },
  'by its method handle': (outer, sub) => {
    outer.use('/api', (req, res, next) => {
      (sub as unknown as { handle: RequestHandler }).handle(req, res, next);
    });
  },
};

const onError: ErrorRequestHandler = (error: Error, _req, res, _next) => {
  res.status(400).json({ why: error.message });
};

/** @param traced whether handlers use the trace */
function subApp(make: MakeExpress, traced: boolean): Express {
  const app = make();
  app.set('env', 'test');
  app.get('/step/:id', async (req, res, next) => {
    try {
      res.json({ v: traced ? await req.trace.step('inner', async () => 41) : 41 });
    } catch (error) {
      next(error);
    }
  });
  app.get('/fail', () => {
    throw new Error('kaboom');
  });
  app.get('/reject', (_req, _res, next) => {
    setImmediate(() => next(new Error('kaboom')));
  });
  app.get('/stream', (_req, res) => {
    res.type('text/event-stream');
    res.write('data: {"choices":[{"delta":{"content":"hi"}}]}\n\n');
    res.end('data: [DONE]\n\n');
  });
  app.use(onError);
  return app;
}

const REQUESTS = [
  { path: '/api/fail', output: { why: 'kaboom' }, error: 'kaboom', steps: [] },
  { path: '/api/reject', output: { why: 'kaboom' }, error: 'kaboom', steps: [] },
  { path: '/api/step/7', output: { v: 41 }, error: undefined, steps: ['inner'] },
  { path: '/api/stream', output: 'hi', error: undefined, steps: [] },
  { path: '/after', output: { trace: 'object' }, error: undefined, steps: [] },
] as const;

async function answerOf(url: string): Promise<unknown> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

for (const outer of expressVersions) {
  for (const inner of expressVersions) {
    describe(`an app of ${inner.name} in one of ${outer.name}`, () => {
      for (const [way, join] of Object.entries(WAYS)) {
        it(`${way}, is part of its trace`, async () => {
          await using collector = await startCollector();
          const tracer = collector.createTracer();
          const make = (isTraced: boolean) => {
            const app = outer.express();
            app.set('env', 'test');
            if (isTraced) app.use(forExpress({ tracer }));
            join(app, subApp(inner.express, isTraced), outer.express);
            app.get('/after', (req, res) => {
              res.json({ trace: isTraced ? typeof req.trace : 'object' });
            });
            app.use(((_error, _req, res, _next) => {
              res.status(502).end();
            }) as ErrorRequestHandler);
            return app;
          };
          await using bare = await serving(make(false));
          await using traced = await serving(make(true));
          for (const [n, { path, output, error, steps }] of REQUESTS.entries()) {
            assert.deepEqual(await answerOf(traced.url + path), await answerOf(bare.url + path));
            await collector.server.waitForRows(n + 1, { timeoutMs: 60_000 });
            const row = collector.server.rows()[n];
            assert.deepEqual(row?.output, output, path);
            assert.equal(row?.metadata?.error, error, path);
            assert.deepEqual(
              row?.steps[0]?.steps.map(({ name }) => name),
              steps,
            );
          }
          await collector.exactly(REQUESTS.length);
        });
      }
    });
  }
}

describe('the first request of a process', () => {
  for (const [outer, inner] of [
    ['express', 'express4'],
    ['express4', 'express'],
  ]) {
    it(`has its error recorded, which an app of ${inner} answers itself that one of ${outer} calls`, async () => {
      const script = `
        const { default: make } = await import('${outer}');
        const { default: makeSub } = await import('${inner}');
        const { openlayerTracing } = await import('@openlayer-tracing/express');
        const { captureTraces } = await import('@openlayer-tracing/express/testing');
        const traces = captureTraces();
        const sub = makeSub();
        sub.get('/', () => { throw new Error('kaboom'); });
        sub.use((error, req, res, next) => { res.status(400).json(1); });
        const app = make();
        app.use(openlayerTracing());
        app.use((req, res, next) => { sub(req, res, next); });
        const server = app.listen(0, async () => {
          await (await fetch('http://127.0.0.1:' + server.address().port)).text();
          await new Promise((resolve) => setTimeout(resolve, 50));
          console.log(JSON.stringify((await traces.rows()).map((row) => [row.output, row.metadata.error])));
          process.exit();
        });`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '-e', script],
        { cwd: new URL('.', import.meta.url) },
      );
      assert.deepEqual(JSON.parse(stdout), [[1, 'kaboom']]);
    });
  }
});

interface Layer {
  readonly handle: unknown;
  readonly route?: { readonly stack: Layer[] };
}

/** Express 4 has `_router`, and throws where `router` is read. */
function stackOf(app: Express): Layer[] {
  const own = app as unknown as { _router?: { stack: Layer[] }; router: { stack: Layer[] } };
  return (own._router ?? own.router).stack;
}

describe('what an app finds in its own router', () => {
  for (const { name, express } of [express4, express5]) {
    it(`is what it put there, on ${name}`, async () => {
      await using collector = await startCollector();
      const tracer = collector.createTracer();
      const app = express();
      const handler: RequestHandler = (_req, res) => {
        res.end('on');
      };
      const middleware: RequestHandler = (_req, _res, next) => next();
      const mine: ErrorRequestHandler = (_error, _req, res, _next) => {
        res.end();
      };
      const tracing = forExpress({ tracer });
      app.use(tracing);
      app.use(middleware);
      app.get('/t', handler);
      app.use(mine);
      const handlers = () => {
        return flat(stackOf(app));
      };
      const flat = (stack: readonly Layer[]): unknown[] =>
        stack.flatMap((layer) => (layer.route ? flat(layer.route.stack) : [layer.handle]));
      const before = handlers();
      await using server = await serving(app);
      for (let i = 0; i < 2; i++) assert.deepEqual(await answerOf(`${server.url}/t`), [200, 'on']);
      assert.deepEqual(handlers(), before);
      assert.ok([tracing, middleware, handler, mine].every((each) => before.includes(each)));
      const stack = stackOf(app);
      stack.splice(
        stack.findIndex((layer) => layer.route?.stack.some(({ handle }) => handle === handler)),
        1,
      );
      assert.equal((await fetch(`${server.url}/t`)).status, 404);
    });
  }
});

describe('a request that stands for another', () => {
  const wrappers: Readonly<Record<string, (req: Request) => Request>> = {
    'Object.create(req)': (req) => Object.create(req) as Request,
    'a proxy of it': (req) => new Proxy(req, {}),
  };
  for (const { name, express } of expressVersions) {
    for (const [what, wrap] of Object.entries(wrappers)) {
      it(`${what} has its trace, and no second one, on ${name}`, async () => {
        await using collector = await startCollector();
        const tracer = collector.createTracer();
        const tracing = forExpress({ tracer });
        const app = express();
        app.use(tracing);
        app.get('/', (req, res) => {
          const wrapped = wrap(req);
          tracing(wrapped, res, () => {
            wrapped.trace.step('inner', () => {});
            res.json({ isSame: wrapped.trace === req.trace });
          });
        });
        await using server = await serving(app);
        assert.deepEqual(await answerOf(server.url), [200, '{"isSame":true}']);
        const [row] = await collector.exactly(1);
        assert.deepEqual(
          row?.steps[0]?.steps.map((step) => step.name),
          ['inner'],
        );
      });
    }
  }
});

describe('an app of Koa', () => {
  const failing = (app: Koa) => {
    app.silent = true;
    app.use(async (ctx) => {
      if (ctx.path === '/fail') throw Object.assign(new Error('kaboom'), { status: 418 });
      await getTrace(ctx.req)?.step('inner', async () => 41);
      ctx.body = { v: 41 };
    });
    return app;
  };

  it('that another one calls is part of its trace', async () => {
    await using collector = await startCollector();
    const app = new koa3.Koa();
    app.use(forKoa({ tracer: collector.createTracer() }));
    const sub = failing(new koa3.Koa());
    sub.middleware.unshift(async (ctx, next) => {
      assert.equal(ctx.trace, getTrace(ctx.req));
      await next();
    });
    app.use(async (ctx) => {
      ctx.respond = false;
      await sub.callback()(ctx.req, ctx.res);
    });
    await using server = await serving(app.callback());
    assert.deepEqual(await answerOf(`${server.url}/fail`), [418, "I'm a Teapot"]);
    assert.deepEqual(await answerOf(`${server.url}/ok`), [200, '{"v":41}']);
    const [failed, done] = await collector.exactly(2);
    assert.equal(failed?.metadata?.error, 'kaboom');
    assert.deepEqual(done?.output, { v: 41 });
    assert.equal(done?.steps[0]?.steps[0]?.name, 'inner');
  });

  for (const koa of [koa2, koa3]) {
    it(`of ${koa.name} that one of Express calls is part of its trace`, async () => {
      await using collector = await startCollector();
      const app = express5.express();
      app.use(forExpress({ tracer: collector.createTracer() }));
      const sub = failing(new koa.Koa());
      app.use((req, res) => {
        sub.callback()(req, res);
      });
      await using server = await serving(app);
      assert.deepEqual(await answerOf(`${server.url}/ok`), [200, '{"v":41}']);
      const [row] = await collector.exactly(1);
      assert.deepEqual(row?.output, { v: 41 });
      assert.equal(row?.steps[0]?.steps[0]?.name, 'inner');
    });
  }

  for (const { name, express } of expressVersions) {
    it(`that calls one of ${name} has it in its trace`, async () => {
      await using collector = await startCollector();
      const app = new koa3.Koa();
      app.use(forKoa({ tracer: collector.createTracer() }));
      const sub = subApp(express, true);
      app.use((ctx) => {
        ctx.respond = false;
        ctx.status = 200;
        sub(ctx.req as Request, ctx.res as never);
      });
      await using server = await serving(app.callback());
      assert.deepEqual(await answerOf(`${server.url}/step/7`), [200, '{"v":41}']);
      const [row] = await collector.exactly(1);
      assert.deepEqual(row?.output, { v: 41 });
      assert.equal(httpOf(row as never).outcome, 'completed');
      assert.equal(row?.steps[0]?.steps[0]?.name, 'inner');
    });
  }
});
