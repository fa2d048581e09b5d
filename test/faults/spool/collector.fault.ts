import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TracerStats } from '@openlayer-tracing/core';
import { assertConserved } from '../../support/conservation.ts';
import type { Mode } from './apps/collector.mts';
import {
  filesIn,
  json,
  publishingTo,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

const REQUESTS = 40;

/** What goes wrong for as long as the first process lives. */
const FAULTS: Readonly<Record<string, Mode>> = {
  'never answers': { fault: 'hang' },
  'reads nothing': { fault: 'unread' },
  'drips its answer': { fault: 'drip' },
  'resets at once': { fault: 'reset-early' },
  'resets after the upload': { fault: 'reset' },
  'takes the rows and resets': { fault: 'after' },
  'hangs up within its answer': { fault: 'half' },
  'answers 500': { fault: 'status', status: 500 },
  'answers 503': { fault: 'status', status: 503 },
  'answers 429 with Retry-After': { fault: 'status', status: 429, headers: { 'Retry-After': '1' } },
  'answers 429 with nonsense': { fault: 'status', status: 429, headers: { 'Retry-After': 'soon' } },
  'answers 401': { fault: 'status', status: 401 },
  'answers 403': { fault: 'status', status: 403 },
  'answers 404': { fault: 'status', status: 404 },
  'shows a login page': { fault: 'status', status: 200, body: '<html>' },
  'denies success': { fault: 'status', status: 200, body: '{"success":false}' },
  redirects: { fault: 'status', status: 307, headers: { Location: 'http://127.0.0.1:9/' } },
};

async function ask(port: number, prefix: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  await Promise.all(
    ids.map(async (id) => {
      const answer = await fetch(`http://127.0.0.1:${port}/chat`, {
        headers: { 'x-request-id': id },
      });
      assert.equal(answer.status, 200);
      await answer.text();
    }),
  );
  return ids;
}

interface Stats {
  readonly stats: TracerStats;
}

describe('a platform that', function () {
  this.timeout(60_000);

  for (const [what, mode] of Object.entries(FAULTS)) {
    it(`${what} gets each row once when it is well again`, async () => {
      using folder = temporaryFolder();
      const dir = join(folder.path, 'spool');
      await using collector = await startCollector(folder.path, mode);
      const variables = publishingTo(collector.url, dir, { timeoutMs: 400 });
      const app = await startChild('app.mts', variables);
      const ids = await ask(app.port, 'row', REQUESTS);
      for (let i = 0; i < 10; i++) assertConserved((await json<Stats>(app.port, '/stats')).stats);
      const end = await json<Stats & { tookMs: number }>(app.port, '/shutdown?ms=2000');
      assert.ok(end.tookMs <= 2100, `shutdown took ${end.tookMs} ms`);
      assertConserved(end.stats);
      assert.deepEqual(end.stats.dropped, {});
      await app.kill('SIGTERM');
      assert.equal((await app.ended).signal, 'SIGTERM');
      await collector.mode({});
      const next = await startChild('app.mts', variables);
      await collector.has(ids);
      await until('the spool is empty', () =>
        filesIn(dir).every(
          (file) => !file.endsWith('.wal') || file.includes(`-${next.process.pid}-`),
        ),
      );
      const got = collector.rows().map(({ id }) => id);
      assert.equal(new Set(got).size, got.length, 'a row came twice');
      assert.equal(collector.problems(), '');
      await next.kill();
    });
  }

  it('takes back a key gets nothing until configure() brings another one', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { key: 'new-key' });
    const variables = publishingTo(collector.url, dir);
    const app = await startChild('app.mts', variables);
    const ids = await ask(app.port, 'row', REQUESTS);
    await until('they are spooled', async () => {
      const { stats } = await json<Stats>(app.port, '/stats');
      return stats.spooled >= REQUESTS;
    });
    assert.deepEqual(collector.rows(), []);
    await json(app.port, '/configure?key=new-key');
    await collector.has(ids);
    await app.kill();
  });

  it('refuses some rows gets all others, and those are set aside', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { refused: 'bad' });
    const app = await startChild('app.mts', publishingTo(collector.url, dir));
    await ask(app.port, 'bad', 2);
    const good = await ask(app.port, 'good', REQUESTS);
    await collector.has(good);
    await until('two are set aside', async () => {
      const { stats } = await json<Stats>(app.port, '/stats');
      assertConserved(stats);
      return stats.quarantined === 2;
    });
    assert.equal(filesIn(dir).filter((file) => file.endsWith('.refused')).length, 1);
    await app.kill();
  });

  it('takes no large body gets every row, cut where it has to be', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { maxBytes: 6000 });
    const app = await startChild('app.mts', publishingTo(collector.url, dir));
    await collector.has(await ask(app.port, 'row', REQUESTS));
    await app.kill();
  });
});
