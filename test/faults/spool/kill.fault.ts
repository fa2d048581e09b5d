import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  type Child,
  filesIn,
  json,
  linesOf,
  publishingTo,
  seeded,
  sleep,
  startChild,
  startCollector,
  temporaryFolder,
} from './support.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const REQUESTS = Number(process.env.REQUESTS ?? 10_000);
const CONCURRENCY = 200;
const APP_KILLS = 4;
const COLLECTOR_KILLS = 5;

describe('with a spool', function () {
  this.timeout(600_000);

  it('no answered request is lost, and none arrives twice, whoever is killed', async () => {
    const random = seeded(SEED);
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    const acked = join(folder.path, 'acked.log');
    await using collector = await startCollector(folder.path);
    const variables = publishingTo(collector.url, dir);
    let app = await startChild('app.mts', variables);
    const { port } = app;
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
    ].map((who) => ({ who, at: Math.floor((0.02 + random() * 0.9) * REQUESTS) }));
    deaths.sort((a, b) => a.at - b.at);
    let said = '';
    for (const { who, at } of deaths) {
      while (done < at && load.process.exitCode === null) await sleep(2);
      if (who === 'collector') {
        await collector.kill();
        await sleep(random() * 400);
        await collector.restart();
      } else {
        await app.kill();
        said += app.said.stderr;
        app = await restarted(port);
      }
    }
    async function restarted(on: number): Promise<Child> {
      return startChild('app.mts', { ...variables, PORT: String(on) });
    }
    assert.equal((await load.ended).code, 0, load.said.stderr);
    const answered = linesOf(acked);
    await collector.has(answered).catch(async (error: unknown) => {
      console.log(await json(port, '/stats'), filesIn(dir), said + app.said.stderr);
      throw error;
    });
    // What was open when the app died is reported as well.
    await until0(dir);
    const rows = collector.rows();
    const ids = rows.map(({ id }) => id);
    const interrupted = rows.filter(({ outcome }) => outcome === 'interrupted').length;
    const twice = ids.length - new Set(ids).size;
    console.log(
      `      seed ${SEED}: ${REQUESTS} requests, ${answered.length} answered, ${ids.length} rows, ${interrupted} interrupted, ${twice} twice, deaths ${deaths.map(({ who, at }) => `${who}@${at}`).join(' ')}`,
    );
    assert.equal(twice, 0);
    assert.equal(collector.problems(), '');
    const gotAnswered = new Set(answered);
    assert.deepEqual(
      rows.filter(({ id, outcome }) => outcome === 'interrupted' && gotAnswered.has(id)),
      [],
    );
    assert.ok(interrupted > 0);
    await app.kill();
  });
});

/** Waits until nothing of a process that died is left. */
async function until0(dir: string): Promise<void> {
  for (let waited = 0; waited < 15_000; waited += 100) {
    if (filesIn(dir).filter((file) => file.endsWith('.wal')).length <= 1) return;
    await sleep(100);
  }
}
