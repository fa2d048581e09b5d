/** Apps that no server of Node's calls: adapters hand them requests and responses of their own making. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import fastifyExpress from '@fastify/express';
import middie from '@fastify/middie';
import type { Tracer } from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import express5, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import Fastify, { type FastifyInstance } from 'fastify';
import Koa3 from 'koa';
import inject from 'light-my-request';
import mocks from 'node-mocks-http';
import serverless from 'serverless-http';
import { type Collector, startCollector } from '../../support/collector.ts';
import { httpOf } from '../harness/stage.ts';

const require = createRequire(import.meta.url);
const express4 = require('express4') as typeof express5;
const Koa2 = require('koa2') as typeof Koa3;
// Its types describe a default export that its CommonJS code does not have.
const serverlessExpress = require('@codegenie/serverless-express') as (options: {
  app: unknown;
}) => (event: object, context: object, callback: () => void) => Promise<LambdaAnswer>;

interface LambdaAnswer {
  readonly statusCode: number;
  readonly body: string;
  readonly isBase64Encoded?: boolean;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown;

/** @returns what the client gets */
type Adapter = (listener: Listener, asked: Asked, app: unknown) => Promise<Answered>;

const SENT = '{"q":"hé"}';

function lambdaEvent(version: 1 | 2, { method, path, body }: Asked): object {
  const headers: Record<string, string> = { host: 'x.test' };
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  if (version === 2) {
    const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '1.2.3.4', userAgent: 'u' };
    return {
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      headers,
      requestContext: { http, domainName: 'x.test', stage: '$default', requestId: 'g' },
      isBase64Encoded: false,
      ...(body !== undefined && { body }),
    };
  }
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    ),
    requestContext: { path, httpMethod: method, identity: { sourceIp: '1.2.3.4' }, stage: 'p' },
    body: body ?? null,
    isBase64Encoded: false,
  };
}

function ofLambda({ statusCode, body, isBase64Encoded }: LambdaAnswer): Answered {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
  return { status: statusCode, body: text };
}

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  'serverless-http, events of version 1': async (_listener, asked, app) =>
    ofLambda((await serverless(app as never)(lambdaEvent(1, asked), {})) as LambdaAnswer),
  'serverless-http, events of version 2': async (_listener, asked, app) =>
    ofLambda((await serverless(app as never)(lambdaEvent(2, asked), {})) as LambdaAnswer),
  'serverless-express, events of version 1': async (listener, asked) =>
    ofLambda(await serverlessExpress({ app: listener })(lambdaEvent(1, asked), {}, () => {})),
  'serverless-express, events of version 2': async (listener, asked) =>
    ofLambda(await serverlessExpress({ app: listener })(lambdaEvent(2, asked), {}, () => {})),
  'light-my-request': async (listener, { method, path, body }) => {
    const { request, response } = listener as unknown as Partial<Record<string, object>>;
    // It changes what all requests and responses of Express inherit from, for the rest of the process.
    const shared = [request, response].map((own) => Object.getPrototypeOf(own ?? {}) as object);
    const before = shared.map((each) => Object.getPrototypeOf(each) as object);
    try {
      const answer = await inject(listener as never, {
        method: method as 'GET',
        url: path,
        ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
      });
      return { status: answer.statusCode, body: answer.payload };
    } finally {
      if (request !== undefined)
        for (const [i, each] of shared.entries()) Object.setPrototypeOf(each, before[i] ?? null);
    }
  },
  'node-mocks-http': async (listener, { method, path, body }) => {
    const req = mocks.createRequest({ method: method as 'GET', url: path });
    if (body !== undefined) {
      // Its requests have no stream to read; a parser has run before.
      req.headers['content-type'] = 'application/json';
      req.headers['content-length'] = String(Buffer.byteLength(body));
      req.body = JSON.parse(body);
      (req as { _body?: boolean })._body = true;
    }
    const { EventEmitter } = await import('node:events');
    const res = mocks.createResponse({ eventEmitter: EventEmitter, req });
    const ended = once(res, 'end');
    listener(req, res);
    await ended;
    return { status: res.statusCode, body: String(res._getData()) };
  },
};

const FASTIFY: Readonly<Record<string, (fastify: FastifyInstance) => Promise<void>>> = {
  '@fastify/express': async (fastify) => {
    await fastify.register(fastifyExpress);
  },
  '@fastify/middie': async (fastify) => {
    await fastify.register(middie);
  },
};

