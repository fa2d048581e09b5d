import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type Child,
  filesIn,
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
const FRAMES = Number(process.env.FRAMES ?? 80_000);
const WRITERS = 8;
const REPLAYERS = 3;
const KILLS = 20;
const LEAST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 500;

const core = createRequire(import.meta.url).resolve('@openlayer-tracing/core/package.json');
const REPLAY_BIN = join(dirname(core), 'dist/openlayer-replay.js');

describe('on one folder', function () {
  this.timeout(900_000);

  it('eight processes and three replayers, killed at random, deliver each trace once', async () => {
    const random = seeded(SEED);
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    const acked = join(folder.path, 'acked.log');
    await using collector = await startCollector(folder.path, {}, { CHECKED: '0' });
    const variables = publishingTo(collector.url, dir, {
      batch: { maxDelayMs: 30 },
      retry: { baseMs: 50, capMs: 500 },
    });
    const each = Math.ceil(FRAMES / WRITERS);
    // Those that are not killed are at it until the last kill.
    const lifeMs = KILLS * ((LEAST_PAUSE_MS + MOST_PAUSE_MS) / 2);
    const PAUSE_MS = String(Math.ceil(lifeMs / (each / 20)));
    let incarnation = 0;
    const startWriter = (count: number) =>
      startChild(
        'writer.mts',
        { ...variables, PREFIX: `w${incarnation++}`, COUNT: String(count), ACKED: acked, PAUSE_MS },
        { listens: false },
      );
    const startReplayer = () =>
      startChild(REPLAY_BIN, variables, { listens: false, args: ['--dir', dir, '--watch'] });
    const writers: Child[] = await Promise.all(
      Array.from({ length: WRITERS }, () => startWriter(each)),
    );
    const replayers = await Promise.all(Array.from({ length: REPLAYERS }, startReplayer));
    let hits = 0;
    for (let i = 0; i < KILLS; i++) {
      await sleep(LEAST_PAUSE_MS + random() * (MOST_PAUSE_MS - LEAST_PAUSE_MS));
      const index = Math.floor(random() * (WRITERS + REPLAYERS));
      if (index < WRITERS) {
        if (await killed(writers[index])) hits++;
        writers[index] = await startWriter(Math.ceil(each / 2));
      } else {
        if (await killed(replayers[index - WRITERS])) hits++;
        replayers[index - WRITERS] = await startReplayer();
      }
    }
    await Promise.all(writers.map(({ ended }) => ended));
    const answered = linesOf(acked);
    await collector.has(answered, 120_000);
    await until('all segments are gone', () =>
      filesIn(dir).every((file) => !file.endsWith('.wal')),
    );
    for (const replayer of replayers) await replayer.kill();
    const ids = collector.rows().map(({ id }) => id);
    const twice = ids.length - new Set(ids).size;
    console.log(
      `      seed ${SEED}: ${answered.length} frames, ${ids.length} rows, ${twice} twice, ${hits} of ${KILLS} kills hit`,
    );
    assert.equal(twice, 0);
    // Writers that were killed before their end have written less.
    assert.ok(answered.length >= FRAMES / 2);
    assert.ok(hits >= KILLS * 0.9);
  });
});

/** @returns whether it was alive */
async function killed(victim: Child | undefined): Promise<boolean> {
  const isAlive = victim?.process.exitCode === null;
  await victim?.kill();
  return isAlive;
}
