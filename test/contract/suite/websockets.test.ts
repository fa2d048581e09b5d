/** Connections that speak another protocol after their first request: one settled trace each, and the socket as before. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, type Socket } from 'node:net';
import {
  currentTrace,
  step,
  type Tracer,
  trace,
  updateCurrentTrace,
} from '@openlayer-tracing/core';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forHono } from '@openlayer-tracing/hono';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import type { Express, Request, Response } from 'express';
import expressWs from 'express-ws';
import { Hono } from 'hono';
import type Koa from 'koa';
import { WebSocket, WebSocketServer } from 'ws';
import { startCollector } from '../../support/collector.ts';
import { expressVersions } from '../express/frameworks.ts';
import { later } from '../harness/pause.ts';
import { SOCKET_ENDS } from '../harness/sockets.ts';
import { httpOf, printed, stepsOf } from '../harness/stage.ts';
import { koaVersions } from '../koa/frameworks.ts';

const load = createRequire(import.meta.url);
/** It has no types, and the types of the other change those of every app of Koa. */
const easyWs = load('koa-easy-ws') as () => never;
const koaWebSocket = load('koa-websocket') as (app: Koa) => Koa & {
  readonly ws: { use(middleware: (ctx: Koa.Context, next: Koa.Next) => unknown): void };
};

/** @param serve what the app does with each socket */
type Start = (tracer: Tracer | undefined, serve?: Serve) => Server;
type Serve = (socket: WebSocket) => void;

/** A server whose `/ws/<room>` echoes, and whose `/plain` answers as always. */
const SERVERS: Record<string, { start: Start; name: RegExp }> = {};

for (const { name, express } of expressVersions) {
  SERVERS[`express-ws on ${name}`] = {
    name: /^GET \/ws\/:room$/,
    start: (tracer, serve = converse) => {
      const app = express();
      const server = createServer(app);
      expressWs(app, server);
      if (tracer !== undefined) app.use(forExpress({ tracer }));
      (app as unknown as expressWs.Application).ws('/ws/:room', (ws, req) => {
        serve(ws);
        if (tracer === undefined || serve !== converse) return;
        ws.on('message', () => req.trace.step('message', () => {}));
        ws.on('close', () => req.trace.step('close', () => {}));
      });
      app.get('/plain', (_req, res) => {
        res.json(1);
      });
      return server.listen(0);
    },
  };
  SERVERS[`an app of ${name} that is called for upgrades`] = {
    name: /^GET \/ws\/:room$/,
    start: (tracer, serve = converse) => {
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
        req.upgrade = () => sockets.handleUpgrade(req, socket, head, serve);
        app(req as Request, new ServerResponse(req) as Response);
      });
      return server.listen(0);
    },
  };
}

for (const { name, Koa } of koaVersions) {
  SERVERS[`koa-websocket on ${name}`] = {
    name: /^GET \/ws\/\*$/,
    start: (tracer, serve = converse) => {
      const app = koaWebSocket(new Koa());
      if (tracer !== undefined) {
        app.use(forKoa({ tracer }));
        app.ws.use(forKoa({ tracer }));
      }
      app.use((ctx) => {
        ctx.body = '1';
      });
      app.ws.use((ctx) => {
        serve(ctx.websocket as WebSocket);
      });
      return app.listen(0);
    },
  };
  SERVERS[`koa-easy-ws on ${name}`] = {
    name: /^GET \/ws\/\*$/,
    start: (tracer, serve = converse) => {
      const app = new Koa();
      if (tracer !== undefined) app.use(forKoa({ tracer }));
      app.use(easyWs());
      app.use(async (ctx) => {
        if (ctx.path === '/plain') {
          ctx.body = '1';
          return;
        }
        serve((await (ctx.ws as () => Promise<WebSocket>)()) as WebSocket);
      });
      return app.listen(0);
    },
  };
}

