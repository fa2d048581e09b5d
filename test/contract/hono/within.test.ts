/** Requests that a handler makes within the process: a step of its trace for each, and nothing of them in its row. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { step, type TracingOptions, type WireRow } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing } from '@openlayer-tracing/hono';
import express from 'express';
import { type Context, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { listen } from '../harness/frameworks.ts';
import { later, until } from '../harness/pause.ts';
import { httpOf, printed, stepsOf } from '../harness/stage.ts';

/** How the outer request arrives. */
const SERVED: Readonly<
  Record<string, (app: Hono, path: string, init: RequestInit) => Promise<Response>>
> = {
  'on a Node server': async (app, path, init) => {
    const { url, server } = await listen(createAdaptorServer({ fetch: app.fetch }) as Server);
    try {
      return await fetch(`${url}${path}`, init);
    } finally {
      server.close();
    }
  },
  'by fetch()': async (app, path, init) => app.fetch(new Request(`http://app.test${path}`, init)),
};

type Define = (app: Hono) => void;

for (const [served, ask] of Object.entries(SERVED)) {
  describe(`A request within the process, in a handler whose request came ${served},`, () => {
    const rowOf = async (
      define: Define,
      path: string,
      options: TracingOptions<Context> = {},
    ): Promise<WireRow> => {
      using traces = captureTraces();
      const app = new Hono();
      app.use(openlayerTracing(options));
      app.onError((error, c) =>
        error instanceof HTTPException ? error.getResponse() : c.text('sorry', 500),
      );
      define(app);
      const response = await ask(app, path, { headers: { 'x-request-id': 'outer' } });
      await response.text();
      let rows: readonly WireRow[] = [];
      await until(async () => {
        rows = await traces.rows();
        return rows.length > 0;
      }, 'the row');
      assert.equal(rows.length, 1);
      return rows[0] as WireRow;
    };

    /** The steps of the row that are requests, in the order in which they began. */
    const requestsIn = (row: WireRow) => {
      const found: unknown[] = [];
      const visit = (each: WireRow['steps'][number]) => {
        const { http, error } = (each.metadata ?? {}) as Record<string, unknown>;
        if (http !== undefined)
          found.push([each.name, http, ...(error === undefined ? [] : [error])]);
        each.steps.forEach(visit);
      };
      row.steps[0]?.steps.forEach(visit);
      return found;
    };

    it('is a step with its name, status and error, and its error is not that of the trace', async () => {
      const row = await rowOf((app) => {
        app.get('/boom/:n', async () => {
          await step('inside', () => later(1));
          throw new Error('inner boom');
        });
        app.get('/', async (c) => {
          const status = await step('ask', async () => (await app.request('/boom/7')).status);
          return c.json({ fallback: status });
        });
      }, '/');
      assert.equal(
        stepsOf(row),
        printed(`
outer  completed  200
└─ GET / [user_call]  → {"fallback":500}
   └─ ask [user_call]  → 500
      └─ GET /boom/:n [user_call]  ✗ inner boom
         └─ inside [user_call]
`),
      );
      assert.equal(row.metadata?.error, undefined);
      const [request] = requestsIn(row) as [[string, object]];
      assert.deepEqual(request.slice(0, 2), [
        'GET /boom/:n',
        { method: 'GET', route: '/boom/:n', path: '/boom/7', status: 500, outcome: 'error' },
      ]);
    });

    it('updates its step, and not the row', async () => {
      const row = await rowOf((app) => {
        app.get('/inner', (c) => {
          c.var.trace.update({
            name: 'renamed',
            inferenceId: 'inner-id',
            userId: 'inner',
            sessionId: 'inner-s',
            tags: ['inner'],
            context: ['passage'],
            question: 'inner?',
            metadata: { found: 1 },
            input: { asked: 1 },
            output: 'inner out',
          });
          return c.json({ id: c.var.trace.inferenceId });
        });
        app.get('/', async (c) => {
          c.var.trace.update({ userId: 'ada', metadata: { found: 0 } });
          return c.json(await (await app.request('/inner')).json());
        });
      }, '/');
      assert.deepEqual(
        [row.inferenceId, row.steps[0]?.name, row.user_id, row.session_id, row.output],
        ['outer', 'GET /', 'ada', undefined, { id: 'outer' }],
      );
      assert.equal(row.metadata?.found, 0);
      assert.equal(row.metadata?.tags, undefined);
      const [inner] = row.steps[0]?.steps ?? [];
      assert.equal(inner?.name, 'renamed');
      assert.deepEqual([inner?.inputs, inner?.output], [{ asked: 1 }, 'inner out']);
      const { http: _http, ...metadata } = inner?.metadata ?? {};
      assert.deepEqual(metadata, {
        found: 1,
        inferenceId: 'inner-id',
        userId: 'inner',
        sessionId: 'inner-s',
        tags: ['inner'],
        context: ['passage'],
        question: 'inner?',
      });
    });

    it('has an error that it records itself, or that its late work rejects with, on its step', async () => {
      const row = await rowOf((app) => {
        app.get('/recorded', (c) => {
          c.var.trace.recordError(new Error('recorded'));
          return c.text('ok');
        });
        app.get('/late', (c) => {
          const work = later(5).then(() => Promise.reject(new Error('late')));
          c.var.trace.waitUntil(work);
          return c.text('ok');
        });
        app.get('/', async (c) => {
          for (const path of ['/recorded', '/late']) await app.request(path);
          return c.text('done');
        });
      }, '/');
      assert.equal(row.metadata?.error, undefined);
      assert.match(stepsOf(row), /GET \/recorded .*recorded\n.*GET \/late .*late/);
      assert.equal(httpOf(row).outcome, 'completed');
    });

    it('runs in its own step also where it lost the scope, beside others at once', async () => {
      const row = await rowOf((app) => {
        app.get('/n/:n', async (c) => {
          const { trace } = c.var;
          const work = trace.bind(() => step(`bound ${c.req.param('n')}`, () => later(1)));
          await later(Number(c.req.param('n')));
          await work();
          await trace.step(`own ${c.req.param('n')}`, () => later(1));
          return c.text(c.req.param('n'));
        });
        app.get('/', async (c) => {
          await Promise.all([3, 2, 1].map((n) => app.request(`/n/${n}`)));
          return c.text('done');
        });
      }, '/');
      assert.equal(
        stepsOf(row),
        printed(`
outer  completed  200
└─ GET / [user_call]  → "done"
   ├─ GET /n/:n [user_call]
   │  ├─ bound 3 [user_call]
   │  └─ own 3 [user_call]
   ├─ GET /n/:n [user_call]
   │  ├─ bound 2 [user_call]
   │  └─ own 2 [user_call]
   └─ GET /n/:n [user_call]
      ├─ bound 1 [user_call]
      └─ own 1 [user_call]
`),
      );
    });

    it('is named as a request of its own: by the option, without a route, and in a mounted app', async () => {
      const name = (c: Context) => (c.req.path === '/named' ? 'by option' : undefined);
      const row = await rowOf(
        (app) => {
          app.get('/named', (c) => c.text('ok'));
          app.mount('/mnt', new Hono().use(openlayerTracing()).get('/items/:id', ok).fetch);
          app.get('/', async (c) => {
            const paths = ['/named', '/nowhere/123', '/mnt/items/7'];
            for (const path of paths) await app.request(path);
            await app.request('/named', { method: 'POST' });
            return c.text('done');
          });
        },
        '/',
        { name: name as (c: Context) => string },
      );
      const told = requestsIn(row) as [string, { route: string | null; status: number }][];
      assert.deepEqual(
        told.map(([each, { route, status }]) => [each, route, status]),
        [
          ['by option', '/named', 200],
          ['GET /nowhere/*', null, 404],
          ['GET /mnt/items/:id', '/mnt/items/:id', 200],
          ['by option', null, 404],
        ],
      );
    });

    it('has its secret parameters taken out of the path', async () => {
      const row = await rowOf((app) => {
        app.get('/reset/:token', ok);
        app.get('/', async (c) => c.text(await (await app.request('/reset/abc123secret')).text()));
      }, '/');
      assert.equal(JSON.stringify(row).includes('abc123secret'), false);
      assert.match(JSON.stringify(requestsIn(row)), /"GET \/reset\/:token"/);
    });

    it('in a request within the process is a step of that', async () => {
      const row = await rowOf((app) => {
        app.get('/leaf', ok);
        app.get('/middle', async (c) => c.text(await (await app.request('/leaf')).text()));
        app.get('/', async (c) => c.text(await (await app.request('/middle')).text()));
      }, '/');
      assert.equal(
        stepsOf(row),
        printed(`
outer  completed  200
└─ GET / [user_call]  → "ok"
   └─ GET /middle [user_call]
      └─ GET /leaf [user_call]
`),
      );
    });

    it('with the bindings of the outer request is a step too', async () => {
      const row = await rowOf((app) => {
        app.get('/inner', (c) => {
          c.var.trace.update({ name: 'inner' });
          return c.text('ok');
        });
        app.get('/', async (c) => c.text(await (await app.request('/inner', {}, c.env)).text()));
      }, '/');
      assert.equal(
        stepsOf(row),
        printed(`
outer  completed  200
└─ GET / [user_call]  → "ok"
   └─ inner [user_call]
`),
      );
    });

    it('that is passed on, whole or in part, is the request itself', async () => {
      const inner = new Hono().use(openlayerTracing(), requestId());
      inner.get('/', ok).get('/items/:id', (c) => {
        c.var.trace.update({ userId: 'inner' });
        return c.text('ok');
      });
      const passOn = (c: Context) => inner.fetch(c.req.raw, c.env);
      const define: Define = (app) => {
        app.mount('/mnt', inner.fetch);
        app.all('/items/*', passOn);
        app.all('/rewritten/:rest{.+}', (c) => {
          const url = new URL(c.req.url);
          url.pathname = url.pathname.slice('/rewritten'.length);
          return inner.fetch(new Request(url, c.req.raw));
        });
      };
      for (const [path, name] of [
        ['/mnt', 'GET /mnt/*'],
        ['/mnt/items/7?a=1', 'GET /mnt/items/:id'],
        ['/items/7', 'GET /items/:id'],
        ['/rewritten/items/7', 'GET /rewritten/:rest{.+}'],
      ] as const) {
        const row = await rowOf(define, path);
        assert.deepEqual([row.steps[0]?.name, row.steps[0]?.steps.length], [name, 0], path);
        assert.equal(row.user_id, path === '/mnt' ? undefined : 'inner');
      }
    });

    it('is not recorded once the trace has as many steps as it may', async () => {
      using traces = captureTraces({ limits: { maxSteps: 1 } });
      const app = new Hono().use(openlayerTracing());
      app.get('/inner', (c) => {
        c.var.trace.update({ name: 'inner', userId: 'inner' });
        c.var.trace.recordError(new Error('inner'));
        return c.text('ok');
      });
      app.get('/', async (c) => {
        for (let n = 0; n < 3; n++) await app.request('/inner');
        return c.text('done');
      });
      await (await ask(app as unknown as Hono, '/', {})).text();
      await until(async () => (await traces.rows()).length === 1, 'the row');
      const [row] = await traces.rows();
      assert.deepEqual([row?.steps[0]?.name, row?.user_id], ['GET /', undefined]);
      assert.equal(row?.metadata?.unrecordedSteps, 2);
      assert.equal(row?.metadata?.error, undefined);
    });
  });
}

