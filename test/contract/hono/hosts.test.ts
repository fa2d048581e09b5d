/** Hono apps that something else serves: serverless adapters, service workers, apps of other frameworks. */

import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as later } from 'node:timers/promises';
import { createAdaptorServer, getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { getTrace, step } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openlayerTracing as expressTracing } from '@openlayer-tracing/express';
import { openlayerTracing } from '@openlayer-tracing/hono';
import express from 'express';
import { Hono } from 'hono';
import { handle as onLambda, streamHandle } from 'hono/aws-lambda';
import { handleMiddleware, handle as onPages } from 'hono/cloudflare-pages';
import { handle as onLambdaEdge } from 'hono/lambda-edge';
import { handle as onNetlify } from 'hono/netlify';
import { fire, handle as onServiceWorker } from 'hono/service-worker';
import { handle as onVercel } from 'hono/vercel';
import { listen } from '../harness/frameworks.ts';
import { until } from '../harness/pause.ts';
import { httpOf } from '../harness/stage.ts';

interface Seen {
  readonly status: number;
  readonly body: string;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

type Serve = (
  app: Hono,
  isTraced: boolean,
) => Promise<{
  ask(asked: Asked): Promise<Seen>;
  close?(): void;
}>;

function appOf(isTraced: boolean): Hono {
  const app = new Hono();
  if (isTraced) app.use(openlayerTracing());
  app.onError((error, c) => c.text(`sorry: ${error.message}`, 500));
  app.get('/items/:id', async (c) =>
    c.json({ id: await step('look', async () => c.req.param('id')) }),
  );
  app.post('/items', async (c) => c.json({ got: await c.req.json() }, 201));
  app.get('/boom', () => {
    throw new Error('no luck');
  });
  app.get('/stream', (c) => {
    let n = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (n === 2) return controller.close();
        await step(`chunk ${++n}`, () => later(1));
        controller.enqueue(new TextEncoder().encode(`${n} `));
      },
    });
    return c.body(body, 200, { 'content-type': 'text/plain' });
  });
  app.get('/image', (c) =>
    c.body(new Uint8Array([137, 80, 78, 71]), 200, { 'content-type': 'image/png' }),
  );
  app.delete('/items/:id', (c) => c.body(null, 204));
  return app;
}

const ASKED: readonly (Asked & {
  readonly name: string;
  readonly output: unknown;
  readonly outcome?: string;
  readonly steps?: readonly string[];
})[] = [
  {
    method: 'GET',
    path: '/items/7?a=1',
    name: 'GET /items/:id',
    output: { id: '7' },
    steps: ['look'],
  },
  {
    method: 'POST',
    path: '/items',
    body: '{"q":"hé"}',
    name: 'POST /items',
    output: { got: { q: 'hé' } },
  },
  { method: 'GET', path: '/boom', name: 'GET /boom', output: 'sorry: no luck', outcome: 'error' },
  {
    method: 'GET',
    path: '/stream',
    name: 'GET /stream',
    output: '1 2 ',
    steps: ['chunk 1', 'chunk 2'],
  },
  { method: 'GET', path: '/image', name: 'GET /image', output: '[image/png: 4 bytes]' },
  { method: 'DELETE', path: '/items/7', name: 'DELETE /items/:id', output: null },
];

const URL_OF = (path: string) => new URL(path, 'https://example.org');

function webRequest({ method, path, body }: Asked): Request {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Request(URL_OF(path), { method, headers, ...(body !== undefined && { body }) });
}

async function seenOf(response: Response): Promise<Seen> {
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, body: bytes.toString('latin1') };
}

/** By a function from requests to responses. */
const byWeb =
  (serve: (app: Hono) => (request: Request) => Response | Promise<Response>): Serve =>
  async (app) => {
    const fetch = serve(app);
    return { ask: async (asked) => seenOf(await fetch(webRequest(asked))) };
  };

/** By the event of a service worker. */
const byEvent =
  (listener: (app: Hono) => (event: never) => void): Serve =>
  async (app) => {
    const onFetch = listener(app);
    const ask = async (asked: Asked) => {
      const held: Promise<unknown>[] = [];
      const response = await new Promise<Response>((resolve) => {
        const event = {
          request: webRequest(asked),
          respondWith: resolve,
          waitUntil: (work: Promise<unknown>) => void held.push(work),
        };
        onFetch(event as never);
      });
      const seen = await seenOf(response);
      await Promise.all(held);
      return seen;
    };
    return { ask };
  };

/** What an app registers by the global that service workers have. */
function registered(register: () => void): (event: never) => void {
  let listener: ((event: never) => void) | undefined;
  const global = globalThis as { addEventListener?: unknown };
  const before = global.addEventListener;
  global.addEventListener = (_type: string, given: (event: never) => void) => {
    listener = given;
  };
  register();
  global.addEventListener = before;
  assert.ok(listener);
  return listener;
}

