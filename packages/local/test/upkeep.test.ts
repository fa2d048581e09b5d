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
      indexSize: () => ({ bytes: 0, lastChange: 0 }),
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
        indexSize: () => ({ bytes: 0, lastChange: 0 }),
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
