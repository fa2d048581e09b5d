/** What only Hono has: its ways to stream and to fail, sub-apps, middleware of its own, apps without a server. */

import assert from 'node:assert/strict';
import { setTimeout as later } from 'node:timers/promises';
import { createTracer, getTrace, getTracer, step } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openlayerTracing, type TraceVariables } from '@openlayer-tracing/hono';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { stream, streamSSE, streamText } from 'hono/streaming';
import { timeout } from 'hono/timeout';
import {
  httpOf,
  printed,
  type Stage,
  type StageSettings,
  stageOn,
  stepsOf,
} from '../harness/stage.ts';
import { hono } from './frameworks.ts';

/** Whether Node's request and response are seen, or web ones alone. */
const WAYS: readonly (readonly [string, readonly MiddlewareHandler[]])[] = [
  ['on node-server', []],
  [
    'by web responses',
    [
      async (c, next) => {
        c.env = {};
        await next();
      },
    ],
  ],
];

const bytes = (text: string) => new TextEncoder().encode(text);

/** A stream whose chunks are made, in a step each, when they are asked for. */
function lazy(count: number): ReadableStream<Uint8Array> {
  let n = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        if (n === count) return controller.close();
        await step(`chunk ${++n}`, () => later(1));
        controller.enqueue(bytes(`${n} `));
      },
    },
    { highWaterMark: 0 },
  );
}

