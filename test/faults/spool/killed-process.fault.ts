import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TracerStats } from '@openlayer-tracing/core';
import { freePort } from '../../support/free-port.ts';
import { startDriven } from './driven.ts';
import {
  filesIn,
  json,
  linesOf,
  publishingTo,
  seeded,
  sleep,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const REQUESTS = Number(process.env.REQUESTS ?? 10_000);
const CONCURRENCY = 200;
const APP_KILLS = 4;
const COLLECTOR_KILLS = 5;
/** So many traces that have just begun may be missing at a kill. */
const UNTOLD = 16;

describe('with a spool', function () {
  this.timeout(600_000);

  it('a trace that the app started itself is reported under its own ID when its process is killed', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector(folder.path);
    const variables = publishingTo(collector.url, join(folder.path, 'spool'));
    const app = await startDriven(variables);
    await app.tell({ begin: 3 });
    await app.kill();
    const next = await startDriven(variables);
    await next.until('all is sent', ({ stats }) => stats.adopted.published === 3);
    assert.deepEqual(
      collector.rows().map(({ id, outcome }) => `${id} ${outcome}`),
      ['open-0 interrupted', 'open-1 interrupted', 'open-2 interrupted'],
    );
    await next.kill();
  });

  it('traces that start in the last turn before a kill are reported, but for the last few', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector(folder.path);
    const variables = publishingTo(collector.url, join(folder.path, 'spool'));
    const app = await startDriven(variables);
    await app.die({ begin: 100 });
    const next = await startDriven(variables);
    const { stats } = await next.until('all is sent', ({ stats: { adopted } }) => {
      return adopted.found > 0 && adopted.published === adopted.found;
    });
    assert.ok(stats.adopted.found > 100 - UNTOLD, `${stats.adopted.found} were told of`);
    await next.kill();
  });

  it('no answered request is lost, and none is delivered twice, whichever process is killed', async () => {
    const random = seeded(SEED);
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    const acked = join(folder.path, 'acked.log');
    const begunLog = join(folder.path, 'begun.log');
    await using collector = await startCollector(folder.path);
    const port = await freePort();
    const variables = {
      ...publishingTo(collector.url, dir),
      BEGUN: begunLog,
      PORT: String(port),
    };
    let app = await startChild('app.mts', variables);
    const load = await startChild(
      'load.mts',
      {
        APP_PORT: String(port),
        REQUESTS: String(REQUESTS),
        CONCURRENCY: String(CONCURRENCY),
        ACKED: acked,
      },
      { listens: false },
    );
    let done = 0;
    load.process.on('message', (message: { answered: number; broken: number }) => {
      done = message.answered + message.broken;
    });

    // Who dies, and after how many requests.
    const deaths = [
      ...Array.from({ length: APP_KILLS }, () => 'app' as const),
      ...Array.from({ length: COLLECTOR_KILLS }, () => 'collector' as const),
    ].map((who) => ({
      who,
      at: Math.floor((0.02 + random() * 0.97) * (REQUESTS - 2 * CONCURRENCY)),
    }));
    deaths.sort((a, b) => a.at - b.at);
    let said = '';
    for (const [i, { who, at }] of deaths.entries()) {
      // At each death many are open, and many are still to come.
      load.process.send({ limit: at + 2 * CONCURRENCY });
      while (done < at && load.process.exitCode === null) await sleep(2);
      if (who === 'collector') {
        await collector.kill();
        await sleep(random() * 400);
        await collector.restart();
      } else {
        // Those that are asked at the same time are answered at the same time, too: one at least is to be open.
        const id = `r-open-${i}`;
        fetch(`http://127.0.0.1:${port}/hang`, { headers: { 'x-request-id': id } }).catch(() => {});
        await until('it has begun', () => linesOf(begunLog).includes(id));
        await sleep(random() * 8);
        await app.kill();
        said += app.output.stderr;
        app = await startChild('app.mts', variables);
      }
    }
    load.process.send({ limit: REQUESTS });
    assert.equal((await load.ended).code, 0, load.output.stderr);
    const answered = linesOf(acked);
    await collector.has(answered).catch(async (error: unknown) => {
      console.log(await json(port, '/stats'), filesIn(dir), said + app.output.stderr);
      throw error;
    });
    // What was open when the app died is reported as well.
    await until('nothing of those that died is left', async () => {
      const { spooled, queued, adopted } = (await json<{ stats: TracerStats }>(port, '/stats'))
        .stats;
      const segments = filesIn(dir).filter((file) => file.endsWith('.wal'));
      const isOurs = (file: string) => file.includes(`-${app.process.pid}-`);
      return spooled + queued + adopted.spooled === 0 && segments.every(isOurs);
    });
    // The questions for stats are rows of their own.
    const rows = collector.rows().filter(({ id }) => id.startsWith('r-'));
    const ids = rows.map(({ id }) => id);
    const known = new Set(ids);
    const begun = linesOf(begunLog).filter((id) => id.startsWith('r-'));
    const silent = begun.filter((id) => !known.has(id)).length;
    const interrupted = rows.filter(({ outcome }) => outcome === 'interrupted').length;
    const twice = ids.length - new Set(ids).size;
    console.log(
      `      seed ${SEED}: ${REQUESTS} requests, ${answered.length} answered, ${ids.length} rows, ${interrupted} interrupted, ${silent} begun and not told of, ${twice} twice, deaths ${deaths.map(({ who, at }) => `${who}@${at}`).join(' ')}`,
    );
    assert.equal(twice, 0);
    // Of those that began in the very turn of the event loop in which the app was killed.
    assert.ok(silent < UNTOLD * APP_KILLS, `${silent} requests were begun and not told of`);
    assert.equal(collector.problems(), '');
    const gotAnswered = new Set(answered);
    assert.deepEqual(
      rows.filter(({ id, outcome }) => outcome === 'interrupted' && gotAnswered.has(id)),
      [],
    );
    assert.ok(interrupted >= APP_KILLS, `${interrupted} were reported`);
    await app.kill();
  });
});
