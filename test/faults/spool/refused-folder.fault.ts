/** The folder of a spool: whom it is shown to, whom it is taken from, and what becomes of it in use. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { assertConserved } from '../../support/conservation.ts';
import { publish, until } from '../publishing/support.ts';
import { needRoot, skip } from '../skip.ts';
import { leaveBehind, startKeyedCollector } from './left-behind.ts';
import { mounted } from './mounted.ts';
import { filesIn, isSpooled, NOWHERE, spooling, temporaryFolder, textOf } from './support.ts';

describe('a spool folder', () => {
  it('and its files are readable by their owner alone', async () => {
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
    it(`that is ${what} is refused, and traces are published without it`, async function () {
      if (needsRoot) needRoot(this);
      using folder = temporaryFolder();
      const dir = join(folder.path, 'spool');
      make(dir);
      await using collector = await startKeyedCollector();
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

  it('that the process creates on a volume of another user is used', async function () {
    needRoot(this);
    using folder = temporaryFolder();
    const volume = join(folder.path, 'volume');
    mkdirSync(volume);
    chownSync(volume, 12345, 12345);
    const { tracer, said } = spooling(NOWHERE, join(volume, 'spool'));
    publish(tracer, 3);
    await until('three are spooled', isSpooled(tracer, 3));
    assert.ok(!said.some(({ reason }) => reason === 'spool_refused'));
    await tracer.shutdown({ deadlineMs: 100 });
  });

  it('that is deleted while in use is written again with all that it held', async () => {
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

  it('that is deleted while its disk is full is written again once there is room', async function () {
    using folder = temporaryFolder();
    using disk = mounted(this, folder.path, 'size=256k');
    const dir = join(disk.path, 'spool');
    const filler = join(disk.path, 'of-others');
    const { tracer, said } = spooling(NOWHERE, dir);
    publish(tracer, 100, 'before');
    await until('a hundred are spooled', isSpooled(tracer, 100));
    assert.throws(() => writeFileSync(filler, Buffer.alloc(2 ** 20)), /ENOSPC/);
    // As long as it is open, its room is not free.
    rmSync(dir, { recursive: true });
    truncateSync(filler, statSync(filler).size - 20_000);
    await until('it is said', () => said.some(({ reason }) => reason === 'spool_failed'));
    rmSync(filler);
    await until('it is there again', () => /before-99/.test(textOf(dir)));
    const text = textOf(dir);
    for (let i = 0; i < 100; i++) assert.ok(text.includes(`"before-${i}"`), `before-${i}`);
    assert.equal(tracer.stats().spooled, 100);
    await tracer.shutdown({ deadlineMs: 100 });
  });

  it('that is moved away while in use loses no trace', async () => {
    using folder = temporaryFolder();
    await using collector = await startKeyedCollector();
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

  it('on an overlay, as containers have it, works like any other', async function () {
    needRoot(this);
    using folder = temporaryFolder();
    const part = (name: string) => join(folder.path, name);
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(part(name));
    const layers = `lowerdir=${part('lower')},upperdir=${part('upper')},workdir=${part('work')}`;
    // Left behind in the image, and to be renamed in the container.
    await using collector = await startKeyedCollector();
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
