import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  type Call,
  linesOf,
  publishingTo,
  sleep,
  startChild,
  startCollector,
  temporaryFolder,
} from './support.ts';

const PROCESSES = 20;
const TRACES = 200;
/** Ceiling of the first wait; all else is counted in it. */
const BASE_MS = Number(process.env.BASE_MS ?? 1000);
const CAP_MS = 2 * BASE_MS;
/** Of one process, in a time as long as the first wait. */
const MOST_CALLS = 20;

describe('a platform that has recovered', function () {
  this.timeout(300_000);

  it(`is not flooded by ${PROCESSES} processes that have waited for it`, async () => {
    using folder = temporaryFolder();
    await using collector = await startCollector(folder.path, { fault: 'hang' }, { CHECKED: '0' });
    const acked = join(folder.path, 'acked');
    const processes = await Promise.all(
      Array.from({ length: PROCESSES }, (_, i) => {
        const dir = join(folder.path, `spool-${i}`);
        const options = { retry: { baseMs: BASE_MS, capMs: CAP_MS }, timeoutMs: BASE_MS / 2 };
        return startChild('writer.mts', {
          ...publishingTo(collector.url, dir, options),
          PREFIX: `p${i}`,
          COUNT: String(TRACES),
          ACKED: acked,
          STAYS: '1',
        });
      }),
    );
    await sleep(4 * CAP_MS);
    const before = collector.calls().length;
    await collector.mode({});
    const wellAt = Date.now();
    await collector.has(linesOf(acked), 120_000);
    const since = (call: Call) => Math.max(call.at - wellAt, 0);
    const calls = collector.calls().slice(before);
    const byProcess = grouped(calls, ({ id }) => id.split('-')[0]);
    const busiest = [...byProcess.values()].map((all) => {
      const times = [...grouped(all, (call) => Math.floor(since(call) / BASE_MS)).values()];
      return Math.max(...times.map(({ length }) => length));
    });
    const firsts = [...byProcess.values()].map((all) => Math.min(...all.map(since)));
    firsts.sort((a, b) => a - b);
    console.log(
      `      ${calls.length} calls, of one process at most ${Math.max(...busiest)} in ${BASE_MS} ms; the first ones after ${firsts.join(', ')} ms`,
    );
    // What ends in it was begun before it.
    assert.ok(Math.max(...busiest) <= MOST_CALLS + 2);
    assert.equal(firsts.length, PROCESSES);
    const atOnce = firsts.filter((ms) => ms < CAP_MS / 5).length;
    assert.ok(atOnce <= PROCESSES * 0.75, `${atOnce} of them at once`);
    const ids = collector.rows().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, 'a row came twice');
    for (const each of processes) await each.kill();
  });
});

function grouped<T, K>(all: readonly T[], keyOf: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
}
