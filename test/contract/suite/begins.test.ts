/** What may go wrong while a trace begins costs the fact that it concerns, and ids stay apart in the whole process. */

import assert from 'node:assert/strict';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Diagnostic, Tracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import { startCollector } from '../../support/collector.ts';
import { expressVersions } from '../express/frameworks.ts';
import { serving } from '../harness/frameworks.ts';
import { httpOf } from '../harness/stage.ts';
import { koaVersions } from '../koa/frameworks.ts';

type Spoil = (req: IncomingMessage, res: ServerResponse) => void;
type Start = (
  tracer: Tracer | undefined,
  spoil: Spoil,
  options?: { readonly inferenceId: { readonly trust: boolean | (() => boolean) } },
) => RequestListener;

const APPS: Record<string, Start> = {};

for (const { name, express } of expressVersions) {
  APPS[name] = (tracer, spoil, options) => {
    const app = express();
    app.set('env', 'test');
    app.use((req, res, next) => {
      spoil(req, res);
      next();
    });
    if (tracer !== undefined) app.use(forExpress({ tracer, ...options }));
    app.post('/x/:id', (_req, res) => {
      res.statusCode = 200;
      res.end('done');
    });
    return app;
  };
}
for (const { name, Koa } of koaVersions) {
  APPS[name] = (tracer, spoil, options) => {
    const app = new Koa();
    app.silent = true;
    app.use((ctx, next) => {
      spoil(ctx.req, ctx.res);
      return next();
    });
    if (tracer !== undefined) app.use(forKoa({ tracer, ...options }));
    app.use((ctx) => {
      ctx.body = 'done';
    });
    return app.callback();
  };
}

function throwing(holder: object, name: string): void {
  Object.defineProperty(holder, name, {
    configurable: true,
    get() {
      throw new Error(`${name} must not be read`);
    },
  });
}

/** What an app, a library or a mock may have made of a request before the middleware sees it. */
const SPOILED: Readonly<Record<string, Spoil>> = {
  'a query that throws where it is read': (req) => throwing(req, 'query'),
  'a body that throws where it is read': (req) => throwing(req, 'body'),
  'a header that throws where it is read': (req) => throwing(req.headers, 'x-request-id'),
  'a content type that throws where it is read': (req) => throwing(req.headers, 'content-type'),
  'a user agent that throws where it is read': (req) => throwing(req.headers, 'user-agent'),
  'a trace of its own that throws where it is read': (req) => throwing(req, 'trace'),
  'an emit that cannot be replaced': (req, res) => {
    for (const each of [req, res]) Object.defineProperty(each, 'emit', { value: each.emit });
  },
  'a write and an end that cannot be replaced': (_req, res) => {
    for (const name of ['write', 'end']) {
      Object.defineProperty(res, name, { value: Reflect.get(res, name) });
    }
  },
};

async function post(url: string): Promise<unknown> {
  const response = await fetch(`${url}/x/1?a=1`, { method: 'POST', body: 'hello' });
  return [response.status, await response.text()];
}

