/** Responses that end in another way than by their own end, and middleware that runs when all is over. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { currentTrace, type RequestTrace, type Tracer } from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forHono } from '@openlayer-tracing/hono';
import { openlayerTracing as forKoa } from '@openlayer-tracing/koa';
import { Hono } from 'hono';
import { temporaryFolder } from '../../faults/temporary-folder.ts';
import { startCollector } from '../../support/collector.ts';
import { expressVersions } from '../express/frameworks.ts';
import { later } from '../harness/pause.ts';
import { httpOf } from '../harness/stage.ts';
import { koaVersions } from '../koa/frameworks.ts';

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((whenKnown) => {
    resolve = whenKnown;
  });
  return { promise, resolve };
}

/** What runs before the middleware, or answers behind it, on Node's own request and response. */
type Part = (req: IncomingMessage, res: ServerResponse) => unknown;

interface Parts {
  readonly before?: Part;
  readonly handler: Part;
}

type Make = (tracer: Tracer, parts: Parts, maxAgeMs?: number) => Server;

const FRAMEWORKS: Record<string, Make> = {};

for (const { name, express } of expressVersions) {
  FRAMEWORKS[name] = (tracer, { before, handler }, maxAgeMs) => {
    const app = express();
    app.set('env', 'test');
    app.use(async (req, res, next) => {
      await before?.(req, res);
      next();
    });
    app.use(forExpress({ tracer, maxAgeMs }));
    app.get('/', (req, res) => {
      handler(req, res);
    });
    return createServer(app).listen(0);
  };
}
for (const { name, Koa } of koaVersions) {
  FRAMEWORKS[name] = (tracer, { before, handler }, maxAgeMs) => {
    const app = new Koa();
    app.silent = true;
    app.use(async (ctx, next) => {
      await before?.(ctx.req, ctx.res);
      await next();
    });
    app.use(forKoa({ tracer, maxAgeMs }));
    app.use((ctx) => {
      ctx.respond = false;
      ctx.res.statusCode = 200;
      handler(ctx.req, ctx.res);
    });
    return app.listen(0);
  };
}

