/** What only Express has: next(err), error handlers, routers within routers, apps within apps. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { openlayerTracing } from '@openlayer-tracing/express';
import type { ErrorRequestHandler, Express, RequestHandler, Router } from 'express';
import multer from 'multer';
import { pause } from '../harness/pause.ts';
import {
  httpOf,
  printed,
  type Stage,
  type StageSettings,
  stageOn,
  stepsOf,
} from '../harness/stage.ts';
import { type ExpressFramework, express4, expressVersions } from './frameworks.ts';

type Define = (app: Express, tracing: () => RequestHandler) => void;

for (const framework of expressVersions) {
  /** Tracing is mounted where the test says. */
  const bare = (define: Define, settings?: StageSettings) =>
    stageOn(
      (tracer) => framework.serve((app) => define(app, () => openlayerTracing({ tracer }))),
      settings,
    );
  /** Tracing is mounted first. */
  const traced = (define: (app: Express) => void) =>
    bare((app, tracing) => {
      app.use(tracing());
      define(app);
    });

  describe(framework.name, () => {
    errors(framework, traced);
    answers(bare, traced);
    routers(framework, bare, traced);
  });
}

function errors(
  framework: ExpressFramework,
  traced: (define: (app: Express) => void) => Promise<Stage>,
) {
  describe('an error', () => {
    const passed: readonly (readonly [string, RequestHandler])[] = [
      ['at once', (_req, _res, next) => next(new RangeError('no such shelf'))],
      [
        'later',
        async (_req, _res, next) => {
          await pause(1);
          next(new RangeError('no such shelf'));
        },
      ],
    ];
    for (const [when, handler] of passed) {
      it(`that is given to next ${when} is that of the trace`, async () => {
        await using stage = await traced((app) => app.get('/books/:id', handler));
        const response = await fetch(`${stage.url}/books/7`);
        assert.equal(response.status, 500);
        await response.text();
        const row = await stage.only();
        assert.equal(row.steps[0]?.name, 'GET /books/:id');
        assert.deepEqual(row.params, { id: '7' });
        assert.equal(httpOf(row).outcome, 'error');
        assert.deepEqual(
          [row.metadata?.error, row.metadata?.errorType],
          ['no such shelf', 'RangeError'],
        );
      });

      it(`that is given to next ${when} reaches every handler of the app unchanged`, async () => {
        const seen: unknown[] = [];
        await using stage = await traced((app) => {
          app.get('/books/:id', handler);
          const first: ErrorRequestHandler = (error, req, _res, next) => {
            seen.push(error);
            req.trace.update({ metadata: { handled: true } });
            next(error);
          };
          const second: ErrorRequestHandler = (error, _req, res, _next) => {
            seen.push(error);
            res.status(404).json({ sorry: String(error) });
          };
          app.use(first, second);
        });
        const response = await fetch(`${stage.url}/books/7`);
        assert.equal(response.status, 404);
        assert.deepEqual(await response.json(), { sorry: 'RangeError: no such shelf' });
        assert.equal(seen.length, 2);
        assert.equal(seen[0], seen[1]);
        const row = await stage.only();
        assert.equal(
          stepsOf(row),
          printed(`
(uuid)  completed  404
└─ GET /books/:id [user_call]  ✗ no such shelf  → {"sorry":"RangeError: no such shelf"}
`),
        );
        assert.equal(row.handled, true);
      });
    }

    // As in an app that listens to `unhandledRejection`: without that, the rejection ends the process.
    const rejecting: RequestHandler = () => {
      const rejected = Promise.reject(new RangeError('no such shelf'));
      rejected.catch(() => {});
      return rejected;
    };
    if (framework === express4) {
      it('with which a handler rejects is ignored by Express 4, and not recorded', async () => {
        await using stage = await traced((app) => app.get('/books/:id', rejecting));
        await assert.rejects(fetch(`${stage.url}/books/7`, { signal: AbortSignal.timeout(200) }));
        const row = await stage.only();
        assert.deepEqual([httpOf(row).outcome, row.metadata?.error], ['aborted', undefined]);
      });
    } else {
      it('with which a handler rejects is that of the trace', async () => {
        await using stage = await traced((app) => app.get('/books/:id', rejecting));
        assert.equal((await fetch(`${stage.url}/books/7`)).status, 500);
        assert.equal((await stage.only()).metadata?.error, 'no such shelf');
      });
    }

    it('is the first one, where an error handler fails too', async () => {
      await using stage = await traced((app) => {
        app.get('/', () => {
          throw new Error('the first');
        });
        const failing: ErrorRequestHandler = (_error, _req, _res, _next) => {
          throw new Error('the second');
        };
        app.use(failing);
      });
      const response = await fetch(stage.url);
      assert.equal(response.status, 500);
      assert.match(await response.text(), /the second/);
      assert.equal((await stage.only()).metadata?.error, 'the first');
    });

    it('of middleware is recorded too, such as of multer and of the body parser', async () => {
      await using stage = await traced((app) => {
        const upload: RequestHandler = multer({ limits: { fileSize: 10 } }).any();
        app.post('/upload', upload, (_req, res) => res.json({}));
        app.post('/json', framework.express.json(), (_req, res) => res.json({}));
      });
      const body = new FormData();
      body.set('file', new Blob(['far too much']), 'file.txt');
      const headers = { 'x-request-id': 'upload' };
      await (await fetch(`${stage.url}/upload`, { method: 'POST', body, headers })).text();
      const json = { 'content-type': 'application/json', 'x-request-id': 'json' };
      await (
        await fetch(`${stage.url}/json`, { method: 'POST', body: '{"a', headers: json })
      ).text();
      const upload = await stage.row('upload');
      assert.deepEqual(
        [upload.metadata?.errorType, upload.metadata?.error],
        ['MulterError', 'File too large'],
      );
      const parsed = await stage.row('json');
      assert.equal(parsed.metadata?.errorType, 'SyntaxError');
      assert.equal(httpOf(parsed).status, 400);
    });

    it('that is none, such as next("route"), is not one of the trace', async () => {
      await using stage = await traced((app) => {
        app.get('/', (_req, _res, next) => next('route'));
        app.get('/', (_req, res) => {
          res.send('the other route');
        });
      });
      assert.equal(await (await fetch(stage.url)).text(), 'the other route');
      const row = await stage.only();
      assert.equal(row.metadata?.error, undefined);
      assert.equal(httpOf(row).outcome, 'completed');
    });

    it('of a route in a router has the name and the parameters of its route', async () => {
      await using stage = await traced((app) => {
        const router: Router = framework.express.Router();
        router.get('/books/:id', () => {
          throw new Error('no such shelf');
        });
        app.use('/api', router);
        const handler: ErrorRequestHandler = (_error, _req, res, _next) => {
          res.status(404).json({});
        };
        app.use(handler);
      });
      await (await fetch(`${stage.url}/api/books/7`)).text();
      const row = await stage.only();
      assert.deepEqual(
        { name: row.steps[0]?.name, params: row.params },
        { name: 'GET /api/books/:id', params: { id: '7' } },
      );
    });
  });
}

