/** Koa serves HTTP/2 by the same callback. */

import assert from 'node:assert/strict';
import {
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as later } from 'node:timers/promises';
import { createTracer, openlayerTracing, type RequestTrace, step } from '@openlayer-tracing/koa';
import { startCollector } from '../../support/collector.ts';
import { httpOf, printed, stepsOf } from '../harness/stage.ts';
import { koaVersions } from './frameworks.ts';

for (const { name, Koa, parser } of koaVersions) {
  describe(`${name} over HTTP/2`, () => {
    it('is traced: what was asked and answered, failures, and clients that leave', async () => {
      await using collector = await startCollector();
      const tracer = createTracer(collector.tracer);
      const app = new Koa();
      app.silent = true;
      app.use(openlayerTracing({ tracer })).use(parser());
      app.use((ctx) => {
        if (ctx.path === '/fail') throw new Error('no such shelf');
        ctx.type = 'text/plain';
        if (ctx.path === '/echo') ctx.body = { got: ctx.request.body };
        if (ctx.path === '/endless') ctx.body = Readable.from(endless());
      });
      // The types of Koa speak of HTTP/2 too, but in a way that the server's do not.
      const server = createServer(app.callback() as unknown as () => void);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);
      const session = connect(`http://127.0.0.1:${address.port}`);
      const ask = (path: string, body?: unknown) => {
        const stream = session.request({
          ':path': path,
          ':method': body === undefined ? 'GET' : 'POST',
          'content-type': 'application/json',
          'x-request-id': path.slice(1),
        });
        stream.end(body === undefined ? undefined : JSON.stringify(body));
        return stream;
      };

      const echo = ask('/echo', { question: 'Why?' });
      const headers = await headersOf(echo);
      assert.deepEqual([headers[':status'], headers['x-request-id']], [200, 'echo']);
      assert.equal(await text(echo), '{"got":{"question":"Why?"}}');
      const failed = ask('/fail');
      assert.equal((await headersOf(failed))[':status'], 500);
      assert.equal(await text(failed), 'Internal Server Error');
      const left = ask('/endless');
      await headersOf(left);
      await new Promise((resolve) => left.once('data', resolve));
      left.close(constants.NGHTTP2_CANCEL);

      const echoed = await collector.row('echo');
      assert.deepEqual(echoed.body, { question: 'Why?' });
      assert.equal(httpOf(echoed).bytes, 27);
      assert.deepEqual([echoed, await collector.row('fail')].map(stepsOf), [
        printed(`
echo  completed  200
└─ POST /echo [user_call]  → {"got":{"question":"Why?"}}
`),
        printed(`
fail  error  500
└─ GET /fail [user_call]  ✗ no such shelf  → "Internal Server Error"
`),
      ]);
      const endlessRow = await collector.row('endless');
      assert.equal(httpOf(endlessRow).outcome, 'aborted');
      assert.match(String(endlessRow.output), /^on and /);
      assert.equal(endlessRow.steps[0]?.steps[0]?.name, 'go on');
      session.close();
      await new Promise((resolve) => server.close(resolve));
      await tracer.shutdown();
    });
  });
}

/** How an app sends a response by the stream, past Koa's and Node's response, and what its row has. */
const DIRECT: Readonly<
  Record<string, readonly [send: (stream: ServerHttp2Stream) => void, facts: readonly unknown[]]>
> = {
  'at once': [(stream) => stream.end('direct'), ['completed', 203, 6, 'direct']],
  'in parts': [
    (stream) => {
      stream.write('dir');
      setTimeout(() => stream.end('ect'), 5);
    },
    ['completed', 203, 6, 'direct'],
  ],
  'by a pipe': [
    (stream) => Readable.from(['dir', 'ect']).pipe(stream),
    ['completed', 203, 6, 'direct'],
  ],
  'without a body': [(stream) => stream.end(), ['completed', 203, 0, null]],
  'and closes it': [
    (stream) => {
      stream.write('dir');
      setTimeout(() => stream.destroy(), 5);
    },
    ['error', 203, 3, 'dir'],
  ],
  'to a client that leaves': [
    (stream) => {
      stream.write('leave');
    },
    ['aborted', 203, 5, 'leave'],
  ],
};

for (const { name, Koa } of koaVersions) {
  describe(`${name} over HTTP/2, where the app sends by the stream`, () => {
    for (const [how, [send, facts]] of Object.entries(DIRECT)) {
      it(`has what it sent ${how}`, async () => {
        await using collector = await startCollector();
        const tracer = createTracer(collector.tracer);
        const app = new Koa();
        app.use(openlayerTracing({ tracer }));
        let trace: RequestTrace | undefined;
        app.use((ctx) => {
          trace = ctx.trace;
          ctx.respond = false;
          const { stream } = ctx.res as unknown as { stream: ServerHttp2Stream };
          stream.respond({ ':status': 203, 'content-type': 'text/plain' });
          send(stream);
        });
        const server = createServer(app.callback() as unknown as () => void);
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const address = server.address();
        assert.ok(typeof address === 'object' && address !== null);
        const session = connect(`http://127.0.0.1:${address.port}`);
        const stream = session.request({ ':path': '/' });
        stream.on('data', (chunk) => {
          if (String(chunk) === 'leave') stream.close(constants.NGHTTP2_CANCEL);
        });
        stream.end();
        const [row] = await collector.exactly(1);
        assert.ok(row !== undefined);
        const { outcome, status, bytes } = httpOf(row);
        assert.deepEqual([outcome, status, bytes, row.output], facts);
        assert.equal(trace?.signal.aborted, outcome !== 'completed');
        session.destroy();
        await new Promise((resolve) => server.close(resolve));
        await tracer.shutdown();
      });
    }
  });
}

function headersOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  return new Promise((resolve) => stream.once('response', resolve));
}

async function* endless(): AsyncGenerator<string> {
  for (;;) {
    step('go on', () => {});
    yield 'on and ';
    await later(2);
  }
}