/** What a client sees of a conversation, which ends in this way. */
async function talk(
  server: Server,
  end: (socket: WebSocket, heard: readonly string[]) => void = (socket) => socket.close(1000),
  says: readonly string[] = ['hi'],
): Promise<readonly unknown[]> {
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/r42`);
  const heard: string[] = [];
  socket.on('message', (data) => {
    heard.push(String(data));
    end(socket, heard);
  });
  socket.on('open', () => {
    for (const text of says) socket.send(text);
  });
  socket.on('error', () => {});
  const [code] = await once(socket, 'close');
  return [heard, code];
}

function close(server: Server): void {
  server.closeAllConnections();
  server.close();
}

const shout = trace(async (text: string) => `${text.toUpperCase()}!`, { name: 'shout' });

const THROWN = new Error('thrown by a listener');

/** What every server does with its sockets. */
function converse(socket: WebSocket): void {
  socket.on('message', (data) => {
    const text = String(data);
    if (text === 'fail') socket.close(1011, 'failed');
    else if (text === 'bye') socket.close(1000);
    else socket.send(`echo ${text}`);
  });
}

for (const [server, { start, name }] of Object.entries(SERVERS)) {
  describe(`a WebSocket by ${server}`, () => {
    for (const { what, end, outcome } of SOCKET_ENDS) {
      it(`talks as without tracing, and leaves one trace that is ${outcome} where ${what}`, async () => {
        await using collector = await startCollector();
        const tracer = collector.createTracer();
        const bare = start(undefined);
        const traced = start(tracer);
        try {
          const expected = await talk(bare, end);
          assert.deepEqual(await talk(traced, end), expected);
          assert.deepEqual((expected as [string[]])[0], ['echo hi']);
          const [row] = await collector.exactly(1);
          const http = httpOf(row as never);
          assert.deepEqual([http.status, http.outcome], [101, outcome]);
          if (outcome === 'error') assert.equal(row?.metadata?.error, undefined);
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

    it('whose listeners call the free functions has their steps in its trace', async () => {
      await using collector = await startCollector();
      const traced = start(collector.createTracer(), (socket) => {
        socket.on('message', async (data) => {
          const text = String(data);
          updateCurrentTrace({ metadata: { last: text } });
          const answer = await step('answer', async () => {
            await later(1);
            return shout(text);
          });
          socket.send(answer);
        });
        socket.on('close', () => step('left', () => {}));
      });
      try {
        const says = ['one', 'two'];
        const closing = (socket: WebSocket, heard: readonly string[]) => {
          if (heard.length === says.length) socket.close(1000);
        };
        assert.deepEqual(await talk(traced, closing, says), [['ONE!', 'TWO!'], 1000]);
        const [row] = await collector.exactly(1);
        assert.equal(
          stepsOf(row as never)
            .split('\n')
            .slice(2)
            .join('\n'),
          printed(`
   ├─ answer [user_call]  → "ONE!"
   │  └─ shout [user_call]  → "ONE!"
   ├─ answer [user_call]  → "TWO!"
   │  └─ shout [user_call]  → "TWO!"
   └─ left [user_call]
`),
        );
        assert.equal(row?.metadata?.last, 'two');
      } finally {
        close(traced);
      }
    });

    it('has the listeners that the app gave it, which get and throw what they always do', async () => {
      const facts = async (tracer: Tracer | undefined) => {
        const seen: unknown[] = [];
        const served = start(tracer, (socket) => {
          const removed = () => seen.push('removed');
          const first = function first(this: unknown, data: unknown, isBinary: unknown) {
            seen.push([this === socket, String(data), isBinary]);
          };
          const second = () => {
            seen.push('second');
            socket.send('heard');
          };
          socket.on('message', removed).on('message', first).once('message', second);
          seen.push(socket.listeners('message').map((listener) => (listener as Serve).name));
          socket.off('message', removed);
          seen.push(
            socket.listeners('message').includes(first),
            Object.keys(socket).includes('emit'),
          );
          seen.push(socket.listenerCount('message'), socket.emit('no listener'));
          socket.on('pong', () => {
            throw THROWN;
          });
          try {
            socket.emit('pong');
          } catch (error) {
            seen.push(error === THROWN);
          }
        });
        try {
          seen.push(await talk(served));
        } finally {
          close(served);
        }
        return seen;
      };
      await using collector = await startCollector();
      assert.deepEqual(await facts(collector.createTracer()), await facts(undefined));
    });

    it('leaves an event of the app’s own in the scope of the code that emits it', async () => {
      await using collector = await startCollector();
      const tracer = collector.createTracer();
      let heard: unknown;
      const traced = start(tracer, (socket) => {
        socket.on('pushed' as 'message', () => {
          heard = currentTrace()?.inferenceId;
        });
        socket.on('message', () => {
          const other = tracer.startTrace({ name: 'job', inferenceId: 'other' });
          other.run(() => socket.emit('pushed'));
          other.end();
          socket.send('done');
        });
      });
      try {
        await talk(traced);
        assert.equal(heard, 'other');
      } finally {
        close(traced);
      }
    });

    it('of which many are open at once has a trace for each', async () => {
      await using collector = await startCollector();
      const tracer = collector.createTracer();
      const traced = start(tracer);
      try {
        await Promise.all(Array.from({ length: 10 }, () => talk(traced)));
        const rows = await collector.exactly(10);
        assert.ok(rows.every((row) => httpOf(row).outcome === 'completed'));
      } finally {
        traced.closeAllConnections();
        traced.close();
      }
    });
  });
}

describe('A request that offers an upgrade which nobody takes', () => {
  it('leaves no listener on its connection, which is kept for the next one', async () => {
    await using collector = await startCollector();
    const app = expressVersions[0]?.express() as Express;
    app.use(forExpress({ tracer: collector.createTracer() }));
    let connection: Socket | undefined;
    app.get('/', (req, res) => {
      connection = req.socket;
      res.send('no');
    });
    const server = createServer(app);
    await once(server.listen(0), 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const ask = async () => {
      client.write(
        'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      );
      assert.match(String((await once(client, 'data'))[0]), /^HTTP\/1.1 200 /);
    };
    try {
      for (let n = 1; n <= 3; n++) {
        await ask();
        await collector.exactly(n);
        assert.equal(connection?.listenerCount('newListener'), 0);
      }
    } finally {
      client.destroy();
      close(server);
    }
  });
});

/** A protocol of its own, whose end shows in the connection alone. By framework, what is called for an upgrade. */
const BY_HAND: Readonly<
  Record<string, (tracer: Tracer, open: () => void) => (req: IncomingMessage) => unknown>
> = {
  ...Object.fromEntries(
    expressVersions.map(({ name, express }) => [
      name,
      (tracer: Tracer, open: () => void) => {
        const app = express();
        app.use(forExpress({ tracer }));
        app.get('/own', () => open());
        return (req: IncomingMessage) => app(req as Request, new ServerResponse(req) as Response);
      },
    ]),
  ),
  ...Object.fromEntries(
    koaVersions.map(({ name, Koa }) => [
      name,
      (tracer: Tracer, open: () => void) => {
        const app = new Koa();
        app.use(forKoa({ tracer }));
        app.use((ctx) => {
          ctx.respond = false;
          open();
        });
        const answer = app.callback();
        return (req: IncomingMessage) => answer(req, new ServerResponse(req));
      },
    ]),
  ),
  Hono: (tracer, open) => {
    const app = new Hono();
    app.use(forHono({ tracer }));
    app.get('/own', (c) => {
      open();
      return c.body(null, 200);
    });
    return (incoming: IncomingMessage) => app.request('/own', {}, { incoming });
  },
};

for (const [framework, make] of Object.entries(BY_HAND)) {
  describe(`a connection that an app of ${framework} upgrades by hand`, () => {
    for (const [what, end, outcome] of [
      ['ends it', (socket: Socket) => socket.end(), 'completed'],
      ['resets it', (socket: Socket) => socket.resetAndDestroy(), 'aborted'],
    ] as const) {
      it(`leaves one trace that is ${outcome} where the client ${what}`, async () => {
        await using collector = await startCollector();
        const tracer = collector.createTracer();
        const server = createServer().on('upgrade', (req, socket) => {
          socket.on('error', () => {});
          const answer = make(tracer, () => {
            socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: own\r\n\r\nhello');
            socket.resume().on('end', () => socket.end());
          });
          answer(req);
        });
        await once(server.listen(0), 'listening');
        const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
        client.on('error', () => {});
        client.write('GET /own HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: own\r\n\r\n');
        let heard = '';
        client.on('data', (data) => {
          heard += String(data);
          if (heard.endsWith('hello')) end(client);
        });
        try {
          const [row] = await collector.exactly(1);
          assert.equal(httpOf(row as never).outcome, outcome);
          assert.equal(tracer.stats().open, 0);
        } finally {
          client.destroy();
          server.close();
        }
      });
    }
  });
}
