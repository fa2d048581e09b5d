import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalServer } from '@openlayer-tracing/local';
import { LiveEvents } from '../../src/page/live-events.ts';
import type { ServerEvent, TracePage } from '../../src/page-api.ts';
import { parseQuery } from '../../src/queries/trace-query.ts';
import type { TraceIndex } from '../../src/trace-index/trace-index.ts';
import { call, PIPELINE, requestOf, send } from '../client.js';
import { listen, type Stream } from './events.js';
import { got, lenientServer, read } from './read.js';

const numbersOf = (event: ServerEvent) =>
  'traces' in event ? event.traces.map(({ number }) => number) : [];

for (const place of ['memory', 'a file'] as const) {
  describe(`events, over ${place}`, () => {
    let folder: string;
    let server: LocalServer;
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'openlayer-events-'));
      server = await lenientServer(place === 'memory' ? undefined : join(folder, 'traces.db'));
    });
    afterEach(async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    });

    it('bring what was added, changed and deleted since the list was read', async () => {
      await send(server, requestOf('before'));
      const { newest } = await got<TracePage>(server, 'traces');
      await using events = await listen(server);
      await send(server, requestOf('a'));
      const came = await events.next();
      assert.equal(came.type, 'traces');
      assert.deepEqual(numbersOf(came), [newest + 1]);

      await call(server, 'PUT', `/inference-pipelines/${PIPELINE}/rows?inferenceId=a`, {
        row: { human_feedback: true },
      });
      const changed = await events.next();
      assert.equal(changed.type, 'changed');
      assert.deepEqual(changed.type === 'changed' && changed.traces[0]?.feedback?.value, true);

      await call(server, 'DELETE', `/inference-pipelines/${PIPELINE}/rows/a`);
      assert.deepEqual(await events.next(), { type: 'deleted', upTo: 0, numbers: [newest + 1] });

      await send(server, '{}');
      const refused = await events.next();
      assert.equal(refused.type === 'refused' && refused.refusal.status, 400);
    });

    it('bring the traces that match the filter and its words alone', async () => {
      await using slow = await listen(server, '?minLatency=1000');
      await using words = await listen(server, '?q=elephant');
      await send(server, requestOf('fast', { latency: 10 }));
      await send(server, requestOf('slow', { latency: 2000, output: 'an elephant' }));
      assert.deepEqual(numbersOf(await slow.next()), [2]);
      assert.deepEqual(numbersOf(await words.next()), [2]);
      assert.equal((await read(server, 'events?sort=name')).status, 400);
    });

    it('bring a thousand traces in few events', async () => {
      await using events = await listen(server);
      const body = requestOf('x');
      const [row] = body.rows;
      const rows = Array.from({ length: 300 }, (_, i) => ({ ...row, inferenceId: `id-${i}` }));
      for (let i = 0; i < 5; i += 1) await send(server, { ...body, rows });
      let seen = 0;
      let count = 0;
      while (seen < 1500) {
        const event = await events.next();
        assert.ok(event.type === 'traces' && event.traces.length <= 200);
        seen += event.traces.length + event.omitted;
        count += 1;
      }
      assert.equal(seen, 1500);
      assert.ok(count < 30, `${count} events`);
    });

    it('are sent to at most eight streams', async () => {
      const open: Stream[] = [];
      for (let i = 0; i < 8; i += 1) open.push(await listen(server));
      assert.deepEqual(
        open.map((each) => each.status),
        Array(8).fill(200),
      );
      const { status, body } = await read<{ error: string }>(server, 'events');
      assert.equal(status, 429);
      assert.match(body.error, /8 event streams/);

      // One that ends makes room.
      await open[0]?.[Symbol.asyncDispose]();
      let again = await listen(server);
      for (let i = 0; again.status === 429 && i < 50; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        again = await listen(server);
      }
      assert.equal(again.status, 200);
      for (const each of [...open, again]) await each[Symbol.asyncDispose]();
    });
  });
}

it('events about changed traces bring all of them, however many changed at once', async () => {
  const index = { summary: (number: number) => `{"number":${number}}`, position: {} };
  const live = new LiveEvents();
  const numbers = Array.from({ length: 500 }, (_, i) => i + 1);
  const sent: number[] = [];
  const isSent = new Promise<void>((resolve) => {
    live.subscribe(1, parseQuery(new URLSearchParams()), (json) => {
      const { type, traces } = JSON.parse(json);
      assert.equal(type, 'changed');
      assert.ok(traces.length <= 200);
      sent.push(...traces.map((trace: { number: number }) => trace.number));
      if (sent.includes(500)) resolve();
    });
  });
  const delta = { added: undefined, changed: numbers, deleted: [], deletedUpTo: 0 };
  live.note(index as unknown as TraceIndex, delta);
  await isSent;
  live.close();
  assert.deepEqual(sent, numbers);
});

describe('events that are being sent', () => {
  const delta = { added: undefined, changed: [1], deleted: [], deletedUpTo: 0 };
  const query = parseQuery(new URLSearchParams());

  it('are not sent once the server closes, although their search still runs', async () => {
    const sent: string[] = [];
    let isSearched = false;
    const index = {
      position: {},
      facts: {
        chunks: [
          {
            length: 1,
            deleted: 0,
            firstNumber: 1,
            lastNumber: 1,
            wide: { time: { read: () => [] } },
          },
        ],
      },
      fullText: {
        searchFor: () => ({ isEmpty: false, isCut: false }),
        *matches() {
          isSearched = true;
          setImmediate(() => live.close());
          for (const until = performance.now() + 20; performance.now() < until; );
          yield [];
        },
      },
      summary: () => '{}',
    };
    const live = new LiveEvents();
    const searching = parseQuery(new URLSearchParams('q=word'));
    live.subscribe(1, searching, (json) => sent.push(json));
    live.note(index as unknown as TraceIndex, { ...delta, added: [1, 1] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(isSearched);
    assert.deepEqual(sent, []);
  });

  it('are sent later if the index could not be read', async () => {
    let fails = true;
    const index = {
      position: {},
      summary(number: number) {
        if (fails) throw new Error('disk full');
        return `{"number":${number}}`;
      },
    };
    const live = new LiveEvents();
    const sent: string[] = [];
    live.subscribe(1, query, (json) => sent.push(json));
    live.note(index as unknown as TraceIndex, delta);
    await new Promise((resolve) => setTimeout(resolve, 20));
    fails = false;
    await new Promise((resolve) => setTimeout(resolve, 400));
    live.close();
    assert.deepEqual(sent, ['{"type":"changed","traces":[{"number":1}]}']);
  });
});
