import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TracerStats } from '@openlayer-tracing/core';
import { assertConserved } from '../../support/conservation.ts';
import type { Mode } from './apps/collector.mts';
import {
  askAll,
  filesIn,
  json,
  NOWHERE,
  publishingTo,
  sideBySide,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

const REQUESTS = 40;
const TIMEOUT_MS = 400;
/** Lives at a time. */
const LANES = 2;
/** What goes wrong for as long as the first process lives. */
const FAULTS: Readonly<Record<string, Mode | 'gone'>> = {
  'is not there': 'gone',
  'never answers': { fault: 'hang' },
  'reads nothing': { fault: 'unread' },
  'drips its answer': { fault: 'drip' },
  'resets at once': { fault: 'reset-early' },
  'resets after the upload': { fault: 'reset' },
  'takes the rows and resets': { fault: 'after, reset' },
  'takes the rows and answers too late': { fault: 'after, late', lateMs: TIMEOUT_MS + 20 },
  'takes the rows and hangs up within its answer': { fault: 'after, half' },
  'hangs up within its answer': { fault: 'half' },
  'answers 500': { fault: 'status', status: 500 },
  'answers 503': { fault: 'status', status: 503 },
  'answers 408': { fault: 'status', status: 408 },
  'answers 429 with Retry-After': { fault: 'status', status: 429, headers: { 'Retry-After': '1' } },
  'answers 429 with nonsense': { fault: 'status', status: 429, headers: { 'Retry-After': 'soon' } },
  'answers 401': { fault: 'status', status: 401 },
  'answers 403': { fault: 'status', status: 403 },
  'answers 404': { fault: 'status', status: 404 },
  'shows a login page': { fault: 'status', status: 200, body: '<html>' },
  'denies success': { fault: 'status', status: 200, body: '{"success":false}' },
  redirects: { fault: 'status', status: 307, headers: { Location: 'http://127.0.0.1:9/' } },
};

interface Stats {
  readonly stats: TracerStats;
}

async function liveThrough(fault: Mode | 'gone'): Promise<void> {
  using folder = temporaryFolder();
  const dir = join(folder.path, 'spool');
  await using collector = await startCollector(folder.path, fault === 'gone' ? {} : fault);
  if (fault === 'gone') await collector.kill();
  const variables = publishingTo(collector.url, dir, { timeoutMs: TIMEOUT_MS });
  const app = await startChild('app.mts', variables);
  const ids = await askAll(app.port, 'row', REQUESTS);
  for (let i = 0; i < 10; i++) assertConserved((await json<Stats>(app.port, '/stats')).stats);
  const end = await json<Stats>(app.port, '/shutdown?ms=2000');
  assertConserved(end.stats);
  assert.deepEqual(end.stats.dropped, {});
  await app.kill('SIGTERM');
  assert.equal((await app.ended).signal, 'SIGTERM');
  // One line for each reason, however often it fails.
  const reasons = app.output.stderr.match(/(?<=^\[openlayer-tracing\] \w+ )\w+/gm) ?? [];
  assert.equal(new Set(reasons).size, reasons.length, app.output.stderr);
  if (fault === 'gone') await collector.restart();
  else await collector.mode({});
  const next = await startChild('app.mts', variables);
  await collector.has(ids);
  await until('the spool is empty', () =>
    filesIn(dir).every((file) => !file.endsWith('.wal') || file.includes(`-${next.process.pid}-`)),
  );
  const got = collector.rows().map(({ id }) => id);
  assert.equal(new Set(got).size, got.length, 'a row came twice');
  assert.equal(collector.problems(), '');
  await next.kill();
}

describe('a platform that', function () {
  this.timeout(120_000);
  const whats = Object.keys(FAULTS);
  let lives: readonly Promise<void>[] = [];

  before(async () => {
    lives = sideBySide(
      LANES,
      Object.values(FAULTS).map((fault) => () => liveThrough(fault)),
    );
    await Promise.allSettled(lives);
  });

  for (const [i, what] of whats.entries()) {
    it(`${what} gets each row once after it has recovered`, async () => {
      await lives[i];
    });
  }

  it('is not there does not delay the start of an app', async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector(folder.path);
    const mounted = { gone: [] as number[], well: [] as number[] };
    for (let round = 0; round < 3; round++) {
      for (const [what, url] of [
        ['well', collector.url],
        ['gone', NOWHERE],
      ] as const) {
        const app = await startChild('app.mts', publishingTo(url, join(folder.path, what)));
        const { mountedMs } = await json<{ mountedMs: number }>(app.port, '/stats');
        mounted[what].push(mountedMs);
        await app.kill();
      }
    }
    const added = Math.min(...mounted.gone) - Math.min(...mounted.well);
    assert.ok(added < 50, JSON.stringify(mounted));
  });
});
