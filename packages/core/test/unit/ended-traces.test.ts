import assert from 'node:assert/strict';
import { createTracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { boundedTest } from '../../../../test/support/bounded-test.ts';

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
});
