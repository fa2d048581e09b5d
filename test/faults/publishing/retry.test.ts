/** Waits between tries. Those that were chosen are not visible from outside, so this file imports internal modules. */

import assert from 'node:assert/strict';
import { withRetry } from '../../../packages/core/dist/publish/chain/with-retry.js';
import type { RowTransport } from '../../../packages/core/dist/publish/transport/row-transport.js';
import { SendError } from '../../../packages/core/dist/publish/transport/send-error.js';
import { boundedTest } from '../../support/bounded-test.ts';
import { assertConserved, watchConservation } from '../../support/conservation.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { publish, quickTracer, sleep } from './support.ts';

describe('waits between tries', () => {
  boundedTest('are spread evenly from nothing to the ceiling, as they arrive', async () => {
    const ROWS = 240;
    const CEILING_MS = 150;
    const answeredAt = new Map<string, number>();
    const waits: number[] = [];
    await using server = await startFaultyCollector({
      call(response, { ids, at }) {
        const [id = ''] = ids;
        const before = answeredAt.get(id);
        if (before !== undefined) {
          waits.push(at - before);
          return false;
        }
        response.writeHead(503).end(() => answeredAt.set(id, performance.now()));
        return true;
      },
    });
    const options = {
      batch: { maxBatchRows: 1 },
      retry: { baseMs: CEILING_MS, capMs: CEILING_MS },
      logLevel: 'off' as const,
    };
    // Each tracer has two calls under way: several of them wait side by side.
    const tracers = Array.from({ length: 12 }, () => quickTracer(server.url, options).tracer);
    for (const [i, tracer] of tracers.entries()) publish(tracer, ROWS / 12, `t${i}`);
    await server.takes(ROWS);

    assert.equal(waits.length, ROWS);
    waits.sort((a, b) => a - b);
    const median = waits[ROWS / 2] ?? 0;
    assert.ok((waits[0] ?? 0) < 0.25 * CEILING_MS, `shortest wait ${waits[0]} ms`);
    assert.ok((waits.at(-1) ?? 0) > 0.8 * CEILING_MS, `longest wait ${waits.at(-1)} ms`);
    assert.ok(median > 0.3 * CEILING_MS && median < 0.8 * CEILING_MS, `median ${median} ms`);
    // Kolmogorov and Smirnov's distance to the uniform distribution: 0.105 is the bound at one percent for 240; timers
    // and a busy machine add some. Half a ceiling plus half a jitter would be 0.5 away, a fixed wait 1.
    const distance = distanceToUniform(waits, CEILING_MS);
    assert.ok(distance < 0.3, `distance to the uniform distribution: ${distance}`);
  });

  it('are chosen evenly below a ceiling that doubles up to its cap', async () => {
    const TRIES = 9;
    const fractions: number[] = [];
    const ceilings = [1, 2, 4, 8, 10, 10, 10, 10];
    const random = seeded(42);
    for (let run = 0; run < 60; run++) {
      let tries = 0;
      const failing: RowTransport = {
        async send() {
          if (++tries < TRIES) throw new SendError('busy', 'busy');
          return { delivered: 1, lost: {} };
        },
        close() {},
      };
      const waits: number[] = [];
      const transport = withRetry(
        failing,
        { baseMs: 0.01, capMs: 0.1, maxElapsedMs: 60_000 },
        { random, onRetry: (_error, waitMs) => waits.push(waitMs) },
      );
      await transport.send({ layout: '{}', rows: [] }, {});
      assert.equal(waits.length, TRIES - 1);
      for (const [i, wait] of waits.entries()) fractions.push(wait / ((ceilings[i] ?? 0) / 100));
    }
    assert.ok(fractions.every((fraction) => fraction >= 0 && fraction < 1));
    fractions.sort((a, b) => a - b);
    const distance = distanceToUniform(fractions, 1);
    assert.ok(distance < 1.63 / Math.sqrt(fractions.length), `distance ${distance}`);
  });

  it('add a jitter on top of what Retry-After asks for', async () => {
    const waits: number[] = [];
    const random = seeded(7);
    for (let run = 0; run < 50; run++) {
      let tries = 0;
      const failing: RowTransport = {
        async send() {
          if (++tries === 1) throw new SendError('busy', 'busy', { retryAfterMs: 3 });
          return { delivered: 1, lost: {} };
        },
        close() {},
      };
      await withRetry(
        failing,
        { baseMs: 4, capMs: 4, maxElapsedMs: 60_000 },
        { random, onRetry: (_error, waitMs) => waits.push(waitMs) },
      ).send({ layout: '{}', rows: [] }, {});
    }
    assert.ok(waits.every((wait) => wait >= 3 && wait < 7));
    assert.ok(Math.min(...waits) < 3.5 && Math.max(...waits) > 6.5, 'spread over the jitter');
  });
});

