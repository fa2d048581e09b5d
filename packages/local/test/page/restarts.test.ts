import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { LocalServer } from '@openlayer-tracing/local';
import type { Health, ServerEvent, ServerInfo, TracePage } from '../../src/page-api.ts';
import { openDatabase } from '../../src/storage/database.ts';
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

  it('has its reads refused with the reason if it cannot open the traces file', async () => {
    const db = openDatabase(join(folder, 'traces.db'), 1_000_000);
    db.exec('DROP TABLE totals');
    db.close();
    const { status, body } = await read<{ error: string }>(server, 'traces');
    assert.equal(status, 503);
    assert.match(body.error, /no such table: totals/);
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

  /** Sends rows for two seconds, and returns the number of threads that were started meanwhile. */
  async function threadsForRows(): Promise<number> {
    const before = workers.length;
    for (const until = Date.now() + 2000; Date.now() < until; ) {
      assert.equal((await send(server, requestOf('row'))).status, 200);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return workers.length - before;
  }

  /** Waits until a list has all rows. */
  async function listed(): Promise<number> {
    for (const until = Date.now() + 20_000; Date.now() < until; ) {
      const { status, body } = await read<TracePage>(server, 'traces');
      if (status === 200) return body.total;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return 0;
  }

  const failures: readonly {
    readonly what: string;
    readonly reason: RegExp;
    readonly breakIt: () => void;
    readonly mendIt: () => void;
  }[] = [
    {
      what: 'cannot open its index',
      reason: /traces\.db-index cannot be opened: .*; it may be removed/,
      breakIt: () => mkdirSync(join(folder, 'traces.db-index')),
      mendIt: () => rmdirSync(join(folder, 'traces.db-index')),
    },
    {
      what: 'ends without a reason',
      reason: /the reading thread ended/,
      breakIt: () => void process.on('worker', terminate),
      mendIt: () => void process.off('worker', terminate),
    },
  ];
  const terminate = (worker: Worker) => void worker.terminate();
  for (const { what, reason, breakIt, mendIt } of failures) {
    it(`is started again with growing pauses if it ${what}, which is one problem that Health shows`, async () => {
      breakIt();
      try {
        const threads = await threadsForRows();
        assert.ok(threads >= 2 && threads <= 4, `${threads} threads`);
        assert.equal(server.problems.length, 1, server.problems.join('\n'));
        assert.match(server.problems[0] ?? '', reason);
        const rows = server.rows().length;
        const refused = await read<{ error: string }>(server, 'traces');
        assert.equal(refused.status, 503);
        assert.match(refused.body.error, reason);
        const health = await got<Health>(server, 'health');
        assert.match(health.failures.join('\n'), reason);
        assert.equal(health.storage.traces, rows);
        assert.equal((await got<ServerInfo>(server, 'info')).traces, rows);
      } finally {
        mendIt();
      }
      assert.equal(await listed(), server.rows().length);
      assert.equal(server.problems.length, 1);
    });
  }
});
