/** The outcome of a request whose connection closes before it has its response: by the client, or by the server. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { connect as connect2, constants, createServer as createServer2 } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { currentTrace, type RequestTrace } from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { startCollector } from '../../support/collector.ts';
import { type Exchange, HTTP2_APPS, type Make, NODE_APPS } from '../harness/node-apps.ts';
import { later, until } from '../harness/pause.ts';
import { httpOf } from '../harness/stage.ts';

/** What a request sends, and what the app does with its body. */
const REQUESTS = {
  'a request without a body': { head: 'GET / HTTP/1.1\r\n', body: '', isRead: false },
  'an upload that is read': { head: 'POST / HTTP/1.1\r\n', body: 'part', isRead: true },
  'an upload that is not read': { head: 'POST / HTTP/1.1\r\n', body: 'part', isRead: false },
  'an upload that waits unread': {
    head: 'POST / HTTP/1.1\r\n',
    body: 'x'.repeat(500_000),
    isRead: false,
  },
} as const;

interface Scene extends Exchange {
  readonly client: Socket;
  readonly server: Server;
}

const BY_CLIENT: Readonly<Record<string, (scene: Scene) => void>> = {
  ends: ({ client }) => client.end(),
  'is destroyed': ({ client }) => client.destroy(),
  resets: ({ client }) => client.resetAndDestroy(),
};

const BY_SERVER: Readonly<Record<string, (scene: Scene) => void>> = {
  'the server’s timeout': ({ req, server }) => {
    // A connection takes the server's timeout when it begins.
    server.setTimeout(20);
    req.socket.setTimeout(20);
  },
  'the response’s timeout': ({ res }) => res.setTimeout(20),
  'req.destroy()': ({ req }) => req.destroy(),
  'req.destroy(error)': ({ req }) => req.destroy(new Error('too slow')),
  'res.destroy()': ({ res }) => res.destroy(),
  'res.socket.destroy()': ({ res }) => res.socket?.destroy(),
  'res.socket.resetAndDestroy()': ({ res }) => res.socket?.resetAndDestroy(),
  'server.closeAllConnections()': ({ server }) => server.closeAllConnections(),
};

interface End {
  readonly row: WireRow;
  readonly isAborted: boolean | undefined;
}

/** The ends of all these ways to close, which are tried beside each other: each waits more than it computes. */
function endsOf<S>(
  ways: Readonly<Record<string, (scene: S) => void>>,
  endOf: (close: (scene: S) => void) => Promise<End>,
): (how: string) => Promise<End> {
  const ends = new Map<string, PromiseSettledResult<End>>();
  before(async () => {
    const names = Object.keys(ways);
    const settled = await Promise.allSettled(Object.values(ways).map(endOf));
    for (const [i, end] of settled.entries()) ends.set(names[i] ?? '', end);
  });
  return async (how) => {
    const end = ends.get(how);
    assert.ok(end, `${how} was tried`);
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  };
}

const REASON = /^(?:the server closed the connection before its response was complete|too slow)$/;

function assertEnd({ row, isAborted }: End, outcome: string, status: number | null): void {
  const http = httpOf(row);
  assert.deepEqual([http.outcome, http.status], [outcome, status]);
  if (outcome === 'error') {
    const { error, errorStack } = row.metadata ?? {};
    assert.match(String(error), REASON);
    assert.equal(errorStack !== undefined, error === 'too slow', 'only the app has a stack');
  }
  assert.equal(isAborted, true, 'the signal aborts');
}

/** The newest major of each framework: core sees who closes a connection, in the same way for all. */
function newest(apps: Readonly<Record<string, Make>>): (readonly [string, Make])[] {
  return Object.entries(apps).filter(([name]) => /^(?:Express 5|Koa 3|Hono)$/.test(name));
}

