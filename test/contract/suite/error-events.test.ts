/** Streams of events whose framework catches the error: it answers by an event `error`, the last one, which is all that shows it. */

import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Controller, Module, Req, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { WireRow } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { openlayerTracing as forExpress } from '@openlayer-tracing/express';
import { openlayerTracing as forHono } from '@openlayer-tracing/hono';
import type { Request } from 'express';
import { type Context, Hono } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import 'reflect-metadata';
import { catchError, concat, of, throwError } from 'rxjs';
import { listen } from '../harness/frameworks.ts';
import { until } from '../harness/pause.ts';
import { httpOf } from '../harness/stage.ts';

/** The rest of the row, once the client has the whole stream. */
async function rowOf(
  url: string,
  traces: { rows(): Promise<readonly WireRow[]> },
): Promise<WireRow & { readonly sent: string }> {
  const before = (await traces.rows()).length;
  const sent = await (await fetch(url)).text();
  let rows: readonly WireRow[] = [];
  await until(async () => {
    rows = await traces.rows();
    return rows.length > before;
  }, 'the row');
  return { ...(rows.at(-1) as WireRow), sent };
}

function errorOf(row: WireRow): unknown {
  const { status, outcome } = httpOf(row);
  const error = row.metadata?.error;
  return [status, outcome, error === undefined ? undefined : JSON.stringify(error)];
}

const boom = () => new Error('boom');

async function failing(stream: SSEStreamingApi): Promise<void> {
  await stream.writeSSE({ data: 'one' });
  throw boom();
}

/** Handlers of Hono, and what the row says of their error. */
const BY_HONO: Readonly<Record<string, readonly [(c: Context) => Response, error: RegExp | null]>> =
  {
    'fails, with a callback for errors': [(c) => streamSSE(c, failing, async () => {}), /boom/],
    'fails, with a callback that writes an event of its own': [
      (c) =>
        streamSSE(c, failing, async (_error, stream) => {
          await stream.writeSSE({ event: 'sorry', data: 'try again' });
        }),
      /boom/,
    ],
    'fails in several lines': [
      (c) =>
        streamSSE(
          c,
          async () => {
            throw new Error('first\nsecond');
          },
          async () => {},
        ),
      /first\\nsecond/,
    ],
    'fails, with a callback that records another error': [
      (c) =>
        streamSSE(c, failing, async () => {
          c.var.trace.recordError(new Error('recorded'));
        }),
      /recorded/,
    ],
    'ends by an event for an error': [
      (c) =>
        streamSSE(c, async (stream) => {
          await stream.writeSSE({ event: 'error', data: '{"type":"overloaded"}', id: '1' });
        }),
      /overloaded/,
    ],
    'goes on after such an event': [
      (c) =>
        streamSSE(c, async (stream) => {
          await stream.writeSSE({ event: 'error', data: 'one lost' });
          await stream.writeSSE({ data: 'two' });
        }),
      null,
    ],
    'has such an event and more in one piece': [
      (c) =>
        streamSSE(c, async (stream) => {
          await stream.write('event: error\ndata: one lost\n\ndata: two\n\n');
        }),
      null,
    ],
    'has an event of another name': [
      (c) =>
        streamSSE(c, async (stream) => {
          await stream.writeSSE({ event: 'errors', data: 'none' });
        }),
      null,
    ],
    'has such an event whose end is missing': [
      (c) =>
        streamSSE(c, async (stream) => {
          await stream.write('event: error\ndata: one l');
        }),
      null,
    ],
    'is of another type': [
      (c) => {
        const response = streamSSE(c, async (stream) => {
          await stream.writeSSE({ event: 'error', data: 'not an event' });
        });
        response.headers.set('content-type', 'text/plain');
        return response;
      },
      null,
    ],
  };

describe('A stream of Hono on a Node server that', () => {
  for (const [what, [handler, error]] of Object.entries(BY_HONO)) {
    it(`${what} has ${error === null ? 'no error' : 'that error'}`, async () => {
      using traces = captureTraces();
      const app = new Hono().use(forHono()).get('/', handler);
      const { url, server } = await listen(createAdaptorServer({ fetch: app.fetch }) as Server);
      const row = await rowOf(url, traces);
      server.close();
      const [status, outcome, told] = errorOf(row) as [number, string, string | undefined];
      assert.deepEqual([status, outcome], [200, 'completed']);
      const isByApp = what === 'fails, with a callback that records another error';
      assert.equal(row.metadata?.errorStack !== undefined, isByApp, 'only the app has a stack');
      if (error === null) assert.equal(told, undefined);
      else assert.match(String(told), error);
    });
  }
});

describe('A stream of Hono', () => {
  it('that is sent by the runtime has the error of its last event too', async () => {
    using traces = captureTraces();
    const app = new Hono().use(forHono()).get('/', (c) => streamSSE(c, failing, async () => {}));
    await (await app.request('/')).text();
    await until(async () => (await traces.rows()).length === 1, 'the row');
    assert.match(JSON.stringify((await traces.rows())[0]?.metadata?.error), /boom/);
  });

  it('says no more than that there was an error, where responses are not captured', async () => {
    using traces = captureTraces();
    const app = new Hono();
    app.use(forHono({ capture: { response: false } }));
    app.get('/', (c) => streamSSE(c, failing, async () => {}));
    await (await app.request('/')).text();
    await until(async () => (await traces.rows()).length === 1, 'the row');
    const told = JSON.stringify((await traces.rows())[0]?.metadata?.error);
    assert.match(told, /the stream ended with an event of the type error/);
    assert.doesNotMatch(told, /boom/);
  });
});

describe('A stream of NestJS whose Observable fails', () => {
  let close: (() => Promise<void>) | undefined;
  let url = '';
  before(async () => {
    class Streams {
      fails() {
        return concat(of({ data: 'one' }), throwError(boom));
      }

      records(req: Request) {
        return this.fails().pipe(
          catchError((error: unknown) => {
            req.trace.recordError(error);
            throw error;
          }),
        );
      }
    }
    const { prototype } = Streams;
    for (const name of ['fails', 'records'] as const) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
      Sse(name)(prototype, name, descriptor);
    }
    Req()(prototype, 'records', 0);
    Controller()(Streams);
    class App {}
    Module({ controllers: [Streams] })(App);
    const app = await NestFactory.create(App, { logger: false });
    app.use(forExpress());
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as Server).address() as { port: number };
    url = `http://127.0.0.1:${port}`;
    close = () => app.close();
  });
  after(() => close?.());

  it('has the error that the client was told', async () => {
    using traces = captureTraces();
    const row = await rowOf(`${url}/fails`, traces);
    const told = /event: error\nid: \d+\ndata: (.*)\n\n$/.exec(row.sent)?.[1];
    assert.ok(told, row.sent);
    const [status, outcome, error] = errorOf(row) as [number, string, string];
    assert.deepEqual([status, outcome], [200, 'completed']);
    assert.ok(error.includes(told), error);
  });

  it('has the error that the app records', async () => {
    using traces = captureTraces();
    const row = await rowOf(`${url}/records`, traces);
    assert.match(String((errorOf(row) as unknown[])[2]), /boom/);
  });
});
