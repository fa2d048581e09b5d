import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Tracer, TracerOptions } from '@openlayer-tracing/core';
import { startCollector as startLocalCollector } from '../../support/collector.ts';
import { assertConserved, watchConservation } from '../../support/conservation.ts';
import { publish, quickTracer, sleep, until } from '../publishing/support.ts';
import { filesIn, NOWHERE, startChild, temporaryFolder } from './support.ts';

const isRoot = process.geteuid?.() === 0;

function spooling(baseUrl: string, dir: string, options: TracerOptions = {}) {
  return quickTracer(baseUrl, { ...options, spool: { dir, ...options.spool } });
}

/** Everything that is on disk, as one text. */
function textOf(folder: string): string {
  return filesIn(folder)
    .map((file) => readFileSync(file, 'latin1'))
    .join('');
}

const isSpooled = (tracer: Tracer, n: number) => () => tracer.stats().spooled >= n;

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

  it('holds neither key nor address nor pipeline nor what is masked', async () => {
    using folder = temporaryFolder();
    const { tracer } = spooling(NOWHERE, folder.path, { apiKey: 'canary-key-1' });
    const trace = tracer.startTrace({
      name: 'x',
      input: { password: 'canary-password', q: 'shown' },
    });
    trace.end();
    await until('one is spooled', isSpooled(tracer, 1));
    const text = textOf(folder.path);
    assert.match(text, /shown/);
    assert.doesNotMatch(text, /canary|127\.0\.0\.1|7b9f4c10/);
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
      if (needsRoot && !isRoot) this.skip();
      using folder = temporaryFolder();
      const dir = join(folder.path, 'spool');
      make(dir);
      await using collector = await startLocalCollector();
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

  it('with a pipe, a link, a folder or a file of another kind in it does no harm', async function () {
    this.timeout(20_000);
    using folder = temporaryFolder();
    const first = spooling(NOWHERE, folder.path).tracer;
    publish(first, 3);
    await until('three are spooled', isSpooled(first, 3));
    await first.shutdown({ deadlineMs: 50 });
    const [inner] = readdirSync(folder.path);
    const at = (n: number) => join(folder.path, String(inner), `00000000${n}-0000000${n}.0.wal`);
    execFileSync('mkfifo', [at(1)]);
    symlinkSync('/etc/passwd', at(2));
    mkdirSync(at(3));
    writeFileSync(at(4), 'no frame at all \xff\xff OLw');
    writeFileSync(at(5), '');
    writeFileSync(join(folder.path, String(inner), '__proto__'), 'null');
    await using collector = await startLocalCollector();
    const { tracer } = spooling('http://127.0.0.1:9/v1', folder.path);
    void collector;
    await until('they were taken over', () => tracer.stats().adopted.found === 3, 15_000);
    assertConserved(tracer.stats());
    await tracer.shutdown({ deadlineMs: 50 });
    assert.ok(existsSync('/etc/passwd'));
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
    await until('it is there again', () => /before-9/.test(existsSync(dir) ? textOf(dir) : ''));
    assert.match(textOf(dir), /after-9/);
    await tracer.shutdown({ deadlineMs: 100 });
  });

  it('on a disk that is full and then is not loses nothing that memory could hold', async function () {
    if (!isRoot) this.skip();
    using folder = temporaryFolder();
    const mount = join(folder.path, 'small');
    mkdirSync(mount, { mode: 0o700 });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', mount]);
    } catch {
      this.skip();
    }
    try {
      const { tracer, said } = spooling(NOWHERE, mount);
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
      execFileSync('mount', ['-o', 'remount,size=4m', mount]);
      await until('all are on disk', isSpooled(tracer, 1000), 20_000);
      assert.match(textOf(mount), /part-19-49/);
      await tracer.shutdown({ deadlineMs: 100 });
    } finally {
      execFileSync('umount', ['-l', mount]);
    }
  });

  it('on a disk that is read-only is refused, and traces are published all the same', async function () {
    if (!isRoot) this.skip();
    using folder = temporaryFolder();
    const mount = join(folder.path, 'read-only');
    mkdirSync(mount, { mode: 0o700 });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k,mode=0700', 'tmpfs', mount]);
    } catch {
      this.skip();
    }
    try {
      await using collector = await startLocalCollector();
      const { tracer, said } = spooling(collector.server.url, mount);
      publish(tracer, 5);
      await collector.exactly(5);
      assert.deepEqual(
        said.map(({ reason }) => reason),
        ['spool_refused'],
      );
      await tracer.shutdown();
    } finally {
      execFileSync('umount', ['-l', mount]);
    }
  });

  it('that was written by a newer version is left to it', async () => {
    using folder = temporaryFolder();
    const first = spooling(NOWHERE, folder.path).tracer;
    publish(first, 3);
    await until('three are spooled', isSpooled(first, 3));
    await first.shutdown({ deadlineMs: 50 });
    const [file] = filesIn(folder.path);
    const bytes = readFileSync(String(file));
    const { crc32 } = await import('node:zlib');
    const length = bytes.readUInt32LE(16) + 20;
    bytes[8] = 2;
    bytes.writeUInt32LE(crc32(bytes.subarray(8, length)), 4);
    writeFileSync(String(file), bytes);
    const { tracer, said } = spooling(NOWHERE, folder.path);
    await until('it is said', () => said.some(({ reason }) => reason === 'spool_newer'));
    assert.equal(filesIn(folder.path).length, 1);
    assert.deepEqual(readFileSync(String(filesIn(folder.path)[0])), bytes);
    await tracer.shutdown({ deadlineMs: 50 });
  });

  it('with `durability: fsync`, has the disk itself keep what was written', async function () {
    try {
      execFileSync('strace', ['-V'], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
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
      { listens: false, under: ['strace', '-f', '-e', 'trace=fdatasync', '-o', trace] },
    );
    await writer.ended;
    const calls = readFileSync(trace, 'utf8').match(/fdatasync\(\d+/g) ?? [];
    assert.ok(calls.length > 0 && calls.length < 100, `${calls.length} calls`);
  });
});