const byNode =
  (listener: (app: Hono, isTraced: boolean) => RequestListener): Serve =>
  async (app, isTraced) => {
    const { url, server } = await listen(createServer(listener(app, isTraced)));
    return byPort(url, server);
  };

function byPort(url: string, server: Server) {
  return {
    async ask({ method, path, body }: Asked) {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const init = { method, headers, ...(body !== undefined && { body }) };
      return seenOf(await fetch(`${url}${path}`, init));
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function eventOf({ method, path, body }: Asked): Record<string, unknown> {
  const { pathname, search } = URL_OF(path);
  return {
    version: '2.0',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: { host: 'example.org', ...(body && { 'content-type': 'application/json' }) },
    requestContext: { domainName: 'example.org', http: { method, path: pathname } },
    isBase64Encoded: false,
    ...(body && { body }),
  };
}

function olderEventOf({ method, path, body }: Asked): Record<string, unknown> {
  const { pathname, searchParams } = URL_OF(path);
  return {
    path: pathname,
    httpMethod: method,
    headers: { Host: 'example.org', ...(body && { 'content-type': 'application/json' }) },
    queryStringParameters: Object.fromEntries(searchParams),
    requestContext: { domainName: 'example.org', path: pathname, httpMethod: method },
    body: body ?? null,
    isBase64Encoded: false,
  };
}

interface LambdaResult {
  readonly statusCode: number;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

const byLambda =
  (toEvent: (asked: Asked) => Record<string, unknown>): Serve =>
  async (app) => {
    const handler = onLambda(app) as (event: unknown) => Promise<LambdaResult>;
    const ask = async (asked: Asked) => {
      const result = await handler(toEvent(asked));
      const encoding = result.isBase64Encoded ? 'base64' : 'utf8';
      const body = Buffer.from(result.body, encoding).toString('latin1');
      return { status: result.statusCode, body };
    };
    return { ask };
  };

const byLambdaStream: Serve = async (app) => {
  const global = globalThis as { awslambda?: unknown };
  let status = 0;
  global.awslambda = {
    streamifyResponse: (fn: unknown) => fn,
    HttpResponseStream: {
      from(stream: Readable, metadata: { statusCode: number }) {
        status = metadata.statusCode;
        return stream;
      },
    },
  };
  const handler = streamHandle(app) as unknown as (...args: unknown[]) => Promise<void>;
  delete global.awslambda;
  const ask = async (asked: Asked) => {
    global.awslambda = {
      HttpResponseStream: {
        from(stream: Readable, metadata: { statusCode: number }) {
          status = metadata.statusCode;
          return stream;
        },
      },
    };
    const out = new PassThrough({ encoding: 'latin1' });
    const [body] = await Promise.all([text(out), handler(eventOf(asked), out, {})]);
    delete global.awslambda;
    return { status, body };
  };
  return { ask };
};

interface EdgeResult {
  readonly status: string;
  readonly body?: string;
  readonly bodyEncoding?: string;
}

const byLambdaEdge: Serve = async (app) => {
  const handler = onLambdaEdge(app) as (event: unknown) => Promise<EdgeResult>;
  const ask = async ({ method, path, body }: Asked) => {
    const { pathname, search } = URL_OF(path);
    const headers = {
      host: [{ key: 'host', value: 'example.org' }],
      ...(body && { 'content-type': [{ key: 'content-type', value: 'application/json' }] }),
    };
    const data = body && Buffer.from(body).toString('base64');
    const request = {
      clientIp: '127.0.0.1',
      method,
      uri: pathname,
      querystring: search.slice(1),
      headers,
      ...(data && {
        body: { inputTruncated: false, action: 'read-only', encoding: 'base64', data },
      }),
    };
    const record = { cf: { config: { distributionDomainName: 'example.org' }, request } };
    const result = await handler({ Records: [record] });
    const encoding = result.bodyEncoding === 'base64' ? 'base64' : 'utf8';
    const sent = Buffer.from(result.body ?? '', encoding).toString('latin1');
    return { status: Number(result.status), body: sent };
  };
  return { ask };
};

const HOSTS: Readonly<Record<string, Serve>> = {
  'node-server': async (app) => {
    const { url, server } = await listen(createAdaptorServer({ fetch: app.fetch }) as Server);
    return byPort(url, server);
  },
  'getRequestListener() on a bare server': byNode((app) => getRequestListener(app.fetch)),
  'an Express app': byNode((app) => express().use(getRequestListener(app.fetch))),
  'an Express app that is traced too': byNode((app, isTraced) => {
    const outer = express();
    if (isTraced) outer.use(expressTracing());
    return outer.use(getRequestListener(app.fetch));
  }),
  'an app of its own kind': byNode((app) => {
    const outer = new Hono();
    outer.all('*', (c) => app.fetch(c.req.raw, c.env));
    return getRequestListener(outer.fetch);
  }),
  'hono/aws-lambda': byLambda(eventOf),
  'hono/aws-lambda by older events': byLambda(olderEventOf),
  'hono/aws-lambda by a stream': byLambdaStream,
  'hono/lambda-edge': byLambdaEdge,
  'hono/vercel': byWeb((app) => onVercel(app) as (request: Request) => Promise<Response>),
  'hono/netlify': byWeb((app) => (request) => onNetlify(app)(request, {} as never)),
  'hono/cloudflare-pages': byWeb((app) => (request) => {
    const context = { request, env: {}, waitUntil() {}, passThroughOnException() {} };
    return onPages(app)(context as never);
  }),
  'hono/service-worker': byEvent((app) => onServiceWorker(app, { fetch: undefined as never })),
  'fire() of hono/service-worker': byEvent((app) => registered(() => fire(app))),
  'app.fire()': byEvent((app) => registered(() => app.fire())),
  'app.fetch()': byWeb((app) => app.fetch),
};

function stepsIn(row: WireRow): readonly string[] {
  return (row.steps[0]?.steps ?? []).map(({ name }) => name);
}

async function rowsOf(traces: {
  rows(): Promise<readonly WireRow[]>;
}): Promise<readonly WireRow[]> {
  let rows: readonly WireRow[] = [];
  await until(async () => {
    rows = await traces.rows();
    return rows.length > 0;
  }, 'a row');
  await later(5);
  return traces.rows();
}

describe('Hono, served by', () => {
  for (const [host, serve] of Object.entries(HOSTS)) {
    describe(host, () => {
      for (const { name, output, outcome = 'completed', steps = [], ...asked } of ASKED) {
        it(`answers ${asked.method} ${asked.path} as without tracing, in one row`, async () => {
          using traces = captureTraces();
          const bare = await serve(appOf(false), false);
          const expected = await bare.ask(asked);
          bare.close?.();
          assert.equal((await traces.rows()).length, 0);
          const traced = await serve(appOf(true), true);
          assert.deepEqual(await traced.ask(asked), expected);
          const [row, ...others] = await rowsOf(traces);
          traced.close?.();
          assert.ok(row);
          assert.deepEqual(others, []);
          const http = httpOf(row);
          assert.deepEqual(
            [http.status, http.outcome, row.output ?? null, stepsIn(row)],
            [expected.status, outcome, output, steps],
          );
          const isRouteKnown = !host.includes('Express app that is traced');
          if (isRouteKnown) assert.equal(row.steps[0]?.name, name);
          assert.equal(JSON.stringify(row.metadata).includes('no luck'), asked.path === '/boom');
          if (asked.body !== undefined) assert.deepEqual(row.body, JSON.parse(asked.body));
        });
      }
    });
  }

  it('Pages, as the only middleware of a function', async () => {
    using traces = captureTraces();
    const middleware = handleMiddleware(openlayerTracing());
    const ask = (next: () => Promise<Response>) => {
      const request = new Request('https://example.org/a?b=1');
      return middleware({ request, env: {}, next, waitUntil() {} } as never) as Promise<Response>;
    };
    assert.equal(
      await (await ask(async () => Response.json({ of: 'the function' }))).text(),
      '{"of":"the function"}',
    );
    await assert.rejects(
      ask(async () => {
        throw new Error('no luck');
      }),
      { message: 'no luck' },
    );
    const rows = await traces.rows();
    assert.deepEqual(
      rows.map((row) => [httpOf(row).status, httpOf(row).outcome, row.output ?? null]),
      [
        [200, 'completed', { of: 'the function' }],
        [null, 'error', null],
      ],
    );
    assert.ok(JSON.stringify(rows[1]?.metadata).includes('no luck'));
  });
});

describe('Hono, around an Express app', () => {
  for (const isTraced of [false, true]) {
    it(`that is ${isTraced ? 'traced too' : 'not traced'} is one trace of both`, async () => {
      using traces = captureTraces();
      const inner = express();
      if (isTraced) inner.use(expressTracing());
      inner.use(express.json());
      inner.post('/echo', async (req, res) => {
        await getTrace(req)?.step('inside', () => later(1));
        res.status(201).json(req.body);
      });
      const app = new Hono<{ Bindings: { incoming: never; outgoing: never } }>();
      app.use(openlayerTracing());
      app.all('/echo', (c) => {
        inner(c.env.incoming, c.env.outgoing);
        return RESPONSE_ALREADY_SENT;
      });
      const { url, server } = await listen(createAdaptorServer({ fetch: app.fetch }) as Server);
      const { ask, close } = byPort(url, server);
      assert.deepEqual(await ask({ method: 'POST', path: '/echo', body: '{"a":1}' }), {
        status: 201,
        body: '{"a":1}',
      });
      const [row, ...others] = await rowsOf(traces);
      close();
      assert.ok(row);
      assert.deepEqual(others, []);
      const { status, outcome } = httpOf(row);
      assert.deepEqual(
        [status, outcome, row.output, row.body, stepsIn(row)],
        [201, 'completed', { a: 1 }, { a: 1 }, ['inside']],
      );
    });
  }
});
