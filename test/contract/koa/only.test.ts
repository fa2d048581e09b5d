/** What only Koa has: errors that rise through middleware, the app's error event, contexts. */

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { setTimeout as later } from 'node:timers/promises';
import { step } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { openlayerTracing } from '@openlayer-tracing/koa';
import type { Context, Middleware } from 'koa';
import { play } from '../../support/raw-http.ts';
import { headerIn, rawGet, requestOf } from '../harness/clients.ts';
import { pause, until } from '../harness/pause.ts';
import { httpOf, printed, stageOn, stepsOf } from '../harness/stage.ts';
import { type KoaFramework, koaVersions } from './frameworks.ts';
import { type Bare, stagesOf, type Traced } from './stage.ts';

for (const framework of koaVersions) {
  const { bare, traced } = stagesOf(framework);
  describe(framework.name, () => {
    errors(bare, traced);
    answers(bare, traced);
    mounts(framework, bare);
  });
}

function errors(bare: Bare, traced: Traced) {
  describe('an error', () => {
    const shelf = new RangeError('no such shelf');
    const failing: Middleware = async () => {
      await pause(1);
      throw shelf;
    };

    it('reaches the app once, unchanged, and is answered by Koa as ever', async () => {
      const met: unknown[] = [];
      await using stage = await traced((app) => {
        app.on('error', (error: unknown, ctx: Context) => met.push(error, ctx.path));
        app.use(failing);
      });
      const response = await fetch(`${stage.url}/books`);
      assert.equal(response.status, 500);
      assert.equal(await response.text(), 'Internal Server Error');
      assert.deepEqual(met, [shelf, '/books']);
      assert.equal(met[0], shelf);
      const row = await stage.only();
      assert.equal(
        stepsOf(row),
        printed(`
(uuid)  error  500
└─ GET /books [user_call]  ✗ no such shelf  → "Internal Server Error"
`),
      );
      assert.equal(row.metadata?.errorType, 'RangeError');
    });

    it('with a status of its own is that of a completed answer', async () => {
      await using stage = await traced((app) => {
        app.use((ctx) => ctx.throw(404, 'no such book'));
      });
      assert.equal(await (await fetch(stage.url)).text(), 'no such book');
      assert.equal(
        stepsOf(await stage.only()),
        printed(`
(uuid)  completed  404
└─ GET / [user_call]  ✗ no such book  → "no such book"
`),
      );
    });

    it('leaves the id in the answer, though Koa takes its headers back', async () => {
      await using stage = await bare((app, tracing) => {
        app.use((ctx, next) => {
          ctx.set('X-Early', 'taken back');
          return next();
        });
        app.use(tracing());
        app.use(failing);
      });
      const answer = await rawGet(stage.port, '/', ['X-Request-Id: mine']);
      assert.match(answer, /^HTTP\/1.1 500/);
      assert.equal(headerIn(answer, 'x-early'), undefined);
      assert.equal(headerIn(answer, 'x-request-id'), 'mine');
      assert.equal((await stage.only()).inferenceId, 'mine');
    });

    it('that is none is answered by Koa, and named as what it was', async () => {
      const met: unknown[] = [];
      await using stage = await traced((app) => {
        app.on('error', (error: Error) => met.push(error.message));
        app.use(async () => {
          throw 'just a text';
        });
      });
      assert.equal((await fetch(stage.url)).status, 500);
      assert.deepEqual(met, ['non-error thrown: "just a text"']);
      const row = await stage.only();
      assert.equal(row.metadata?.error, 'just a text');
      assert.equal(httpOf(row).outcome, 'error');
    });

    it('that is null is never answered by Koa, and named when the client leaves', async () => {
      await using stage = await traced((app) => {
        app.use(async () => {
          throw null;
        });
      });
      await play(stage.port, async (peer) => {
        peer.send(requestOf('GET /'));
        await later(30);
        peer.leave();
      });
      assert.equal(
        stepsOf(await stage.only()),
        printed(`
(uuid)  aborted
└─ GET / [user_call]  ✗ null
`),
      );
    });

    it('of middleware before the middleware is that of the trace', async () => {
      await using stage = await bare((app, tracing) => {
        app.use(async (_ctx, next) => {
          await next();
          throw shelf;
        });
        app.use(tracing());
        app.use((ctx) => {
          ctx.body = 'thrown away';
        });
      });
      assert.equal((await fetch(stage.url)).status, 500);
      assert.equal(
        stepsOf(await stage.only()),
        printed(`
(uuid)  error  500
└─ GET / [user_call]  ✗ no such shelf  → "Internal Server Error"
`),
      );
    });

    const forgiving =
      (tell: boolean): Middleware =>
      async (ctx, next) => {
        try {
          await next();
        } catch (error) {
          assert.equal(ctx.status, 404, 'the status is still what Koa starts with');
          ctx.status = 503;
          ctx.body = { sorry: String(error) };
          if (tell) ctx.app.emit('error', error, ctx);
        }
      };

    it('that the app answers and tells of is that of the trace, wherever it was caught', async () => {
      await using stage = await traced((app) => {
        app.on('error', () => {});
        app.use(forgiving(true));
        app.use(failing);
      });
      assert.equal((await fetch(stage.url)).status, 503);
      assert.equal(
        stepsOf(await stage.only()),
        printed(`
(uuid)  error  503
└─ GET / [user_call]  ✗ no such shelf  → {"sorry":"RangeError: no such shelf"}
`),
      );
    });

    it('that middleware behind answers and keeps to itself is none, but for a second mount', async () => {
      await using stage = await bare((app, tracing) => {
        app.use(tracing());
        app.use(forgiving(false));
        app.use((ctx, next) => (ctx.path === '/known' ? tracing()(ctx, next) : next()));
        app.use(failing);
      });
      for (const id of ['hidden', 'known']) {
        const headers = { 'x-request-id': id };
        assert.equal((await fetch(`${stage.url}/${id}`, { headers })).status, 503);
      }
      const trees = [await stage.row('hidden'), await stage.row('known')].map(stepsOf);
      assert.deepEqual(trees, [
        printed(`
hidden  error  503
└─ GET /hidden [user_call]  → {"sorry":"RangeError: no such shelf"}
`),
        printed(`
known  error  503
└─ GET /known [user_call]  ✗ no such shelf  → {"sorry":"RangeError: no such shelf"}
`),
      ]);
    });

    it('that nobody waits for is as unhandled as ever', async () => {
      const unhandled: unknown[] = [];
      await using stage = await traced((app) => {
        app.use((ctx, next) => {
          // Many an app has forgotten to return it.
          void next();
          ctx.body = 'answered without waiting';
        });
        app.use(failing);
      });
      using _heard = hearUnhandled((reason) => unhandled.push(reason));
      assert.equal(await (await fetch(stage.url)).text(), 'answered without waiting');
      await until(() => unhandled.length > 0, 'the rejection');
      assert.deepEqual(unhandled, [shelf]);
      await stage.only();
    });

    it('leaves the app the listeners that it had', async () => {
      let counted = (): number[] => [];
      await using stage = await traced((app) => {
        counted = () => app.eventNames().map((name) => app.listenerCount(name));
        app.use(failing);
      });
      const before = counted();
      await (await fetch(stage.url)).text();
      assert.deepEqual(counted(), before);
      await stage.only();
    });
  });
}

