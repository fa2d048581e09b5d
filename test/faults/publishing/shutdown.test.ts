import assert from 'node:assert/strict';
import {
  type Batch,
  configure,
  createTracer,
  type Delivery,
  SendError,
  type Tracer,
  type Transport,
} from '@openlayer-tracing/core';
import { boundedTest } from '../../support/bounded-test.ts';
import { PIPELINE } from '../../support/collector.ts';
import { assertConserved, watchConservation } from '../../support/conservation.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { publish, quickTracer, sleep, timed, until } from './support.ts';

/** Takes every call after a while. */
function slowServer(ms: number) {
  const taken = new Set<string>();
  return {
    taken,
    starts: startFaultyCollector({
      call(response, { ids }) {
        setTimeout(() => {
          for (const id of ids) taken.add(id);
          response.end('{"success":true}');
        }, ms);
        return true;
      },
    }),
  };
}

describe('flush', () => {
  boundedTest('resolves at once where nothing waits', async () => {
    const { tracer } = quickTracer('http://127.0.0.1:1/v1');
    assert.ok((await timed(tracer.flush())) < 20);
    publish(tracer, 0);
    assert.ok((await timed(tracer.flush({ deadlineMs: 0 }))) < 20);
  });

  it('resolves when what waited has arrived, not what came later', async () => {
    const slow = slowServer(60);
    await using server = await slow.starts;
    const { tracer } = quickTracer(server.url, { batch: { maxDelayMs: 60_000 } });
    publish(tracer, 3, 'before');
    const flushed = tracer.flush();
    publish(tracer, 3, 'after');
    await flushed;
    assert.deepEqual([...slow.taken].sort(), ['before-0', 'before-1', 'before-2']);
    assertConserved(tracer.stats());
    await tracer.flush();
    assert.equal(slow.taken.size, 6);
  });

  for (const deadlineMs of [Number.POSITIVE_INFINITY, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
    it(`waits with a deadline of ${deadlineMs} ms`, async () => {
      const slow = slowServer(120);
      await using server = await slow.starts;
      const { tracer } = quickTracer(server.url);
      publish(tracer, 5);
      await tracer.flush({ deadlineMs });
      assert.equal(tracer.stats().published, 5);
      publish(tracer, 5, 'last');
      await tracer.shutdown({ deadlineMs });
      assert.equal(tracer.stats().published, 10);
    });
  }

  it('may be called by many at a time', async () => {
    const slow = slowServer(20);
    await using server = await slow.starts;
    const { tracer } = quickTracer(server.url, { batch: { maxBatchRows: 3 } });
    using _watch = watchConservation(tracer);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        publish(tracer, 2, `many-${i}`);
        return tracer.flush();
      }),
    );
    assert.equal(slow.taken.size, 40);
    assert.equal(tracer.stats().published, 40);
  });
});

describe('a long time as a setting', () => {
  for (const ms of [2 ** 31, 1e12, Number.MAX_SAFE_INTEGER]) {
    it(`${ms} ms is long, not nothing`, async () => {
      const warnings: Error[] = [];
      const listen = (warning: Error) => warnings.push(warning);
      process.on('warning', listen);
      const slow = slowServer(50);
      await using server = await slow.starts;
      const { tracer } = quickTracer(server.url, {
        timeoutMs: ms,
        batch: { maxDelayMs: ms },
        retry: { capMs: ms, maxElapsedMs: ms },
      });
      publish(tracer, 2);
      await sleep(30);
      assert.equal(server.arrivals.length, 0, 'maxDelayMs has not passed');
      await tracer.flush();
      assert.equal(tracer.stats().published, 2);
      assert.equal(server.arrivals.length, 1);
      process.off('warning', listen);
      assert.deepEqual(warnings, []);
    });
  }
});

describe('shutdown', () => {
  it('delivers what waits, once, however often it is called', async () => {
    const slow = slowServer(40);
    await using server = await slow.starts;
    const { tracer } = quickTracer(server.url, { batch: { maxDelayMs: 60_000 } });
    using _watch = watchConservation(tracer);
    publish(tracer, 20);
    const first = tracer.shutdown();
    assert.equal(tracer.shutdown({ deadlineMs: 1 }), first, 'the same promise');
    await first;
    assert.equal(tracer.shutdown(), first, 'also afterwards');
    assert.equal(slow.taken.size, 20);
    assert.equal(server.arrivals.length, 1);
    assert.equal(tracer.stats().published, 20);
    await until('its connections are closed', () => server.open === 0);
  });

  it('counts traces that end later as dropped', async () => {
    await using server = await startFaultyCollector();
    const { tracer } = quickTracer(server.url);
    using _watch = watchConservation(tracer);
    const open = tracer.startTrace('open');
    publish(tracer, 3);
    const ended = tracer.shutdown();
    publish(tracer, 4, 'during');
    await ended;
    publish(tracer, 5, 'after');
    assert.deepEqual(tracer.stats().dropped, { shut_down: 9 });
    assert.equal(tracer.stats().open, 1);
    open.end();
    open.end();
    assert.deepEqual(tracer.stats().dropped, { shut_down: 10 });
    await sleep(30);
    assert.deepEqual([...server.taken.keys()], ['row-0', 'row-1', 'row-2']);
  });

  boundedTest('keeps its deadline with hundreds of batches that wait', async () => {
    await using server = await startFaultyCollector({ connection: (socket) => !!socket.resume() });
    const { tracer } = quickTracer(server.url, { batch: { maxBatchRows: 5 } });
    publish(tracer, 3000);
    const took = await timed(tracer.shutdown({ deadlineMs: 100 }));
    assert.ok(took < 600, `took ${took} ms`);
    assertConserved(tracer.stats());
    await until('all is counted', () => tracer.stats().queued === 0);
    assert.deepEqual(tracer.stats().dropped, { shut_down: 3000 });
    assert.ok(server.connections < 10, `${server.connections} connections`);
  });

  it('while a batch is being isolated counts each row once', async () => {
    let isShutDown = false;
    await using server = await startFaultyCollector({
      call(response, { ids }) {
        if (isShutDown) return true;
        if (!ids.includes('row-77')) return false;
        if (ids.length < 20) isShutDown = true;
        response.writeHead(422).end();
        return true;
      },
    });
    const { tracer } = quickTracer(server.url);
    using _watch = watchConservation(tracer);
    publish(tracer, 100);
    await until('the last halves hang', () => isShutDown);
    await tracer.shutdown({ deadlineMs: 50 });
    const { published, queued, dropped } = tracer.stats();
    assert.equal(published, server.taken.size);
    assert.equal(queued, 0);
    assert.deepEqual(Object.keys(dropped), ['shut_down']);
  });

  it('in the midst of everything publishes nothing twice', async () => {
    await using server = await startFaultyCollector();
    for (let seed = 0; seed < 150; seed++) {
      const { tracer } = quickTracer(server.url, {
        batch: { maxBatchRows: 3, maxDelayMs: seed % 3 },
      });
      const later = tracer.startTrace({ name: 'ask', inferenceId: `later-${seed}` });
      publish(tracer, seed % 7, `seed-${seed}`);
      if (seed % 4 === 0) void tracer.flush();
      if (seed % 5 === 0) await sleep(seed % 3);
      if (seed % 2 === 0) later.end();
      const ended = tracer.shutdown();
      later.end();
      await ended;
      assertConserved(tracer.stats());
      assert.equal(tracer.stats().queued, 0);
    }
    assert.ok([...server.taken.values()].every((times) => times === 1));
  });
});

