/** Both sides of `#platform` say the same of everything that both can know. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import type { HttpRequest } from '../src/platform/http-client.ts';
import * as node from '../src/platform/node/platform.ts';
import * as web from '../src/platform/web/platform.ts';

/** The compiler holds the two sides to be of one shape. */
type Side = Omit<typeof node, 'timersOutliveRequests'>;
const nodeSide: Side = node;
const webSide: Side = web;
const sides = [
  ['Node', nodeSide],
  ['the web', webSide],
] as const;

function* generator() {}
async function* asyncGenerator() {}

const values: readonly unknown[] = [
  ...[undefined, null, 0, 1n, 'text', true, Symbol('s'), () => {}, {}, [], Object.create(null)],
  ...[new Map(), new Set(), new WeakMap(), new Date(), new Date(Number.NaN), /x/g, new URL('a:b')],
  ...[new Error('e'), new RangeError('r'), Promise.resolve(1), generator(), asyncGenerator()],
  ...[generator, new ArrayBuffer(2), new SharedArrayBuffer(2), new Uint8Array(2)],
  ...[Object(1), Object('s'), Object(false), Object(1n), Object(Symbol('b'))],
  // Heirs that are none.
  ...[Map, Set, Date, RegExp, ArrayBuffer, Number, String].map((each) =>
    Object.create(each.prototype),
  ),
];

const QUESTIONS = [
  ...(['isPromise', 'isMap', 'isSet', 'isDate', 'isRegExp', 'isNativeError'] as const),
  ...(['isBoxedPrimitive', 'isAnyArrayBuffer', 'isGeneratorObject'] as const),
];

const texts = [
  '',
  'plain',
  'Grüße',
  '世界',
  '🎉🎉',
  '\ud800',
  'a\udc00b',
  '\ufeffmark',
  'x'.repeat(99),
];

describe('the platform of the web', () => {
  for (const question of QUESTIONS) {
    it(`answers ${question} as Node does`, () => {
      for (const value of values) {
        assert.equal(
          webSide[question](value),
          nodeSide[question](value),
          Object.prototype.toString.call(value),
        );
      }
    });
  }

  it('says of no value that it is a proxy, and asks one nothing that would throw', () => {
    const hostile = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error('asked');
        },
      },
    );
    assert.equal(web.isProxy(hostile), false);
    for (const question of QUESTIONS) assert.equal(webSide[question](hostile), false);
  });

  it('counts, writes, copies and reads bytes as Node does', () => {
    for (const text of texts) {
      assert.equal(web.utf8Length(text), node.utf8Length(text), JSON.stringify(text));
      const [ours, theirs] = sides.map(([, side]) => {
        const memory = side.allocate(text.length * 3 + 2);
        const written = side.writeUtf8(memory, text, 2);
        return side.copied(memory.subarray(2, 2 + written));
      });
      assert.deepEqual(new Uint8Array(ours ?? []), new Uint8Array(theirs ?? []));
      const bytes = new TextEncoder().encode(text);
      assert.equal(web.utf8Text(bytes), node.utf8Text(bytes));
    }
    const shared = Buffer.from('abc');
    const copy = web.copied(shared);
    shared[0] = 0;
    assert.equal(web.utf8Text(copy), 'abc');
  });
});

