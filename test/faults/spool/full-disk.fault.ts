/** What is written to the disk of a spool, and what happens while it takes nothing. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCollector as startLocalCollector } from '../../support/collector.ts';
import { watchConservation } from '../../support/conservation.ts';
import { publish, sleep, until } from '../publishing/support.ts';
import { needStrace } from '../skip.ts';
import { mounted } from './mounted.ts';
import {
  filesIn,
  isSpooled,
  NOWHERE,
  spooling,
  startChild,
  temporaryFolder,
  textOf,
} from './support.ts';

function segmentsIn(folder: string): readonly string[] {
  return filesIn(folder).filter((file) => file.endsWith('.wal'));
}

describe('the disk of a spool', () => {
  it('holds neither the key, nor the address, nor the pipeline, nor masked values', async () => {
    using folder = temporaryFolder();
    const { tracer } = spooling(NOWHERE, folder.path, { apiKey: 'canary-key-1' });
    const input = { password: 'canary-password', q: 'shown' };
    tracer.startTrace({ name: 'x', input }).end();
    await until('one is spooled', isSpooled(tracer, 1));
    const text = textOf(folder.path);
    assert.match(text, /shown/);
    assert.doesNotMatch(text, /canary|127\.0\.0\.1|7b9f4c10/);
    await tracer.shutdown({ deadlineMs: 100 });
  });

  it('that is full for a while loses nothing that fits in memory', async function () {
    using folder = temporaryFolder();
    using disk = mounted(this, folder.path, 'size=64k');
    const { tracer, said } = spooling(NOWHERE, disk.path);
    using _watch = watchConservation(tracer);
    for (let i = 0; i < 20; i++) {
      publish(tracer, 50, `part-${i}`);
      await sleep(5);
    }
    await until('the disk is full', () => said.some(({ reason }) => reason === 'spool_failed'));
    await until('nothing is under way', () => {
      const { spooled, queued } = tracer.stats();
      return spooled + queued === 1000;
    });
    assert.deepEqual(tracer.stats().dropped, {});
    execFileSync('mount', ['-o', 'remount,size=4m', disk.path]);
    await until('all are on disk', isSpooled(tracer, 1000), 20_000);
    assert.match(textOf(disk.path), /part-19-49/);
    await tracer.shutdown({ deadlineMs: 100 });
  });

  it('that stays full does not fill up with empty files, and delays no row', async function () {
    using folder = temporaryFolder();
    using disk = mounted(this, folder.path, 'size=64k');
    writeFileSync(join(disk.path, 'of-others'), Buffer.alloc(60_000));
    await using collector = await startLocalCollector();
    const { tracer, said } = spooling(collector.server.url, disk.path);
    // It is tried again every second.
    for (let i = 0; i < 40; i++) {
      publish(tracer, 10, `part-${i}`);
      await sleep(100);
    }
    await collector.exactly(400);
    assert.ok(said.some(({ reason }) => reason === 'spool_failed'));
    assert.equal(tracer.stats().published, 400);
    assert.ok(segmentsIn(disk.path).length <= 1, `${segmentsIn(disk.path)}`);
    execFileSync('mount', ['-o', 'remount,size=4m', disk.path]);
    await until('it is written to again', () => {
      publish(tracer, 1, `later-${performance.now()}`);
      return /later-/.test(textOf(disk.path));
    });
    await tracer.shutdown();
    assert.deepEqual(segmentsIn(disk.path), []);
  });

  it('that is read-only is reported, and traces are published without it', async function () {
    using folder = temporaryFolder();
    using disk = mounted(this, folder.path, 'ro,size=64k');
    await using collector = await startLocalCollector();
    const { tracer, said } = spooling(collector.server.url, disk.path);
    publish(tracer, 5);
    await collector.exactly(5);
    assert.deepEqual(
      said.map(({ reason }) => reason),
      ['spool_refused'],
    );
    await tracer.shutdown();
  });

  it('is synced after each write with `durability: fsync`, and so are its folders', async function () {
    needStrace(this);
    using folder = temporaryFolder();
    const trace = join(folder.path, 'calls');
    const writer = await startChild(
      'writer.mts',
      {
        TRACING: JSON.stringify({
          apiKey: 'k',
          inferencePipelineId: 'p',
          baseUrl: NOWHERE,
          spool: { dir: join(folder.path, 'spool'), durability: 'fsync' },
        }),
        PREFIX: 'w',
        COUNT: '2000',
        ACKED: join(folder.path, 'acked'),
      },
      {
        listens: false,
        under: ['strace', '-f', '-y', '-e', 'trace=fdatasync,fsync', '-o', trace],
      },
    );
    await writer.ended;
    const said = readFileSync(trace, 'utf8');
    const calls = said.match(/fdatasync\(\d+/g) ?? [];
    assert.ok(calls.length > 0 && calls.length < 100, `${calls.length} calls`);
    // The folders that were made, and the file, are entries of these three.
    const spool = join(folder.path, 'spool');
    const [pipeline = ''] = readdirSync(spool);
    const synced = [...said.matchAll(/ fsync\(\d+<([^>]+)>/g)].map(([, path]) => path);
    for (const path of [folder.path, spool, join(spool, pipeline)])
      assert.ok(synced.includes(path));
  });
});
