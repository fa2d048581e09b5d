import assert from 'node:assert/strict';
import { join } from 'node:path';
import { assertConserved } from '../../support/conservation.ts';
import { needStrace } from '../skip.ts';
import { startDriven } from './driven.ts';
import { attachStrace } from './strace.ts';
import { filesIn, publishingTo, startCollector, temporaryFolder } from './support.ts';

/** What each write takes. */
const WRITE_MS = 100;

describe('a disk that is slow', () => {
  it('is reported, and then written to only when the process exits or nothing else can hold a trace', async function () {
    needStrace(this);
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path);
    const variables = publishingTo(collector.url, dir);
    const app = await startDriven(variables);
    await app.tell({ begin: 3, end: 3 });
    const [segment] = filesIn(dir);
    const inject = ['-e', 'trace=write', '-e', `inject=write:delay_enter=${WRITE_MS * 1000}`];
    const strace = await attachStrace(app.pid, folder.path, ['-P', String(segment), ...inject]);
    const { turnMs } = await app.tell({ end: 1 });
    assert.ok(turnMs >= WRITE_MS, `${turnMs} ms`);
    const told = await app.until('it is said', ({ said }) => said.join().includes('spool_slow'), {
      end: 1,
    });
    await app.until('all is sent', ({ stats }) => stats.published === told.ended.length);
    await collector.mode({ fault: 'status', status: 503 });
    const writes = strace.lines().length;
    const turns: number[] = [];
    for (let i = 0; i < 5; i++) turns.push((await app.tell({ end: 3 })).turnMs);
    assert.ok(Math.min(...turns) < WRITE_MS, `${turns} ms`);
    const { stats, ended } = await app.tell({});
    assert.equal(strace.lines().length, writes);
    assertConserved(stats);
    assert.equal(stats.queued, 5 * 3);
    // These began while it was not slow yet.
    await app.exit({ endsOpen: true });
    await collector.mode({});
    const next = await startDriven(variables);
    const all = [...ended, 'open-0', 'open-1', 'open-2'];
    await collector.has(all);
    const rows = collector.rows();
    assert.deepEqual(rows.map(({ id }) => id).sort(), all.sort());
    assert.ok(rows.every(({ outcome }) => outcome !== 'interrupted'));
    await next.kill();
  });
});
