/** A row that makes the platform fail, each time: it is answered with a 5xx, as a platform that is down answers everything. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataStreamRequest } from '@openlayer-tracing/core/wire';
import { type Collector, startCollector } from '../../support/collector.ts';
import { watchConservation } from '../../support/conservation.ts';
import { publish, quickTracer, sleep, until } from './support.ts';

const ROWS = 100;

/** A platform that fails for calls with one of the rows. */
function failingFor(bad: ReadonlySet<string>, status: number): Promise<Collector> & Calls {
  const calls = { posts: 0, failed: 0 };
  const started = startCollector((request, response: ServerResponse, body) => {
    if (!request.url?.endsWith('/data-stream')) return false;
    calls.posts++;
    const { rows } = JSON.parse(body.toString('utf8')) as DataStreamRequest;
    if (!rows.some(({ inferenceId }) => bad.has(inferenceId))) return false;
    calls.failed++;
    response.writeHead(status).end('{"error":"invalid byte sequence"}');
    return true;
  });
  return Object.assign(started, { calls });
}

interface Calls {
  readonly calls: { readonly posts: number; readonly failed: number };
}

describe('a row that makes the platform fail', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'poison-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  for (const status of [500, 502, 504]) {
    for (const positions of [[0], [37], [99], [0, 1, 50, 99], [0, 1, 2, 3]]) {
      it(`${status}, at ${positions}: with a spool the others arrive, and it is quarantined`, async () => {
        const bad = new Set(positions.map((position) => `row-${position}`));
        const platform = failingFor(bad, status);
        await using collector = await platform;
        const { tracer } = quickTracer(collector.server.url, {
          batch: { maxBatchRows: ROWS },
          spool: { dir },
        });
        using _watch = watchConservation(tracer);
        publish(tracer, ROWS);
        await collector.exactly(ROWS - bad.size);
        // Rows that come later do not wait for it either, and show that the platform works.
        for (let i = 0; tracer.stats().quarantined < bad.size; i++) {
          publish(tracer, 1, `later-${i}`);
          await sleep(20);
          assert.ok(i < 1000, JSON.stringify(tracer.stats()));
        }
        await until('all is delivered', () => tracer.stats().spooled + tracer.stats().queued === 0);
        const { quarantined, dropped } = tracer.stats();
        assert.deepEqual([quarantined, dropped], [bad.size, {}]);
        await tracer.shutdown();
      });
    }
  }

  it('alone in the spool stops neither the rows that come later nor those that wait', async () => {
    const platform = failingFor(new Set(['row-0']), 500);
    await using collector = await platform;
    const { tracer } = quickTracer(collector.server.url, { spool: { dir } });
    using _watch = watchConservation(tracer);
    publish(tracer, 1);
    await until('it has failed', () => platform.calls.failed >= 2);
    publish(tracer, 5, 'later');
    await collector.exactly(5);
    await tracer.shutdown();
  });

  it('without a spool costs no other row of its batch', async () => {
    const platform = failingFor(new Set(['row-37']), 500);
    await using collector = await platform;
    const { tracer } = quickTracer(collector.server.url, { batch: { maxBatchRows: ROWS } });
    using _watch = watchConservation(tracer);
    publish(tracer, ROWS);
    const flushed = tracer.flush();
    for (let i = 0; tracer.stats().dropped.busy !== 1; i++) {
      publish(tracer, 1, `later-${i}`);
      await sleep(20);
      assert.ok(i < 1000, JSON.stringify(tracer.stats()));
    }
    await flushed;
    await until('all is sent', () => tracer.stats().queued === 0);
    const { published, dropped } = tracer.stats();
    assert.deepEqual([collector.server.rows().length, dropped], [published, { busy: 1 }]);
    await tracer.shutdown();
  });

  for (const withSpool of [true, false]) {
    it(`is told from a platform that is down for all: no row is given up, ${withSpool ? 'with' : 'without'} a spool`, async () => {
      let isDown = true;
      let posts = 0;
      await using collector = await startCollector((request, response) => {
        if (!isDown || !request.url?.endsWith('/data-stream')) return false;
        posts++;
        response.writeHead(500).end();
        return true;
      });
      const { tracer } = quickTracer(collector.server.url, {
        batch: { maxBatchRows: ROWS },
        ...(withSpool && { spool: { dir } }),
      });
      using _watch = watchConservation(tracer);
      publish(tracer, 2 * ROWS);
      // Parts of a batch are tried, and soon no more than a call for each wait.
      await until('it was tried often', () => posts > 40);
      assert.deepEqual([tracer.stats().quarantined, tracer.stats().dropped], [0, {}]);
      isDown = false;
      await collector.exactly(2 * ROWS);
      await until('all is delivered', () => tracer.stats().spooled + tracer.stats().queued === 0);
      assert.deepEqual([tracer.stats().quarantined, tracer.stats().dropped], [0, {}]);
      await tracer.shutdown();
    });
  }
});
