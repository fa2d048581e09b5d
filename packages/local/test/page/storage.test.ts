import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import Database from 'libsql';
import type { Feedback, Health, ServerInfo, TracePage } from '../../src/page-api.ts';
import { Store } from '../../src/storage/store.ts';
import type { JsonObject } from '../../src/values/json.ts';
import { call, fixture, PIPELINE, pageTokenOf, requestOf, send } from '../client.js';
import { got, lenientServer } from './read.js';

const idsOf = ({ traces }: TracePage) => traces.map(({ inferenceId }) => inferenceId);

/** Waits until a condition holds. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    if (await isTrue()) return;
    await sleep(100);
  }
  assert.fail('it took longer than 20 seconds');
}

describe('the files of a server', () => {
  let folder: string;
  let file: string;
  let server: LocalServer | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openlayer-storage-'));
    file = join(folder, 'traces.db');
  });
  afterEach(async () => {
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  it('can be read by their owner only', async () => {
    server = await lenientServer(file);
    await send(server, requestOf('a'));
    await got(server, 'traces');
    for (const suffix of ['', '-wal', '-index', '-index-wal']) {
      assert.equal(statSync(file + suffix).mode & 0o777, 0o600, suffix);
    }
  });

  it('keep lists, searches and deletions across a restart', async () => {
    server = await lenientServer(file);
    for (const id of ['one', 'two', 'three']) await send(server, requestOf(id));
    await got(server, 'traces');
    await call(server, 'DELETE', `/inference-pipelines/${PIPELINE}/rows/two`);
    await call(server, 'PUT', `/inference-pipelines/${PIPELINE}/rows?inferenceId=one`, {
      row: { comment: 'splendid' },
    });
    await server.close();

    server = await lenientServer(file);
    const { storage } = await got<Health>(server, 'health');
    assert.equal(storage.deleted, 0, 'by age or size');
    assert.deepEqual(idsOf(await got(server, 'traces')), ['three', 'one']);
    assert.deepEqual(idsOf(await got(server, 'traces?q=splendid')), ['one']);
    await send(server, requestOf('four'));
    const page = await got<TracePage>(server, 'traces');
    assert.deepEqual(idsOf(page), ['four', 'three', 'one']);
    assert.equal(page.newest, 4);
  });

  it('stay where they are when the process changes its working directory', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      server = await lenientServer('traces.db');
      mkdirSync('other');
      process.chdir('other');
      await send(server, requestOf('a'));
      assert.deepEqual(idsOf(await got(server, 'traces')), ['a']);
      assert.deepEqual(readdirSync('.'), []);
      assert.equal((await got<ServerInfo>(server, 'info')).file, join(folder, 'traces.db'));
    } finally {
      process.chdir(before);
    }
  });

  it('get a new index if it is missing, of another file or of another version', async () => {
    server = await lenientServer(file);
    await send(server, requestOf('one'));
    await got(server, 'traces');
    await server.close();

    rmSync(`${file}-index`);
    server = await lenientServer(file);
    assert.deepEqual(idsOf(await got(server, 'traces?q=one')), ['one']);
    await server.close();

    for (const each of ['', '-wal', '-shm']) rmSync(file + each, { force: true });
    server = await lenientServer(file);
    await send(server, requestOf('other'));
    assert.deepEqual(idsOf(await got(server, 'traces')), ['other']);
    assert.deepEqual(idsOf(await got(server, 'traces?q=one')), []);
    await server.close();

    const db = new Database(`${file}-index`);
    db.exec('PRAGMA user_version = 99');
    db.close();
    server = await lenientServer(file);
    assert.deepEqual(idsOf(await got(server, 'traces?q=other')), ['other']);
  });

  it('have all rows in the traces file once the server is closed, so that a copy of it is complete', async () => {
    server = await lenientServer(file);
    await send(server, requestOf('a'));
    await got(server, 'traces');
    await server.close();
    const copy = join(folder, 'copy.db');
    copyFileSync(file, copy);

    server = await lenientServer(copy);
    assert.deepEqual(idsOf(await got(server, 'traces')), ['a']);
  });

  for (const [what, restored] of [
    ['before it gets other rows', []],
    ['and has other rows', ['c', 'd', 'e']],
  ] as const) {
    it(`get a new index if an earlier copy of the traces file is restored ${what}`, async () => {
      const copy = join(folder, 'copy.db');
      for (const id of ['a', 'b']) {
        server = await lenientServer(file);
        await send(server, requestOf(id));
        await got(server, 'traces');
        await server.close();
        if (id === 'a') copyFileSync(file, copy);
      }
      copyFileSync(`${file}-index`, `${copy}-index`);
      for (const id of restored) {
        const store = new Store(copy);
        store.append(PIPELINE, requestOf(id), [id]);
        store.close();
      }

      server = await lenientServer(copy);
      assert.deepEqual(idsOf(await got(server, 'traces')), ['a', ...restored].reverse());
      assert.deepEqual(idsOf(await got(server, 'traces?q=b')), []);
    });
  }

  it('get a new index if it is damaged', async () => {
    server = await lenientServer(file);
    for (let n = 0; n < 300; n += 1) await send(server, requestOf(`id-${n}`));
    await got(server, 'traces');
    await server.close();

    const index = `${file}-index`;
    const damages: readonly ((bytes: Buffer) => Buffer)[] = [
      () => Buffer.from('no database'.repeat(1000)),
      (bytes) => bytes.subarray(0, 4096),
      (bytes) => bytes.fill(0x55, 4096),
      // Its first pages are whole, so that the damage shows at a read.
      (bytes) => bytes.fill(0x55, Math.floor(bytes.length / 8192) * 4096),
    ];
    for (const damaged of damages) {
      for (const suffix of ['-wal', '-shm']) rmSync(index + suffix, { force: true });
      writeFileSync(index, damaged(readFileSync(index)));
      server = await lenientServer(file);
      const { port } = server;
      const token = pageTokenOf(server);
      await until(async () => {
        // A read that finds the damage fails.
        const response = await fetch(`http://localhost:${port}/api/traces?q=id-7&limit=100`, {
          headers: { authorization: `Bearer ${token}` },
        });
        const body = (await response.json()) as TracePage;
        return response.status === 200 && body.total === 1;
      });
      // While most rows are still to be read, a read has those that were.
      const running = server;
      await until(async () => (await got<TracePage>(running, 'traces')).total === 300);
      await server.close();
    }
  });

  it('have the rows in their index that were stored while no server ran', async () => {
    server = await lenientServer(file);
    for (let i = 0; i < 60; i += 1) await send(server, requestOf(`id-${i}`));
    await server.close();
    server = await lenientServer(file);
    assert.equal((await got<TracePage>(server, 'traces')).total, 60);
  });

  it('are refused with the reason if a later version wrote them', async () => {
    const db = new Database(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await assert.rejects(
      startLocalServer({ file }),
      /cannot open .* as a trace database: it was written by a later version/,
    );
  });

  it('of the first version are migrated with all their rows and batches', async () => {
    const db = new Database(file);
    db.exec(`
      PRAGMA journal_mode = WAL;
      CREATE TABLE batches (
        id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, config TEXT NOT NULL,
        inference_ids TEXT NOT NULL, received_at INTEGER NOT NULL);
      CREATE TABLE rows (
        id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, inference_id TEXT NOT NULL,
        columns TEXT NOT NULL);
      CREATE INDEX rows_by_inference_id ON rows (inference_id, pipeline);
    `);
    const batch = db.prepare('INSERT INTO batches VALUES (?, ?, ?, ?, ?)');
    const row = db.prepare('INSERT INTO rows VALUES (?, ?, ?, ?)');
    const two = fixture('valid/08-two-rows.json');
    const [first, second] = two.rows;
    batch.run(1, 'p', JSON.stringify(requestOf('gone').config), '["gone"]', 1000);
    batch.run(
      2,
      'p',
      JSON.stringify(two.config),
      JSON.stringify(two.rows.map((each) => each.inferenceId)),
      2000,
    );
    batch.run(3, 'q', JSON.stringify(requestOf('again').config), '["again"]', 3000);
    batch.run(4, 'q', JSON.stringify(requestOf('again').config), '["again"]', 4000);
    // The row of the first batch was deleted.
    row.run(2, 'p', String(first?.inferenceId), JSON.stringify(first));
    row.run(3, 'p', String(second?.inferenceId), JSON.stringify(second));
    row.run(4, 'q', 'again', JSON.stringify(requestOf('again').rows[0]));
    row.run(5, 'q', 'again', JSON.stringify(requestOf('again', { latency: 1 }).rows[0]));
    db.close();

    server = await lenientServer(file);
    assert.deepEqual(server.rows('p'), two.rows);
    assert.equal(server.row('again', 'q')?.latency, 1);
    assert.deepEqual(
      server.batches.map(({ pipelineId, inferenceIds, receivedAt }) => [
        pipelineId,
        inferenceIds.length,
        receivedAt,
      ]),
      [
        ['p', 1, 1000],
        ['p', 2, 2000],
        ['q', 1, 3000],
        ['q', 1, 4000],
      ],
    );
    const { traces } = await got<TracePage>(server, 'traces');
    assert.deepEqual(traces.map(({ number, receivedAt }) => [number, receivedAt]).sort(), [
      [2, 2000],
      [3, 2000],
      [4, 3000],
      [5, 4000],
    ]);
    assert.deepEqual((await got<{ config: unknown }>(server, 'traces/2/row')).config, two.config);
    await send(server, requestOf('new'), 'p');
    assert.equal(server.rows().length, 5);
    await server.close();
    server = await lenientServer(file);
    assert.equal(server.rows().length, 5);
  });

  it('have the feedback of an earlier version, which did not store what an update had set', async () => {
    server = await lenientServer(file);
    await send(server, requestOf('a', { comment: 'of the app' }));
    const path = `/inference-pipelines/${PIPELINE}/rows?inferenceId=a`;
    await call(server, 'PUT', path, { row: { human_feedback: 'up' } });
    await server.close();
    const db = new Database(file);
    db.exec('ALTER TABLE rows DROP COLUMN updated_columns');
    db.close();
    rmSync(`${file}-index`, { force: true });
    server = await lenientServer(file);
    for (const comment of ['of the app', 'changed']) {
      const page: TracePage = await got(server, 'traces');
      const { value, comment: shown }: Partial<Feedback> = page.traces[0]?.feedback ?? {};
      assert.deepEqual([value, shown], ['up', comment]);
      await call(server, 'PUT', path, { row: { comment: 'changed' } });
    }
  });

  it('have what updates named in a trace of an earlier version, which mixed it with the names of its spans', async () => {
    server = await lenientServer(file);
    await send(server, requestOf('a'));
    const path = `/inference-pipelines/${PIPELINE}/rows`;
    const config = { humanFeedbackColumnName: 'stars' };
    await call(server, 'PUT', `${path}?inferenceId=a`, { row: { stars: 5 }, config });
    await server.close();
    const { groundTruthColumnName: _, ...names } = requestOf('a').config as object as JsonObject;
    const spans = { ...names, inputVariableNames: ['question'] };
    const db = new Database(file);
    db.exec('ALTER TABLE rows DROP COLUMN trace_config');
    db.prepare('UPDATE rows SET update_config = ?').run([JSON.stringify({ ...spans, ...config })]);
    db.close();
    for (const __ of ['at the upgrade', 'after it']) {
      server = await lenientServer(file);
      assert.equal((await got<TracePage>(server, 'traces')).traces[0]?.feedback?.value, 5);
      const row = await got<{ config: unknown }>(server, 'traces/1/row');
      assert.deepEqual(row.config, spans);
      await server.close();
    }
    const store = new Store(file);
    assert.deepEqual(store.get(1)?.updateConfig, config);
    store.close();
  });

  it('lose rows that are too old, the oldest first, and count them', async () => {
    server = await startLocalServer({ file, checks: 'lenient', maxAgeMs: 1 });
    for (let i = 0; i < 30; i += 1) await send(server, requestOf(`id-${i}`));
    const running = server;
    await until(async () => (await got<TracePage>(running, 'traces')).total === 0);
    assert.deepEqual(server.rows(), []);
    const { storage } = await got<Health>(server, 'health');
    assert.deepEqual([storage.traces, storage.deleted, storage.oldest], [0, 30, null]);
    assert.deepEqual(server.batches.length <= 1, true);
    assert.equal((await got<TracePage>(server, 'traces?q=id')).total, 0);
    // A later one is soon too old as well.
    await send(server, requestOf('later'));
    await until(async () => (await got<Health>(running, 'health')).storage.deleted === 31);
  });

  it('lose the oldest rows when they are too large, and then shrink', async () => {
    const maxBytes = 2_000_000;
    server = await startLocalServer({ file, checks: 'lenient', maxBytes });
    const running = server;
    // Hard to compress.
    const noise = () =>
      Array.from({ length: 8000 }, () => Math.random().toString(36).slice(2)).join(' ');
    for (let i = 0; i < 40; i += 1) await send(server, requestOf(`id-${i}`, { output: noise() }));
    await until(async () => (await got<Health>(running, 'health')).storage.bytes <= maxBytes);
    const page = await got<TracePage>(server, 'traces?limit=200');
    assert.ok(page.total < 40, `${page.total} are left`);
    await send(server, requestOf('newest'));
    assert.equal((await got<TracePage>(server, 'traces')).traces[0]?.inferenceId, 'newest');
    await until(async () => statSync(file).size <= maxBytes && statSync(`${file}-wal`).size === 0);
  });

  it('lose no more rows than needed, even if the words take more space than the rows', async () => {
    const maxBytes = 6_000_000;
    server = await startLocalServer({ file, checks: 'lenient', maxBytes });
    const running = server;
    let words = 0;
    const text = () => Array.from({ length: 1600 }, () => `w${(words++).toString(36)}`).join(' ');
    for (let i = 0; i < 400; i += 1) await send(server, requestOf(`id-${i}`, { output: text() }));
    const sizeOf = async () => (await got<Health>(running, 'health')).storage.bytes;
    await until(async () => (await sizeOf()) <= maxBytes);
    // Another check of the limit.
    await sleep(6000);
    const bytes = await sizeOf();
    assert.ok(bytes <= maxBytes && bytes > 0.75 * maxBytes, `${bytes} bytes are left`);
    const { total, traces } = await got<TracePage>(server, 'traces?q=id');
    assert.ok(total > 100 && total < 400, `${total} are left`);
    assert.equal(traces[0]?.inferenceId, 'id-399');
  });

  it('do not exist for a server in memory', async () => {
    server = await lenientServer();
    await send(server, requestOf('a'));
    assert.equal((await got<ServerInfo>(server, 'info')).file, null);
    assert.equal(existsSync(':memory:'), false);
    assert.equal(existsSync(':memory:-index'), false);
  });
});
