/** Tests of an app may replace the timers. Ours go on with those of the runtime, and are not among those that a test advances. */

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { configure, createTracer, getTracer, trace } from '@openlayer-tracing/core';
import { captureTraces, memoryTransport } from '@openlayer-tracing/core/testing';
import { startCollector } from '../../support/collector.ts';
import { startFaultyCollector } from '../../support/faulty-collector.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { HUNG } from './misdeeds.ts';
import { publish, quickTracer } from './support.ts';

const { setTimeout: startTimer } = globalThis;
const sleep = (ms: number) => new Promise<void>((resolve) => startTimer(resolve, ms));

async function until(what: string, holds: () => boolean, withinMs = 3000): Promise<void> {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
}

/** Fails if the promise does not settle within three seconds. */
async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  await until(what, () => isSettled);
  return settled;
}

describe('with fake timers', () => {
  const { queueMicrotask } = globalThis;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] });
    // Jest's replace it as well.
    globalThis.queueMicrotask = () => {};
  });
  afterEach(() => {
    mock.timers.reset();
    globalThis.queueMicrotask = queueMicrotask;
  });

  it('a trace whose end calls a function of the app is published in time', async () => {
    await using collector = await startCollector();
    const { tracer } = quickTracer(collector.server.url, { redact: { text: (text) => text } });
    publish(tracer, 1);
    await until('it has arrived', () => collector.server.rows().length === 1);
    await soon('the tracer is shut down', tracer.shutdown());
  });

  it('a trace is published in time, though the test advances nothing', async () => {
    await using collector = await startCollector();
    const { tracer } = quickTracer(collector.server.url);
    publish(tracer, 1);
    await until('it is published', () => tracer.stats().published === 1);
    await soon('the tracer is shut down', tracer.shutdown());
  });

  it('a call that gets no response is given up in time', async () => {
    await using server = await startFaultyCollector({
      connection(socket) {
        HUNG['reads and never answers']?.(socket);
        return true;
      },
    });
    const options = { timeoutMs: 100, retry: { maxElapsedMs: 0 } };
    const { tracer } = quickTracer(server.url, options);
    publish(tracer, 1);
    await until('it is given up', () => tracer.stats().dropped.unreachable === 1);
    await soon('the tracer is shut down', tracer.shutdown());
  });

  it('a call that is under way is not given up because the test advances an hour', async () => {
    let calls = 0;
    await using collector = await startCollector(async (request) => {
      if (request.method === 'POST') calls++;
      await sleep(200);
      return false;
    });
    const { tracer } = quickTracer(collector.server.url, { timeoutMs: 10_000 });
    publish(tracer, 1);
    await until('it is under way', () => calls === 1);
    mock.timers.tick(3_600_000);
    await until('it is published', () => tracer.stats().published === 1);
    assert.equal(calls, 1);
    await soon('the tracer is shut down', tracer.shutdown());
  });

  it('flush() and shutdown() keep their deadlines while a row waits for a promise', async () => {
    using traces = captureTraces();
    trace(() => 42, { output: () => new Promise(() => {}) })();
    await soon('it is flushed', getTracer().flush({ deadlineMs: 50 }));
    await soon('it is shut down', getTracer().shutdown({ deadlineMs: 50 }));
    assert.equal((await traces.rows()).length, 1);
  });

  it('a spool writes the begin of a trace', async () => {
    using folder = temporaryFolder();
    const tracer = createTracer({ transport: memoryTransport(), spool: { dir: folder.path } });
    const open = tracer.startTrace('job');
    await until('it is written', () => tracer.stats().spoolBytes > 0);
    open.end();
    await soon('the tracer is shut down', tracer.shutdown());
  });

  it('a replaced tracer gives up its listeners', async () => {
    using folder = temporaryFolder();
    const listeners = () => process.listenerCount('SIGTERM');
    const before = listeners();
    configure({ transport: memoryTransport(), handleSignals: true, spool: { dir: folder.path } });
    assert.equal(listeners(), before + 1);
    configure({ publish: false });
    await until('they are removed', () => listeners() === before);
  });
});
