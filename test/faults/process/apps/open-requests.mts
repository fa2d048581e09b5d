/** An app of one of the frameworks, with a spool, whose request stays open. Without a framework, it only sends what is in the spool. */

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import type { RequestTrace } from '@openlayer-tracing/core';
import { openlayerTracing as forExpress, getTracer } from '@openlayer-tracing/express';
import { openlayerTracing as forHono } from '@openlayer-tracing/hono';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import express from 'express';
import { Hono } from 'hono';
import Koa from 'koa';

async function work(trace: RequestTrace, question: string): Promise<void> {
  trace.update({ userId: 'ada', sessionId: 's-1', question, metadata: { plan: 'pro' } });
  await trace.step({ name: 'retrieve', type: 'retriever' }, async () => ['a page']);
  console.log('waiting');
  await trace.step('think', () => new Promise(() => {}));
}

const EVENTS = ['data: {"token":"About"}\n\n', 'data: {"token":" loans"}\n\ndata: {"tok'];

/** Events of an answer that never ends. */
async function* answer() {
  yield* EVENTS;
  console.log('waiting');
  await new Promise(() => {});
}

const APPS: Readonly<Record<string, () => RequestListener>> = {
  Express: () => {
    const app = express();
    app.use(forExpress());
    app.use(express.json());
    app.post('/chat/:token', (req) => work(req.trace, req.body.question));
    app.post('/answer', (_req, res) => {
      res.type('text/event-stream');
      Readable.from(answer()).pipe(res);
    });
    return app;
  },
  Koa: () => {
    const app = new Koa();
    app.use(forKoa());
    app.use(bodyParser());
    const router = new Router();
    router.post('/chat/:token', (ctx) => {
      const { question } = ctx.request.body as { question: string };
      return work(ctx.trace, question);
    });
    router.post('/answer', (ctx) => {
      ctx.type = 'text/event-stream';
      ctx.body = Readable.from(answer());
    });
    app.use(router.routes());
    return app.callback();
  },
  Hono: () => {
    const app = new Hono();
    app.use(forHono());
    app.post('/chat/:token', async (c) => {
      await work(c.var.trace, (await c.req.json()).question);
      return c.text('never');
    });
    app.post('/answer', (c) => {
      const body = Readable.toWeb(Readable.from(answer()).map((text) => Buffer.from(text)));
      c.header('content-type', 'text/event-stream');
      return c.body(body as ReadableStream);
    });
    return getRequestListener(app.fetch) as RequestListener;
  },
  none: () => {
    getTracer();
    return (_req, res) => void res.end();
  },
};

const make = APPS[process.env.FRAMEWORK ?? ''];
if (make === undefined) throw new Error('needs FRAMEWORK');
const server = createServer(make()).listen(0, () => {
  console.log(`listening ${(server.address() as AddressInfo).port}`);
});
