/** WebSockets of Hono on Node, by both servers that make them. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { createAdaptorServer, upgradeWebSocket as upgradeOfServer } from '@hono/node-server';
import { createNodeWebSocket } from '@hono/node-ws';
import { createTracer, type Diagnostic, type TracingOptions } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { type Context, Hono } from 'hono';
import WebSocket, { WebSocketServer } from 'ws';
import { startCollector } from '../../support/collector.ts';
import { listen } from '../harness/frameworks.ts';
import { until } from '../harness/pause.ts';
import { type Serving, SOCKET_ENDS, socketTests, talk } from '../harness/sockets.ts';
import { socketApps } from '../harness/sockets-app.ts';
import { httpOf, printed, stepsOf } from '../harness/stage.ts';

type Options = TracingOptions<Context>;

const SERVERS: Readonly<Record<string, (options: Options) => Server>> = {
  '@hono/node-ws': (options) => {
    const app = new Hono();
    const { upgradeWebSocket, injectWebSocket } = createNodeWebSocket({ app });
    app.route('/', socketApps(upgradeWebSocket, openlayerTracing(options)));
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    injectWebSocket(server);
    return server;
  },
  '@hono/node-server': (options) =>
    createAdaptorServer({
      fetch: socketApps(upgradeOfServer, openlayerTracing(options)).fetch,
      // Its types are stricter than those of `ws`.
      websocket: { server: new WebSocketServer({ noServer: true }) as never },
    }) as Server,
};

for (const [name, make] of Object.entries(SERVERS)) {
  describe(`WebSockets of ${name}`, () => {
    describe('that open and close', () => {
      let serving: (Serving & AsyncDisposable) | undefined;
      before(async () => {
        serving = await served(make);
      });
      after(() => serving?.[Symbol.asyncDispose]());
      socketTests(() => serving as Serving);
    });

    it('are one trace until they close, with the steps of their messages', async () => {
      await using serving = await served(make);
      const { url, collector } = serving;
      assert.equal(
        await talk(`${url}/traced/steps`, 'mine', ['a', 'b']),
        'echo a, echo b; closed 1000',
      );
      assert.equal(
        stepsOf(await collector.row('mine')),
        printed(`
mine  completed  101
└─ GET /traced/steps [user_call]
   ├─ answer [user_call]  → "echo a"
   ├─ answer [user_call]  → "echo b"
   └─ close [user_call]
`),
      );
    });

    it('whose handlers call the free functions have their steps in their trace', async () => {
      await using serving = await served(make);
      const { url, collector } = serving;
      assert.equal(await talk(`${url}/traced/scope`, 'mine', ['a', 'b']), 'a!, b!; closed 1000');
      const row = await collector.row('mine');
      assert.equal(
        stepsOf(row),
        printed(`
mine  completed  101
└─ GET /traced/scope [user_call]
   ├─ answer [user_call]  → "a!"
   │  └─ shout [user_call]  → "a!"
   ├─ answer [user_call]  → "b!"
   │  └─ shout [user_call]  → "b!"
   └─ close [user_call]
`),
      );
      assert.equal(row.metadata?.last, 'b');
      await collector.exactly(1);
    });

    it('whose trace is too old run their handlers outside it: a traced function has a row of its own', async () => {
      await using serving = await served(make, { maxAgeMs: 50 });
      using traces = captureTraces();
      const socket = socketTo(serving, '/traced/scope', 'mine');
      assert.equal(httpOf(await serving.collector.row('mine')).outcome, 'abandoned');
      socket.send('late');
      const [data] = (await once(socket, 'message')) as [unknown];
      assert.equal(String(data), 'late!');
      const rows = await traces.rows();
      assert.deepEqual(
        rows.map((row) => row.steps[0]?.name),
        ['shout'],
      );
      assert.deepEqual((await serving.report()).diagnostics, []);
      socket.terminate();
    });

    it('that are skipped have a row for each traced function', async () => {
      const skip = (c: Context) => c.req.header('upgrade') === 'websocket';
      await using serving = await served(make, { skip });
      using traces = captureTraces();
      const { url } = serving;
      assert.equal(await talk(`${url}/traced/scope`, 'mine', ['a', 'b']), 'a!, b!; closed 1000');
      const rows = await traces.rows();
      assert.deepEqual(
        rows.map((row) => row.steps[0]?.name),
        ['shout', 'shout'],
      );
    });

    for (const { what, end, outcome } of SOCKET_ENDS) {
      it(`are ${outcome} where ${what}`, async () => {
        await using serving = await served(make);
        const socket = socketTo(serving, '/traced/rooms/1', 'mine');
        socket.on('error', () => {});
        socket.once('open', () => end(socket));
        const http = httpOf(await serving.collector.row('mine'));
        assert.deepEqual([http.status, http.outcome], [101, outcome]);
      });
    }

    it('have the steps of what the app does when they close', async () => {
      await using serving = await served(make);
      await talk(`${serving.url}/traced/steps`, 'mine', ['a', 'b']);
      assert.match(stepsOf(await serving.collector.row('mine')), /└─ close \[user_call\]/);
    });

    it('that the server of the sockets refuses, although the app does not, have no status', async () => {
      await using serving = await served(make);
      const { port } = new URL(serving.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(
        'GET /traced/rooms/1 HTTP/1.1\r\nhost: x\r\nx-request-id: mine\r\nconnection: upgrade\r\n' +
          'upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: short\r\n\r\n',
      );
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);
      assert.match(answer, /^HTTP\/1.1 400 /);
      const http = httpOf(await serving.collector.row('mine'));
      assert.deepEqual([http.status, http.outcome], [null, 'completed']);
    });

    it('whose client goes before they open are aborted', async () => {
      await using serving = await served(make);
      const socket = socketTo(serving, '/traced/waits', 'mine');
      socket.on('error', () => {});
      await until(async () => (await serving.report()).stats.open === 1, 'the request');
      socket.terminate();
      assert.equal(httpOf(await serving.collector.row('mine')).outcome, 'aborted');
    });

    it('that are open for too long are given up as what they are', async () => {
      await using serving = await served(make, { maxAgeMs: 50 });
      const socket = socketTo(serving, '/traced/rooms/1', 'mine');
      const http = httpOf(await serving.collector.row('mine'));
      assert.deepEqual([http.status, http.outcome], [101, 'abandoned']);
      socket.terminate();
    });
  });
}

describe('WebSockets of a server that an app has written itself', () => {
  /** It takes a 200 for a yes. */
  const own = (options: Options): Server => {
    const app = socketApps(upgradeOfServer, openlayerTracing(options));
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', async (incoming, socket, head) => {
      const headers = { 'x-request-id': String(incoming.headers['x-request-id']) };
      const response = await app.request(String(incoming.url), { headers }, { incoming });
      if (response.status === 200) {
        sockets.handleUpgrade(incoming, socket, head, (opened) => {
          opened.on('message', (data) => opened.send(`echo ${String(data)}`));
        });
      } else socket.end(`HTTP/1.1 ${response.status} No\r\ncontent-length: 0\r\n\r\n`);
    });
    return server;
  };

  it('are one trace until they close, and those that it refuses have the status that was sent', async () => {
    await using serving = await served(own);
    const { url, collector } = serving;
    assert.equal(await talk(`${url}/traced/events`, 'yes'), 'echo hi; closed 1000');
    assert.equal(await talk(`${url}/traced/refused/1`, 'no'), 'refused 401');
    const statuses = [];
    for (const id of ['yes', 'no']) {
      const { status, outcome } = httpOf(await collector.row(id));
      statuses.push([status, outcome]);
    }
    assert.deepEqual(statuses, [
      [101, 'completed'],
      [401, 'completed'],
    ]);
  });
});

function socketTo({ url }: Serving, path: string, id: string): WebSocket {
  return new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers: { 'x-request-id': id } });
}

async function served(
  make: (options: Options) => Server,
  options: Options = {},
): Promise<Serving & AsyncDisposable> {
  const collector = await startCollector();
  const diagnostics: Diagnostic[] = [];
  const tracer = createTracer({
    ...collector.tracer,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  const { url, server } = await listen(make({ tracer, ...options }));
  return {
    url,
    collector,
    async report() {
      await tracer.flush();
      return { stats: tracer.stats(), diagnostics };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await tracer.shutdown();
      await collector[Symbol.asyncDispose]();
    },
  };
}
