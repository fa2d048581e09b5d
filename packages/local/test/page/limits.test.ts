import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TimeBudget } from '../../src/http/time-budget.ts';
import { EventStream } from '../../src/page/event-stream.ts';
import { pageTokenOf, requestOf, send } from '../client.js';
import { inWorker } from './in-worker.js';
import { lenientServer, read } from './read.js';

describe('a read that takes too long', () => {
  it('gets 503 after ten seconds, with the reason', async () => {
    await using server = await lenientServer();
    await send(server, requestOf('a'));
    assert.equal((await read(server, 'traces')).status, 200);
    const { now } = performance;
    // Each look at the clock is eleven seconds after the one before.
    let looks = 0;
    performance.now = () => now.call(performance) + 11_000 * looks++;
    try {
      for (const path of ['traces?q=a', 'sessions', 'overview', 'traces/1/find?q=zebra']) {
        const { status, body } = await read<{ error: string }>(server, path);
        assert.equal(status, 503, path);
        assert.equal(body.error, 'the read took too long', path);
      }
    } finally {
      performance.now = now;
    }
    assert.equal((await read(server, 'traces?q=a')).status, 200);
    assert.deepEqual(server.problems, []);
  });

  it('counts as no violation, in the reading thread either', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'openlayer-limits-'));
    try {
      await using server = await lenientServer(join(folder, 'traces.db'));
      await send(server, requestOf('a'));
      assert.equal((await read(server, 'traces?q=a')).status, 200);
      await inWorker(
        '{ const now = performance.now.bind(performance); let looks = 0; performance.now = () => now() + 11_000 * looks++; }',
      );
      let statuses: number[] = [];
      for (let tries = 0; tries < 50 && !statuses.includes(503); tries += 1) {
        statuses = [...statuses, (await read(server, 'traces?q=a')).status];
      }
      assert.ok(statuses.includes(503), 'the thread has another clock');
      assert.deepEqual(server.problems, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a search', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-searches-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Makes the thread busy for a while. */
  const block = (ms: number) =>
    inWorker(`for (const until = Date.now() + ${ms}; Date.now() < until; );`);

  it('is refused while four others run, however its parameter is encoded', async () => {
    await using server = await lenientServer(join(folder, 'traces.db'));
    await send(server, requestOf('a'));
    await read(server, 'traces?q=a');
    await block(1000);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => read<{ error: string }>(server, 'traces?limit=1&%71=word')),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 429]);
    assert.match(answers.find(({ status }) => status === 429)?.body.error ?? '', /4 searches/);
  });

  it('no longer counts once its client has closed the request', async () => {
    await using server = await lenientServer(join(folder, 'traces.db'));
    await send(server, requestOf('a'));
    await read(server, 'traces?q=a');
    await block(1500);
    const typing = new AbortController();
    const searches = ['a', 'an', 'and', 'andr'].map((q) =>
      fetch(new URL(`/api/traces?q=${q}`, server.url), {
        headers: { authorization: `Bearer ${pageTokenOf(server)}` },
        signal: typing.signal,
      }).then(
        () => 'response',
        () => 'aborted',
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    typing.abort();
    assert.deepEqual(await Promise.all(searches), Array(4).fill('aborted'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal((await read(server, 'traces?q=a')).status, 200);
    assert.deepEqual(server.problems, []);
  });

  it('ends at its next pause once it is cancelled', async () => {
    const cancel = new AbortController();
    const budget = new TimeBudget(10_000, cancel.signal);
    await budget.turn();
    cancel.abort();
    await assert.rejects(budget.turn(), { name: 'AbortError' });
  });
});

describe('a page that reads its events too slowly', () => {
  let http: Server;
  let stream: EventStream | undefined;
  beforeEach(async () => {
    http = createServer((_request, response) => {
      stream = new EventStream(response);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    http.closeAllConnections();
    http.close();
  });

  it('misses events beyond 1 MB, and receives the number of traces that it missed', async () => {
    const { port } = http.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n');
    let text = '';
    await new Promise<void>((resolve) => socket.once('data', () => resolve()));
    socket.pause();
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.pause();
    const padding = 'x'.repeat(100_000);
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    const sent = 500;
    for (let n = 0; n < sent; n += 1) {
      stream?.send(JSON.stringify({ type: 'traces', traces: [n], omitted: 0, padding }), 1);
      if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const kept = process.memoryUsage().arrayBuffers + process.memoryUsage().external - before;
    assert.ok(kept < 30_000_000, `${kept} bytes of ${sent * padding.length}`);

    socket.resume();
    const events = () =>
      [...text.matchAll(/data: (\{.*\})\r?\n/g)].map(
        ([, json = '']) => JSON.parse(json) as { traces: unknown[]; omitted: number },
      );
    const told = () =>
      events().reduce((sum, { traces, omitted }) => sum + traces.length + omitted, 0);
    // No further event comes.
    for (let tries = 0; tries < 200 && told() < sent; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(told(), sent);
    assert.ok(events().length < sent, 'some were left out');
    socket.destroy();
  });

  it('has its stream ended once it missed a change: it reads the list again then', async () => {
    const { port } = http.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /api/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await new Promise<void>((resolve) => socket.once('data', () => resolve()));
    socket.pause();
    const padding = 'x'.repeat(100_000);
    for (let n = 0; n < 200; n += 1) {
      stream?.send(JSON.stringify({ type: 'changed', traces: [], padding }), 0);
    }
    const ended = new Promise<void>((resolve) => socket.once('end', () => resolve()));
    socket.resume();
    // No further event comes.
    await ended;
  });
});
