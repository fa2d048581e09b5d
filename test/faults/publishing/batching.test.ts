import assert from 'node:assert/strict';
import { boundedTest } from '../../support/bounded-test.ts';
import { assertConserved, watchConservation } from '../../support/conservation.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { publish, quickTracer, sleep } from './support.ts';

/** Longer than any test: only a full batch or a flush sends. */
const NEVER_MS = 60_000;

describe('batching', () => {
  it('sends rows of different columns in different calls, each under its own config', async () => {
    await using server = await startFaultyCollector();
    const { tracer } = quickTracer(server.url);
    const inputs = [{ question: 'a' }, { body: 1, query: 2 }, { question: 'b' }, undefined];
    for (let i = 0; i < 40; i++) {
      const trace = tracer.startTrace({ name: 'ask', inferenceId: `l-${i}`, input: inputs[i % 4] });
      if (i % 8 === 0) trace.update({ userId: 'u' });
      if (i % 8 === 1) trace.update({ groundTruth: 'g', context: ['c'], question: 'q' });
      trace.end();
    }
    await tracer.flush();
    assert.equal(server.taken.size, 40);
    const layouts = server.arrivals.map((arrival) => JSON.stringify(arrival.body.config));
    assert.equal(new Set(layouts).size, layouts.length, 'one call per layout');
    assert.equal(layouts.length, 5);
    for (const { body } of server.arrivals) {
      const declared = Object.entries(body.config)
        .filter(([key]) => key.endsWith('ColumnName'))
        .map(([, column]) => String(column));
      for (const row of body.rows) {
        for (const column of [...declared, ...body.config.inputVariableNames]) {
          assert.ok(Object.hasOwn(row, column), `${row.inferenceId} lacks ${column}`);
        }
      }
    }
    assertConserved(tracer.stats());
  });

  it('never sends one inference ID twice in one call', async () => {
    await using server = await startFaultyCollector();
    const { tracer } = quickTracer(server.url);
    for (let i = 0; i < 30; i++) publish(tracer, 1 + (i % 3), 'same');
    const { started } = tracer.stats();
    await tracer.flush();
    let rows = 0;
    for (const { ids } of server.arrivals) {
      assert.equal(new Set(ids).size, ids.length, `twice in one call: ${ids}`);
      rows += ids.length;
    }
    assert.equal(rows, started);
    assert.equal(tracer.stats().published, started);
  });

  it('sends at once at maxBatchRows, and waits one row below it', async () => {
    await using server = await startFaultyCollector();
    const { tracer } = quickTracer(server.url, {
      batch: { maxBatchRows: 10, maxDelayMs: NEVER_MS },
    });
    publish(tracer, 9, 'a');
    await sleep(80);
    assert.equal(server.arrivals.length, 0, 'nine rows wait');
    publish(tracer, 1, 'b');
    await server.takes(10);
    assert.deepEqual(
      server.arrivals.map((arrival) => arrival.ids.length),
      [10],
    );
    publish(tracer, 25, 'c');
    await tracer.flush();
    assert.deepEqual(
      server.arrivals.map((arrival) => arrival.ids.length).sort((a, b) => b - a),
      [10, 10, 10, 5],
    );
  });

  it('lets no call of several rows be larger than maxBatchBytes', async () => {
    await using server = await startFaultyCollector();
    const { tracer } = quickTracer(server.url, {
      batch: { maxBatchBytes: 10_000, maxDelayMs: NEVER_MS },
    });
    const sizes = [100, 3000, 9000, 200, 4000, 4000, 4000, 30_000, 50, 8000, 2500];
    for (const [i, size] of sizes.entries()) publish(tracer, 1, `size-${i}`, 'x'.repeat(size));
    await tracer.flush();
    assert.equal(server.taken.size, sizes.length);
    for (const { ids, body } of server.arrivals) {
      const bytes = body.rows.reduce((sum, row) => sum + JSON.stringify(row).length, 0);
      assert.ok(ids.length === 1 || bytes <= 10_000, `${ids.length} rows of ${bytes} bytes`);
    }
  });

  it('sends the row that fills maxBatchBytes exactly in the same call', async () => {
    await using probe = await startFaultyCollector();
    const { tracer: small } = quickTracer(probe.url, { batch: { maxDelayMs: NEVER_MS } });
    publish(small, 1, 'row', 'x'.repeat(500));
    const one = small.stats().queuedBytes;
    await small.flush();
    // A latency of more digits makes a row a little longer: the limit is taken from the rows that wait.
    for (const [room, calls] of [
      [40, 1],
      [-40, 2],
    ] as const) {
      await using server = await startFaultyCollector();
      const { tracer } = quickTracer(server.url, {
        batch: { maxBatchBytes: 2 * one + room, maxDelayMs: NEVER_MS },
      });
      publish(tracer, 2, 'row', 'x'.repeat(500));
      await tracer.flush();
      assert.equal(server.arrivals.length, calls, `${room} bytes to spare`);
    }
  });

  boundedTest('sends a lone row after maxDelayMs, and not before', async () => {
    await using server = await startFaultyCollector();
    const { tracer } = quickTracer(server.url, { batch: { maxDelayMs: 150 } });
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      publish(tracer, 1, `lone-${round}`);
      await server.takes(round + 1);
      const waited = (server.arrivals[round]?.at ?? 0) - start;
      assert.ok(waited > 140 && waited < 400, `waited ${waited} ms`);
    }
  });

  it('never has more than two calls under way, however many rows wait', async () => {
    let underWay = 0;
    let most = 0;
    await using server = await startFaultyCollector({
      call(response, arrival) {
        most = Math.max(most, ++underWay);
        setTimeout(() => {
          underWay--;
          for (const id of arrival.ids) taken.add(id);
          response.end('{"success":true}');
        }, 5);
        return true;
      },
    });
    const taken = new Set<string>();
    const { tracer } = quickTracer(server.url, { batch: { maxBatchRows: 5 } });
    using watch = watchConservation(tracer);
    publish(tracer, 300);
    await tracer.flush();
    assert.equal(taken.size, 300);
    assert.equal(most, 2);
    assert.ok(server.connections <= 2, `${server.connections} connections`);
    assert.ok(watch.samples > 0);
    assert.equal(tracer.stats().published, 300);
  });
});
