/** What lies in a spool folder when a process comes to it: of its own kind, of other versions, and of nobody. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { boundedTest } from '../../support/bounded-test.ts';
import { assertConserved } from '../../support/conservation.ts';
import { publish, sleep, until } from '../publishing/support.ts';
import { ageBy, leaveBehind, segmentName, startKeyedCollector } from './left-behind.ts';
import { filesIn, NOWHERE, spooling, temporaryFolder } from './support.ts';

const DAY_MS = 86_400_000;

describe('a spool folder that a process finds', () => {
  it('delivers its traces and leaves all other files as they are', async () => {
    using folder = temporaryFolder();
    await using collector = await startKeyedCollector();
    const dir = join(folder.path, 'spool');
    const inner = await leaveBehind(collector.server.url, dir);
    const at = (n: number) => join(inner, segmentName(n));
    const private_ = join(folder.path, 'private');
    writeFileSync(private_, 'of somebody else');
    execFileSync('mkfifo', [at(1)]);
    symlinkSync(private_, at(2));
    linkSync(private_, at(3));
    mkdirSync(at(4));
    writeFileSync(at(5), 'no frame at all \xff\xff OLw');
    writeFileSync(at(6), '');
    writeFileSync(at(7), 'null');
    writeFileSync(join(inner, '__proto__'), 'null');
    writeFileSync(join(inner, '..wal'), '');
    if (process.geteuid?.() === 0) execFileSync('mknod', [at(8), 'c', '1', '5']);
    const { tracer } = spooling(collector.server.url, dir);
    publish(tracer, 2, 'new');
    const rows = await collector.exactly(5);
    assert.equal(new Set(rows.map((row) => row.inferenceId)).size, 5);
    await until('all is counted', () => tracer.stats().adopted.published === 3);
    assertConserved(tracer.stats());
    await tracer.shutdown();
    assert.equal(readFileSync(private_, 'utf8'), 'of somebody else');
  });

  for (const [maxDays, days, isSent] of [
    [undefined, 6.9, true],
    [undefined, 7.1, false],
    // Longer than a timer can wait.
    [30, 29.9, true],
    [30, 30.1, false],
  ] as const) {
    const bound = maxDays === undefined ? 'by default' : `of ${maxDays} days`;
    it(`with traces of ${days} days ago ${isSent ? 'sends' : 'drops'} them with a bound ${bound}`, async () => {
      using folder = temporaryFolder();
      await using collector = await startKeyedCollector();
      ageBy(await leaveBehind(collector.server.url, folder.path), days * DAY_MS);
      const { tracer } = spooling(collector.server.url, folder.path, {
        ...(maxDays !== undefined && { spool: { maxAgeMs: maxDays * DAY_MS } }),
      });
      await until('all is counted', () => {
        const { published, dropped } = tracer.stats().adopted;
        return published + (dropped.spool_expired ?? 0) === 3;
      });
      assert.equal(tracer.stats().adopted.published, isSent ? 3 : 0);
      assert.equal(collector.server.rows().length, isSent ? 3 : 0);
      await tracer.shutdown();
    });
  }

  boundedTest(
    'delivers its traces in little memory when it holds two gigabytes of zeros',
    async () => {
      using folder = temporaryFolder();
      await using collector = await startKeyedCollector();
      const inner = await leaveBehind(collector.server.url, folder.path);
      const huge = join(inner, segmentName(1));
      writeFileSync(huge, '');
      truncateSync(huge, 2 ** 31 + 5);
      const before = process.memoryUsage.rss();
      let most = 0;
      const look = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss() - before);
      }, 10);
      const { tracer } = spooling(collector.server.url, folder.path, {
        spool: { maxBytes: 4 * 2 ** 30 },
      });
      await collector.exactly(3);
      await until('the other is read', () => !existsSync(huge));
      clearInterval(look);
      console.log(`      ${Math.round(most / 2 ** 20)} MB more`);
      assert.ok(most < 100 * 2 ** 20, `${most} bytes more`);
      await tracer.shutdown();
    },
  );

  it('that was written by a newer version is left alone', async () => {
    using folder = temporaryFolder();
    const inner = await leaveBehind(NOWHERE, folder.path);
    const [file = ''] = filesIn(inner);
    const bytes = readFileSync(file);
    const length = bytes.readUInt32LE(16) + 20;
    bytes[8] = 2;
    bytes.writeUInt32LE(crc32(bytes.subarray(8, length)), 4);
    writeFileSync(file, bytes);
    const { tracer, said } = spooling(NOWHERE, folder.path);
    await until('it is said', () => said.some(({ reason }) => reason === 'spool_newer'));
    assert.equal(filesIn(folder.path).length, 1);
    assert.deepEqual(readFileSync(String(filesIn(folder.path)[0])), bytes);
    await tracer.shutdown({ deadlineMs: 50 });
  });

  it('that was written by version 1 is read', async () => {
    using folder = temporaryFolder();
    await using collector = await startKeyedCollector();
    const inner = await leaveBehind(collector.server.url, folder.path);
    for (const file of filesIn(inner)) rmSync(file);
    const golden = fileURLToPath(new URL('fixtures/version-1.wal', import.meta.url));
    copyFileSync(golden, join(inner, segmentName(1)));
    const { tracer } = spooling(collector.server.url, folder.path);
    // Its third row was delivered, its fifth trace was open.
    const rows = await collector.exactly(4);
    const outputs = rows.map(({ inferenceId, output }) => `${inferenceId} ${output}`);
    assert.deepEqual(outputs.sort(), [
      'golden-0 because ä€😀',
      'golden-1 because ä€😀',
      'golden-3 because ä€😀',
      'golden-4 null',
    ]);
    await tracer.shutdown();
  });

  it('of another machine that may still be running is left alone for two minutes', async () => {
    using folder = temporaryFolder();
    await using collector = await startKeyedCollector();
    const inner = await leaveBehind(collector.server.url, folder.path);
    const theirs = join(inner, segmentName(1, 'ffffffff-77-1234-0a0b0c0d'));
    renameSync(String(filesIn(inner)[0]), theirs);
    const { tracer: early } = spooling(collector.server.url, folder.path);
    await sleep(100);
    assert.equal(early.stats().adopted.found, 0);
    await early.shutdown();
    const before = Date.now() / 1000 - 121;
    utimesSync(theirs, before, before);
    const { tracer: late } = spooling(collector.server.url, folder.path);
    await collector.exactly(3);
    assert.equal(late.stats().adopted.found, 3);
    await late.shutdown();
  });
});
