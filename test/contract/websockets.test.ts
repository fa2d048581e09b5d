/** Connections that speak another protocol after their first request: one settled trace each, and the socket as before. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo, Socket } from 'node:net';
import type { Tracer } from '@openlayer-tracing/core';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import type { Express, Request, Response } from 'express';
import expressWs from 'express-ws';
import type Koa from 'koa';
import { WebSocket, WebSocketServer } from 'ws';
import { startCollector } from '../support/collector.ts';
import { expressVersions } from './express-frameworks.ts';
import { koaVersions } from './koa-frameworks.ts';
import { httpOf } from './stage.ts';

const load = createRequire(import.meta.url);
/** It has no types, and the types of the other change those of every app of Koa. */
const easyWs = load('koa-easy-ws') as () => never;
const koaWebSocket = load('koa-websocket') as (app: Koa) => Koa & {
  readonly ws: { use(middleware: (ctx: Koa.Context, next: Koa.Next) => unknown): void };
};

type Start = (tracer: Tracer | undefined) => Server;

/** A server whose `/ws/<room>` echoes, and whose `/plain` answers as always. */
const SERVERS: Record<string, { start: Start; name: RegExp }> = {};

for (const { name, express } of expressVersions) {
  SERVERS[`express-ws on ${name}`] = {
    name: /^GET \/ws\/:room$/,
    start: (tracer) => {
      const app = express();
      const server = createServer(app);
      expressWs(app, server);
      if (tracer !== undefined) app.use(forExpress({ tracer }));
      (app as unknown as expressWs.Application).ws('/ws/:room', (ws, req) => {
        ws.on('message', (data) => {
          if (tracer !== undefined) req.trace.step('echo', () => {});
          ws.send(`echo ${data}`);
        });
      });
      app.get('/plain', (_req, res) => {
        res.json(1);
      });
      return server.listen(0);
    },
  };
  SERVERS[`an app of ${name} that is called for upgrades`] = {
    name: /^GET \/ws\/:room$/,
    start: (tracer) => {
      const sockets = new WebSocketServer({ noServer: true });
      const app: Express = express();
      if (tracer !== undefined) app.use(forExpress({ tracer }));
      app.get('/ws/:room', (req: Request & { upgrade?: () => void }, res) => {
        if (req.upgrade === undefined) res.sendStatus(426);
        else req.upgrade();
      });
      app.get('/plain', (_req, res) => {
        res.json(1);
      });
      const server = createServer(app);
      server.on('upgrade', (req: IncomingMessage & { upgrade?: () => void }, socket, head) => {
        req.upgrade = () =>
          sockets.handleUpgrade(req, socket, head, (ws) => {
            ws.on('message', (data) => ws.send(`echo ${data}`));
          });
        app(req as Request, new ServerResponse(req) as Response);
      });
      return server.listen(0);
    },
  };
}

for (const { name, Koa } of koaVersions) {
  SERVERS[`koa-websocket on ${name}`] = {
    name: /^GET \/ws\/\*$/,
    start: (tracer) => {
      const app = koaWebSocket(new Koa());
      if (tracer !== undefined) {
        app.use(forKoa({ tracer }));
        app.ws.use(forKoa({ tracer }));
      }
      app.use((ctx) => {
        ctx.body = '1';
      });
      app.ws.use((ctx) => {
        const socket = ctx.websocket as WebSocket;
        socket.on('message', (data) => socket.send(`echo ${data}`));
      });
      return app.listen(0);
    },
  };
  SERVERS[`koa-easy-ws on ${name}`] = {
    name: /^GET \/ws\/\*$/,
    start: (tracer) => {
      const app = new Koa();
      if (tracer !== undefined) app.use(forKoa({ tracer }));
      app.use(easyWs());
      app.use(async (ctx) => {
        if (ctx.path === '/plain') {
          ctx.body = '1';
          return;
        }
        const ws = (await (ctx.ws as () => Promise<WebSocket>)()) as WebSocket;
        ws.on('message', (data) => ws.send(`echo ${data}`));
      });
      return app.listen(0);
    },
  };
}

/** What a client sees of a conversation. */
async function talk(server: Server, way: 'closes' | 'vanishes'): Promise<readonly unknown[]> {
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/r42`);
  const heard: string[] = [];
  socket.on('message', (data) => {
    heard.push(String(data));
    if (way === 'closes') socket.close(1000);
    else (socket as unknown as { _socket: Socket })._socket.resetAndDestroy();
  });
  socket.on('open', () => socket.send('hi'));
  socket.on('error', () => {});
  const [code] = await once(socket, 'close');
  return [heard, code];
}

for (const [server, { start, name }] of Object.entries(SERVERS)) {
  describe(`a WebSocket by ${server}`, () => {
    for (const way of ['closes', 'vanishes'] as const) {
      it(`whose client ${way} talks as without tracing, and leaves one settled trace`, async () => {
        await using collector = await startCollector();
        const tracer = collector.createTracer();
        const bare = start(undefined);
        const traced = start(tracer);
        try {
          const expected = await talk(bare, way);
          assert.deepEqual(await talk(traced, way), expected);
          assert.deepEqual((expected as [string[]])[0], ['echo hi']);
          const [row] = await collector.exactly(1);
          const http = httpOf(row as never);
          assert.equal(http.status, 101);
          if (way === 'closes') assert.equal(http.outcome, 'completed');
          else assert.ok(['completed', 'aborted'].includes(String(http.outcome)));
          assert.match(String(row?.steps[0]?.name), name);
          assert.equal(http.path, '/ws/r42');
          const { port } = traced.address() as AddressInfo;
          assert.equal(await (await fetch(`http://127.0.0.1:${port}/plain`)).text(), '1');
          await collector.exactly(2);
          assert.equal(tracer.stats().open, 0);
        } finally {
          for (const each of [bare, traced]) {
            each.closeAllConnections();
            each.close();
          }
        }
      });
    }

    it('of which many are open at once has a trace for each', async () => {
      await using collector = await startCollector();
      const tracer = collector.createTracer();
      const traced = start(tracer);
      try {
        await Promise.all(Array.from({ length: 10 }, () => talk(traced, 'closes')));
        const rows = await collector.exactly(10);
        assert.ok(rows.every((row) => httpOf(row).outcome === 'completed'));
      } finally {
        traced.closeAllConnections();
        traced.close();
      }
    });
  });
}