FRAMEWORKS['Hono 4 on node-server'] = (tracer, { before, handler }, maxAgeMs) => {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (c, next) => {
    await before?.(c.env.incoming, c.env.outgoing);
    await next();
  });
  app.use(forHono({ tracer, maxAgeMs }));
  app.get('/', (c) => {
    handler(c.env.incoming, c.env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  return createAdaptorServer({ fetch: app.fetch }).listen(0) as Server;
};

interface Conversation {
  readonly socket: Socket;
  /** Resolves once the client has read this text. */
  read(text: string): Promise<void>;
}

function ask(server: Server, headers = ''): Conversation {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  socket.on('error', () => {});
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\n${headers}\r\n`);
  return {
    socket,
    async read(wanted) {
      while (!text.includes(wanted)) await later(2);
    },
  };
}

const LEAVING: Readonly<Record<string, (socket: Socket) => void>> = {
  closes: (socket) => socket.destroy(),
  resets: (socket) => socket.resetAndDestroy(),
  'ends its side': (socket) => socket.end(),
};

/** How a server breaks a response of which the head and a part are sent. */
const BREAKING: Readonly<Record<string, (res: ServerResponse, server: Server) => void>> = {
  'destroys it': (res) => res.destroy(),
  'destroys it with an error': (res) => res.destroy(new Error('kaboom')),
  'destroys its socket': (res) => res.socket?.destroy(),
  'resets its socket': (res) => res.socket?.resetAndDestroy(),
  'closes all connections': (_res, server) => server.closeAllConnections(),
  'pipes a stream into it that fails': (res) => {
    const source = new PassThrough();
    source.on('error', (error) => res.destroy(error));
    source.pipe(res);
    source.destroy(new Error('kaboom'));
  },
};

/** What an app may do to the listeners of its response. */
const LISTENERS: Readonly<Record<string, Part>> = {
  'removes its listeners for close': (_req, res) => res.removeAllListeners('close'),
  'removes all of its listeners': (_req, res) => res.removeAllListeners(),
  'has a listener for close that throws': (_req, res) =>
    res.prependListener('close', () => {
      throw new Error('of the app');
    }),
};

/** How an app gives its response headers before it writes. */
const HEADS: Readonly<Record<string, (res: ServerResponse, length: number) => void>> = {
  'set before': (res, length) => {
    res.setHeader('content-length', length);
    res.setHeader('content-type', 'text/plain');
  },
  'given to writeHead': (res, length) => {
    res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': length });
  },
  'given to writeHead as an array': (res, length) => {
    res.writeHead(200, ['Content-Type', 'text/plain', 'Content-Length', String(length)]);
  },
};

for (const [name, make] of Object.entries(FRAMEWORKS)) {
  describe(`${name}, where a response ends in its own way`, () => {
    /** Runs a conversation with an app. @returns its row */
    async function rowOf(
      parts: Parts,
      converse: (client: Conversation, server: Server) => Promise<void>,
      maxAgeMs?: number,
    ): Promise<WireRow> {
      await using collector = await startCollector();
      const tracer = collector.createTracer();
      const server = make(tracer, parts, maxAgeMs);
      const client = ask(server);
      try {
        await converse(client, server);
        const [row] = await collector.exactly(1);
        assert.equal(tracer.stats().open, 0);
        return row as WireRow;
      } finally {
        client.socket.destroy();
        server.closeAllConnections();
        server.close();
      }
    }

    for (const [how, leave] of Object.entries(LEAVING)) {
      it(`is aborted at once where the client ${how} before the middleware runs`, async () => {
        const { promise: left, resolve } = withResolvers<void>();
        const before: Part = async (req) => {
          resolve();
          while (!req.socket.destroyed) await later(2);
        };
        const handler: Part = (_req, res) => res.end('too late');
        const row = await rowOf({ before, handler }, async ({ socket }) => {
          await left;
          leave(socket);
        });
        assert.deepEqual([httpOf(row).outcome, httpOf(row).status], ['aborted', null]);
        assert.equal(row.output, null);
      });
    }

    it('is completed at once where the response was sent before the middleware runs', async () => {
      const before: Part = async (_req, res) => {
        res.statusCode = 202;
        res.end('early');
        while (!res.closed) await later(2);
      };
      const row = await rowOf({ before, handler: () => {} }, ({ read }) => read('early'));
      assert.deepEqual([httpOf(row).outcome, httpOf(row).status], ['completed', 202]);
    });

    for (const [how, breakIt] of Object.entries(BREAKING)) {
      it(`is an error with what was sent where the server ${how}`, async () => {
        const { promise, resolve } = withResolvers<ServerResponse>();
        const handler: Part = (_req, res) => {
          res.setHeader('content-type', 'text/plain');
          res.write('so far ');
          resolve(res);
        };
        const row = await rowOf({ handler }, async ({ read }, server) => {
          await read('so far');
          breakIt(await promise, server);
        });
        const http = httpOf(row);
        assert.deepEqual([http.outcome, http.status, http.bytes], ['error', 200, 7]);
        assert.equal(row.output, 'so far ');
        assert.match(String(row.metadata?.error), /kaboom|the server closed the connection/);
      });
    }

    for (const [how, leave] of Object.entries(LEAVING)) {
      for (const [given, announce] of Object.entries(HEADS)) {
        it(`is completed where the client ${how} when it has the length that was ${given}`, async () => {
          const handler: Part = (_req, res) => {
            announce(res, 5);
            res.write('whole');
          };
          const row = await rowOf({ handler }, async ({ socket, read }) => {
            await read('whole');
            leave(socket);
          });
          assert.deepEqual([httpOf(row).outcome, row.output], ['completed', 'whole']);
        });

        it(`is aborted, with what was sent, where the client ${how} before the length that was ${given}`, async () => {
          const handler: Part = (_req, res) => {
            announce(res, 50);
            res.write('part');
          };
          const row = await rowOf({ handler }, async ({ socket, read }) => {
            await read('part');
            leave(socket);
          });
          assert.equal(httpOf(row).outcome, 'aborted');
          assert.match(String(row.output), /^part/);
        });
      }
    }

    for (const [given, announce] of Object.entries(HEADS)) {
      it(`is an error where it ends before the length that was ${given}`, async () => {
        const handler: Part = (_req, res) => {
          announce(res, 10);
          res.write('abc');
          res.end();
        };
        const row = await rowOf({ handler }, ({ read }) => read('abc'));
        assert.deepEqual([httpOf(row).outcome, row.output], ['error', 'abc']);
        assert.equal(
          row.metadata?.error,
          'the response has 3 of the 10 bytes of its content-length',
        );
        assert.equal(row.metadata?.errorStack, undefined);
      });

      it(`is completed where it ends at the length that was ${given}`, async () => {
        const handler: Part = (_req, res) => {
          announce(res, 4);
          res.write('ab');
          res.end('é', 'utf8');
        };
        const row = await rowOf({ handler }, ({ read }) => read('abé'));
        assert.deepEqual([httpOf(row).outcome, row.output], ['completed', 'abé']);
      });
    }

    for (const status of [204, 304]) {
      it(`is completed where ${status} has the length of a body that is not sent`, async () => {
        const handler: Part = (_req, res) => {
          res.statusCode = status;
          res.setHeader('content-length', 10);
          res.end();
        };
        const row = await rowOf({ handler }, ({ read }) => read('\r\n\r\n'));
        assert.deepEqual([httpOf(row).outcome, httpOf(row).status], ['completed', status]);
      });
    }

    it('is completed where earlier middleware sends more bytes than it is given', async () => {
      const before: Part = (_req, res) => {
        const end = res.end.bind(res);
        res.end = ((text: string) => end(`<b>${text}</b>`)) as typeof res.end;
      };
      const handler: Part = (_req, res) => {
        res.setHeader('content-length', 10);
        res.end('abc');
      };
      const row = await rowOf({ before, handler }, ({ read }) => read('<b>abc</b>'));
      assert.deepEqual([httpOf(row).outcome, row.output], ['completed', 'abc']);
    });

    for (const [what, spoil] of Object.entries(LISTENERS)) {
      it(`settles when the app ${what}`, async () => {
        const uncaught = process.listeners('uncaughtException');
        process.removeAllListeners('uncaughtException');
        const swallow = () => {};
        process.on('uncaughtException', swallow);
        try {
          const handler: Part = (req, res) => {
            spoil(req, res);
            res.end('done');
          };
          const row = await rowOf({ handler }, ({ read }) => read('done'));
          assert.deepEqual([httpOf(row).outcome, row.output], ['completed', 'done']);
        } finally {
          await later(5);
          process.off('uncaughtException', swallow);
          for (const listener of uncaught) process.on('uncaughtException', listener);
        }
      });
    }

    for (const reads of ['before', 'after'] as const) {
      it(`aborts the signal where the client leaves after it was abandoned, read ${reads} that`, async () => {
        await using collector = await startCollector();
        const tracer = collector.createTracer();
        let trace: RequestTrace | undefined;
        const handler: Part = (_req, res) => {
          trace = currentTrace() as RequestTrace;
          if (reads === 'before') assert.equal(trace.signal.aborted, false);
          res.write('so far');
        };
        const server = make(tracer, { handler }, 300);
        const { socket, read } = ask(server);
        await read('so far');
        const [row] = await collector.exactly(1);
        assert.equal(httpOf(row as WireRow).outcome, 'abandoned');
        if (reads === 'before') assert.equal(trace?.signal.aborted, false);
        socket.destroy();
        for (let i = 0; trace?.signal.aborted !== true; i++) {
          assert.ok(i < 500, 'the signal does not abort');
          await later(5);
        }
        server.close();
      });
    }

    it('does not abort the signal where it was sent whole after it was abandoned', async () => {
      await using collector = await startCollector();
      const tracer = collector.createTracer();
      const { promise, resolve } = withResolvers<ServerResponse>();
      let signal: AbortSignal | undefined;
      const handler: Part = (_req, res) => {
        ({ signal } = currentTrace() as RequestTrace);
        res.write('so far');
        resolve(res);
      };
      const server = make(tracer, { handler }, 300);
      const { socket, read } = ask(server);
      const res = await promise;
      await collector.exactly(1);
      res.end('the end');
      await read('the end');
      socket.destroy();
      while (!res.closed) await later(2);
      assert.equal(signal?.aborted, false);
      server.close();
    });

    it('keeps what was sent where it had its turn on a pipelined connection and the client left', async () => {
      await using collector = await startCollector();
      const tracer = collector.createTracer();
      let requests = 0;
      const handler: Part = (_req, res) => {
        requests++;
        if (requests === 1) {
          res.end('first');
          return;
        }
        res.setHeader('content-type', 'text/event-stream');
        res.write(`data: ${JSON.stringify({ choices: [{ delta: { content: 'One ' } }] })}\n\n`);
      };
      const server = make(tracer, { handler });
      const { socket, read } = ask(server, '\r\nGET / HTTP/1.1\r\nhost: x\r\n');
      await read('One ');
      socket.destroy();
      const rows = await collector.exactly(2);
      const streamed = rows.find(({ output }) => output === 'One ');
      assert.deepEqual(
        [streamed && httpOf(streamed).outcome, streamed && httpOf(streamed).status],
        ['aborted', 200],
      );
      server.close();
    });

    it('is aborted where the client offered an upgrade, got 102 and left', async () => {
      await using collector = await startCollector();
      const tracer = collector.createTracer();
      let signal: AbortSignal | undefined;
      const handler: Part = (_req, res) => {
        ({ signal } = currentTrace() as RequestTrace);
        res.writeProcessing();
      };
      const server = make(tracer, { handler });
      const offer = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: x\r\n';
      const { socket, read } = ask(server, offer);
      await read('102 Processing');
      socket.destroy();
      const [row] = await collector.exactly(1);
      const { outcome, status } = httpOf(row as WireRow);
      assert.deepEqual([outcome, status, signal?.aborted], ['aborted', null, true]);
      server.close();
    });

    it('is abandoned with status, type, text and bytes when it is older than maxAgeMs', async () => {
      const handler: Part = (_req, res) => {
        res.setHeader('content-type', 'text/event-stream');
        for (const content of ['One ', 'two ']) {
          res.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
        }
      };
      const row = await rowOf({ handler }, ({ read }) => read('two '), 300);
      const http = httpOf(row);
      assert.deepEqual([http.outcome, http.status, row.output], ['abandoned', 200, 'One two ']);
      assert.ok(Number(http.bytes) > 50);
    });
  });
}

describe('a response cut off by process.exit()', () => {
  it('is interrupted with status, type, text and bytes', async () => {
    await using collector = await startCollector();
    using folder = temporaryFolder();
    const { apiKey, inferencePipelineId, baseUrl } = collector.tracer;
    const settings = { apiKey, inferencePipelineId, baseUrl, spool: { dir: folder.path } };
    const script = `
      import express from 'express';
      import { openlayerTracing } from '@openlayer-tracing/express';
      const app = express();
      app.use(openlayerTracing(${JSON.stringify(settings)}));
      app.get('/', (req, res) => {
        res.type('text/event-stream');
        res.write('data: {"choices":[{"delta":{"content":"One "}}]}\\n\\n');
      });
      const server = app.listen(0, async () => {
        const response = await fetch('http://127.0.0.1:' + server.address().port);
        await response.body.getReader().read();
        process.exit();
      });`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: new URL('.', import.meta.url),
    });
    const heir = collector.createTracer({ spool: { dir: folder.path } });
    const [row] = await collector.exactly(1);
    await heir.shutdown();
    const http = httpOf(row as WireRow);
    assert.deepEqual([http.outcome, http.status, row?.output], ['interrupted', 200, 'One ']);
    assert.ok(Number(http.bytes) > 20);
  });
});
