import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { LocalServer } from '@openlayer-tracing/local';
import type { TracePage } from '../../src/page-api.ts';
import { call, PIPELINE, requestOf, send } from '../client.js';
import { got, lenientServer, read } from './read.js';

/** Starts a server on a file, and stops it at the end. */
async function onFile(run: (server: LocalServer, file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'openlayer-bursts-'));
  const file = join(folder, 'traces.db');
  const server = await lenientServer(file);
  try {
    await run(server, file);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

function burstOf(prefix: string, count: number) {
  const { config, rows } = requestOf('x');
  return {
    config,
    rows: Array.from({ length: count }, (_, n) => ({ ...rows[0], inferenceId: `${prefix}-${n}` })),
  };
}

describe('a list that is read while many rows arrive', function () {
  this.timeout(60_000);

  it('has traces as soon as one is stored, however many are not indexed yet', () =>
    onFile(async (server) => {
      await got<TracePage>(server, 'traces'); // the thread runs, and its index is empty
      await send(server, burstOf('burst', 3000));
      const { total, traces } = await got<TracePage>(server, 'traces');
      assert.ok(total > 0 && traces.length > 0);
    }));

  it('has the row that was stored before the read, while others arrive without pause', () =>
    onFile(async (server) => {
      let isOver = false;
      const others = (async () => {
        for (let n = 0; !isOver; n += 1) await send(server, burstOf(`other-${n}`, 20));
      })();
      try {
        for (let n = 0; n < 20; n += 1) {
          await send(server, requestOf(`mine-${n}`, { session_id: 'mine' }));
          const before = performance.now();
          const { traces } = await got<TracePage>(server, 'traces?session=mine&limit=1');
          // Where the index is far behind, the list does not wait for it.
          if (traces[0]?.inferenceId !== `mine-${n}`) {
            assert.ok(performance.now() - before < 2000);
            continue;
          }
          await call(server, 'PUT', `/inference-pipelines/${PIPELINE}/rows?inferenceId=mine-${n}`, {
            row: { human_feedback: true },
          });
          const [trace] = (await got<TracePage>(server, 'traces?session=mine&limit=1')).traces;
          assert.equal(trace?.feedback?.value, true);
        }
      } finally {
        isOver = true;
        await others;
      }
    }));
});

describe('the reading thread', () => {
  it('is started again by the next read after it ended', () =>
    onFile(async (server) => {
      const workers: Worker[] = [];
      const onWorker = (worker: Worker) => workers.push(worker);
      process.on('worker', onWorker);
      try {
        await send(server, requestOf('a'));
        assert.equal((await got<TracePage>(server, 'traces')).total, 1);
        assert.equal(workers.length, 1);
        const open = read<{ error: string }>(server, 'traces');
        await workers[0]?.terminate();
        // The read that was on its way either had been answered or says so.
        const { status, body } = await open;
        assert.ok(status === 200 || (status === 503 && /ended/.test(body.error)), String(status));
        await send(server, requestOf('b'));
        assert.equal((await got<TracePage>(server, 'traces')).total, 2);
        assert.equal(workers.length, 2);
      } finally {
        process.off('worker', onWorker);
      }
    }));
});
