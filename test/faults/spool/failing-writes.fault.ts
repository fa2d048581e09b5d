/** Disks and files that cannot be written to, for a while or for good. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertConserved } from '../../support/conservation.ts';
import { needStrace } from '../skip.ts';
import { type Driven, startDriven } from './driven.ts';
import { mounted } from './mounted.ts';
import { attachStrace } from './strace.ts';
import { filesIn, publishingTo, sleep, startCollector, temporaryFolder, until } from './support.ts';

const NOBODY = 65_534;
/** Of a disk that is to have room for a few hundred rows. */
const MAX_BYTES = 16 * 2 ** 20;

/** What is there before any process is. */
interface Scene {
  readonly folder: string;
  readonly dir: string;
}

interface Trouble {
  /** Skips where it cannot be had, and makes the folder of the spool where it is not an ordinary one. */
  readonly prepare?: (
    context: Mocha.Context,
    folder: string,
  ) => (Disposable & { path: string }) | undefined;
  readonly under?: readonly string[];
  readonly user?: number | undefined;
  /** Traces that have ended before it begins. */
  readonly before?: number;
  readonly begin?: (app: Driven, scene: Scene) => unknown;
  /** Undefined where it lasts. */
  readonly end?: (app: Driven, scene: Scene) => unknown;
  /** What is said of it. */
  readonly says: RegExp;
  readonly isOfOneFile?: boolean;
  /** Whether some bytes of it mean nothing, which is said when they are found. */
  readonly isDamaging?: boolean;
}

const FULL = /[1-9]\d* of \d+ bytes were written: the disk is full/;

const remount = (options: string, dir: string) =>
  execFileSync('mount', ['-o', `remount,${options}`, dir]);