describe('configure', () => {
  after(() => configure({ publish: false }));

  it('lets batches that are under way finish with the key they began with', async () => {
    const slow = slowServer(50);
    await using server = await slow.starts;
    const options = { inferencePipelineId: PIPELINE, baseUrl: server.url };
    const batch = { maxBatchRows: 5, maxDelayMs: 10 };
    const former = configure({ ...options, apiKey: 'old-key', batch });
    publish(former, 22, 'old');
    await until('two are under way', () => server.arrivals.length === 2);
    const latter = configure({ ...options, apiKey: 'new-key', batch });
    publish(latter, 12, 'new');
    await Promise.all([former.flush(), latter.flush()]);
    assert.equal(slow.taken.size, 34);
    for (const { apiKey, ids } of server.arrivals) {
      for (const id of ids) assert.equal(apiKey, `${id.split('-')[0]}-key`);
    }
    for (const tracer of [former, latter]) assertConserved(tracer.stats());
  });
});

describe('a transport of the user', () => {
  const transports: Record<string, Transport['send']> = {
    throws: () => {
      throw new Error('boom');
    },
    rejects: () => Promise.reject(new Error('boom')),
    'rejects with nothing': () => Promise.reject(undefined),
    'returns nothing': () => Promise.resolve(undefined as unknown as Delivery),
    'returns half a delivery': () => Promise.resolve({ delivered: 3 } as unknown as Delivery),
    'forgets rows': () => Promise.resolve({ delivered: 1, lost: { odd: 1 } }),
    'invents rows': () => Promise.resolve({ delivered: 50, lost: {} }),
    'delivers less than nothing': () => Promise.resolve({ delivered: -1, lost: { odd: 11 } }),
    'returns no number': () => Promise.resolve({ delivered: Number.NaN, lost: {} }),
  };

  for (const [what, send] of Object.entries(transports)) {
    it(`that ${what} loses and counts its rows`, async () => {
      const tracer = createTracer({
        transport: { send, close() {} },
        onDiagnostic: () => assertConserved(tracer.stats()),
      });
      using _watch = watchConservation(tracer);
      publish(tracer, 10);
      await tracer.flush();
      assert.deepEqual(tracer.stats().dropped, { internal_error: 10 });
      await tracer.shutdown();
    });
  }

  it('that says what it lost is believed', async () => {
    const said: string[] = [];
    const tracer: Tracer = createTracer({
      transport: {
        async send({ rows }: Batch) {
          return { delivered: rows.length - 3, lost: { odd: 2, too_old: 1 } };
        },
        close() {},
      },
      // What is said is counted already, and may be asked for.
      onDiagnostic: ({ reason }) => {
        said.push(reason);
        assertConserved(tracer.stats());
      },
    });
    publish(tracer, 10);
    await tracer.flush();
    assert.equal(tracer.stats().published, 7);
    assert.deepEqual(tracer.stats().dropped, { odd: 2, too_old: 1 });
    assert.deepEqual(said, ['lost_odd', 'lost_too_old']);
  });

  boundedTest('that never ends holds neither flush nor shutdown', async () => {
    const tracer = createTracer({ transport: { send: () => new Promise(() => {}), close() {} } });
    publish(tracer, 10);
    assert.ok((await timed(tracer.flush({ deadlineMs: 60 }))) < 500);
    assert.ok((await timed(tracer.shutdown({ deadlineMs: 60 }))) < 600);
    assert.equal(tracer.stats().queued, 10);
    assertConserved(tracer.stats());
  });

  it('tells why by the code of its error', async () => {
    const tracer = createTracer({
      transport: {
        send: () => Promise.reject(new SendError('not_found', 'no such pipeline')),
        close() {},
      },
      logLevel: 'off',
    });
    publish(tracer, 4);
    await tracer.flush();
    assert.deepEqual(tracer.stats().dropped, { not_found: 4 });
  });
});