for (const [name, { httpClient }] of sides) {
  describe(`an HTTP client on ${name}`, () => {
    const asked = async (listener: RequestListener, change: Partial<HttpRequest> = {}) => {
      await using server = await serverOf(listener);
      const own = httpClient();
      try {
        return await own.send({
          method: 'POST',
          url: new URL(server.url),
          headers: { 'X-Own': 'yes' },
          body: new TextEncoder().encode('sent'),
          timeoutMs: 5000,
          maxResponseBytes: 100,
          ...change,
        });
      } finally {
        own.close();
      }
    };

    it('sends and reads whole', async () => {
      const { status, header, body } = await asked(async (req, res) => {
        let text = '';
        for await (const chunk of req) text += String(chunk);
        res.setHeader('x-back', `${req.method} ${req.headers['x-own']}`);
        res.end(`got ${text}`);
      });
      assert.deepEqual([status, header('x-back'), header('x-none')], [200, 'POST yes', undefined]);
      assert.equal(new TextDecoder().decode(body), 'got sent');
    });

    it('follows no redirect', async () => {
      let calls = 0;
      const { status } = await asked((_req, res) => {
        calls++;
        res.writeHead(307, { Location: '/elsewhere' }).end();
      });
      assert.deepEqual([status, calls], [307, 1]);
    });

    it('ends at its deadline, also in the middle of an answer', async () => {
      await assert.rejects(
        asked((_req, res) => void res.writeHead(200).write('a'), { timeoutMs: 100 }),
        /no complete response within 100 ms/,
      );
    });

    it('is given up by its signal', async () => {
      const stop = new AbortController();
      const given = asked(() => stop.abort(), { signal: stop.signal });
      await assert.rejects(given, /the request was aborted/);
    });

    it('says that nothing was sent where the signal was aborted before', async () => {
      let calls = 0;
      const listener: RequestListener = (_req, res) => {
        calls++;
        res.end();
      };
      await assert.rejects(asked(listener, { signal: AbortSignal.abort() }), {
        message: 'the request was aborted',
        isUnsent: true,
      });
      assert.equal(calls, 0);
      const stop = new AbortController();
      await assert.rejects(
        asked(() => stop.abort(), { signal: stop.signal }),
        (error: object) => {
          return !('isUnsent' in error);
        },
      );
    });

    it('believes no success that is too long, and cuts what is none', async () => {
      const long: (status: number) => RequestListener = (status) => (_req, res) => {
        res.writeHead(status).end('x'.repeat(10_000));
      };
      await assert.rejects(asked(long(200)), /longer than 100 bytes/);
      const { status, body } = await asked(long(500));
      assert.equal(status, 500);
      assert.ok(body.length <= 100);
    });

    it('fails where nobody listens', async () => {
      const server = await serverOf(() => {});
      await server[Symbol.asyncDispose]();
      const url = new URL(server.url);
      await assert.rejects(asked(() => {}, { url }));
    });
  });
}

describe('an HTTP client of Node', () => {
  it('closes a connection before servers of Node do, which would break the next call', async () => {
    let closedAt = 0;
    await using server = await serverOf((_req, res) => void res.end('{}'));
    const client = node.httpClient();
    const { port } = new URL(server.url);
    const url = new URL(`http://127.0.0.1:${port}/`);
    server.listener.on('connection', (socket) => {
      socket.on('close', () => {
        closedAt = performance.now();
      });
    });
    const ask = { method: 'GET', url, headers: {}, body: undefined, timeoutMs: 1000 };
    await client.send({ ...ask, maxResponseBytes: 100 });
    const answeredAt = performance.now();
    while (closedAt === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(closedAt - answeredAt < server.listener.keepAliveTimeout);
    client.close();
  });

  it('says that a body is sent when all of it has left, even where the answer came before', async () => {
    let socket: Socket | undefined;
    const server = createSocketServer((connection) => {
      socket = connection;
      connection.on('error', () => {});
      connection.once('readable', () => {
        connection.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = node.httpClient();
    let isSent = false;
    const { status } = await client.send({
      method: 'POST',
      url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
      headers: {},
      // More than connections take at once.
      body: new Uint8Array(64 * 1024 * 1024),
      onBodySent: () => {
        isSent = true;
      },
      timeoutMs: 10_000,
      maxResponseBytes: 100,
    });
    assert.equal(status, 503);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(isSent, false);
    socket?.resume();
    while (!isSent) await new Promise((resolve) => setTimeout(resolve, 5));
    client.close();
    socket?.destroy();
    server.close();
  });
});

async function serverOf(
  listener: RequestListener,
): Promise<AsyncDisposable & { readonly url: string; readonly listener: Server }> {
  const server: Server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    listener: server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