/** In place of whoever listens now. */
function hearUnhandled(listener: (reason: unknown) => void): Disposable {
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', listener);
  return {
    [Symbol.dispose]() {
      process.removeAllListeners('unhandledRejection');
      for (const other of others) process.on('unhandledRejection', other);
    },
  };
}

function answers(bare: Bare, traced: Traced) {
  describe('an answer', () => {
    it('that the handler writes itself, by ctx.respond, is followed to its end', async () => {
      await using stage = await traced((app) => {
        app.use(async (ctx) => {
          ctx.respond = false;
          ctx.res.writeHead(202, { 'Content-Type': 'text/plain' });
          ctx.res.write('bypassing ');
          setTimeout(() => {
            step('late', () => {});
            ctx.res.end('Koa');
          }, 20);
        });
      });
      assert.equal(await (await fetch(stage.url)).text(), 'bypassing Koa');
      const row = await stage.only();
      assert.equal(
        stepsOf(row),
        printed(`
(uuid)  completed  202
└─ GET / [user_call]  → "bypassing Koa"
   └─ late [user_call]
`),
      );
      assert.ok(row.latency >= 19, `latency is ${row.latency}`);
    });

    it('has the status that was sent, whatever the handler saw on its way', async () => {
      const seen: number[] = [];
      await using stage = await bare((app, tracing) => {
        app.use(async (ctx, next) => {
          await next();
          ctx.status = 418;
        });
        app.use(tracing());
        app.use(async (ctx, next) => {
          await next();
          seen.push(ctx.status);
        });
        app.use((ctx) => {
          ctx.body = 'short and stout';
        });
      });
      assert.equal((await fetch(stage.url)).status, 418);
      assert.deepEqual(seen, [200]);
      assert.equal(httpOf(await stage.only()).status, 418);
    });

    it('that is a redirect, nothing or not there is what it says', async () => {
      await using stage = await traced((app) => {
        app.use((ctx) => {
          if (ctx.path === '/old') ctx.redirect('/new');
          else if (ctx.path === '/nothing') ctx.body = null;
        });
      });
      const found: unknown[] = [];
      for (const path of ['old', 'nothing', 'not-there']) {
        const headers = { 'x-request-id': path };
        const response = await fetch(`${stage.url}/${path}`, { headers, redirect: 'manual' });
        const text = await response.text();
        const row = await stage.row(path);
        assert.equal(row.output ?? '', text);
        found.push([httpOf(row).status, httpOf(row).outcome]);
      }
      assert.deepEqual(found, [
        [302, 'completed'],
        [204, 'completed'],
        [404, 'completed'],
      ]);
    });
  });
}