for (const [name, make] of newest(NODE_APPS)) {
  describe(`${name}, where a connection closes before the response is complete`, () => {
    for (const hasHead of [false, true]) {
      const when = hasHead ? 'after the head' : 'before the head';
      const status = hasHead ? 200 : null;
      for (const [what, request] of Object.entries(REQUESTS)) {
        describe(`${when}: ${what}`, () => {
          async function endOf(close: (scene: Scene) => void): Promise<End> {
            await using collector = await startCollector();
            const tracer = collector.createTracer();
            let exchange: Exchange | undefined;
            let trace: RequestTrace | undefined;
            const listener = make(tracer, (found) => {
              trace = currentTrace() as RequestTrace;
              if (request.isRead) found.req.resume();
              if (hasHead) {
                found.res.setHeader('content-type', 'text/plain');
                found.res.statusCode = 200;
                found.res.write('so far');
              }
              exchange = found;
            });
            const server = createServer(listener).listen(0);
            const client = connect({ port: portOf(server), noDelay: true });
            client.on('error', () => {}).resume();
            const length = request.body === '' ? '' : 'content-length: 1000000\r\n';
            client.write(`${request.head}host: x\r\n${length}\r\n${request.body}`);
            try {
              await until(() => exchange !== undefined, 'the request');
              // The body may come later than the head.
              await later(15);
              close({ ...(exchange as Exchange), client, server });
              const [row] = await collector.exactly(1);
              return { row: row as WireRow, isAborted: trace?.signal.aborted };
            } finally {
              client.destroy();
              server.closeAllConnections();
              server.close();
            }
          }

          const isUnread = what === 'an upload that waits unread';
          // Node reads no more of such a connection, so the client's end is not seen.
          const byClient = isUnread ? {} : BY_CLIENT;
          const end = endsOf({ ...byClient, ...BY_SERVER }, endOf);
          for (const how of Object.keys(byClient)) {
            it(`is aborted where the client ${how}`, async () => {
              assertEnd(await end(how), 'aborted', status);
            });
          }
          for (const how of Object.keys(BY_SERVER)) {
            const outcome = isUnread ? 'aborted' : 'error';
            it(`is ${outcome} by ${how}`, async () => {
              assertEnd(await end(how), outcome, status);
            });
          }
        });
      }
    }

    for (const [who, close, outcome] of [
      ['the client', ({ client }: Scene) => client.destroy(), 'aborted'],
      ['the server', ({ server }: Scene) => server.closeAllConnections(), 'error'],
    ] as const) {
      it(`is ${outcome} by ${who} for each of the pipelined requests`, async () => {
        await using collector = await startCollector();
        const exchanges: Exchange[] = [];
        const listener = make(collector.createTracer(), (exchange) => exchanges.push(exchange));
        const server = createServer(listener).listen(0);
        const client = connect(portOf(server)).on('error', () => {});
        client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3));
        await until(() => exchanges.length === 3, 'the requests');
        // It waits for its turn, so nothing of it is sent.
        exchanges[1]?.res.end('second');
        close({ ...(exchanges[0] as Exchange), client, server });
        for (const row of await collector.exactly(3)) {
          assert.deepEqual([httpOf(row).outcome, httpOf(row).status], [outcome, null]);
        }
        server.close();
      });

      it(`is ${outcome} by ${who} on a connection that was kept alive`, async () => {
        await using collector = await startCollector();
        const exchanges: Exchange[] = [];
        const listener = make(collector.createTracer(), (exchange) => {
          exchanges.push(exchange);
          exchange.res.statusCode = 200;
          if (exchanges.length === 1) exchange.res.end('first');
        });
        const server = createServer(listener).listen(0);
        const client = connect(portOf(server)).on('error', () => {});
        client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        await new Promise((resolve) => client.once('data', resolve));
        client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        await until(() => exchanges.length === 2, 'the second request');
        close({ ...(exchanges[1] as Exchange), client, server });
        const rows = await collector.exactly(2);
        assert.deepEqual(
          rows.map((row) => httpOf(row).outcome).sort(),
          ['completed', outcome].sort(),
        );
        server.close();
      });
    }
  });
}

interface Http2Scene extends Exchange {
  readonly session: ReturnType<typeof connect2>;
  readonly request: ReturnType<ReturnType<typeof connect2>['request']>;
  readonly client: Socket;
  readonly sockets: readonly Socket[];
}

interface ServerStream {
  destroy(error?: Error): void;
  close(code: number): void;
  readonly session: { destroy(): void; setTimeout(ms: number, onTimeout: () => void): void };
}

const streamOf = ({ res }: Exchange) => (res as unknown as { stream: ServerStream }).stream;

