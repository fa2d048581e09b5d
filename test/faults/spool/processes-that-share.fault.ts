/** Processes and threads of one app that share its spool. */

import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { startDriven } from './driven.ts';
import {
  askAll,
  type Collector,
  filesIn,
  linesOf,
  publishingTo,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

const WORKERS = Number(process.env.WORKERS ?? 8);

/** The processes, or threads, that have written there. */
function ownersIn(dir: string): ReadonlySet<string> {
  const segments = filesIn(dir).filter((file) => file.endsWith('.wal'));
  return new Set(segments.map((file) => basename(file).split('.')[1] ?? ''));
}

async function assertOnce(collector: Collector, ids: readonly string[]): Promise<void> {
  await collector.has(ids);
  const got = collector.rows().map(({ id }) => id);
  assert.equal(new Set(got).size, got.length, 'a row came twice');
}

describe('on the spool of one app', function () {
  this.timeout(120_000);

  it('the workers of a cluster have files of their own, and a restart sends all of them', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
    const variables = { ...publishingTo(collector.url, dir), WORKERS: String(WORKERS) };
    const cluster = await startChild('cluster.mts', variables);
    const workers: number[] = [];
    cluster.process.on('message', ({ pid }: { pid: number }) => workers.push(pid));
    const listening = () => cluster.output.stdout.match(/listening/g)?.length ?? 0;
    await until('all listen', () => listening() === WORKERS);
    const ids = await askAll(cluster.port, 'first', 20 * WORKERS);
    await until('some are known', () => workers.length > 0);
    process.kill(workers[0] as number, 'SIGKILL');
    await until('one is replaced', () => listening() === WORKERS + 1);
    ids.push(...(await askAll(cluster.port, 'second', 10 * WORKERS)));
    assert.ok(ownersIn(dir).size > WORKERS / 2, `${ownersIn(dir).size} owners`);
    await cluster.kill();
    await collector.mode({});
    const next = await startChild('cluster.mts', variables);
    await assertOnce(collector, ids);
    await next.kill();
  });

  it('processes that write large rows at the same time tear none of them', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
    const variables = publishingTo(collector.url, dir);
    const apps = await Promise.all(
      ['a', 'b', 'c', 'd'].map((PREFIX) => startDriven({ ...variables, PREFIX })),
    );
    for (let round = 0; round < 20; round++) {
      await Promise.all(apps.map((app) => app.tell({ end: 10 })));
    }
    const ids = (await Promise.all(apps.map((app) => app.tell({})))).flatMap(({ ended }) => ended);
    assert.equal(new Set(ids).size, 800);
    assert.equal(ownersIn(dir).size, 4);
    for (const app of apps) await app.kill();
    await collector.mode({});
    const next = await startDriven(variables);
    await assertOnce(collector, ids);
    const { said } = await next.tell({});
    assert.doesNotMatch(said.join(), /spool_damaged/);
    await next.kill();
  });

  it('a process that was forked has a file of its own', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
    const { TRACING, ...variables } = publishingTo(collector.url, dir);
    const parent = await startChild('fork.mts', { ...variables, TRACING: String(TRACING) });
    assert.equal(ownersIn(dir).size, 2);
    await parent.kill();
    await collector.mode({});
    const next = await startChild('app.mts', { ...variables, TRACING: String(TRACING) });
    const ids = ['before', 'forked', 'after'].flatMap((prefix) =>
      Array.from({ length: 10 }, (_, i) => `${prefix}-${i}`),
    );
    await assertOnce(collector, ids);
    await next.kill();
  });

  it('threads have files of their own, also those that are terminated', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    const acked = join(folder.path, 'acked');
    await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
    const variables = { ...publishingTo(collector.url, dir), ACKED: acked };
    const threads = await startChild('threads.mts', variables, { listens: false });
    let most = 0;
    const look = setInterval(() => {
      most = Math.max(most, ownersIn(dir).size);
    }, 5);
    assert.equal((await threads.ended).code, 0, threads.output.stderr);
    clearInterval(look);
    assert.equal(most, 4);
    const ids = linesOf(acked);
    assert.ok(ids.length >= 3000 && ids.length < 4000, `${ids.length} traces`);
    await collector.mode({});
    const next = await startChild('app.mts', variables);
    await assertOnce(collector, ids);
    await next.kill();
  });
});
