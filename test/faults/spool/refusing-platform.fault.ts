/** What the platform refuses, and what becomes of it. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TracerStats } from '@openlayer-tracing/core';
import { PIPELINE } from '../../support/collector.ts';
import { assertConserved } from '../../support/conservation.ts';
import { publish, quickTracer } from '../publishing/support.ts';
import {
  askAll,
  filesIn,
  json,
  publishingTo,
  startChild,
  startCollector,
  temporaryFolder,
  until,
} from './support.ts';

const REQUESTS = 40;

async function statsOf(port: number): Promise<TracerStats> {
  const { stats } = await json<{ stats: TracerStats }>(port, '/stats');
  assertConserved(stats);
  return stats;
}

const refusedFiles = (dir: string) => filesIn(dir).filter((file) => file.endsWith('.refused'));

describe('with a spool, a platform that', () => {
  it('revokes a key gets nothing until configure() sets another one', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { key: 'new-key' });
    const app = await startChild('app.mts', publishingTo(collector.url, dir));
    const ids = await askAll(app.port, 'row', REQUESTS);
    await until('they are spooled', async () => (await statsOf(app.port)).spooled >= REQUESTS);
    assert.deepEqual(collector.rows(), []);
    await json(app.port, '/configure?key=new-key');
    await collector.has(ids);
    await app.kill();
  });

  it('refuses some rows gets all others, and the refused ones are quarantined', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { refused: 'bad' });
    const app = await startChild('app.mts', publishingTo(collector.url, dir));
    await askAll(app.port, 'bad', 2);
    await collector.has(await askAll(app.port, 'good', REQUESTS));
    await until('two are quarantined', async () => (await statsOf(app.port)).quarantined === 2);
    assert.equal(refusedFiles(dir).length, 1);
    await app.kill();
  });

  it('takes no large body gets every row, cut where necessary', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { maxBytes: 6000 });
    const app = await startChild('app.mts', publishingTo(collector.url, dir));
    await collector.has(await askAll(app.port, 'row', REQUESTS));
    await app.kill();
  });

  it('takes no body at all gets few calls, and each row is quarantined', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    await using collector = await startCollector(folder.path, { maxBytes: 10 });
    const app = await startChild('app.mts', publishingTo(collector.url, dir));
    await askAll(app.port, 'row', REQUESTS);
    await until(
      'all are quarantined',
      async () => (await statsOf(app.port)).quarantined >= REQUESTS,
    );
    // The questions for stats are traced as well. Each row is sent in ever smaller batches, and then cut.
    const { started, quarantined } = await statsOf(app.port);
    assert.ok(collector.calls().length < 5 * started, `${collector.calls().length} calls`);
    assert.deepEqual(collector.rows(), []);
    assert.ok(quarantined <= started);
    await app.kill();
  });

  it('does not know one pipeline gets the rows of the other one, and those of the unknown one later', async () => {
    using folder = temporaryFolder();
    const dir = join(folder.path, 'spool');
    const unknown = '7b9f4c10-1f3e-4f63-9d3c-52f0a2d3f002';
    await using collector = await startCollector(folder.path, { unknown });
    const options = { spool: { dir } };
    const { tracer: known } = quickTracer(collector.url, options);
    const { tracer: lost } = quickTracer(collector.url, {
      ...options,
      inferencePipelineId: unknown,
    });
    const [here, there] = [publish(known, 20, 'known'), publish(lost, 20, 'unknown')];
    await collector.has(here);
    await until('the others wait', () => lost.stats().spooled === 20);
    assert.equal(known.stats().published, 20);
    await Promise.all([known.shutdown({ deadlineMs: 500 }), lost.shutdown({ deadlineMs: 500 })]);
    await collector.mode({});
    const { tracer: later } = quickTracer(collector.url, {
      ...options,
      inferencePipelineId: unknown,
    });
    await collector.has(there);
    const pipelines = collector.rows().map(({ id, pipeline }) => `${id.split('-')[0]} ${pipeline}`);
    assert.deepEqual(
      [...new Set(pipelines)].sort(),
      [`known ${PIPELINE}`, `unknown ${unknown}`].sort(),
    );
    assert.equal(pipelines.length, 40);
    await later.shutdown();
  });
});
