/** A spool folder that a backup or a snapshot brought back: what was delivered since is not sent again. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type Collector, startCollector } from '../../support/collector.ts';
import { assertConserved } from '../../support/conservation.ts';
import { publish, until } from '../publishing/support.ts';
import { filesIn, spooling, temporaryFolder } from './support.ts';

const ROWS = 20;

interface Platform extends AsyncDisposable {
  readonly collector: Collector;
  /** Rows that it was sent, and rows that it was asked for. */
  readonly counts: { sent: number; asked: number };
}

async function startPlatform(): Promise<Platform> {
  const counts = { sent: 0, asked: 0 };
  const collector = await startCollector((request, response, body) => {
    if (request.headers.authorization === 'Bearer wrong-key') {
      response.writeHead(401).end();
      return true;
    }
    if (request.method === 'GET') counts.asked++;
    else counts.sent += (JSON.parse(body.toString()) as { rows: unknown[] }).rows.length;
    return false;
  });
  return { collector, counts, [Symbol.asyncDispose]: () => collector[Symbol.asyncDispose]() };
}

/** Leaves rows behind that the platform has refused. */
async function leaveBehind(url: string, dir: string): Promise<void> {
  const { tracer } = spooling(url, dir, { apiKey: 'wrong-key' });
  publish(tracer, ROWS);
  await until('they are on disk', () => tracer.stats().spooled === ROWS);
  await tracer.shutdown({ deadlineMs: 100 });
}

/** The next process finds them. */
async function deliver(url: string, dir: string): Promise<void> {
  const { tracer } = spooling(url, dir);
  await until('all are counted', () => tracer.stats().adopted.published === ROWS);
  assertConserved(tracer.stats());
  await tracer.shutdown();
  assert.deepEqual(filesIn(dir), []);
}

const WAYS: readonly [how: string, copy: (from: string, to: string) => void][] = [
  ['cp -r', (from, to) => cpSync(from, to, { recursive: true })],
  ['cp -a', (from, to) => cpSync(from, to, { recursive: true, preserveTimestamps: true })],
  [
    'tar',
    (from, to) => {
      mkdirSync(to, { mode: 0o700 });
      const packed = execFileSync('tar', ['-C', from, '-c', '.']);
      execFileSync('tar', ['-C', to, '-xp'], { input: packed });
    },
  ],
];

describe('a spool folder that was copied', () => {
  for (const [how, copy] of WAYS) {
    it(`by ${how} and put back once its rows were delivered sends none of them again`, async () => {
      using folder = temporaryFolder();
      await using platform = await startPlatform();
      const { collector, counts } = platform;
      const dir = join(folder.path, 'spool');
      await leaveBehind(collector.server.url, dir);
      copy(dir, `${dir}-backup`);
      await deliver(collector.server.url, dir);
      assert.deepEqual(counts, { sent: ROWS, asked: 0 });
      rmSync(dir, { recursive: true });
      copy(`${dir}-backup`, dir);
      await deliver(collector.server.url, dir);
      assert.deepEqual(counts, { sent: ROWS, asked: ROWS });
      // Put into the folder that is there, as well.
      cpSync(`${dir}-backup`, dir, { recursive: true });
      await deliver(collector.server.url, dir);
      assert.deepEqual(counts, { sent: ROWS, asked: 2 * ROWS });
    });

    it(`by ${how} and put back before its rows were delivered sends all of them, once`, async () => {
      using folder = temporaryFolder();
      await using platform = await startPlatform();
      const { collector, counts } = platform;
      const dir = join(folder.path, 'spool');
      await leaveBehind(collector.server.url, dir);
      copy(dir, `${dir}-backup`);
      rmSync(dir, { recursive: true });
      copy(`${dir}-backup`, dir);
      await deliver(collector.server.url, dir);
      assert.deepEqual(counts, { sent: ROWS, asked: ROWS });
      await collector.exactly(ROWS);
    });
  }

  it('is told apart from a folder that was moved, whose rows are not looked up on the platform', async () => {
    using folder = temporaryFolder();
    await using platform = await startPlatform();
    const { collector, counts } = platform;
    const dir = join(folder.path, 'spool');
    await leaveBehind(collector.server.url, dir);
    renameSync(dir, `${dir}-moved`);
    await deliver(collector.server.url, `${dir}-moved`);
    assert.deepEqual(counts, { sent: ROWS, asked: 0 });
  });

  it('as part of a snapshot of the whole volume is recognised by its age', async () => {
    using folder = temporaryFolder();
    await using platform = await startPlatform();
    const { collector, counts } = platform;
    const dir = join(folder.path, 'spool');
    await leaveBehind(collector.server.url, dir);
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    for (const file of filesIn(dir)) utimesSync(file, longAgo, longAgo);
    await deliver(collector.server.url, dir);
    assert.deepEqual(counts, { sent: ROWS, asked: ROWS });
  });
});