const HTTP2_BY_CLIENT: Readonly<Record<string, (scene: Http2Scene) => void>> = {
  'cancels the stream': ({ request }) => request.close(constants.NGHTTP2_CANCEL),
  'closes the stream with an error': ({ request }) =>
    request.close(constants.NGHTTP2_INTERNAL_ERROR),
  'destroys the stream': ({ request }) => request.destroy(),
  'destroys the session': ({ session }) => session.destroy(),
  'destroys its socket': ({ client }) => client.destroy(),
  'ends its socket': ({ client }) => client.end(),
  'resets its socket': ({ client }) => client.resetAndDestroy(),
};

const HTTP2_BY_SERVER: Readonly<Record<string, (scene: Http2Scene) => void>> = {
  'res.destroy()': ({ res }) => res.destroy(),
  'stream.destroy()': (scene) => streamOf(scene).destroy(),
  'stream.destroy(error)': (scene) => streamOf(scene).destroy(new Error('too slow')),
  'stream.close()': (scene) => streamOf(scene).close(constants.NGHTTP2_CANCEL),
  'the response’s timeout': (scene) =>
    scene.res.setTimeout(20, () => streamOf(scene).close(constants.NGHTTP2_CANCEL)),
  'the session’s timeout': (scene) => {
    const { session } = streamOf(scene);
    session.setTimeout(20, () => session.destroy());
  },
  'session.destroy()': (scene) => streamOf(scene).session.destroy(),
  'its sockets': ({ sockets }) => {
    for (const socket of sockets) socket.destroy();
  },
};

for (const [name, make] of newest(HTTP2_APPS)) {
  describe(`${name} over HTTP/2, where a stream closes before the response is complete`, () => {
    for (const hasHead of [false, true]) {
      for (const hasBody of [false, true]) {
        const when = `${hasHead ? 'after' : 'before'} the head${hasBody ? ' in an upload' : ''}`;
        const status = hasHead ? 200 : null;
        describe(when, () => {
          async function endOf(close: (scene: Http2Scene) => void): Promise<End> {
            await using collector = await startCollector();
            let exchange: Exchange | undefined;
            let trace: RequestTrace | undefined;
            const listener = make(collector.createTracer(), (found) => {
              trace = currentTrace() as RequestTrace;
              found.req.resume();
              found.res.statusCode = 200;
              if (hasHead) found.res.write('so far');
              exchange = found;
            });
            const server = createServer2(listener as unknown as () => void);
            const sockets: Socket[] = [];
            server.on('connection', (socket) => sockets.push(socket));
            server.on('sessionError', () => {}).listen(0);
            const port = portOf(server);
            const client = connect(port, '127.0.0.1').on('error', () => {});
            const session = connect2(`http://127.0.0.1:${port}`, {
              createConnection: () => client,
            });
            session.on('error', () => {});
            const request = session.request({ ':path': '/', ':method': hasBody ? 'POST' : 'GET' });
            request.on('error', () => {}).resume();
            if (hasBody) request.write('part');
            try {
              await until(() => exchange !== undefined, 'the request');
              await later(15);
              streamErrorsOf(exchange as Exchange);
              close({ ...(exchange as Exchange), session, request, client, sockets });
              const [row] = await collector.exactly(1);
              return { row: row as WireRow, isAborted: trace?.signal.aborted };
            } finally {
              session.destroy();
              for (const socket of sockets) socket.destroy();
              server.close();
            }
          }

          const end = endsOf({ ...HTTP2_BY_CLIENT, ...HTTP2_BY_SERVER }, endOf);
          for (const how of Object.keys(HTTP2_BY_CLIENT)) {
            it(`is aborted where the client ${how}`, async () => {
              assertEnd(await end(how), 'aborted', status);
            });
          }
          for (const how of Object.keys(HTTP2_BY_SERVER)) {
            it(`is an error by ${how}`, async () => {
              assertEnd(await end(how), 'error', status);
            });
          }
        });
      }
    }
  });
}

/** The app listens for errors of the stream, which would end the process. */
function streamErrorsOf({ res }: Exchange): void {
  (res as unknown as { stream: NodeJS.EventEmitter }).stream.on('error', () => {});
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}
