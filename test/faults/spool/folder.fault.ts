/** The folder of a spool: whom it is shown to, whom it is taken from, and what may lie in it. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { Tracer } from '@openlayer-tracing/core';
import { type Collector, startCollector as startLocalCollector } from '../../support/collector.ts';
import { assertConserved } from '../../support/conservation.ts';
import { publish, quickTracer, sleep, until } from '../publishing/support.ts';
import { needRoot, skip } from '../skip.ts';
import { filesIn, NOWHERE, temporaryFolder } from './support.ts';

const spooling = (baseUrl: string, dir: string) => quickTracer(baseUrl, { spool: { dir } });

/** Everything that is on disk, as one text. */
function textOf(folder: string): string {
  return filesIn(folder)
    .map((file) => readFileSync(file, 'latin1'))
    .join('');
}

const isSpooled = (tracer: Tracer, n: number) => () => tracer.stats().spooled >= n;

const WRONG_KEY = 'wrong-key';

/** A platform that takes every key but the wrong one. */
function startCollector(): Promise<Collector> {
  return startLocalCollector((request, response) => {
    if (request.headers.authorization !== `Bearer ${WRONG_KEY}`) return false;
    response.writeHead(401).end();
    return true;
  });
}

/** Leaves three traces of this platform behind. @returns the folder of their pipeline */
async function leaveBehind(url: string, dir: string): Promise<string> {
  const { tracer } = quickTracer(url, { spool: { dir }, apiKey: WRONG_KEY });
  publish(tracer, 3);
  await tracer.shutdown({ deadlineMs: 0 });
  const [destination = ''] = readdirSync(dir);
  return join(dir, destination);
}

/** A name as segments have it whose owner is nobody. */
function segmentName(n: number, owner = '0'): string {
  const now = (Date.now() - 1000 + n).toString(36).padStart(9, '0');
  return `${now}-${String(n).padStart(8, '0')}.${owner}.wal`;
}

describe('a spool folder', function () {
  this.timeout(60_000);

  it('and all that is in it is readable by its owner alone', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'made', 'on', 'the', 'way');
    const { tracer } = spooling(NOWHERE, dir);
    publish(tracer, 3);
    await until('three are spooled', isSpooled(tracer, 3));
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    assert.ok(filesIn(dir).length > 0);
    for (const file of filesIn(dir)) assert.equal(statSync(file).mode & 0o777, 0o600);
    await tracer.shutdown({ deadlineMs: 100 });
  });

  const refused: [what: string, make: (dir: string) => void, needsRoot?: boolean][] = [
    [
      'a link',
      (dir) => {
        mkdirSync(`${dir}-to`);
        symlinkSync(`${dir}-to`, dir);
      },
    ],
    ['a file', (dir) => writeFileSync(dir, '')],
    [
      'writable by everybody',
      (dir) => {
        mkdirSync(dir);
        chmodSync(dir, 0o777);
      },
    ],
    [
      'of another user',
      (dir) => {
        mkdirSync(dir);
        chownSync(dir, 12345, 12345);
      },
      true,
    ],
    [
      'below a file',
      (dir) => {
        writeFileSync(`${dir}-file`, '');
        symlinkSync(`${dir}-file/x`, dir);
      },
    ],
  ];
  for (const [what, make, needsRoot] of refused) {
    it(`that is ${what} is refused, and traces are published all the same`, async function () {
      if (needsRoot) needRoot(this);
      using folder = temporaryFolder();
      const dir = join(folder.path, 'spool');
      make(dir);
      await using collector = await startCollector();
      const { tracer, said } = spooling(collector.server.url, dir);
      assert.deepEqual(
        said.map(({ reason }) => reason),
        ['spool_refused'],
      );
      publish(tracer, 3);
      await collector.exactly(3);
      assertConserved(tracer.stats());
      await tracer.shutdown();
    });
  }

  it('with all kinds of things in it gives its traces and harms none of them', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector();
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

  it('with two gigabytes of nothing in it gives its traces in little memory', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector();
    const inner = await leaveBehind(collector.server.url, folder.path);
    const huge = join(inner, segmentName(1));
    writeFileSync(huge, '');
    truncateSync(huge, 2 ** 31 + 5);
    const before = process.memoryUsage.rss();
    let most = 0;
    const look = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss() - before);
    }, 10);
    const { tracer } = quickTracer(collector.server.url, {
      spool: { dir: folder.path, maxBytes: 4 * 2 ** 30 },
    });
    await collector.exactly(3);
    await until('the other is read', () => !existsSync(huge), 40_000);
    clearInterval(look);
    console.log(`      ${Math.round(most / 2 ** 20)} MB more`);
    assert.ok(most < 100 * 2 ** 20, `${most} bytes more`);
    await tracer.shutdown();
  });

  it('that is deleted in use comes back with all that it held', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    const { tracer } = spooling(NOWHERE, dir);
    publish(tracer, 10, 'before');
    await until('ten are spooled', isSpooled(tracer, 10));
    rmSync(dir, { recursive: true });
    publish(tracer, 10, 'after');
    await until('twenty are spooled', isSpooled(tracer, 20));
    await until('it is there again', () => /before-9/.test(textOf(dir)));
    assert.match(textOf(dir), /after-9/);
    await tracer.shutdown({ deadlineMs: 100 });
  });

  it('that is moved away in use costs no trace', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector();
    const dir = join(folder.path, 'spool');
    const { tracer } = spooling(collector.server.url, dir);
    publish(tracer, 10, 'before');
    renameSync(dir, `${dir}-elsewhere`);
    publish(tracer, 10, 'after');
    await collector.exactly(20);
    await until('all is counted', () => tracer.stats().published === 20);
    assert.deepEqual(tracer.stats().dropped, {});
    await tracer.shutdown();
  });

  it('that was written by a newer version is left to it', async () => {
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
    await using collector = await startCollector();
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

  it('of a machine that may be alive is left to it for two minutes', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector();
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

  it('on an overlay, as containers have it, works like any other', async function () {
    needRoot(this);
    using folder = temporaryFolder();
    const part = (name: string) => join(folder.path, name);
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(part(name));
    const layers = `lowerdir=${part('lower')},upperdir=${part('upper')},workdir=${part('work')}`;
    // Left behind in the image, and to be renamed in the container.
    await using collector = await startCollector();
    await leaveBehind(collector.server.url, join(part('lower'), 'spool'));
    try {
      execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, part('merged')], {
        stdio: 'ignore',
      });
    } catch {
      skip(this, 'no overlay can be mounted here');
    }
    try {
      const { tracer } = spooling(collector.server.url, join(part('merged'), 'spool'));
      publish(tracer, 10, 'new');
      await collector.exactly(13);
      await until('all is counted', () => tracer.stats().adopted.published === 3);
      assertConserved(tracer.stats());
      await tracer.shutdown();
    } finally {
      execFileSync('umount', ['-l', part('merged')]);
    }
  });
});