describe('Retry-After', () => {
  const JITTER_MS = 20;
  /** Between the answer and the next try: timers are late on a busy machine, never early by more than one. */
  const LATE_MS = 250;
  const httpDate = (inMs: number) => new Date(Date.now() + inMs).toUTCString();

  const waited: [
    what: string,
    value: () => string | string[],
    floorMs: number,
    atMostMs: number,
  ][] = [
    ['0', () => '0', 0, 0],
    ['1 second', () => '1', 1000, 1000],
    ['half a second', () => '0.5', 500, 500],
    ['spaces around', () => ' 1 ', 1000, 1000],
    ['a negative number', () => '-5', 0, 0],
    ['a word', () => 'soon', 0, 0],
    ['nothing', () => '', 0, 0],
    ['a number in exponent form', () => '1e309', 0, 0],
    ['a hexadecimal number', () => '0x10', 0, 0],
    ['a past date', () => 'Wed, 21 Oct 2015 07:28:00 GMT', 0, 0],
    ['a date that is none', () => 'Mon, 99 Foo 2099 99:99:99 GMT', 0, 0],
    // Dates have whole seconds.
    ['a date in two seconds', () => httpDate(2000), 900, 2000],
    ['two headers', () => ['1', '2'], 0, 2000],
  ];

  /** The wait that one such answer leads to. */
  async function waitAfter(value: string | string[]): Promise<number> {
    const waits: number[] = [];
    let answeredAt = 0;
    await using server = await startFaultyCollector({
      call(response, { at }, n) {
        if (n > 0) {
          waits.push(at - answeredAt);
          return false;
        }
        response.writeHead(429, { 'Retry-After': value }).end('{"error":"slow down"}');
        answeredAt = performance.now();
        return true;
      },
    });
    const { tracer } = quickTracer(server.url, { retry: { baseMs: JITTER_MS, capMs: JITTER_MS } });
    publish(tracer, 1);
    await server.takes(1);
    await tracer.flush();
    assertConserved(tracer.stats());
    assert.equal(waits.length, 1);
    return waits[0] ?? -1;
  }

  // All at once, since most of the time is spent waiting.
  const first = new Map<string, Promise<number>>();
  before(async () => {
    for (const [what, value] of waited) first.set(what, waitAfter(value()));
    await Promise.allSettled(first.values());
  });

  for (const [what, value, floorMs, atMostMs] of waited) {
    boundedTest(`is a floor where it is ${what}`, async () => {
      const wait = await (first.get(what) ?? waitAfter(value()));
      first.delete(what);
      assert.ok(wait >= floorMs - 3, `waited ${wait} ms`);
      assert.ok(wait <= atMostMs + JITTER_MS + LATE_MS, `waited ${wait} ms`);
    });
  }

  for (const withSpool of [true, false]) {
    it(`holds back every other batch too, ${withSpool ? 'with' : 'without'} a spool`, async () => {
      using folder = temporaryFolder();
      let answeredAt = 0;
      await using server = await startFaultyCollector({
        call(response, _arrival, n) {
          if (n > 0) return false;
          response.writeHead(429, { 'Retry-After': '1' }).end();
          answeredAt = performance.now();
          return true;
        },
      });
      const { tracer } = quickTracer(server.url, {
        ...(withSpool && { spool: { dir: folder.path } }),
      });
      using _watch = watchConservation(tracer);
      publish(tracer, 1);
      while (answeredAt === 0) await sleep(1);
      for (let i = 0; i < 5; i++) {
        publish(tracer, 1, `later-${i}`);
        await sleep(20);
      }
      await server.takes(6);
      const [, second] = server.arrivals;
      assert.ok(
        (second?.at ?? 0) - answeredAt >= 997,
        `sent ${(second?.at ?? 0) - answeredAt} ms later`,
      );
      await tracer.shutdown();
    });
  }

  const clamped: [what: string, value: () => string][] = [
    ['an hour', () => '3600'],
    ['a date in a year', () => httpDate(365 * 86_400_000)],
    ['a number beyond all numbers', () => '9'.repeat(400)],
  ];

  for (const [what, value] of clamped) {
    it(`is cut to five minutes where it is ${what}`, async () => {
      await using server = await startFaultyCollector({
        call(response) {
          response.writeHead(503, { 'Retry-After': value() }).end();
          return true;
        },
      });
      const { tracer, said } = quickTracer(server.url, { retry: { maxElapsedMs: 600_000 } });
      publish(tracer, 1);
      await tracer.flush({ deadlineMs: 100 });
      const message = said.find(({ reason }) => reason === 'publish_retry')?.message ?? '';
      const waitMs = Number(/next attempt is in (\d+) ms/.exec(message)?.[1]);
      assert.ok(waitMs >= 300_000 && waitMs <= 300_021, message);
      assert.equal(server.arrivals.length, 1);
      await tracer.shutdown({ deadlineMs: 10 });
      assert.deepEqual(tracer.stats().dropped, { shut_down: 1 });
    });
  }

  it('ends the tries where it asks for more time than there is', async () => {
    await using server = await startFaultyCollector({
      call(response) {
        response.writeHead(429, { 'Retry-After': '60' }).end();
        return true;
      },
    });
    const { tracer, said } = quickTracer(server.url, { retry: { maxElapsedMs: 5000 } });
    using _watch = watchConservation(tracer);
    publish(tracer, 3);
    await tracer.flush({ deadlineMs: 2000 });
    assert.deepEqual(tracer.stats().dropped, { busy: 3 });
    assert.equal(said.filter(({ reason }) => reason === 'lost_busy').length, 1);
  });
});

function distanceToUniform(sorted: readonly number[], ceiling: number): number {
  let distance = 0;
  for (const [i, value] of sorted.entries()) {
    const expected = Math.min(Math.max(value / ceiling, 0), 1);
    distance = Math.max(
      distance,
      Math.abs((i + 1) / sorted.length - expected),
      Math.abs(i / sorted.length - expected),
    );
  }
  return distance;
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
