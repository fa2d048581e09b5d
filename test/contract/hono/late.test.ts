/** A middleware that comes late, twice, or by other objects than Hono's own: one request is one trace, which ends. */

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as later } from 'node:timers/promises';
import { getTrace, step } from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { streamSSE } from 'hono/streaming';
import { until } from '../harness/pause.ts';
import { httpOf, type Stage, type StageSettings, stageOn, stepsOf } from '../harness/stage.ts';
import { hono } from './frameworks.ts';

const WAYS: Readonly<Record<string, readonly MiddlewareHandler[]>> = {
  'on node-server': [],
  'by web responses': [
    async (c, next) => {
      c.env = {};
      await next();
    },
  ],
};

/** A proxy as libraries make them: it hands on what it is asked for. */
function proxied<T extends object>(target: T, own: Readonly<Record<string, unknown>> = {}): T {
  return new Proxy(target, {
    get(_target, key) {
      const value: unknown = key in own ? own[key as string] : Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (_target, key, value) => Reflect.set(target, key, value),
  });
}

/** Another object in the place of a context or its request, by what the middleware is called with. */
const STAND_INS: Readonly<Record<string, (c: Context) => Context>> = {
  'a proxy of the context': (c) => proxied(c),
  'a proxy of the request': (c) => proxied(c, { req: proxied(c.req) }),
  'a proxy of the raw request': (c) => {
    c.req.raw = proxied(c.req.raw);
    return c;
  },
  'a new raw request': (c) => {
    c.req.raw = new Request(c.req.raw);
    return c;
  },
  'a proxy of the context, with a new raw request': (c) => {
    c.req.raw = new Request(c.req.raw);
    return proxied(c);
  },
};

for (const [way, first] of Object.entries(WAYS)) {
  const staged = (
    define: (app: Hono, tracing: () => MiddlewareHandler) => void,
    settings?: StageSettings,
  ): Promise<Stage> =>
    stageOn(
      (tracer) =>
        hono.serve((app) => {
          for (const middleware of first) app.use(middleware);
          define(app, () => openlayerTracing({ tracer }));
        }),
      settings,
    );
  const get = async (stage: Stage, path = '/'): Promise<readonly [number, string]> => {
    const response = await fetch(`${stage.url}${path}`);
    return [response.status, await response.text()];
  };
  /** One row, and nothing of it left. */
  const onlyRow = async (stage: Stage) => {
    const row = await stage.only();
    const { started, open } = await stage.stats();
    assert.deepEqual({ started, open }, { started: 1, open: 0 });
    return row;
  };

  describe(`Hono ${way}, the middleware`, () => {
    describe('late', () => {
      it('finds that the client has left, and the trace ends at once', async () => {
        let hasBegun = false;
        await using stage = await staged((app, tracing) => {
          app.use(async (c, next) => {
            const { signal } = c.req.raw;
            await until(() => signal.aborted, 'the client to leave');
            await later(5);
            await next();
          });
          app.use(tracing());
          app.get('/', async (c) => {
            hasBegun = true;
            await step('work', () => later(50));
            return c.text('for nobody');
          });
        });
        const socket = connect(stage.port, '127.0.0.1');
        socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        await later(20);
        socket.destroy();
        await until(() => hasBegun, 'the handler');
        await until(async () => (await stage.stats()).open === 0, 'the end of the trace');
        assert.equal(httpOf(await onlyRow(stage)).outcome, 'aborted');
      });

      it('finds a response that was made before it', async () => {
        await using stage = await staged((app, tracing) => {
          app.use(async (c, next) => {
            c.res = c.json({ made: 'before' }, 202);
            await next();
          });
          app.use(tracing());
          app.get('/', async (c) => {
            await step('work', () => later(1));
            return c.text('not sent');
          });
        });
        assert.deepEqual(await get(stage), [202, '{"made":"before"}']);
        const row = await onlyRow(stage);
        assert.deepEqual([httpOf(row).status, row.output], [202, { made: 'before' }]);
      });

      it('finds a streamed response that was made before it', async () => {
        await using stage = await staged((app, tracing) => {
          app.use(async (c, next) => {
            c.res = new Response(
              ReadableStream.from([Buffer.from('a '), Buffer.from('b')]) as never,
              {
                headers: { 'content-type': 'text/plain' },
              },
            );
            await next();
          });
          app.use(tracing());
          app.get('/', (c) => c.text('not sent'));
        });
        assert.deepEqual(await get(stage), [200, 'a b']);
        assert.equal((await onlyRow(stage)).output, 'a b');
      });

      it('finds that another middleware answers in the place of what it has seen', async () => {
        await using stage = await staged((app, tracing) => {
          app.use(async (c, next) => {
            await next();
            await c.res.body?.cancel();
            c.res = undefined;
            c.res = c.text('instead', 203);
          });
          app.use(tracing());
          app.get('/', (c) => c.body(ReadableStream.from([Buffer.from('x')]) as never));
        });
        assert.deepEqual(await get(stage), [203, 'instead']);
        assert.equal(httpOf(await onlyRow(stage)).outcome, 'completed');
      });

      it('is behind a route that answers, and sees nothing of it', async () => {
        await using stage = await staged((app, tracing) => {
          app.get('/early', (c) => c.text('early'));
          app.use(tracing());
          app.get('/', (c) => c.text('traced'));
        });
        assert.deepEqual(await get(stage, '/early'), [200, 'early']);
        assert.deepEqual(await get(stage), [200, 'traced']);
        assert.equal((await onlyRow(stage)).steps[0]?.name, 'GET /');
      });
    });

    describe('twice', () => {
      it('in two sub-apps that a request goes through', async () => {
        await using stage = await staged((app, tracing) => {
          const outer = new Hono().use(tracing());
          const inner = new Hono().use(tracing()).get('/:x', async (c) => {
            await c.var.trace.step('work', () => later(1));
            return c.text('ok');
          });
          app.route('/a', outer).route('/a/b', inner);
        });
        assert.deepEqual(await get(stage, '/a/b/1'), [200, 'ok']);
        const row = await onlyRow(stage);
        assert.match(stepsOf(row), /GET \/a\/b\/:x .*\n {3}└─ work/);
      });

      for (const [title, standIn] of Object.entries(STAND_INS)) {
        it(`the second time by ${title}`, async () => {
          let found: unknown[] = [];
          await using stage = await staged((app, tracing) => {
            app.use(tracing());
            app.use((c, next) => tracing()(standIn(c), next) as Promise<void>);
            app.get('/', async (c) => {
              found = [getTrace(c), c.var.trace, getTrace(standIn(c))];
              await c.var.trace.step('work', () => later(1));
              return c.text('ok');
            });
          });
          assert.deepEqual(await get(stage), [200, 'ok']);
          assert.match(stepsOf(await onlyRow(stage)), /completed {2}200\n.*\n {3}└─ work/);
          assert.ok(found[0] !== undefined && found[0] === found[1]);
        });

        it(`the first time by ${title}`, async () => {
          await using stage = await staged((app, tracing) => {
            app.use((c, next) => tracing()(standIn(c), next) as Promise<void>);
            app.use(tracing());
            app.get('/', async (c) => {
              await c.var.trace.step('work', () => later(1));
              return c.text('ok');
            });
          });
          assert.deepEqual(await get(stage), [200, 'ok']);
          const row = await onlyRow(stage);
          assert.match(stepsOf(row), /completed {2}200\n.*→ "ok"\n {3}└─ work/);
        });
      }

      for (const [title, answer] of Object.entries({
        'in memory': (c) => c.text('made'),
        'a stream': (c) => c.body(ReadableStream.from([Buffer.from('made')]) as never),
        'of events': (c) => streamSSE(c, (stream) => stream.writeSSE({ data: 'made' })),
      } satisfies Record<string, (c: Context) => Response>)) {
        it(`around middleware that changes a response ${title}`, async () => {
          await using stage = await staged((app, tracing) => {
            app.use(tracing());
            app.use(async (c, next) => {
              await next();
              c.res = new Response(c.res.body, { status: 202, headers: c.res.headers });
              c.res.headers.set('content-type', 'text/x-changed');
            });
            app.use(tracing());
            app.get('/', answer);
          });
          const [status, text] = await get(stage);
          const row = await onlyRow(stage);
          assert.deepEqual([status, row.output], [202, text]);
          assert.deepEqual([httpOf(row).status, httpOf(row).bytes], [202, text.length]);
        });
      }

      it('in apps that a handler asks by new requests, each at its step', async () => {
        await using stage = await staged((app, tracing) => {
          const inner = new Hono().use(tracing()).get('/:x', (c) => c.text(c.req.param('x')));
          app.use(tracing());
          app.mount('/mounted', inner.fetch);
          app.get('/', async (c) => {
            const asked = await Promise.all([
              step('by path', async () => (await inner.request('/a')).text()),
              step('by request', async () => (await inner.fetch(new Request(c.req.raw))).status),
              step('by both', async () => (await app.request('/mounted/b')).text()),
            ]);
            return c.json(asked);
          });
        });
        assert.deepEqual(await get(stage), [200, '["a",404,"b"]']);
        await onlyRow(stage);
      });
    });
  });
}

describe('Hono without a server, the middleware', () => {
  it('finds a signal that has aborted, and the trace ends at once', async () => {
    await using stage = await stageOn((tracer) =>
      hono.serve((app) => {
        const inner = new Hono().use(openlayerTracing({ tracer })).get('/', async (c) => {
          await step('work', () => later(1));
          return c.text('ok');
        });
        app.get('/', (c) =>
          inner.request('/', {
            signal: AbortSignal.abort(),
            headers: { 'x-request-id': c.req.query('id') ?? '' },
          }),
        );
      }),
    );
    assert.equal((await fetch(`${stage.url}/?id=left`)).status, 200);
    const row = await stage.row('left');
    assert.equal(httpOf(row).outcome, 'aborted');
    assert.equal((await stage.stats()).open, 0);
  });
});
