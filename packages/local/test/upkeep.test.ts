import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import Database from 'libsql';
import type { Health, TracePage } from '../src/page-api.ts';
import { openAttachments } from '../src/storage/attachments.ts';
import { IN_MEMORY } from '../src/storage/database.ts';
import { OtlpBodies } from '../src/storage/otlp-bodies.ts';
import { Store } from '../src/storage/store.ts';
import { startUpkeep } from '../src/storage/upkeep.ts';
import { call, PIPELINE, requestOf, send } from './client.js';
import { listen } from './page/events.js';
import { got, lenientServer } from './page/read.js';

describe('upkeep', () => {
  let store: Store;
  let stop: (() => void) | undefined;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    store = new Store(IN_MEMORY);
    store.append(PIPELINE, requestOf('old'), ['old']);
  });
  afterEach(() => {
    stop?.();
    store.close();
    mock.timers.reset();
  });

  function start({ removeAttachments = () => {} } = {}): string[] {
    const failures: string[] = [];
    stop = startUpkeep(store, {
      maxAgeMs: -1000,
      maxBytes: undefined,
      removeAttachments,
      indexState: () => ({ bytes: 0, lastChange: 0 }),
      onFailure: (message) => failures.push(message),
    });
    return failures;
  }

  it('tries again after the database refused a deletion, and reports each reason once', () => {
    store.database.exec(`
      CREATE TRIGGER full BEFORE DELETE ON rows BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
    const failures = start();
    mock.timers.tick(5000);
    mock.timers.tick(5000);
    assert.equal(store.count, 1);
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? '', /disk full/);
    store.database.exec('DROP TRIGGER full');
    mock.timers.tick(5000);
    assert.equal(store.count, 0);
  });

  it('deletes rows although an attachment cannot be removed', () => {
    const failures = start({
      removeAttachments() {
        throw new Error('EPERM');
      },
    });
    mock.timers.tick(5000);
    assert.equal(store.count, 0);
    assert.match(failures.join(), /EPERM/);
  });

  for (const place of ['a file', 'memory'] as const) {
    it(`gives the space of deleted rows back, in small parts, whoever deleted them: ${place}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'openlayer-upkeep-'));
      const isFile = place === 'a file';
      const own = new Store(isFile ? join(folder, 'traces.db') : IN_MEMORY);
      const noise = randomBytes(20 * 1024 * 1024).toString('base64');
      own.append(PIPELINE, requestOf('large', { output: noise }), ['large']);
      const free = () => pragma(own, 'freelist_count');
      const shrink = mock.method(own, 'shrink');
      stop = startUpkeep(own, {
        maxAgeMs: undefined,
        maxBytes: undefined,
        removeAttachments: () => {},
        indexState: () => ({ bytes: 0, lastChange: 0 }),
        onFailure: assert.fail,
      });
      mock.timers.tick(5000);
      own.remove('large', PIPELINE);
      const before = free();
      shrink.mock.resetCalls();
      assert.ok(before > 4000, String(before));
      mock.timers.tick(5000);
      const slices = shrink.mock.callCount();
      assert.equal(slices, 1);
      assert.ok(free() >= before - 1000);
      for (let tick = 0; tick < 100; tick++) mock.timers.tick(20);
      if (isFile) assert.equal(free(), 0);
      // A file without auto_vacuum keeps its free pages.
      else assert.equal(shrink.mock.callCount(), slices);
      mock.timers.tick(5000);
      mock.timers.tick(5000);
      if (isFile) assert.ok(statSync(own.file).size < 1024 * 1024);
      stop();
      own.close();
      rmSync(folder, { recursive: true });
    });
  }
});

describe('a limit of the size', () => {
  const MB = 1024 * 1024;
  let folder: string;
  let store: Store;
  let stop: (() => void) | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-upkeep-'));
    mock.timers.enable({ apis: ['setTimeout'] });
    store = new Store(join(folder, 'traces.db'));
  });
  afterEach(() => {
    stop?.();
    mock.timers.reset();
    store.close();
    rmSync(folder, { recursive: true });
  });

  /** Rows that are hard to compress. */
  function append(count: number, bytes: number): void {
    for (let i = 0; i < count; i++) {
      const id = `id-${store.count}`;
      const output = randomBytes((bytes * 3) / 4).toString('base64');
      store.append(PIPELINE, requestOf(id, { output }), [id]);
    }
  }

  /** Checks until nothing is deleted any more. */
  function check(maxBytes: number, indexBytes = 0): void {
    stop?.();
    stop = startUpkeep(store, {
      maxAgeMs: undefined,
      maxBytes,
      removeAttachments: () => {},
      indexState: () => ({ bytes: indexBytes, lastChange: store.lastChange }),
      onFailure: assert.fail,
    });
    mock.timers.tick(5000);
    for (let tick = 0; tick < 200; tick++) mock.timers.tick(20);
  }

  for (const [count, bytes] of [
    [12, 2 * MB],
    [60, MB / 2],
    [1000, 30_000],
  ] as const) {
    it(`deletes no more rows than needed: ${count} of ${bytes} bytes`, () => {
      append(count, bytes);
      const limit = store.usedBytes - bytes;
      check(limit);
      assert.ok(store.usedBytes <= limit);
      assert.ok(store.count >= count - 4 && store.count < count, `${store.count} are left`);
      assert.equal(store.get(store.newest)?.inferenceId, `id-${count - 1}`);
    });
  }

  it('deletes rows for the size of their index too', () => {
    append(50, 100_000);
    const half = store.usedBytes / 2;
    check(store.usedBytes, half);
    // The index did not shrink, so that half of the limit is left.
    assert.ok(store.usedBytes <= half, `${store.usedBytes}`);
  });

  it('keeps the newest row, however large', () => {
    append(3, 2 * MB);
    check(MB);
    assert.deepEqual(
      Array.from(store.each(), ({ inferenceId }) => inferenceId),
      ['id-2'],
    );
    append(1, 1000);
    check(MB);
    assert.equal(store.count, 1);
    assert.equal(store.get(store.newest)?.inferenceId, 'id-1');
  });

  it('deletes no row for requests whose spans are in no row yet', () => {
    append(20, 100_000);
    const limit = store.usedBytes + MB;
    const bodies = new OtlpBodies(store.database);
    const body = randomBytes(3 * MB);
    const ids = [1, 2, 3].map(() =>
      bodies.add({ pipelineId: PIPELINE, contentType: 'application/json', encoding: '', body }),
    );
    check(limit);
    assert.equal(store.count, 20);
    for (const id of ids) bodies.remove(id);
    check(limit);
    assert.equal(store.count, 20);
  });
});

