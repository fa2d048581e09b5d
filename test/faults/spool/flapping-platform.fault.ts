import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  linesOf,
  publishingTo,
  sleep,
  startChild,
  startCollector,
  temporaryFolder,
} from './support.ts';

const CYCLES = Number(process.env.CYCLES ?? 60);
const UP_MS = 1000;
const DOWN_MS = 1000;
/** A batch is due so often. */
const PAUSE_MS = 10;
/** Without pauses there are some 100 in a second; up to 28 were seen. */
const MOST_TRIES = 45;

describe('a platform that comes and goes every second', function () {
  this.timeout(300_000);

  it('gets each row once, and few calls while it fails', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector(folder.path, {}, { CHECKED: '0' });
    const acked = join(folder.path, 'acked');
    const count = Math.floor((CYCLES * (UP_MS + DOWN_MS)) / PAUSE_MS) * 20;
    const app = await startChild(
      'writer.mts',
      {
        ...publishingTo(collector.url, join(folder.path, 'spool'), { batch: { maxDelayMs: 5 } }),
        PREFIX: 'w',
        COUNT: String(count),
        ACKED: acked,
        PAUSE_MS: String(PAUSE_MS),
        STAYS: '1',
      },
      { listens: false },
    );
    const tries: number[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      await sleep(UP_MS);
      if (cycle % 2 === 1) {
        await collector.mode({ closedMs: DOWN_MS });
        await sleep(DOWN_MS);
        continue;
      }
      const before = collector.calls().length;
      const begin = performance.now();
      await collector.mode({ fault: 'status', status: 503 });
      await sleep(DOWN_MS);
      // On a busy machine it fails for longer than that.
      const elapsedMs = performance.now() - begin;
      tries.push(((collector.calls().length - before) * DOWN_MS) / elapsedMs);
      await collector.mode({});
    }
    await collector.has(linesOf(acked), 60_000);
    const ids = collector.rows().map(({ id }) => id);
    console.log(
      `      ${ids.length} rows in ${CYCLES} cycles, calls while it failed: ${tries.map(Math.round).join(', ')}`,
    );
    assert.equal(new Set(ids).size, ids.length, 'a row came twice');
    assert.ok(ids.length > count / 4, `${ids.length} of ${count}`);
    assert.ok(Math.max(...tries) <= MOST_TRIES, `${Math.max(...tries)} calls`);
    await app.kill();
  });
});