it('A request within the process that fails after the trace has ended is named in the diagnostic', async () => {
  const told: string[] = [];
  using traces = captureTraces({ onDiagnostic: ({ message }) => told.push(message) });
  const app = new Hono().use(openlayerTracing());
  app.get('/late', async () => {
    await later(20);
    throw new Error('late');
  });
  let late: Promise<Response> | undefined;
  app.onError((_error, c) => c.text('sorry', 500));
  app.get('/', (c) => {
    late = Promise.resolve(app.request('/late'));
    return c.text('done');
  });
  await app.request('/');
  assert.equal((await late)?.status, 500);
  assert.equal((await traces.rows()).length, 1);
  assert.equal(told.length, 1);
  assert.match(
    String(told[0]),
    /^the end of step "GET \/(?:\*|late)" came after its trace had ended/,
  );
});

describe('A request to a Hono app within the process, in a handler of Express,', () => {
  it('is a step of its trace', async () => {
    using traces = captureTraces();
    const inner = new Hono().use(openlayerTracing()).get('/stock/:id', () => {
      throw new Error('none left');
    });
    inner.onError((_error, c) => c.text('sorry', 500));
    const app = express();
    app.use(forExpress());
    app.get('/', async (_req, res) => {
      res.json((await inner.request('/stock/7')).status);
    });
    const { url, server } = await listen(createServer(app));
    assert.equal(await (await fetch(url)).text(), '500');
    server.close();
    await until(async () => (await traces.rows()).length === 1, 'the row');
    const [row] = await traces.rows();
    assert.match(stepsOf(row as WireRow), /GET \/ .*→ 500\n.*GET \/stock\/:id .*none left/);
    assert.equal(row?.metadata?.error, undefined);
  });
});

function ok(c: Context): Response {
  return c.text('ok');
}