for (const [name, start] of Object.entries(APPS)) {
  describe(`a trace of ${name} that begins with`, () => {
    for (const [what, spoil] of Object.entries(SPOILED)) {
      it(`${what} is there, and nothing is left open`, async () => {
        await using collector = await startCollector();
        const found: Diagnostic[] = [];
        const onDiagnostic = (diagnostic: Diagnostic) => found.push(diagnostic);
        const tracer = collector.createTracer({ onDiagnostic });
        await using bare = await serving(start(undefined, spoil));
        await using traced = await serving(start(tracer, spoil));
        for (let i = 0; i < 3; i++) assert.deepEqual(await post(traced.url), await post(bare.url));
        const rows = await collector.exactly(3);
        assert.equal(tracer.stats().open, 0);
        for (const row of rows) assert.match(String(row.steps[0]?.name), /^POST \/x\//);
        const outcomes = new Set(rows.map((row) => httpOf(row).outcome));
        assert.deepEqual([...outcomes], ['completed']);
      });
    }
  });
}

describe('a request id in the response header, from an earlier middleware', () => {
  const headers = { 'x-request-id': 'of-the-client' };
  const UNTRUSTED = {
    'no client': { trust: false },
    'not this client': { trust: () => false },
  };

  for (const [name, start] of Object.entries(APPS)) {
    for (const [who, inferenceId] of Object.entries(UNTRUSTED)) {
      it(`is no id of a row in ${name} if it is the client’s and ${who} is trusted`, async () => {
        await using collector = await startCollector();
        const repeat: Spoil = (req, res) => {
          res.setHeader('x-request-id', req.headers['x-request-id'] ?? crypto.randomUUID());
        };
        await using server = await serving(
          start(collector.createTracer(), repeat, { inferenceId }),
        );
        for (let i = 0; i < 2; i++) {
          const response = await fetch(`${server.url}/x/1`, { method: 'POST', headers });
          assert.equal(response.headers.get('x-request-id'), 'of-the-client');
          await response.text();
        }
        const ids = (await collector.exactly(2)).map(({ inferenceId }) => inferenceId);
        assert.equal(new Set(ids).size, 2);
        for (const id of ids) assert.doesNotMatch(id, /of-the-client/);
      });
    }

    it(`is the id of the row in ${name}, also if the client has sent one that is trusted`, async () => {
      await using collector = await startCollector();
      const made = `made-${crypto.randomUUID()}`;
      await using server = await serving(
        start(collector.createTracer(), (_req, res) => void res.setHeader('x-request-id', made)),
      );
      const response = await fetch(`${server.url}/x/1`, { method: 'POST', headers });
      await response.text();
      const [row] = await collector.exactly(1);
      assert.equal(row?.inferenceId, response.headers.get('x-request-id'));
    });

    it(`is the id of one row in ${name}, if the middleware sets the same again`, async () => {
      await using collector = await startCollector();
      const made = `made-${crypto.randomUUID()}`;
      await using server = await serving(
        start(collector.createTracer(), (_req, res) => void res.setHeader('x-request-id', made)),
      );
      for (let i = 0; i < 2; i++) {
        const response = await fetch(`${server.url}/x/1`, { method: 'POST' });
        await response.text();
      }
      const ids = (await collector.exactly(2)).map(({ inferenceId }) => inferenceId);
      assert.deepEqual(ids.sort(), [made, `${made}:2`]);
    });
  }
});

describe('a request that is not recorded, with an id in the response header', () => {
  for (const { name, express } of expressVersions) {
    it(`has that id in ${name}`, async () => {
      const app = express();
      app.use((_req, res, next) => {
        res.setHeader('x-request-id', 'made');
        next();
      });
      app.use(forExpress({ sample: 0, publish: true, transport: memoryTransport() }));
      app.get('/', (req, res) => {
        res.end(req.trace.inferenceId);
      });
      await using server = await serving(app);
      const response = await fetch(server.url, { headers: { 'x-request-id': 'of-the-client' } });
      assert.equal(await response.text(), 'made');
    });
  }
});

describe('a request id that comes twice', () => {
  const headers = { 'x-request-id': 'one' };

  it('through two mounts of one app is told apart', async () => {
    await using collector = await startCollector();
    const [{ express }] = expressVersions as [(typeof expressVersions)[number]];
    const app = express();
    for (const path of ['/orders', '/chat']) {
      const tracer = collector.createTracer();
      app.use(path, forExpress({ tracer }), (_req, res) => {
        res.end(path);
      });
    }
    await using server = await serving(app);
    for (const path of ['/orders', '/chat']) {
      const response = await fetch(server.url + path, { headers });
      await response.text();
    }
    const rows = await collector.exactly(2);
    assert.deepEqual(rows.map(({ inferenceId }) => inferenceId).sort(), ['one', 'one:2']);
  });

  it('is told apart from the number that its first repetition sends on to the same app', async () => {
    await using collector = await startCollector();
    const [{ express }] = expressVersions as [(typeof expressVersions)[number]];
    const app = express();
    app.use(forExpress({ tracer: collector.createTracer() }));
    app.get('/outer', async (req, res) => {
      const { port } = req.socket.address() as AddressInfo;
      const inner = await fetch(`http://127.0.0.1:${port}/inner`, { headers: req.trace.headers() });
      res.end(await inner.text());
    });
    app.get('/inner', (req, res) => {
      res.end(req.trace.inferenceId);
    });
    await using server = await serving(app);
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`${server.url}/outer`, { headers });
      await response.text();
    }
    const ids = (await collector.exactly(4)).map(({ inferenceId }) => inferenceId);
    assert.deepEqual(ids.sort(), ['one', 'one:2', 'one:3', 'one:3:2']);
  });

  it('through apps of different frameworks is told apart, and stays as it is in another pipeline', async () => {
    await using collector = await startCollector();
    const other = { ...collector.tracer, inferencePipelineId: crypto.randomUUID() };
    const ids: string[] = [];
    for (const settings of [collector.tracer, collector.tracer, other]) {
      for (const start of Object.values(APPS)) {
        await using server = await serving(start(collector.createTracer(settings), () => {}));
        const response = await fetch(`${server.url}/x/1`, { method: 'POST', headers });
        ids.push(String(response.headers.get('x-request-id')));
        await response.text();
      }
    }
    const apps = Object.keys(APPS).length;
    const numbered = (count: number) =>
      Array.from({ length: count }, (_, i) => (i === 0 ? 'one' : `one:${i + 1}`));
    assert.deepEqual(ids, [...numbered(2 * apps), ...numbered(apps)]);
    await collector.server.waitForRows(3 * apps, { timeoutMs: 60_000 });
  });
});