function mounts(framework: KoaFramework, bare: Bare) {
  const { Router } = framework;

  describe('mounting', () => {
    it('the middleware again leaves a request one trace, whatever it passes', async () => {
      await using stage = await bare((app, tracing) => {
        const router = new Router();
        router.use(tracing());
        router.get('/items/:id', tracing(), async (ctx) => {
          await ctx.trace.step('look', () => pause(1));
          ctx.body = Readable.from(spoken());
          ctx.type = 'text/plain';
        });
        app.use(tracing()).use(tracing()).use(router.routes());
      });
      await (await fetch(`${stage.url}/items/1`)).text();
      assert.equal(
        stepsOf(await stage.only()),
        printed(`
(uuid)  completed  200
└─ GET /items/:id [user_call]  → "spoken"
   ├─ look [user_call]
   └─ speak [user_call]
`),
      );
      assert.equal((await stage.stats()).started, 1);
    });

    it('it in a router alone leaves other routes untraced, with a trace that does nothing', async () => {
      await using stage = await bare((app, tracing) => {
        const router = new Router();
        router.get('/items', tracing(), (ctx) => {
          ctx.body = 'items';
        });
        app.use(router.routes());
        app.use((ctx) => {
          ctx.body = ctx.trace.step('unseen', () => 'other');
        });
      });
      await (await fetch(`${stage.url}/items`)).text();
      const other = await fetch(`${stage.url}/other`);
      assert.equal(await other.text(), 'other');
      assert.equal(other.headers.get('x-request-id'), null);
      assert.equal((await stage.only()).steps[0]?.name, 'GET /items');
      assert.equal((await stage.stats()).started, 1);
    });

    it('an app that another one calls for the same request leaves it one trace', async () => {
      await using stage = await bare((app, tracing) => {
        const inner = new framework.Koa();
        inner.use(tracing());
        inner.use((ctx) => {
          ctx.body = ctx.trace.step('inside', () => 'inner');
        });
        const answer = inner.callback();
        app.use(tracing());
        app.use((ctx) => {
          ctx.respond = false;
          return answer(ctx.req, ctx.res);
        });
      });
      assert.equal(await (await fetch(stage.url)).text(), 'inner');
      assert.equal(
        stepsOf(await stage.only()),
        printed(`
(uuid)  completed  200
└─ GET / [user_call]  → "inner"
   └─ inside [user_call]  → "inner"
`),
      );
    });
  });

  describe('an app', () => {
    it('that has a trace of its own in the way is given that of the request', async () => {
      await using stage = await bare((app, tracing) => {
        app.use((ctx, next) => {
          Object.defineProperty(ctx, 'trace', { value: 'of the app', configurable: true });
          return next();
        });
        app.use(tracing());
        app.use((ctx) => {
          ctx.body = ctx.trace.step('mine', () => 'answered');
        });
      });
      assert.equal(await (await fetch(stage.url)).text(), 'answered');
      assert.equal((await stage.only()).steps[0]?.steps[0]?.name, 'mine');
    });

    it('with an AsyncLocalStorage of its own keeps it', async () => {
      const running = new framework.Koa({ asyncLocalStorage: true });
      await using stage = await stageOn((tracer) =>
        framework.serve((app) => {
          Object.assign(app, { ctxStorage: Reflect.get(running, 'ctxStorage') });
          app.use(openlayerTracing({ tracer }));
          app.use(async (ctx) => {
            await pause(1);
            ctx.body = String(app.currentContext === ctx);
          });
        }),
      );
      assert.equal(await (await fetch(stage.url)).text(), 'true');
      await stage.only();
    });
  });

  describe('the middleware without options', () => {
    it('publishes by the process-wide tracer', async () => {
      using traces = captureTraces();
      const running = await framework.serve((app) => {
        app.use(openlayerTracing());
        app.use((ctx) => {
          ctx.trace.step('work', () => {});
          ctx.body = 'done';
        });
      });
      await (await fetch(running.url)).text();
      running.server.closeAllConnections();
      running.server.close();
      const [row] = await traces.rows();
      assert.ok(row !== undefined);
      assert.equal(
        stepsOf(row),
        printed(`
(uuid)  completed  200
└─ GET / [user_call]  → "done"
   └─ work [user_call]
`),
      );
    });
  });
}

async function* spoken(): AsyncGenerator<string> {
  await pause(1);
  step('speak', () => {});
  yield 'spoken';
}
