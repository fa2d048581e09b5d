import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Diagnostics } from '../../src/diagnostics/diagnostics.ts';
import { nodeSpoolFiles } from '../../src/platform/node/spool-files.ts';
import type { SpoolFiles } from '../../src/platform/spool-files.ts';
import { Ledger } from '../../src/publish/counts/ledger.ts';
import { QueuedRow } from '../../src/publish/row/queued-row.ts';
import type { RowTransport } from '../../src/publish/transport/row-transport.ts';
import { SendError } from '../../src/publish/transport/send-error.ts';
import { DiskSpool } from '../../src/spool/disk-spool.ts';
import type { SpoolConfig } from '../../src/spool/folder/spool-options.ts';
import { Redactor } from '../../src/values/redaction/redactor.ts';

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A file system that notes which files would lose something if the machine stopped now. */
function watched(owner: string, isAlive: (owner: string) => boolean) {
  const paths = new Map<number, string>();
  const unsynced = new Set<string>();
  /** Files and folders whose entry in the folder above is not safe. */
  const unlisted = new Set<string>();
  const failures: unknown[] = [];
  let syncMs = 0;
  /** What fails next. */
  let failing: 'sync' | 'syncEntry' | undefined;
  const failOnce = (what: 'sync' | 'syncEntry') => {
    if (failing !== what) return;
    failing = undefined;
    const error = new Error(`EIO: ${what}`);
    failures.push(error);
    throw error;
  };
  /** Files of the quarantine that were not safe when a segment was written to: its rows may have been finished. */
  const finishedEarly: string[] = [];
  const exitWork = new Set<() => void>();
  const opened = (file: number, path: string) => {
    paths.set(file, path);
    return file;
  };
  const synced = (file: number) => void unsynced.delete(paths.get(file) ?? '');
  const listed = (path: string) => {
    for (const each of unlisted) if (dirname(each) === dirname(path)) unlisted.delete(each);
  };
  const files: SpoolFiles = {
    ...nodeSpoolFiles,
    owner: () => owner,
    isAlive,
    prepare(folder, options) {
      for (let each = folder; !existsSync(each); each = dirname(each)) {
        if (!options.syncs) unlisted.add(each);
      }
      nodeSpoolFiles.prepare(folder, options);
    },
    create(path) {
      unlisted.add(path);
      return opened(nodeSpoolFiles.create(path), path);
    },
    open: (path) => opened(nodeSpoolFiles.open(path), path),
    append(file, bytes, length) {
      const path = paths.get(file) ?? '';
      if (path.endsWith('.wal')) {
        const unsafe = [...unsynced, ...unlisted];
        finishedEarly.push(...unsafe.filter((each) => !each.endsWith('.wal')));
      }
      unsynced.add(path);
      return nodeSpoolFiles.append(file, bytes, length);
    },
    async sync(file) {
      await sleep(syncMs);
      failOnce('sync');
      try {
        await nodeSpoolFiles.sync(file);
        synced(file);
      } catch (error) {
        failures.push(error);
        throw error;
      }
    },
    async syncEntry(path) {
      failOnce('syncEntry');
      await nodeSpoolFiles.syncEntry(path);
      listed(path);
    },
    syncEntryNow(path) {
      nodeSpoolFiles.syncEntryNow(path);
      listed(path);
    },
    syncNow(file) {
      nodeSpoolFiles.syncNow(file);
      synced(file);
    },
    rename(from, to) {
      for (const [file, path] of paths) if (path === from) paths.set(file, to);
      for (const each of [unsynced, unlisted]) if (each.delete(from)) each.add(to);
      return nodeSpoolFiles.rename(from, to);
    },
    remove(path) {
      unsynced.delete(path);
      unlisted.delete(path);
      nodeSpoolFiles.remove(path);
    },
    onExit(work) {
      exitWork.add(work);
      return () => exitWork.delete(work);
    },
  };
  return {
    files,
    finishedEarly,
    failures,
    /** What is not safe: files that were written to, and new entries of folders. */
    get unsynced() {
      return [...new Set([...unsynced, ...unlisted])].map((path) => basename(path));
    },
    syncsIn(ms: number) {
      syncMs = ms;
    },
    failNext(what: 'sync' | 'syncEntry') {
      failing = what;
    },
    exit() {
      for (const work of exitWork) work();
    },
  };
}

const rowOf = (id: string) => new QueuedRow(id, '{}', `{"inferenceId":"${id}"}`);

