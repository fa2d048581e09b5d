/** However long the platform is away, and however often a process ends meanwhile, the folder has a bound. */

import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { TracerOptions } from '@openlayer-tracing/core';
import { boundedTest } from '../../support/bounded-test.ts';
import { PIPELINE } from '../../support/collector.ts';
import { assertConserved, watchConservation } from '../../support/conservation.ts';
import { publish, quickTracer, sleep, until } from '../publishing/support.ts';
import {
  filesIn,
  linesOf,
  NOWHERE,
  spooling,
  startChild,
  startCollector,
  temporaryFolder,
  textOf,
} from './support.ts';

const MAX_BYTES = 300_000;

function tracerIn(dir: string, options: TracerOptions = {}) {
  return quickTracer(NOWHERE, {
    ...options,
    spool: { dir, maxBytes: MAX_BYTES },
    batch: { maxDelayMs: 1 },
  });
}

/** A file may be gone before it is looked at. */
function bytesIn(folder: string): number {
  const sizes = filesIn(folder).map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('a spool folder that is full', () => {
  it('keeps the newest traces, and counts those that it drops', async () => {
    using folder = temporaryFolder();
    const { tracer } = tracerIn(folder.path);
    using _watch = watchConservation(tracer);
    for (let i = 0; i < 100; i++) {
      publish(tracer, 20, `part-${i}`, 'x'.repeat(500));
      await sleep(3);
    }
    await until('some are dropped', () => (tracer.stats().dropped.spool_full ?? 0) > 100);
    await until('none waits in memory', () => tracer.stats().queued === 0);
    await until('there is room', () => bytesIn(folder.path) <= MAX_BYTES);
    assert.ok(bytesIn(folder.path) <= MAX_BYTES, `${bytesIn(folder.path)} bytes`);
    assert.match(textOf(folder.path), /part-99-19/);
    assert.deepEqual(Object.keys(tracer.stats().dropped), ['spool_full']);
    await tracer.shutdown({ deadlineMs: 100 });
  });

  it('of one megabyte loses no trace until it is full, and counts those that do not arrive later', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { fault: 'status', status: 503 });
    const { tracer } = spooling(collector.url, dir, { spool: { maxBytes: 2 ** 20 } });
    using _watch = watchConservation(tracer);
    let rows = 0;
    const publishFew = async () => {
      publish(tracer, 5, `round-${rows}`, 'x'.repeat(500));
      rows += 5;
      await sleep(2);
    };
    // It is deleted by the eighth.
    while (bytesIn(dir) < 0.85 * 2 ** 20) await publishFew();
    assert.deepEqual(tracer.stats().dropped, {});
    const before = rows;
    while (rows < 2 * before) await publishFew();
    const { spool_full: dropped = 0, ...others } = tracer.stats().dropped;
    assert.deepEqual(others, {});
    assert.ok(dropped > before / 2 && dropped < rows - before / 2, `${dropped} of ${rows}`);
    await collector.mode({});
    await until('all is sent', () => tracer.stats().published === rows - dropped);
    await tracer.shutdown();
    const ids = collector.rows().map(({ id }) => id);
    assert.equal(new Set(ids).size, rows - dropped);
    assert.equal(ids.length, rows - dropped);
    assert.equal(ids.includes(`round-${rows - 5}-4`), true, 'the last trace was dropped');
    // The oldest go first, but for those that are just being sent.
    const oldest = ids.filter((id) => Number(id.split('-')[1]) < dropped / 2);
    assert.ok(oldest.length < dropped / 4, `${oldest.length} of the oldest were kept`);
  });

  boundedTest(
    'keeps the newest traces when one process after another fills it and exits',
    async () => {
      using folder = temporaryFolder();
      for (let life = 0; life < 10; life++) {
        const { tracer, said } = tracerIn(folder.path);
        for (let i = 0; i < 5; i++) {
          publish(tracer, 20, `life-${life}-${i}`, 'x'.repeat(500));
          await sleep(5);
        }
        await until('none waits in memory', () => tracer.stats().queued === 0);
        await until('there is room', () => bytesIn(folder.path) <= MAX_BYTES);
        await tracer.shutdown({ deadlineMs: 20 });
        assert.ok(bytesIn(folder.path) <= MAX_BYTES, `${bytesIn(folder.path)} bytes, life ${life}`);
        const { adopted, dropped } = tracer.stats();
        assertConserved(tracer.stats());
        if (life < 2) continue;
        // Ours go where they come faster than what is older can be looked at.
        assert.ok((adopted.dropped.spool_full ?? 0) >= 15, JSON.stringify({ adopted, dropped }));
        assert.ok((dropped.spool_full ?? 0) < 50, JSON.stringify({ adopted, dropped }));
        assert.ok(said.some(({ reason }) => reason === 'lost_spool_full'));
      }
      assert.match(textOf(folder.path), /life-9-4-19/);
      assert.doesNotMatch(textOf(folder.path), /life-[0-6]-/);
    },
  );

  it('exceeds its limit by at most one file for each process that writes to it', async () => {
    using folder = temporaryFolder();
    const PROCESSES = 4;
    const maxBytes = 800_000;
    const dir = join(folder.path, 'spool');
    const acked = join(folder.path, 'acked');
    const tracing = {
      apiKey: 'test-key',
      inferencePipelineId: PIPELINE,
      baseUrl: NOWHERE,
      spool: { dir, maxBytes },
      batch: { maxDelayMs: 5 },
      retry: { baseMs: 5, capMs: 20 },
    };
    const writers = await Promise.all(
      Array.from({ length: PROCESSES }, (_, i) =>
        startChild(
          'writer.mts',
          { PREFIX: `w${i}`, COUNT: '3000', ACKED: acked, TRACING: JSON.stringify(tracing) },
          { listens: false },
        ),
      ),
    );
    let most = 0;
    const look = setInterval(() => {
      most = Math.max(most, bytesIn(dir));
    }, 10);
    await Promise.all(writers.map(({ ended }) => ended));
    clearInterval(look);
    assert.equal(linesOf(acked).length, 3000 * PROCESSES);
    for (const { output } of writers) assert.doesNotMatch(output.stderr, /spool_failed/);
    assert.ok(most > maxBytes * 0.8, `${most} bytes at most`);
    assert.ok(most <= maxBytes * (1 + PROCESSES / 8), `${most} bytes`);
  });
});
