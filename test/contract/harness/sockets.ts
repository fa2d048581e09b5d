/** What clients of `socketApps` see, and the rows that say so. */

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { Diagnostic, TracerStats } from '@openlayer-tracing/core';
import WebSocket from 'ws';
import type { Collector } from '../../support/collector.ts';
import { until } from './pause.ts';
import { httpOf } from './stage.ts';

export interface Serving {
  /** Of both apps. */
  readonly url: string;
  readonly collector: Collector;
  report(): Promise<{
    readonly stats: TracerStats;
    readonly diagnostics: readonly Pick<Diagnostic, 'reason' | 'message'>[];
  }>;
}

/** What a client says and hears: it opens, sends `hi`, and closes; or it is told why not. */
export function talk(url: string, id: string, says: readonly string[] = ['hi']): Promise<string> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers: { 'x-request-id': id } });
  const heard: string[] = [];
  return new Promise((resolve) => {
    socket.on('open', () => {
      for (const text of says) socket.send(text);
    });
    socket.on('message', (data) => {
      heard.push(String(data));
      if (heard.length === says.length) socket.close(1000);
    });
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(`refused ${response.statusCode}`);
    });
    socket.on('error', (error) => resolve(`failed: ${error.message}`));
    socket.on('close', (code) => resolve(`${heard.join(', ')}; closed ${code}`));
  });
}

/** How a connection ends, and what is then the outcome where the server can see that. */
export const SOCKET_ENDS: readonly {
  readonly what: string;
  readonly end: (socket: WebSocket) => void;
  readonly outcome: 'completed' | 'aborted' | 'error';
}[] = [
  { what: 'the client closes', end: (socket) => socket.close(1000), outcome: 'completed' },
  {
    what: 'the client closes without a code',
    end: (socket) => socket.close(),
    outcome: 'completed',
  },
  {
    what: 'the client closes with a code of the app’s',
    end: (socket) => socket.close(4001, 'enough'),
    outcome: 'completed',
  },
  { what: 'the server closes', end: (socket) => socket.send('bye'), outcome: 'completed' },
  {
    what: 'the server closes for a failure of its own',
    end: (socket) => socket.send('fail'),
    outcome: 'error',
  },
  {
    what: 'the client ends its TCP connection without a close frame',
    end: (socket) => socket.terminate(),
    outcome: 'aborted',
  },
  {
    what: 'the client resets its TCP connection',
    end: (socket) => (socket as unknown as { _socket: Socket })._socket.resetAndDestroy(),
    outcome: 'aborted',
  },
];

interface Call {
  readonly path: string;
  readonly name: string;
  readonly sees: string;
  readonly status: number;
  readonly outcome: string;
  readonly error?: string;
}

// Early Workers do not answer a close by themselves.
const OPENED = { sees: 'echo hi; closed', status: 101, outcome: 'completed' };
const CALLS: readonly Call[] = [
  { path: '/rooms/7', name: 'GET /traced/rooms/:room', ...OPENED },
  { path: '/any/room/7', name: 'GET /traced/any/*', ...OPENED },
  { path: '/inline', name: 'GET /traced/inline', ...OPENED },
  {
    path: '/locked/room',
    name: 'GET /traced/locked/room',
    sees: 'refused 403',
    status: 403,
    outcome: 'completed',
  },
  {
    path: '/refused/7',
    name: 'GET /traced/refused/:room',
    sees: 'refused 401',
    status: 401,
    outcome: 'completed',
  },
  {
    path: '/broken',
    name: 'GET /traced/broken',
    sees: 'refused 500',
    status: 500,
    outcome: 'error',
    error: 'no room is free',
  },
  {
    path: '/nowhere/7',
    name: 'GET /traced/*',
    sees: 'refused 404',
    status: 404,
    outcome: 'completed',
  },
];

export function socketTests(serving: () => Serving): void {
  for (const { path, name, sees, status, outcome, error } of CALLS) {
    it(`at ${path}: ${sees}, in one row as ${name}`, async () => {
      const { url, collector } = serving();
      const bare = await talk(`${url}/bare${path}`, 'bare');
      assert.ok(bare.startsWith(sees), bare);
      const id = `socket-${path.replaceAll('/', '.')}`;
      assert.equal(await talk(`${url}/traced${path}`, id), bare);
      const row = await collector.row(id);
      const http = httpOf(row);
      assert.deepEqual([row.steps[0]?.name, http.status, http.outcome], [name, status, outcome]);
      const told = JSON.stringify(row.metadata?.error ?? null);
      assert.ok(error === undefined ? told === 'null' : told.includes(error), told);
      if (status === 101) assert.equal(row.output ?? null, null);
    });
  }

  it('are a row each, where many are open at once', async () => {
    const { url, collector } = serving();
    const ids = Array.from({ length: 20 }, (_, n) => `many-${n}`);
    const seen = await Promise.all(ids.map((id) => talk(`${url}/traced/rooms/${id}`, id, [id])));
    assert.deepEqual(
      seen.map((each) => each.split(';')[0]),
      ids.map((id) => `echo ${id}`),
    );
    for (const id of ids) {
      const row = await collector.row(id);
      assert.deepEqual([row.params, httpOf(row).status], [{ room: id }, 101]);
    }
  });

  it('are not what a request without an upgrade gets, nor one for events', async () => {
    const { url, collector } = serving();
    const get = async (path: string, id: string) => {
      const response = await fetch(`${url}${path}`, { headers: { 'x-request-id': id } });
      return [response.status, await response.text()];
    };
    for (const path of ['/rooms/7', '/events']) {
      const id = `plain-${path.replaceAll('/', '.')}`;
      const bare = await get(`/bare${path}`, 'bare');
      assert.deepEqual(await get(`/traced${path}`, id), bare);
      const http = httpOf(await collector.row(id));
      assert.deepEqual([http.status, http.outcome], [bare[0], 'completed']);
    }
  });

  // The last: by then all of them have ended.
  it('leave nothing open, nothing to say, and one row each', async () => {
    const { collector, report } = serving();
    await until(async () => (await report()).stats.open === 0, 'the end of all traces');
    const { stats, diagnostics } = await report();
    assert.deepEqual(diagnostics, []);
    assert.equal((await collector.exactly(stats.started)).length, stats.published);
  });
}