function answers(
  bare: (define: Define) => Promise<Stage>,
  traced: (define: (app: Express) => void) => Promise<Stage>,
) {
  describe('an answer', () => {
    it('that is given twice is one trace with the first, and the error of the second', async () => {
      await using stage = await traced((app) => {
        app.get('/', (_req, res) => {
          res.json({ answer: 1 });
          res.json({ answer: 2 });
        });
      });
      assert.deepEqual(await (await fetch(stage.url)).json(), { answer: 1 });
      const row = await stage.only();
      assert.deepEqual(row.output, { answer: 1 });
      assert.match(String(row.metadata?.error), /headers after they are sent/);
      assert.equal(httpOf(row).status, 200);
    });

    it('in pieces and of any encoding is put together', async () => {
      await using stage = await traced((app) => {
        app.get('/', (_req, res) => {
          res.writeHead(200, { 'Content-Type': 'text/plain' });
          res.write('4772c3bc', 'hex');
          res.write(new Uint8Array(Buffer.from('ße')));
          res.write(Buffer.from(' an '), () => {});
          res.end('YWxsZQ==', 'base64');
        });
      });
      assert.equal(await (await fetch(stage.url)).text(), 'Grüße an alle');
      const row = await stage.only();
      assert.equal(row.output, 'Grüße an alle');
      assert.equal(httpOf(row).bytes, 15);
    });

    it('of which a part was sent before the middleware is left alone', async () => {
      await using stage = await bare((app, tracing) => {
        app.use((_req, res, next) => {
          res.write('early, ');
          next();
        });
        app.use(tracing());
        app.get('/', (_req, res) => {
          res.end('and late');
        });
      });
      const response = await fetch(stage.url, { headers: { 'x-request-id': 'mine' } });
      assert.equal(response.headers.get('x-request-id'), null);
      assert.equal(await response.text(), 'early, and late');
      assert.equal(httpOf(await stage.row('mine')).outcome, 'completed');
    });

    it('of JSON in pieces is a value, and a redirect or a file is what it says', async () => {
      await using stage = await traced((app) => {
        app.get('/pieces', (_req, res) => {
          res.setHeader('Content-Type', 'application/vnd.api+json');
          res.write('{"answer":');
          res.end('42}');
        });
        app.get('/old', (_req, res) => res.redirect(301, '/new'));
        app.get('/file', (_req, res) => res.sendFile(import.meta.filename));
      });
      const get = async (path: string) => {
        const headers = { 'x-request-id': path };
        return (await fetch(`${stage.url}/${path}`, { headers, redirect: 'manual' })).text();
      };
      const sent = { pieces: await get('pieces'), old: await get('old'), file: await get('file') };
      assert.deepEqual((await stage.row('pieces')).output, JSON.parse(sent.pieces));
      assert.equal(httpOf(await stage.row('old')).status, 301);
      assert.equal((await stage.row('old')).output, sent.old);
      assert.match(sent.file, /What only Express has/);
      assert.equal(httpOf(await stage.row('file')).bytes, Buffer.byteLength(sent.file));
    });

    it('of which the connection is destroyed by the app has failed', async () => {
      await using stage = await traced((app) => {
        app.get('/', (req) => req.socket.destroy());
      });
      await assert.rejects(fetch(stage.url));
      assert.equal(httpOf(await stage.only()).outcome, 'error');
    });
  });
}