/** From now on, the call fails for the segment that there is. */
async function failing(call: string, code: string, app: Driven, { folder, dir }: Scene) {
  const segment = filesIn(dir).find((file) => file.endsWith('.wal'));
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:error=${code}`];
  await attachStrace(app.pid, folder, ['-P', String(segment), ...inject]);
}

function injected(code: string, says: RegExp): Trouble {
  return {
    prepare(context) {
      needStrace(context);
      return undefined;
    },
    begin: (app, scene) => failing('write', code, app, scene),
    says,
    isOfOneFile: true,
  };
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'a disk that is full (ENOSPC)': {
    prepare: (context, folder) => mounted(context, folder, 'size=3m'),
    end: (_, { dir }) => remount('size=64m', dir),
    // The last page that there is takes the beginning of a row.
    says: FULL,
  },
  'a disk that is full, and a file that cannot be cut back (EIO)': {
    prepare(context, folder) {
      needStrace(context);
      // Less than a segment.
      return mounted(context, folder, 'size=1500k');
    },
    begin: (app, scene) => failing('ftruncate', 'EIO', app, scene),
    end: (_, { dir }) => remount('size=64m', dir),
    says: FULL,
    isDamaging: true,
  },
  'a disk that has no room for further files (ENOSPC)': {
    // Those are two folders and a segment.
    prepare: (context, folder) => mounted(context, folder, 'size=64m,nr_inodes=3'),
    end: (_, { dir }) => remount('nr_inodes=100', dir),
    says: /ENOSPC.* open/,
  },
  'a disk that becomes read-only (EROFS)': {
    prepare: (context, folder) => mounted(context, folder, 'size=64m'),
    // The system allows it only while no file is open to be written.
    before: 0,
    begin: (_, { dir }) => remount('ro', dir),
    end: (_, { dir }) => remount('rw', dir),
    says: /EROFS/,
  },
  'a folder that it may no longer write to (EACCES)': {
    user: process.geteuid?.() === 0 ? NOBODY : undefined,
    begin: (_, { dir }) => chmodSync(inner(dir), 0o500),
    end: (_, { dir }) => chmodSync(inner(dir), 0o700),
    says: /EACCES/,
  },
  'a file where its folder was (ENOTDIR)': {
    begin(_, { dir }) {
      rmSync(dir, { recursive: true });
      writeFileSync(dir, '');
    },
    async end(_, { dir }) {
      rmSync(dir);
      await until('it is there again', () => filesIn(dir).length > 0);
    },
    says: /ENOTDIR/,
  },
  'no file that may still be opened (EMFILE)': {
    under: ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh'],
    begin: (app) => app.tell({ holdsFiles: true }),
    end: (app) => app.tell({ holdsFiles: false }),
    says: /EMFILE/,
  },
  'files that may not grow (EFBIG)': {
    // Of 512 bytes.
    under: ['sh', '-c', 'ulimit -f 3000; exec "$@"', 'sh'],
    says: /of \d+ bytes were written/,
  },
  'a file that the disk is full for (ENOSPC)': injected('ENOSPC', /ENOSPC/),
  'a file that a quota is used up for (EDQUOT)': injected('EDQUOT', /unknown error, write/),
  'a file that cannot be written (EIO)': injected('EIO', /EIO/),
};

describe('a spool with', () => {
  for (const [what, trouble] of Object.entries(TROUBLES)) {
    it(`${what} loses nothing that fits in memory, and reports it once`, async function () {
      using folder = temporaryFolder();
      using disk = trouble.prepare?.(this, folder.path);
      const scene = { folder: folder.path, dir: disk?.path ?? join(folder.path, 'spool') };
      await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
      const variables = publishingTo(collector.url, scene.dir, {
        spool: { maxBytes: MAX_BYTES },
        batch: { maxDelayMs: 5 },
        retry: { baseMs: 5, capMs: 50 },
      });
      if (trouble.user !== undefined) giveTo(trouble.user, scene);
      const { user, under = [], before = 20 } = trouble;
      const app = await startDriven(variables, { under, user });
      if (before > 0) {
        await app.tell({ begin: 5, end: before });
        await app.until('all is on disk', ({ stats }) => stats.spooled === before);
      }
      await trouble.begin?.(app, scene);
      const told = await app.until(
        'it is said',
        ({ said }) => said.join().includes('spool_failed'),
        { end: 5 },
      );
      await app.tell({ endsOpen: true, end: 30 });
      const amid = await app.tell({});
      assertConserved(amid.stats);
      await trouble.end?.(app, scene);
      const over = await app.until(
        'all is on disk',
        ({ stats, ended }) => stats.spooled === ended.length,
      );
      assertConserved(over.stats);
      assert.deepEqual(over.stats.dropped, {});
      assert.ok(over.ended.length >= told.ended.length + 30);
      assert.equal(over.said.filter((line) => line.startsWith('spool_failed')).length, 1);
      assert.match(over.said.join('\n'), trouble.says);
      // What cannot even be told that a row is over would have it sent by the next process.
      if (!trouble.isOfOneFile) await app.kill();
      await collector.mode({});
      const next = trouble.isOfOneFile ? app : await startDriven(variables, { user });
      await collector.has(over.ended);
      const last = await next.until(
        'all is sent',
        ({ stats }) => stats.spooled + stats.adopted.spooled === 0,
      );
      assertConserved(last.stats);
      assert.equal(last.said.join().includes('spool_damaged'), trouble.isDamaging === true);
      const got = collector.rows().map(({ id }) => id);
      assert.deepEqual(
        got.filter((id, i) => got.indexOf(id) !== i),
        [],
        'came twice',
      );
      assert.deepEqual(
        got.filter((id) => !over.ended.includes(id)),
        [],
      );
      assert.deepEqual(
        filesIn(scene.dir).filter(
          (file) => file.endsWith('.wal') && !file.includes(`-${next.pid}-`),
        ),
        [],
      );
      await next.kill();
    });
  }

  it('files that may not be deleted (EACCES) has each row delivered once', async () => {
    using folder = temporaryFolder();
    const scene = { folder: folder.path, dir: join(folder.path, 'spool') };
    await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
    const user = process.geteuid?.() === 0 ? NOBODY : undefined;
    if (user !== undefined) giveTo(user, scene);
    const app = await startDriven(
      // Each of these rows fills a segment.
      publishingTo(collector.url, scene.dir, {
        spool: { maxBytes: 8 * 16_384 },
        retry: { baseMs: 5, capMs: 50 },
      }),
      { user },
    );
    await app.tell({ end: 4 });
    await app.until('all is on disk', ({ stats }) => stats.spooled === 4);
    chmodSync(inner(scene.dir), 0o500);
    await collector.mode({});
    await app.until('all is delivered', ({ stats }) => stats.published >= 4);
    await sleep(500);
    const { stats, said } = await app.tell({});
    assertConserved(stats);
    assert.equal(stats.published, 4);
    assert.equal(collector.rows().length, 4);
    assert.match(said.join(), /spool_failed: Error: EACCES/);
    await app.kill();
  });
});

/** Where the segments are. */
function inner(dir: string): string {
  return join(dir, readdirSync(dir)[0] ?? '');
}

/** It may pass the folder above. */
function giveTo(user: number, { folder, dir }: Scene): void {
  chmodSync(folder, 0o711);
  mkdirSync(dir, { mode: 0o700 });
  chownSync(dir, user, user);
}
