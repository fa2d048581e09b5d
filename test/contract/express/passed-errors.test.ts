/** Errors that leave a router for Express's own response to them, whatever they pass on their way. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openlayerTracing } from '@openlayer-tracing/express';
import type { Express, NextFunction, Request, Response } from 'express';
import { startCollector } from '../../support/collector.ts';
import { httpOf } from '../harness/stage.ts';
import { expressVersions } from './frameworks.ts';

type Factory = (typeof expressVersions)[number]['express'];

const boom = () => new Error('boom');
const answer = (_req: Request, res: Response) => {
  res.send('ok');
};

/** By what fails: the app's routes, the path, and the error's message and status. */
const WAYS: Readonly<
  Record<
    string,
    readonly [
      define: (app: Express, express: Factory) => void,
      path: string,
      message?: RegExp,
      status?: number,
    ]
  >
> = {
  'a handler that throws': [
    (app) =>
      app.get('/x', () => {
        throw boom();
      }),
    '/x',
  ],
  'a handler that passes it on': [(app) => app.get('/x', (_req, _res, next) => next(boom())), '/x'],
  'the last middleware': [(app) => app.use((_req, _res, next) => next(boom())), '/x'],
  'a parameter that passes it on': [
    (app) => {
      app.param('id', (_req: Request, _res: Response, next: NextFunction) => next(boom()));
      app.get('/x/:id', answer);
    },
    '/x/1',
  ],
  'a parameter that throws': [
    (app) => {
      app.param('id', () => {
        throw boom();
      });
      app.get('/x/:id', answer);
    },
    '/x/1',
  ],
  'a parameter of a mounted router': [
    (app, express) => {
      const router = express.Router();
      router.param('id', (_req: Request, _res: Response, next: NextFunction) => next(boom()));
      router.get('/:id', answer);
      app.use('/x', router);
    },
    '/x/1',
  ],
  'a parameter of an app that is called': [
    (app, express) => {
      const inner = express();
      inner.param('id', (_req: Request, _res: Response, next: NextFunction) => next(boom()));
      inner.get('/x/:id', answer);
      app.use((req, res, next) => inner(req, res, next));
    },
    '/x/1',
  ],
  'a path that cannot be decoded': [
    (app) => app.get('/x/:id', answer),
    '/x/%E0%A4%A',
    /Failed to decode param/,
    400,
  ],
};

for (const { name, express } of expressVersions) {
  describe(`an error on ${name} that nobody handles`, () => {
    for (const [what, [define, path, message = /boom/, status = 500]] of Object.entries(WAYS)) {
      it(`is recorded, at the first request as at later ones: ${what}`, async () => {
        await using collector = await startCollector();
        const app = express();
        app.set('env', 'test');
        app.use(openlayerTracing({ tracer: collector.createTracer() }));
        define(app as unknown as Express, express);
        const server: Server = createServer(app).listen(0);
        const { port } = server.address() as AddressInfo;
        for (let n = 0; n < 2; n++) {
          const response = await fetch(`http://127.0.0.1:${port}${path}`);
          assert.equal(response.status, status);
          await response.text();
        }
        server.close();
        for (const row of await collector.exactly(2)) {
          assert.match(String(row.metadata?.error), message);
          assert.equal(httpOf(row).status, status);
          assert.equal(httpOf(row).outcome, status === 500 ? 'error' : 'completed');
        }
      });
    }
  });
}

/** Requests that a callback of `param()` refuses before a layer runs: the routes, the paths, and the one name of both. */
const REFUSED: Readonly<
  Record<
    string,
    readonly [
      define: (app: Express, express: Factory, refuse: typeof refuseParam) => void,
      paths: readonly string[],
      name: string,
      route: string | null,
    ]
  >
> = {
  'a route': [
    (app, _express, refuse) => {
      app.param('id', refuse);
      app.get('/x/:id', answer);
    },
    ['/x/bad', '/x/worse'],
    'GET /x/:id',
    '/x/:id',
  ],
  'a route of a mounted router': [
    (app, express, refuse) => {
      const router = express.Router();
      router.param('id', refuse);
      router.get('/:id/pages', answer);
      app.use('/books', router);
    },
    ['/books/bad/pages', '/books/worse/pages'],
    'GET /books/:id/pages',
    '/books/:id/pages',
  ],
  'a mount': [
    (app, express, refuse) => {
      app.param('id', refuse);
      app.use('/x/:id', express.Router().get('/pages', answer));
    },
    ['/x/bad/pages', '/x/worse/other'],
    'GET /x/:id/*',
    null,
  ],
  'a mount behind a route that has passed the request on': [
    (app, express, refuse) => {
      app.get('/x/:first', (_req, _res, next) => next());
      app.param('id', refuse);
      app.use('/x/:id', express.Router().get('/', answer));
    },
    ['/x/bad', '/x/worse'],
    'GET /x/:id/*',
    null,
  ],
};

function refuseParam(_req: Request, _res: Response, next: NextFunction): void {
  next(Object.assign(boom(), { status: 400 }));
}

for (const { name: version, express } of expressVersions) {
  describe(`a request on ${version} that a callback of param() refuses`, () => {
    for (const [what, [define, paths, name, route]] of Object.entries(REFUSED)) {
      it(`has the name of its pattern, whatever its value: ${what}`, async () => {
        await using collector = await startCollector();
        const app = express();
        app.set('env', 'test');
        app.use(openlayerTracing({ tracer: collector.createTracer() }));
        define(app as unknown as Express, express, refuseParam);
        const server: Server = createServer(app).listen(0);
        const { port } = server.address() as AddressInfo;
        for (const path of paths) {
          const response = await fetch(`http://127.0.0.1:${port}${path}`);
          assert.equal(response.status, 400);
          await response.text();
        }
        server.close();
        const rows = await collector.exactly(paths.length);
        const found = rows.map((row) => [row.steps[0]?.name, httpOf(row).route, httpOf(row).path]);
        assert.deepEqual(
          found.sort(),
          paths.map((path) => [name, route, path]),
        );
      });
    }
  });
}