describe('a spool with `durability: fsync`', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'synced-spool-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function spoolOf(owner: string) {
    const disk = watched(owner, (each) => each !== 'host-1-1-dead');
    const config: SpoolConfig = {
      dir,
      maxBytes: 1e8,
      maxAgeMs: 1e8,
      mode: 'wal',
      durability: 'fsync',
    };
    const spool = new DiskSpool({
      config,
      files: disk.files,
      address: 'a pipeline',
      diagnostics: new Diagnostics({ level: 'off' }),
      ledger: new Ledger(),
      redactor: new Redactor(),
      runDetached: (fn) => fn(),
    });
    /** Sends what dead processes left. */
    const replay = (send: RowTransport['send']) =>
      spool.replay({
        transport: spool.withKeeping(spool.withSendLog({ send, close() {} })),
        policy: { baseMs: 1, capMs: 1, maxElapsedMs: 1000 },
        limits: { maxBatchRows: 1, maxBatchBytes: 1000 },
      });
    return { disk, spool, replay };
  }

  /** What a process left that was killed. */
  async function leave(...ids: readonly string[]) {
    const { spool, disk } = spoolOf('host-1-1-dead');
    spool.keepAll(ids.map(rowOf));
    while (disk.unsynced.length > 0) await sleep(5);
  }

  it('syncs the rows of its process soon after they are written', async () => {
    const { disk, spool } = spoolOf('host-1-1-alive');
    spool.keepAll([rowOf('a')]);
    assert.equal(disk.unsynced.length, 1);
    while (disk.unsynced.length > 0) await sleep(5);
    spool.release();
  });

  for (const what of ['sync', 'syncEntry'] as const) {
    it(`syncs again where ${what} failed, though nothing more is written`, async () => {
      const { disk, spool } = spoolOf('host-1-1-alive');
      disk.failNext(what);
      spool.keepAll([rowOf('a')]);
      while (disk.failures.length === 0) await sleep(5);
      assert.notDeepEqual(disk.unsynced, []);
      for (let i = 0; disk.unsynced.length > 0 && i < 1000; i++) await sleep(5);
      assert.deepEqual(disk.unsynced, []);
      spool.release();
    });

    it(`has synced at its exit what ${what} failed at`, async () => {
      const { disk, spool } = spoolOf('host-1-1-alive');
      spool.keepRowsAtExit(() => []);
      disk.failNext(what);
      spool.keepAll([rowOf('a')]);
      while (disk.failures.length === 0) await sleep(5);
      disk.exit();
      assert.deepEqual(disk.unsynced, []);
      spool.release();
    });
  }

  it('syncs what it notes of the rows of dead processes', async () => {
    await leave('a', 'b');
    const { disk, spool, replay } = spoolOf('host-1-1-alive');
    const sent: string[] = [];
    const running = replay(({ rows }) => {
      sent.push(...rows.map(({ inferenceId }) => inferenceId));
      // The second is under way for long.
      if (sent.length === 1) return Promise.resolve({ delivered: 1, lost: {} });
      return new Promise((_, reject) => setTimeout(reject, 300, new SendError('unreachable', '')));
    });
    while (sent.length < 2) await sleep(5);
    assert.deepEqual(disk.unsynced.length, 1);
    while (disk.unsynced.length > 0) await sleep(5);
    await running.stop();
    spool.release();
    assert.deepEqual(disk.unsynced, []);
  });

  it('has a refused row safe in the quarantine before the row is finished elsewhere', async () => {
    await leave('a');
    const { disk, spool, replay } = spoolOf('host-1-1-alive');
    const running = replay(() => Promise.reject(new SendError('rejected', 'no such column')));
    while (spool.adopted.quarantined < 1) await sleep(5);
    assert.deepEqual(disk.finishedEarly, []);
    await running.stop();
    spool.release();
    assert.deepEqual(disk.unsynced, []);
  });

  it('has damaged bytes safe in the quarantine', async () => {
    await leave('a');
    const folder = join(dir, readdirSync(dir)[0] as string);
    const [segment = ''] = readdirSync(folder);
    appendFileSync(join(folder, segment), 'x'.repeat(100));
    appendFileSync(join(folder, segment), new Uint8Array(100));
    const { disk, spool, replay } = spoolOf('host-1-1-alive');
    const running = replay(({ rows }) => Promise.resolve({ delivered: rows.length, lost: {} }));
    while (spool.adopted.published < 1) await sleep(5);
    await running.stop();
    assert.equal(readdirSync(join(folder, 'quarantine')).length, 1);
    assert.deepEqual(disk.finishedEarly, []);
    spool.release();
    assert.deepEqual(disk.unsynced, []);
  });

  it('has synced what is being synced when its process exits', async () => {
    const { disk, spool } = spoolOf('host-1-1-alive');
    disk.syncsIn(300);
    spool.keepRowsAtExit(() => []);
    spool.keepAll([rowOf('a')]);
    await sleep(100);
    disk.exit();
    assert.deepEqual(disk.unsynced, []);
    spool.release();
  });

  it('leaves a file open while it is synced', async () => {
    const { disk, spool } = spoolOf('host-1-1-alive');
    disk.syncsIn(100);
    spool.keepAll([rowOf('a')]);
    await sleep(60);
    spool.release();
    await sleep(150);
    assert.deepEqual(disk.failures, []);
  });

  it('has synced a file that was deleted and written again', async () => {
    const { disk, spool } = spoolOf('host-1-1-alive');
    spool.keepAll([rowOf('a')]);
    await sleep(100);
    rmSync(spool.folder, { recursive: true });
    await sleep(1200);
    assert.equal(readdirSync(spool.folder).length, 1);
    assert.deepEqual(disk.unsynced, []);
    spool.release();
  });

  for (const [what, end] of [
    ['it gives its files up', ({ spool }: ReturnType<typeof spoolOf>) => spool.release()],
    ['its process exits', ({ disk }: ReturnType<typeof spoolOf>) => disk.exit()],
  ] as const) {
    it(`has synced everything when ${what}`, () => {
      const spooling = spoolOf('host-1-1-alive');
      const { spool, disk } = spooling;
      spool.keepRowsAtExit(() => [rowOf('in-memory')]);
      spool.keepAll([rowOf('a')]);
      end(spooling);
      assert.deepEqual(disk.unsynced, []);
      spool.release();
    });
  }
});