function routers(
  framework: ExpressFramework,
  bare: (define: Define) => Promise<Stage>,
  traced: (define: (app: Express) => void) => Promise<Stage>,
) {
  describe('routers', () => {
    const { Router } = framework.express;
    const answer: RequestHandler = (req, res) => {
      res.json({ ...req.params });
    };

    it('within routers and apps within apps give the whole route its name', async () => {
      await using stage = await traced((app) => {
        const inner = Router({ mergeParams: true });
        inner.get('/items/:item', answer);
        const outer = Router();
        outer.use('/shelves/:shelf', inner);
        app.use('/api', outer);
        const admin = framework.express();
        admin.get('/users/:user', answer);
        app.use('/admin', admin);
        app.route('/both/:id').get(answer).post(answer);
        app.get(['/one', '/two'], answer);
        app.get(/^\/r(\d+)$/, answer);
      });
      const paths = ['api/shelves/3/items/7', 'admin/users/ann', 'both/1', 'two', 'r12'];
      const found: unknown[] = [];
      for (const [n, path] of paths.entries()) {
        const headers = { 'x-request-id': `r-${n}` };
        await (await fetch(`${stage.url}/${path}`, { headers })).text();
        const row = await stage.row(`r-${n}`);
        found.push([row.steps[0]?.name, row.params]);
        assert.equal(httpOf(row).path, `/${path}`);
      }
      assert.deepEqual(found, [
        ['GET /api/shelves/:shelf/items/:item', { shelf: '3', item: '7' }],
        ['GET /admin/users/:user', { user: 'ann' }],
        ['GET /both/:id', { id: '1' }],
        ['GET /one,/two', null],
        ['GET /^\\/r(\\d+)$/', { '0': '12' }],
      ]);
    });

    it('may mount the middleware again: a request is one trace, whatever it passes', async () => {
      await using stage = await bare((app, tracing) => {
        app.use(tracing());
        const router = Router();
        router.use(tracing());
        router.get('/items/:id', tracing(), async (req, res) => {
          await req.trace.step('look', () => pause(1));
          res.json({});
        });
        app.use('/api', tracing(), router);
      });
      await (await fetch(`${stage.url}/api/items/1`)).text();
      assert.equal(
        stepsOf(await stage.only()),
        printed(`
(uuid)  completed  200
└─ GET /api/items/:id [user_call]  → {}
   └─ look [user_call]
`),
      );
      assert.equal((await stage.stats()).started, 1);
    });

    it('may be the only ones to mount the middleware: other routes are left alone', async () => {
      await using stage = await bare((app, tracing) => {
        const router = Router();
        router.use(tracing());
        router.get('/items', answer);
        app.use('/api', router);
        app.get('/health', answer);
        const handler: ErrorRequestHandler = (_error, _req, res, _next) => {
          res.status(500).json({});
        };
        app.use(handler);
      });
      const health = await fetch(`${stage.url}/health`);
      await health.text();
      assert.equal(health.headers.get('x-request-id'), null);
      await (await fetch(`${stage.url}/api/items`)).text();
      assert.equal((await stage.only()).steps[0]?.name, 'GET /api/items');
      assert.equal((await stage.stats()).started, 1);
    });

    it('that are added while the app runs are traced like the others', async () => {
      let added = (): void => {};
      await using stage = await traced((app) => {
        added = () => {
          app.get('/late', () => {
            throw new Error('too late');
          });
          const handler: ErrorRequestHandler = (_error, _req, res, _next) => {
            res.status(503).json({});
          };
          app.use(handler);
        };
      });
      await (await fetch(`${stage.url}/early`)).text();
      added();
      await (await fetch(`${stage.url}/late`)).text();
      const late = (await stage.rows(2))[1];
      assert.deepEqual([late?.steps[0]?.name, late?.metadata?.error], ['GET /late', 'too late']);
    });
  });

  describe('the middleware without options', () => {
    it('publishes by the process-wide tracer', async () => {
      using traces = captureTraces();
      const running = await framework.serve((app) => {
        app.use(openlayerTracing());
        app.get('/', (req, res) => {
          req.trace.step('work', () => {});
          res.send('done');
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