for (const [way, first] of WAYS) {
  type App = Hono<{ Variables: TraceVariables }>;
  type Define = (app: App, tracing: () => MiddlewareHandler) => void;

  /** Tracing is mounted where the test says. */
  const bare = (define: Define, settings?: StageSettings) =>
    stageOn(
      (tracer) =>
        hono.serve((app) => {
          for (const middleware of first) app.use(middleware);
          app.onError((error, c) =>
            error instanceof HTTPException ? error.getResponse() : c.text('sorry', 500),
          );
          // What an app knows of its variables is a matter of types alone.
          define(app as unknown as App, () => openlayerTracing({ tracer }));
        }),
      settings,
    );
  /** Tracing is mounted first. */
  const traced = (define: (app: App) => void) =>
    bare((app, tracing) => {
      app.use(tracing());
      define(app);
    });
  const rowOf = async (stage: Stage, path: string, init?: RequestInit): Promise<WireRow> => {
    const id = `r-${Math.random().toString(36).slice(2)}`;
    const headers = { 'x-request-id': id, ...init?.headers };
    await (await fetch(`${stage.url}${path}`, { ...init, headers })).arrayBuffer();
    return stage.row(id);
  };
  const treeOf = (row: WireRow) => stepsOf(row).replace(row.inferenceId, 'ID');

  describe(`Hono ${way}`, () => {
    describe('a stream', () => {
      it('that is lazily read has its steps in its trace, by every way to make it', async () => {
        await using stage = await traced((app) => {
          app.get('/body', (c) => c.body(lazy(2), 200, { 'content-type': 'text/plain' }));
          app.get(
            '/hand',
            () => new Response(lazy(2), { headers: { 'content-type': 'text/plain' } }),
          );
          app.get('/pipe', (c) => {
            c.header('content-type', 'text/plain');
            return stream(c, (it) => it.pipe(lazy(2)));
          });
          app.get('/text', (c) =>
            streamText(c, async (it) => {
              for (const n of [1, 2]) {
                await step(`chunk ${n}`, async () => void (await it.write(`${n} `)));
              }
            }),
          );
          app.get('/events', (c) =>
            streamSSE(c, async (it) => {
              for (const n of [1, 2]) {
                await step(`chunk ${n}`, () =>
                  it.writeSSE({ data: JSON.stringify({ type: 'text-delta', delta: `${n} ` }) }),
                );
              }
            }),
          );
        });
        for (const path of ['/body', '/hand', '/pipe', '/text', '/events']) {
          assert.equal(
            treeOf(await rowOf(stage, path)),
            printed(`
(uuid)  completed  200
└─ GET ${path} [user_call]  → "1 2 "
   ├─ chunk 1 [user_call]
   └─ chunk 2 [user_call]
`).replace('(uuid)', 'ID'),
          );
        }
      });

      it('that fails keeps what it sent, and its error', async () => {
        await using stage = await traced((app) =>
          app.get('/', (c) => {
            let n = 0;
            return c.body(
              new ReadableStream({
                async pull(controller) {
                  await later(3);
                  if (n++ > 0) throw new Error('the pen broke');
                  controller.enqueue(bytes('Once'));
                },
              }),
              200,
              { 'content-type': 'text/plain' },
            );
          }),
        );
        await assert.rejects(rowOf(stage, '/'));
        const row = await stage.only();
        assert.equal(
          stepsOf(row).replace(row.inferenceId, 'ID'),
          printed(`
ID  error  200
└─ GET / [user_call]  ✗ the pen broke  → "Once"
`),
        );
      });
    });

    describe('an error', () => {
      const fail = (error: unknown) => () => {
        throw error;
      };

      it('that is an HTTPException is that of the trace, with the status of its answer', async () => {
        await using stage = await traced((app) => {
          app.get('/secret/:id', fail(new HTTPException(401, { message: 'who are you?' })));
        });
        assert.equal(
          treeOf(await rowOf(stage, '/secret/1')).replace(/ {2}→ .*/, ''),
          printed(`
ID  completed  401
└─ GET /secret/:id [user_call]  ✗ who are you?
`),
        );
      });

      it('that is none is kept although it goes past all of Hono', async () => {
        await using stage = await traced((app) => {
          app.get('/', fail('only a text'));
        });
        const row = await rowOf(stage, '/');
        assert.equal(httpOf(row).outcome, 'error');
        assert.equal(row.metadata?.error, 'only a text');
      });

      it('of a sub-app is kept where the sub-app answers it', async () => {
        await using stage = await traced((app) => {
          const api = new Hono();
          api.onError((error, c) => c.json({ sorry: error.message }, 418));
          api.get('/items/:id', fail(new Error('no such item')));
          app.route('/api', api);
        });
        const row = await rowOf(stage, '/api/items/7');
        assert.equal(
          treeOf(row),
          printed(`
ID  completed  418
└─ GET /api/items/:id [user_call]  ✗ no such item  → {"sorry":"no such item"}
`),
        );
        assert.deepEqual(row.params, { id: '7' });
      });
    });

    describe('a route', () => {
      it('is named by its pattern, wherever it was defined and whoever answered for it', async () => {
        await using stage = await traced((app) => {
          const inner = new Hono();
          inner.get('/items/:item', (c) => c.json(c.req.param()));
          app.route('/shelves/:shelf', inner);
          app.use('/guarded/*', async (c) => c.text('no', 403));
          app.get('/guarded/:id', (c) => c.text('never'));
          app.get('/files/*', (c) => c.text('a file'));
          app.all('/any/:id', (c) => c.text('any'));
          app.mount('/mounted', () => new Response('mounted'));
        });
        const names = [];
        for (const path of ['/shelves/3/items/7', '/guarded/1', '/files/a/b', '/any/2', '/none']) {
          const row = await rowOf(stage, path);
          names.push([row.steps[0]?.name, httpOf(row).route, row.params]);
        }
        assert.deepEqual(names, [
          [
            'GET /shelves/:shelf/items/:item',
            '/shelves/:shelf/items/:item',
            { shelf: '3', item: '7' },
          ],
          ['GET /guarded/:id', '/guarded/:id', { id: '1' }],
          ['GET /files/*', '/files/*', null],
          ['GET /any/:id', '/any/:id', { id: '2' }],
          ['GET /none', null, null],
        ]);
        assert.equal((await rowOf(stage, '/mounted/x?y=1')).steps[0]?.name, 'GET /mounted/*');
      });

      it('of a query that names something more than once has all of it', async () => {
        await using stage = await traced((app) => app.get('/', (c) => c.text('ok')));
        assert.deepEqual((await rowOf(stage, '/?a=1&b=2&a=3')).query, { a: ['1', '3'], b: '2' });
      });

      it('may mount the middleware again: a request is one trace', async () => {
        await using stage = await bare((app, tracing) => {
          app.use(tracing());
          const api = new Hono<{ Variables: TraceVariables }>();
          api.use(tracing());
          api.get('/items/:id', tracing(), async (c) => {
            await c.var.trace.step('look', () => later(1));
            return c.json({});
          });
          app.route('/api', api);
        });
        assert.equal(
          treeOf(await rowOf(stage, '/api/items/1')),
          printed(`
ID  completed  200
└─ GET /api/items/:id [user_call]  → {}
   └─ look [user_call]
`),
        );
        assert.equal((await stage.stats()).started, 1);
      });
    });

    describe('an app within the app', () => {
      it('that traces itself is part of the trace where it is mounted', async () => {
        await using stage = await bare((app, tracing) => {
          const inner = new Hono<{ Variables: TraceVariables }>();
          inner.use(tracing());
          inner.get('/items/:id', async (c) => {
            await c.var.trace.step('look', () => later(1));
            c.var.trace.update({ metadata: { found: true } });
            return c.json({});
          });
          app.use(tracing());
          app.mount('/inner', inner.fetch);
        });
        const row = await rowOf(stage, '/inner/items/1');
        assert.equal(
          treeOf(row),
          printed(`
ID  completed  200
└─ GET /inner/items/:id [user_call]  → {}
   └─ look [user_call]
`),
        );
        assert.equal(row.metadata?.found, true);
        assert.equal((await stage.stats()).started, 1);
      });

      it('has its secret parameters taken out of the path', async () => {
        await using stage = await bare((app, tracing) => {
          const inner = new Hono().use(tracing()).get('/:token', (c) => c.text('done'));
          app.use(tracing());
          app.mount('/reset', inner.fetch);
        });
        const row = await rowOf(stage, '/reset/abc123secret?a=1');
        assert.equal(row.steps[0]?.name, 'GET /reset/:token');
        assert.equal(JSON.stringify(row).includes('abc123secret'), false);
      });

      it('that is asked in a handler is a step of the trace, below the step that asks', async () => {
        await using stage = await bare((app, tracing) => {
          const inner = new Hono<{ Variables: TraceVariables }>();
          inner.use(tracing(), requestId());
          inner.get('/stock', async (c) => {
            await step('count', () => later(1));
            return c.json({ left: 7, id: c.var.trace.inferenceId });
          });
          app.use(tracing());
          app.get('/', async (c) => {
            const { left, id } = await c.var.trace.step('ask', async () => {
              const response = await inner.request('/stock');
              return (await response.json()) as { left: number; id: string };
            });
            return c.text(id === c.var.trace.inferenceId ? `${left}, same trace` : 'another trace');
          });
        });
        const row = await rowOf(stage, '/');
        assert.equal(
          stepsOf(row).replaceAll(row.inferenceId, 'ID'),
          printed(`
ID  completed  200
└─ GET / [user_call]  → "7, same trace"
   └─ ask [user_call]  → {"left":7,"id":"ID"}
      └─ GET /stock [user_call]
         └─ count [user_call]
`),
        );
        assert.equal((await stage.stats()).started, 1);
      });
    });

    describe('beside Hono’s own middleware', () => {
      for (const [order, mounts] of [
        ['before', (own: MiddlewareHandler, ours: MiddlewareHandler) => [own, ours]],
        ['after', (own: MiddlewareHandler, ours: MiddlewareHandler) => [ours, own]],
      ] as const) {
        const beside = (own: MiddlewareHandler, define: (app: App) => void) =>
          bare((app, tracing) => {
            for (const middleware of mounts(own, tracing())) app.use(middleware);
            define(app);
          });

        it(`takes the id that requestId() has made ${order} it`, async () => {
          await using stage = await beside(requestId(), (app) =>
            app.get('/', (c) =>
              c.json({ id: c.get('requestId' as never), ours: c.var.trace.inferenceId }),
            ),
          );
          for (const headers of [{}, { 'x-request-id': 'not.for.hono' }]) {
            const response = await fetch(stage.url, { headers });
            const { id, ours } = (await response.json()) as Record<string, string>;
            assert.equal(ours, id);
            assert.equal(response.headers.get('x-request-id'), id);
            assert.equal((await stage.row(String(id))).inferenceId, id);
          }
          const response = await fetch(stage.url, { headers: { 'x-request-id': 'for-both' } });
          assert.equal(((await response.json()) as { ours: string }).ours, 'for-both');
          await stage.row('for-both');
        });

        it(`takes the last id that the app sets ${order} it, whether it was read in between or not`, async () => {
          const twice: MiddlewareHandler = async (c, next) => {
            const { id, reads } = c.req.query() as Record<'id' | 'reads', string>;
            c.set('requestId', `${id}-first`);
            if (reads === 'yes' && order === 'after') {
              assert.equal(c.var.trace.inferenceId, `${id}-first`);
            }
            c.set('requestId', id);
            await next();
          };
          await using stage = await beside(twice, (app) =>
            app.get('/', (c) => c.text(c.var.trace.inferenceId)),
          );
          for (const reads of ['no', 'yes']) {
            const id = `set-twice-${order}-${reads}`;
            const response = await fetch(`${stage.url}?id=${id}&reads=${reads}`);
            assert.equal(await response.text(), id);
            assert.equal((await stage.row(id)).inferenceId, id);
          }
        });

        it(`reads what compress() ${order} it packs`, async () => {
          await using stage = await beside(compress({ threshold: 0 }), (app) => {
            app.get('/', (c) => c.text('as it was'));
          });
          const headers = { 'accept-encoding': 'gzip' };
          const row = await rowOf(stage, '/', { headers });
          assert.deepEqual([row.output, httpOf(row).outcome], ['as it was', 'completed']);
        });

        it(`is completed where etag() ${order} it spares the body`, async () => {
          await using stage = await beside(etag(), (app) => {
            app.get('/', (c) => c.json({ same: true }));
            app.get('/known', (c) => c.body(lazy(3), 200, { etag: '"known"' }));
          });
          for (const path of ['/', '/known']) {
            const row = await rowOf(stage, path, { headers: { 'if-none-match': '*, "known"' } });
            assert.equal(httpOf(row).outcome, 'completed');
          }
        });

        it(`bears timeout() ${order} it`, async () => {
          await using stage = await beside(timeout(20), (app) =>
            app.get('/', async (c) => {
              await later(60);
              return c.text('too late');
            }),
          );
          const response = await fetch(stage.url);
          assert.equal(response.status, 504);
          await response.text();
          const row = await stage.only();
          assert.deepEqual([httpOf(row).outcome, httpOf(row).status], ['error', 504]);
        });

        it(`finds the trace of a request that bodyLimit() ${order} it has put in another’s place`, async () => {
          await using stage = await beside(bodyLimit({ maxSize: 1000 }), (app) =>
            app.post('/', async (c) => {
              assert.equal(getTrace(c), c.var.trace);
              return c.json((await c.req.json()) as object);
            }),
          );
          const body = new ReadableStream({
            start(controller) {
              controller.enqueue(bytes('{"in":"chunks"}'));
              controller.close();
            },
          });
          const headers = { 'content-type': 'application/json' };
          const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
          assert.deepEqual((await rowOf(stage, '/', init)).output, { in: 'chunks' });
        });
      }
    });

    it('keeps the fields of a form, and names its files', async () => {
      await using stage = await traced((app) =>
        app.post('/', async (c) => c.json(Object.keys(await c.req.parseBody()))),
      );
      const body = new FormData();
      body.set('title', 'Grüße');
      body.set('password', 'secret');
      body.set('file', new Blob(['x'.repeat(5000)], { type: 'text/plain' }), 'a.txt');
      assert.deepEqual((await rowOf(stage, '/', { method: 'POST', body })).body, {
        title: 'Grüße',
        password: '[redacted]',
        file: '[a.txt, text/plain, 5000 bytes]',
      });
    });

    it('carries the id back in an answer of fetch(), whose headers cannot be changed', async () => {
      await using stage = await traced((app) => {
        app.get('/', () => fetch('data:text/plain,from%20upstream'));
      });
      const response = await fetch(stage.url, { headers: { 'x-request-id': 'mine' } });
      assert.equal(response.headers.get('x-request-id'), 'mine');
      assert.equal(await response.text(), 'from upstream');
      assert.equal((await stage.row('mine')).output, 'from upstream');
    });
  });
}

