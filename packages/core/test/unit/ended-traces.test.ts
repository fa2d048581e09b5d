import assert from 'node:assert/strict';
import { createTracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { boundedTest } from '../../../../test/support/bounded-test.ts';
import { GroupTimer } from '../../src/tracer/ended/group-timer.ts';

/** @returns milliseconds of this process in which so many traces that ended in one turn are delivered */
async function costOf(count: number): Promise<number> {
  const tracer = createTracer({ transport: memoryTransport() });
  for (let i = 0; i < count; i++) tracer.startTrace('job').end();
  const start = process.cpuUsage();
  await tracer.flush();
  const { user } = process.cpuUsage(start);
  assert.equal(tracer.stats().published, count);
  await tracer.shutdown();
  return user / 1000;
}

describe('traces that end in one turn', () => {
  boundedTest('cost as much each, however many they are', async () => {
    await costOf(5000);
    const few = await costOf(15_000);
    const many = await costOf(60_000);
    assert.ok(many < 8 * few, `${few} ms for 15,000, ${many} ms for 60,000`);
  });

  for (const [count, most, what] of [
    [10, 2, 'a few at a time while there are few, so that no request waits for long'],
    [16, 8, 'more at a time when there are many'],
  ] as const) {
    it(`are worked on ${what}`, async () => {
      let left = count;
      const worked: number[] = [];
      const timer = new GroupTimer({
        hasSpool: false,
        mayDelayExit: () => true,
        runDetached: (fn) => fn(),
        work(atOnce) {
          timer.clearSchedule();
          worked.push(atOnce);
          left -= atOnce;
          if (left > 0) timer.scheduleNextTurn(atOnce);
        },
      });
      for (let size = 1; size <= count; size++) timer.schedule(size);
      while (left > 0) {
        const before = worked.length;
        await new Promise((resolve) => setImmediate(resolve));
        assert.ok(worked.length - before <= 1, 'requests have a turn between');
      }
      assert.deepEqual([...new Set(worked)], [most]);
    });
  }
});