/** What every app answers, and what its row has to say. */
const ROUTES: readonly (Asked & { status: number; output: unknown; error?: RegExp })[] = [
  { method: 'GET', path: '/json', status: 200, output: { a: 1 } },
  { method: 'POST', path: '/json', body: SENT, status: 201, output: { got: { q: 'hé' } } },
  { method: 'GET', path: '/text', status: 200, output: 'plain' },
  { method: 'GET', path: '/stream', status: 200, output: 'one two' },
  { method: 'GET', path: '/empty', status: 204, output: null },
  { method: 'GET', path: '/boom', status: 500, output: { failed: 'kaboom' }, error: /kaboom/ },
];

function expressApp(make: typeof express5, tracer: Tracer | undefined): Express {
  const app = make();
  app.set('env', 'test');
  if (tracer !== undefined) app.use(forExpress({ tracer }));
  const inStep = (req: { trace?: { step(name: string, fn: () => unknown): unknown } }) =>
    tracer === undefined ? undefined : req.trace?.step('inner', () => 'done');
  app.get('/json', ((req, res) => {
    inStep(req);
    res.json({ a: 1 });
  }) as RequestHandler);
  // Of a mock the body cannot be read, but is there.
  const json = make.json();
  const parse: RequestHandler = (req, res, next) =>
    req.body === undefined || Buffer.isBuffer(req.body) ? json(req, res, next) : next();
  app.post('/json', parse, (req, res) => {
    res.status(201).json({ got: req.body });
  });
  app.get('/text', (_req, res) => {
    res.type('text').send('plain');
  });
  app.get('/stream', (_req, res) => {
    res.type('text');
    res.write('one ');
    setTimeout(() => res.end('two'), 5);
  });
  app.get('/empty', (_req, res) => {
    res.status(204).end();
  });
  app.get('/boom', () => {
    throw new Error('kaboom');
  });
  const onError: ErrorRequestHandler = (error: Error, _req, res, _next) => {
    res.status(500).json({ failed: error.message });
  };
  app.use(onError);
  return app;
}

function koaApp(Koa: typeof Koa3, tracer: Tracer | undefined): Koa3 {
  const app = new Koa();
  app.silent = true;
  if (tracer !== undefined) app.use(forKoa({ tracer }));
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      ctx.app.emit('error', error, ctx);
      ctx.status = 500;
      ctx.body = { failed: (error as Error).message };
    }
  });
  app.use(async (ctx) => {
    switch (`${ctx.method} ${ctx.path}`) {
      case 'GET /json':
        if (tracer !== undefined) ctx.trace.step('inner', () => 'done');
        ctx.body = { a: 1 };
        return;
      case 'POST /json': {
        const given = (ctx.req as { body?: unknown }).body;
        const isRead = typeof given === 'object' && !Buffer.isBuffer(given);
        const parts: Buffer[] = [];
        if (!isRead) for await (const part of ctx.req) parts.push(Buffer.from(part));
        ctx.status = 201;
        ctx.body = { got: isRead ? given : JSON.parse(Buffer.concat(parts).toString()) };
        return;
      }
      case 'GET /text':
        ctx.body = 'plain';
        return;
      case 'GET /stream':
        ctx.type = 'text';
        ctx.body = Readable.from(['one ', 'two']);
        return;
      case 'GET /empty':
        ctx.status = 204;
        return;
      default:
        throw new Error('kaboom');
    }
  });
  return app;
}

interface Made {
  readonly app: unknown;
  readonly listener: Listener;
}

const APPS: Readonly<Record<string, (tracer: Tracer | undefined) => Made>> = {
  'Express 5': (tracer) => ofExpress(expressApp(express5, tracer)),
  'Express 4': (tracer) => ofExpress(expressApp(express4, tracer)),
  'Koa 3': (tracer) => ofKoa(koaApp(Koa3, tracer)),
  'Koa 2': (tracer) => ofKoa(koaApp(Koa2, tracer)),
};

function ofExpress(app: Express): Made {
  return { app, listener: app as unknown as Listener };
}

function ofKoa(app: Koa3): Made {
  return { app, listener: app.callback() };
}

/** The row of the call, which is there as soon as what was queued is flushed. */
async function rowAfterFlush(
  collector: Collector,
  tracer: Tracer,
  call: () => Promise<unknown>,
): Promise<WireRow> {
  const before = collector.server.rows().length;
  await call();
  await tracer.flush();
  const rows = collector.server.rows().slice(before);
  assert.equal(rows.length, 1, `${rows.length} rows, ${tracer.stats().open} open`);
  assert.equal(tracer.stats().open, 0);
  return rows[0] as WireRow;
}