describe('Hono without a server', () => {
  const app = () => {
    const made = new Hono<{ Variables: TraceVariables }>();
    made.use(openlayerTracing());
    return made;
  };

  it('is traced by app.request()', async () => {
    using traces = captureTraces();
    const made = app();
    made.post('/chat/:id', async (c) => {
      const { question } = await c.req.json<{ question: string }>();
      return c.json({ answer: await step('answer', async () => `You asked: ${question}`) });
    });
    const response = await made.request('/chat/7?loud=yes', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'mine' },
      body: '{"question":"Why?"}',
    });
    assert.equal(response.headers.get('x-request-id'), 'mine');
    assert.deepEqual(await response.json(), { answer: 'You asked: Why?' });
    const [row] = await traces.rows();
    assert.ok(row);
    assert.equal(
      stepsOf(row),
      printed(`
mine  completed  200
└─ POST /chat/:id [user_call]  → {"answer":"You asked: Why?"}
   └─ answer [user_call]  → "You asked: Why?"
`),
    );
    assert.deepEqual(
      [row.body, row.query, row.params],
      [{ question: 'Why?' }, { loud: 'yes' }, { id: '7' }],
    );
  });

  it('is traced to the end of a stream, and no further than it is read', async () => {
    using traces = captureTraces();
    const made = app();
    made.get('/', (c) => c.body(lazy(2), 200, { 'content-type': 'text/plain' }));
    const response = await made.request('/');
    assert.deepEqual(await traces.rows(), []);
    assert.equal(await response.text(), '1 2 ');
    assert.equal((await traces.rows())[0]?.output, '1 2 ');
  });

  it('makes no chunk before it is asked for one, and passes each on as the same object', async () => {
    using traces = captureTraces();
    const made: Uint8Array[] = [];
    const hono = app();
    hono.get('/', (c) =>
      c.body(
        new ReadableStream(
          {
            pull(controller) {
              const chunk = bytes(`chunk ${made.length}`);
              made.push(chunk);
              controller.enqueue(chunk);
            },
          },
          { highWaterMark: 0 },
        ),
      ),
    );
    const { body } = await hono.request('/');
    await later(5);
    assert.equal(made.length, 0);
    const reader = body?.getReader();
    for (let n = 0; n < 3; n++) {
      const { value } = (await reader?.read()) ?? {};
      await later(2);
      assert.equal(made.length, n + 1);
      assert.equal(value, made[n]);
    }
    await reader?.cancel();
    assert.equal(httpOf((await traces.rows())[0] as WireRow).outcome, 'aborted');
  });

  it('has its rows sent under waitUntil, where the platform has one', async () => {
    const held: Promise<unknown>[] = [];
    const sent: string[] = [];
    const tracer = createTracer({
      transport: {
        async send({ rows }) {
          await later(5);
          for (const { inferenceId } of rows) sent.push(inferenceId);
          return { delivered: rows.length, lost: {} };
        },
        close() {},
      },
      batch: { maxDelayMs: 60_000 },
    });
    const made = new Hono<{ Variables: TraceVariables }>();
    made.use(openlayerTracing({ tracer }));
    made.get('/', (c) => {
      c.var.trace.waitUntil(later(5));
      return c.text('done');
    });
    const context = {
      waitUntil: (promise: Promise<unknown>) => held.push(promise),
      passThroughOnException() {},
      props: {},
    };
    const headers = { 'x-request-id': 'mine' };
    await Promise.all([1, 2, 3].map(() => made.request('/', { headers }, {}, context as never)));
    assert.equal(held.length, 3);
    assert.deepEqual(sent, []);
    await Promise.all(held);
    assert.deepEqual(sent.sort(), ['mine', 'mine:2', 'mine:3']);
    assert.equal(tracer.stats().published, 3);
    await tracer.shutdown();
  });

  it('finds the trace by its context and by its raw request', async () => {
    using traces = captureTraces();
    const made = app();
    made.get('/', (c) => {
      assert.equal(getTrace(c), c.var.trace);
      assert.equal(getTrace(c.req.raw), c.var.trace);
      assert.equal(c.get('trace'), c.var.trace);
      return c.text('found');
    });
    assert.equal(await (await made.request('/')).text(), 'found');
    assert.equal((await traces.rows()).length, 1);
  });
});

describe('a response that cannot be followed', () => {
  const RESPONSES: Readonly<Record<string, () => Response>> = {
    'is read by the app': () => {
      const response = new Response('read');
      response.body?.getReader();
      return response;
    },
    'cannot be copied': () =>
      Object.assign(new Response('text'), {
        clone: () => {
          throw new Error('cannot be copied');
        },
      }),
    'has no headers': () => Object.defineProperty(new Response('text'), 'headers', { value: null }),
  };
  for (const [what, make] of Object.entries(RESPONSES)) {
    it(`as it ${what} ends its trace`, async () => {
      using traces = captureTraces();
      const app = new Hono();
      app.use(openlayerTracing());
      app.get('/', make);
      await app.request('/');
      assert.equal((await traces.rows()).length, 1);
      assert.equal(getTracer().stats().open, 0);
    });
  }
});
