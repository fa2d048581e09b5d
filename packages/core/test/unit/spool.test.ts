import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Batch,
  createTracer,
  type Delivery,
  SendError,
  type Tracer,
  type TracerOptions,
} from '@openlayer-tracing/core';
import { watchConservation } from '../../../../test/support/conservation.ts';

/** A transport that does as it is told, and notes the ids that it took. */
function transportThat(answer: (batch: Batch) => Delivery | undefined = () => undefined) {
  const taken: string[] = [];
  return {
    taken,
    async send(batch: Batch): Promise<Delivery> {
      const delivery = answer(batch);
      if (delivery !== undefined) return delivery;
      taken.push(...batch.rows.map(({ inferenceId }) => inferenceId));
      return { delivered: batch.rows.length, lost: {} };
    },
    close() {},
  };
}

const away = () => {
  throw new SendError('unreachable', 'away');
};

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i > 500) throw new Error('not within five seconds');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a spool', () => {
  let dir: string;
  const tracers: Tracer[] = [];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'spool-'));
  });
  afterEach(async () => {
    for (const tracer of tracers.splice(0)) await tracer.shutdown({ deadlineMs: 100 });
    rmSync(dir, { recursive: true });
  });

  function tracerOn(transport: TracerOptions['transport'], options: TracerOptions = {}) {
    const reasons: string[] = [];
    const tracer = createTracer({
      spool: { dir },
      batch: { maxDelayMs: 1 },
      retry: { baseMs: 4, capMs: 4 },
      onDiagnostic: ({ reason }) => reasons.push(reason),
      transport,
      ...options,
    });
    tracers.push(tracer);
    return { tracer, reasons };
  }

  it('keeps what the platform does not take, and sends it once it does', async () => {
    let isAway = true;
    const transport = transportThat(() => (isAway ? away() : undefined));
    const { tracer, reasons } = tracerOn(transport);
    for (const inferenceId of ['a', 'b']) tracer.startTrace({ name: 'job', inferenceId }).end();
    await tracer.flush();
    const { spooled, queued, published, spoolBytes, queuedBytes } = tracer.stats();
    assert.deepEqual([spooled, queued, published, queuedBytes], [2, 0, 0, 0]);
    assert.ok(spoolBytes > 100, String(spoolBytes));
    assert.deepEqual(reasons, ['publish_spooled']);
    isAway = false;
    await until(() => tracer.stats().published === 2);
    assert.deepEqual(transport.taken.sort(), ['a', 'b']);
    assert.equal(tracer.stats().spooled, 0);
  });

  it('is found by the next process, which sends what is in it, once', async () => {
    const { tracer } = tracerOn(transportThat(away));
    for (const inferenceId of ['a', 'b']) tracer.startTrace({ name: 'job', inferenceId }).end();
    await tracer.shutdown();
    const next = transportThat();
    const { tracer: second } = tracerOn(next);
    await until(() => second.stats().adopted.published === 2);
    const { adopted, published } = second.stats();
    assert.deepEqual([adopted.found, adopted.spooled, published], [2, 0, 0]);
    assert.deepEqual(next.taken.sort(), ['a', 'b']);
    await second.shutdown();
    const last = transportThat();
    const { tracer: third } = tracerOn(last);
    await third.flush();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual([third.stats().adopted.found, last.taken], [0, []]);
  });

  it('says what the next process cannot send either, or what the platform refuses of it', async () => {
    const { tracer } = tracerOn(transportThat(away));
    for (const inferenceId of ['a', 'bad']) tracer.startTrace({ name: 'j', inferenceId }).end();
    await tracer.shutdown();
    let isAway = true;
    const { tracer: second, reasons } = tracerOn(
      transportThat(({ rows }) => {
        if (isAway) away();
        if (rows.some(({ inferenceId }) => inferenceId === 'bad'))
          throw new SendError('rejected', 'no');
        return undefined;
      }),
    );
    await until(() => reasons.length > 0);
    assert.deepEqual(reasons, ['publish_spooled']);
    isAway = false;
    await until(() => second.stats().adopted.published + second.stats().adopted.quarantined === 2);
    assert.deepEqual(reasons, ['publish_spooled', 'quarantined']);
  });

  it('quarantines what the platform refuses, and sends the rest', async () => {
    const transport = transportThat(({ rows }) => {
      if (rows.some(({ inferenceId }) => inferenceId === 'bad'))
        throw new SendError('rejected', 'no');
      return undefined;
    });
    const { tracer, reasons } = tracerOn(transport);
    for (const inferenceId of ['a', 'bad', 'b'])
      tracer.startTrace({ name: 'j', inferenceId }).end();
    await tracer.flush();
    const { published, quarantined, spooled, queued } = tracer.stats();
    assert.deepEqual([published, quarantined, spooled, queued], [2, 1, 0, 0]);
    assert.deepEqual(reasons, ['quarantined']);
  });

  for (const mode of ['wal', 'failure-only'] as const) {
    it(`counts and reports the rows that it deletes from the quarantine, in its mode ${mode}`, async () => {
      const refusing = () =>
        transportThat(() => {
          throw new SendError('rejected', 'no');
        });
      const options = { spool: { dir, maxBytes: 100_000, mode } };
      const metadata = { text: 'x'.repeat(1000) };
      const { tracer: earlier } = tracerOn(refusing(), options);
      earlier.startTrace({ name: 'job', metadata }).end();
      await earlier.flush();
      await earlier.shutdown();
      assert.equal(earlier.stats().quarantined, 1);
      const { tracer, reasons } = tracerOn(refusing(), options);
      using _watch = watchConservation(tracer);
      for (let i = 0; i < 20; i++) {
        for (let n = 0; n < 5; n++) tracer.startTrace({ name: 'job', metadata }).end();
        await tracer.flush();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      const { started, quarantined, dropped, adopted, spoolBytes } = tracer.stats();
      assert.deepEqual([adopted.found, adopted.dropped], [1, { spool_full: 1 }]);
      assert.deepEqual(dropped, { spool_full: started - quarantined });
      assert.ok(reasons.includes('lost_spool_full'), reasons.join());
      assert.ok(spoolBytes <= 100_000, `${spoolBytes} bytes`);
      assert.ok(quarantined >= 5, `${quarantined} of ${started} rows are left`);
    });
  }

  it('makes room although a person keeps other things in its quarantine', async () => {
    const refusing = transportThat(() => {
      throw new SendError('rejected', 'no');
    });
    const options = { spool: { dir, maxBytes: 100_000 } };
    const { tracer } = tracerOn(refusing, options);
    const metadata = { text: 'x'.repeat(1000) };
    tracer.startTrace({ name: 'job', metadata }).end();
    await tracer.flush();
    const quarantine = readdirSync(dir, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith('quarantine'),
    );
    assert.ok(quarantine !== undefined);
    for (const name of ['0-looked-at', '0-old.refused']) mkdirSync(join(dir, quarantine, name));
    writeFileSync(join(dir, quarantine, '0-notes.txt'), 'mine');
    for (let i = 0; i < 300; i++) {
      tracer.startTrace({ name: 'job', metadata }).end();
      if (i % 5 === 4) await tracer.flush();
    }
    await tracer.flush();
    const { queued, queuedBytes, quarantined, dropped, started } = tracer.stats();
    assert.deepEqual([queued, queuedBytes], [0, 0]);
    assert.equal(quarantined + (dropped.spool_full ?? 0), started);
    assert.ok(readdirSync(join(dir, quarantine)).includes('0-notes.txt'));
  });

  it('keeps a row in memory that is too large for a frame', async () => {
    const transport = transportThat(() => (isAway ? away() : undefined));
    let isAway = true;
    const limits = { maxTraceChars: 40_000_000, maxValueChars: 40_000_000 };
    const { tracer } = tracerOn(transport, { spool: { dir }, limits });
    const large = { name: 'job', inferenceId: 'large', input: { text: 'x'.repeat(17_000_000) } };
    tracer.startTrace(large).end();
    await tracer.flush();
    const { spooled, queued, queuedBytes } = tracer.stats();
    assert.deepEqual([spooled, queued], [0, 1]);
    assert.ok(queuedBytes > 16_000_000, `${queuedBytes}`);
    isAway = false;
    await until(() => tracer.stats().published === 1);
    assert.deepEqual(transport.taken, ['large']);
  });

  it('takes what the queue has no room for', async () => {
    const transport = transportThat();
    const { tracer } = tracerOn(transport, { batch: { maxDelayMs: 60_000, maxQueueBytes: 1 } });
    tracer.startTrace({ name: 'job', inferenceId: 'a' }).end();
    await until(() => tracer.stats().spooled === 1 || tracer.stats().published === 1);
    assert.deepEqual(tracer.stats().dropped, {});
    await until(() => transport.taken.length === 1);
  });

  it('holds nothing that was delivered, in its mode `failure-only`', async () => {
    const { tracer } = tracerOn(transportThat(), { spool: { dir, mode: 'failure-only' } });
    tracer.startTrace({ name: 'job', inferenceId: 'a' }).end();
    await tracer.flush();
    const { spooled, spoolBytes, published } = tracer.stats();
    assert.deepEqual([spooled, spoolBytes, published], [0, 0, 1]);
  });
});