function assertRow(row: WireRow, route: (typeof ROUTES)[number], bytes: number | undefined): void {
  const http = httpOf(row);
  assert.equal(http.status, route.status);
  assert.equal(http.outcome, route.status >= 500 ? 'error' : 'completed');
  assert.deepEqual(row.output, route.output);
  if (bytes !== undefined) assert.equal(http.bytes, bytes);
  if (route.body !== undefined) assert.deepEqual(row.body, JSON.parse(route.body));
  if (route.error !== undefined) assert.match(String(row.metadata?.error), route.error);
  if (route.path === '/json' && route.method === 'GET') {
    assert.deepEqual(
      row.steps[0]?.steps.map(({ name }) => name),
      ['inner'],
    );
  }
}

for (const [appName, make] of Object.entries(APPS)) {
  describe(`${appName} without a connection`, () => {
    for (const [adapterName, adapter] of Object.entries(ADAPTERS)) {
      describe(`by ${adapterName}`, () => {
        for (const route of ROUTES) {
          // It has no stream for the body of a response that is piped, and none of a request's.
          const isMock = adapterName === 'node-mocks-http';
          if (isMock && appName.startsWith('Koa') && route.path === '/stream') continue;

          it(`answers ${route.method} ${route.path} as without tracing, in one settled trace`, async () => {
            await using collector = await startCollector();
            const tracer = collector.createTracer();
            const bare = make(undefined);
            const expected = await adapter(bare.listener, route, bare.app);
            const traced = make(tracer);
            let answered: Answered | undefined;
            const row = await rowAfterFlush(collector, tracer, async () => {
              answered = await adapter(traced.listener, route, traced.app);
            });
            assert.deepEqual(answered, expected);
            assert.equal(answered?.status, route.status);
            assertRow(row, route, Buffer.byteLength(expected.body));
          });
        }
      });
    }
  });
}

for (const [plugin, register] of Object.entries(FASTIFY)) {
  describe(`Fastify with ${plugin}`, () => {
    async function fastifyApp(tracer: Tracer | undefined): Promise<FastifyInstance> {
      const fastify = Fastify();
      await register(fastify);
      // Both take what Express takes; with some of it, responses of `inject()` lose their own methods.
      const noop: RequestHandler = (_req, _res, next) => next();
      fastify.use((tracer === undefined ? noop : forExpress({ tracer })) as never);
      fastify.get('/json', async (request) => {
        const { trace } = request.raw as {
          trace?: { step(name: string, fn: () => unknown): void };
        };
        trace?.step('inner', () => 'done');
        return { a: 1 };
      });
      fastify.post('/json', async (request, reply) => reply.code(201).send({ got: request.body }));
      fastify.get('/text', async (_request, reply) => reply.type('text/plain').send('plain'));
      fastify.get('/stream', async (_request, reply) =>
        reply.type('text/plain').send(Readable.from(['one ', 'two'])),
      );
      fastify.get('/empty', async (_request, reply) => reply.code(204).send());
      fastify.get('/boom', async () => {
        throw new Error('kaboom');
      });
      fastify.setErrorHandler((error: Error, request, reply) => {
        const { trace } = request.raw as { trace?: { update(update: object): void } };
        trace?.update({ metadata: { error: error.message } });
        return reply.code(500).send({ failed: error.message });
      });
      return fastify;
    }

    for (const route of ROUTES) {
      for (const way of ['over a socket', 'by inject()']) {
        it(`answers ${route.method} ${route.path} ${way} as without tracing, in one settled trace`, async () => {
          await using collector = await startCollector();
          const tracer = collector.createTracer();
          const ask = async (fastify: FastifyInstance): Promise<Answered> => {
            const headers: Record<string, string> =
              route.body === undefined ? {} : { 'content-type': 'application/json' };
            const { method, path, body } = route;
            if (way === 'by inject()') {
              const payload = body === undefined ? {} : { payload: body };
              const answer = await fastify.inject({
                method: method as 'GET',
                url: path,
                headers,
                ...payload,
              });
              return { status: answer.statusCode, body: answer.payload };
            }
            await fastify.listen({ port: 0 });
            const { port } = fastify.server.address() as AddressInfo;
            const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
              method,
              headers,
              ...(body !== undefined && { body }),
            });
            const answered = { status: answer.status, body: await answer.text() };
            // The last bytes arrive a moment before the server sees that they have left.
            while (tracer.stats().open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
            return answered;
          };
          const bare = await fastifyApp(undefined);
          const traced = await fastifyApp(tracer);
          try {
            const expected = await ask(bare);
            let answered: Answered | undefined;
            const row = await rowAfterFlush(collector, tracer, async () => {
              answered = await ask(traced);
            });
            assert.deepEqual(answered, expected);
            // Behind Express, `inject()` loses bodies, with or without tracing.
            const isLost = expected.body === '' && route.output !== null;
            assertRow(row, route, isLost ? undefined : Buffer.byteLength(expected.body));
          } finally {
            await Promise.all([bare.close(), traced.close()]);
          }
        });
      }
    }
  });
}
