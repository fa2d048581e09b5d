/** Processes that stand still for a while, as functions do between two calls, and laptops in a bag. */

import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { TracerStats } from '@openlayer-tracing/core';
import { assertConserved } from '../../support/conservation.ts';
import {
  askAll,
  filesIn,
  json,
  publishingTo,
  sleep,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

async function statsOf(port: number): Promise<TracerStats> {
  const { stats } = await json<{ stats: TracerStats }>(port, '/stats');
  assertConserved(stats);
  return stats;
}

describe('a process that is stopped', () => {
  it('and continued sends earlier traces by flush(), and later ones over new connections', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector(folder.path);
    const { TRACING, ...variables } = publishingTo(collector.url, '');
    const batch = { maxDelayMs: 60_000 };
    const options = { ...JSON.parse(String(TRACING)), spool: undefined, batch };
    const app = await startChild('app.mts', { ...variables, TRACING: JSON.stringify(options) });
    for (let round = 0; round < 3; round++) {
      const ids = await askAll(app.port, `round-${round}`, 10);
      await json(app.port, '/flush');
      // Nothing is left to timers that may not come.
      await collector.has(ids, 500);
      app.process.kill('SIGSTOP');
      await collector.kill();
      await sleep(300);
      await collector.restart();
      app.process.kill('SIGCONT');
    }
    const ids = collector.rows().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'a row came twice');
    await app.kill();
  });

  const CASES = [
    { what: 'sends what it had on disk', maxDelayMs: 5, isSent: true },
    { what: 'sends what it had in memory and on disk', maxDelayMs: 1000, isSent: true },
    { what: 'adopts what it had, and sends it later,', maxDelayMs: 5, isSent: false },
  ];
  for (const { what, maxDelayMs, isSent } of CASES) {
    it(`for so long that another process ${what} sends nothing twice`, async () => {
      using folder = temporaryFolder();
      const dir = join(folder.path, 'spool');
      await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
      const retry = { baseMs: 1000, capMs: 1000 };
      const variables = publishingTo(collector.url, dir, { batch: { maxDelayMs }, retry });
      const stopped = await startChild('app.mts', variables);
      const ids = await askAll(stopped.port, 'row', 40);
      if (maxDelayMs < 100) {
        await until('they are spooled', async () => (await statsOf(stopped.port)).spooled >= 40);
        // What it is sending at that moment could arrive long after another has asked for it.
        await sleep(200);
      }
      stopped.process.kill('SIGSTOP');
      // Five minutes have passed since it last showed that it lives.
      const before = Date.now() / 1000 - 301;
      for (const file of filesIn(dir)) utimesSync(file, before, before);
      if (isSent) await collector.mode({});
      const next = await startChild('app.mts', variables);
      if (isSent) await collector.has(ids);
      const isDone = ({ found, spooled }: TracerStats['adopted']) =>
        found >= 40 && (spooled === 0) === isSent;
      await until('they are adopted', async () => isDone((await statsOf(next.port)).adopted));
      stopped.process.kill('SIGCONT');
      // As long as its timers have not come.
      await json(stopped.port, '/clock?ms=61000');
      ids.push(...(await askAll(stopped.port, 'at-once', 20)));
      await sleep(1000);
      await collector.mode({});
      await collector.has(ids);
      await until('it has sent what it had', async () => {
        const { spooled, queued } = await statsOf(stopped.port);
        // The question itself is one of them.
        return spooled + queued <= 1;
      });
      const got = collector.rows().map(({ id }) => id);
      assert.deepEqual(
        got.filter((id, i) => got.indexOf(id) !== i),
        [],
        'came twice',
      );
      assertConserved(await statsOf(stopped.port));
      await collector.has(await askAll(stopped.port, 'later', 20));
      for (const app of [stopped, next]) await app.kill();
    });
  }
});
