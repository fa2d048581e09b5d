import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { LocalServer } from '@openlayer-tracing/local';
import type { ServerEvent, TracePage } from '../../src/page-api.ts';
import { call, PIPELINE, requestOf, send } from '../client.js';
import { listen, type Stream } from './events.js';
import { inWorker } from './in-worker.js';
import { got, lenientServer, read } from './read.js';

/** The numbers of the traces that a stream brings, until it has brought the last. */
async function numbersUpTo(events: Stream, last: number): Promise<number[]> {
  const numbers: number[] = [];
  while (!numbers.includes(last)) {
    const event = await events.next();
    if (event.type !== 'traces') continue;
    assert.equal(event.omitted, 0);
    numbers.push(...event.traces.map(({ number }) => number));
  }
  return numbers;
}

async function nextOf<T extends ServerEvent['type']>(
  events: Stream,
  type: T,
): Promise<Extract<ServerEvent, { type: T }>> {
  for (;;) {
    const event = await events.next();
    if (event.type === type) return event as Extract<ServerEvent, { type: T }>;
  }
}

/** The thread indexes what came within 100 ms, and sends it 250 ms after what it sent before. */
function indexed(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 140));
}

/** Makes the thread run a loop that never ends. */
function hang(): Promise<void> {
  return inWorker('for (;;);');
}

describe('a reading thread that ends or hangs', function () {
  this.timeout(60_000);
  let folder: string;
  let server: LocalServer;
  let workers: Worker[];
  const onWorker = (worker: Worker) => workers.push(worker);
  beforeEach(async () => {
    workers = [];
    process.on('worker', onWorker);
    folder = mkdtempSync(join(tmpdir(), 'openlayer-restarts-'));
    server = await lenientServer(join(folder, 'traces.db'));
  });
  afterEach(async () => {
    process.off('worker', onWorker);
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it('is replaced after a read hung for a minute, and the next read succeeds', async () => {
    await send(server, requestOf('a'));
    assert.equal((await got<TracePage>(server, 'traces')).total, 1);
    await hang();
    const { setTimeout: later } = globalThis;
    // A minute, after which a read counts as hung, passes in 200 ms.
    globalThis.setTimeout = ((run: () => void, ms?: number) =>
      later(run, ms === 60_000 ? 200 : ms)) as typeof setTimeout;
    try {
      const hung = await read<{ error: string }>(server, 'traces');
      assert.equal(hung.status, 503);
      assert.match(hung.body.error, /ended/);
    } finally {
      globalThis.setTimeout = later;
    }
    await send(server, requestOf('b'));
    assert.equal((await got<TracePage>(server, 'traces')).total, 2);
    assert.equal(workers.length, 2);
  });

  it('leaves no gap in an open stream of events, although no page reads', async () => {
    await using events = await listen(server);
    await send(server, requestOf('before'));
    assert.deepEqual(await numbersUpTo(events, 1), [1]);
    // Rows come all the time, so that the thread ends at any place: while it indexes rows, or before it has sent them.
    let count = 1;
    for (let round = 0; round < 6; round++) {
      for (let burst = 0; burst < 5; burst++) {
        await send(server, requestOf(`row-${++count}`));
        await new Promise((resolve) => setTimeout(resolve, 23 * round));
      }
      const last = workers.at(-1);
      await last?.terminate();
      await send(server, requestOf(`row-${++count}`));
      const numbers = await numbersUpTo(events, count);
      const missing = Array.from({ length: 6 }, (_, n) => count - n).filter(
        (number) => !numbers.includes(number),
      );
      assert.deepEqual(missing, [], `round ${round}`);
    }
    assert.ok(workers.length >= 7);
  });

  it('is replaced while a page waits for events, although no row arrives', async () => {
    await using events = await listen(server);
    await send(server, requestOf('a'));
    await numbersUpTo(events, 1);
    await send(server, requestOf('b'));
    await indexed();
    await workers.at(-1)?.terminate();
    assert.ok((await numbersUpTo(events, 2)).includes(2));
  });

  it('leaves no event about a change or a deletion unsent', async () => {
    await using events = await listen(server);
    for (const id of ['a', 'b', 'c']) await send(server, requestOf(id));
    await numbersUpTo(events, 3);
    await call(server, 'PUT', `/inference-pipelines/${PIPELINE}/rows?inferenceId=a`, {
      row: { human_feedback: true },
    });
    await call(server, 'DELETE', `/inference-pipelines/${PIPELINE}/rows/b`);
    await indexed();
    await workers.at(-1)?.terminate();
    const changed = await nextOf(events, 'changed');
    assert.equal(changed.traces[0]?.feedback?.value, true);
    assert.deepEqual((await nextOf(events, 'deleted')).numbers, [2]);
  });
});
