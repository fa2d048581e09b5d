import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { play } from '../../support/raw-http.ts';
import { leave, requestOf } from '../harness/clients.ts';
import type { App, Framework } from '../harness/frameworks.ts';
import { pause } from '../harness/pause.ts';
import type { AppSignals } from '../harness/signals.ts';
import { httpOf, stageOf } from '../harness/stage.ts';

const REQUESTS = 300;

export function connections(framework: Framework): void {
  describe('one connection', () => {
    it('carries 300 requests without a warning or a listener more', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/:n', async (call) => {
            await call.trace.step('work', () => pause(2));
            return { text: `answer ${call.params.n}` };
          }),
      });
      const sockets: Socket[] = [];
      stage.server?.on('connection', (socket: Socket) => sockets.push(socket));
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      let early = '';
      for (let n = 0; n < REQUESTS; n++) {
        assert.equal(await get(`${stage.url}/${n}`, agent), `answer ${n}`);
        if (n === 20) early = listenerCounts(sockets[0]);
      }
      if (stage.server !== undefined) assert.equal(sockets.length, 1);
      assert.equal(listenerCounts(sockets[0]), early);
      agent.destroy();
      const rows = await stage.rows(REQUESTS);
      assert.deepEqual(
        new Set(rows.map(({ output }) => output)),
        new Set(Array.from({ length: REQUESTS }, (_, n) => `answer ${n}`)),
      );
    });

    it('carries pipelined requests, each of them a trace of its own', async () => {
      await using stage = await stageOf(framework, { define: gated });
      const answer = await play(stage.port, async (peer) => {
        for (let n = 0; n < 20; n++) peer.send(requestOf('GET /now', [`X-Request-Id: r-${n}`]));
        peer.send(requestOf('GET /now', ['X-Request-Id: last', 'Connection: close']));
      });
      assert.equal(answer.split('HTTP/1.1 200').length - 1, 21);
      for (const row of await stage.rows(21)) assert.equal(httpOf(row).outcome, 'completed');
    });

    it('tells pipelined requests apart where the client leaves after the first answer', async () => {
      await using stage = await stageOf(framework, { define: gated });
      await play(stage.port, async (peer) => {
        peer.send(requestOf('GET /now', ['X-Request-Id: first']));
        peer.send(requestOf('GET /gated', ['X-Request-Id: second']));
        await peer.until('now!');
        await stage.told('waiting');
        leave(framework, peer);
      });
      await stage.rows(2);
      await stage.open('the answers');
      assert.equal(httpOf(await stage.row('first')).outcome, 'completed');
      assert.equal(httpOf(await stage.row('second')).outcome, 'aborted');
      assert.equal(httpOf(await stage.row('second')).status, null);
    });

    it('ends the traces of pipelined requests where the client leaves before the first answer', async () => {
      await using stage = await stageOf(framework, { define: gated });
      await play(stage.port, async (peer) => {
        for (const id of ['first', 'second', 'third']) {
          peer.send(requestOf('GET /gated', [`X-Request-Id: ${id}`]));
        }
        await stage.told('waiting', 3);
        leave(framework, peer);
      });
      for (const row of await stage.rows(3)) {
        assert.equal(httpOf(row).outcome, 'aborted');
        assert.equal(httpOf(row).status, null);
      }
      await stage.open('the answers');
      await pause(1);
      await stage.rows(3);
    });
  });
}

function gated(app: App, { tell, opened }: AppSignals): void {
  app.route('GET', '/now', () => ({ text: 'now!' }));
  app.route('GET', '/gated', async () => {
    tell('waiting');
    await opened('the answers');
    return { text: 'at last' };
  });
}

function listenerCounts(socket: Socket | undefined): string {
  const counts = socket
    ?.eventNames()
    .map((name) => `${String(name)}: ${socket.listenerCount(name)}`);
  return String(counts?.sort());
}

function get(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