function pragma(store: Store, name: string): number {
  const row = store.database.query<Record<string, number>>(`PRAGMA ${name}`).get();
  return Object.values(row ?? {})[0] ?? 0;
}

describe('the files of a server', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-upkeep-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lose all old attachments but one that cannot be removed, which is tried again', () => {
    const traces = join(folder, 'traces.db');
    const attachments = `${traces}-attachments`;
    const [first, second] = ['a'.repeat(32), 'b'.repeat(32)].map((id) => join(attachments, id));
    assert.ok(first && second);
    mkdirSync(first, { recursive: true }); // a folder is not removed as a file is
    writeFileSync(second, '');
    for (const each of [first, second]) utimesSync(each, 1, 1);
    const kept = openAttachments(traces);
    assert.throws(() => kept.removeBefore(Date.now()));
    assert.equal(existsSync(second), false);
    rmSync(first, { recursive: true });
    writeFileSync(first, '');
    kept.removeBefore(Date.now());
    assert.equal(existsSync(first), false);
  });

  it('are read as far as they are indexed while the disk is full', async () => {
    const file = join(folder, 'traces.db');
    await using server = await lenientServer(file);
    await send(server, requestOf('before'));
    const ids = async () =>
      (await got<TracePage>(server, 'traces')).traces.map(({ inferenceId }) => inferenceId);
    assert.deepEqual(await ids(), ['before']);
    const change = (sql: string) => {
      const index = new Database(`${file}-index`);
      index.exec(sql);
      index.close();
    };
    change(`
      CREATE TRIGGER full BEFORE INSERT ON facts BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
    await send(server, requestOf('after'));
    for (let reads = 0; reads < 3; reads += 1) assert.deepEqual(await ids(), ['before']);
    const { failures } = await got<Health>(server, 'health');
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? '', /new traces cannot be indexed: .*disk full/);
    change('DROP TRIGGER full');
    assert.deepEqual(await ids(), ['after', 'before']);
  });

  it('may refuse to delete changes: reads and events go on', async () => {
    const file = join(folder, 'traces.db');
    await using server = await lenientServer(file);
    await send(server, requestOf('a'));
    await got(server, 'traces');
    const other = new Database(file);
    other.exec(`
      CREATE TRIGGER full BEFORE DELETE ON changes BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
    other.close();
    const rate = (comment: string) =>
      call(server, 'PUT', `/inference-pipelines/${PIPELINE}/rows?inferenceId=a`, {
        row: { comment },
      });
    await rate('first');
    await got(server, 'traces');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await using events = await listen(server);
    await rate('second');
    assert.equal((await events.next()).type, 'changed');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await got(server, 'traces');
  });
});

describe('a write-ahead log that another process reads', () => {
  it('is emptied once the other has ended its read, and nobody waits for that', () => {
    const folder = mkdtempSync(join(tmpdir(), 'openlayer-log-'));
    const file = join(folder, 'traces.db');
    const store = new Store(file);
    store.append(PIPELINE, requestOf('a'), ['a']);
    const reader = new Database(file);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM rows').get();
    store.append(PIPELINE, requestOf('b'), ['b']);
    const started = performance.now();
    assert.equal(store.checkpoint(), false);
    const ended = performance.now();
    assert.ok(ended - started < 1000, `${ended - started} ms of at most 5000`);
    assert.ok(statSync(`${file}-wal`).size > 0);
    reader.exec('COMMIT');
    assert.equal(store.checkpoint(), true);
    assert.equal(statSync(`${file}-wal`).size, 0);

    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM rows').get();
    store.append(PIPELINE, requestOf('c'), ['c']);
    const closing = performance.now();
    store.close();
    assert.ok(performance.now() - closing < 2000);
    reader.close();
    rmSync(folder, { recursive: true });
  });
});
