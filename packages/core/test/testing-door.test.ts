import assert from 'node:assert/strict';
import {
  configure,
  createTracer,
  flush,
  getTracer,
  shutdown,
  step,
  trace,
  updateCurrentTrace,
} from '@openlayer-tracing/core';
import {
  type CapturedTraces,
  captureTraces,
  memoryTransport,
} from '@openlayer-tracing/core/testing';
import { withoutTracer } from './without-tracer.ts';

const hello = trace((name: string) => `Hello ${name}`, { name: 'hello', params: ['name'] });
const bye = trace((name: string) => `Bye ${name}`, { name: 'bye', params: ['whom'] });

describe('captureTraces', () => {
  it('captures the traces of the process-wide tracer until it is disposed of', async () => {
    const before = getTracer();
    {
      using traces = captureTraces();
      assert.notEqual(getTracer(), before);
      assert.ok(getTracer().isEnabled);
      hello('Ada');
      assert.deepEqual(
        (await traces.rows()).map((row) => row.output),
        ['Hello Ada'],
      );
      assert.equal((await traces.rows())[0]?.name, 'Ada');
    }
    assert.equal(getTracer(), before);
  });

  it('takes the options of a tracer', async () => {
    using traces = captureTraces({ limits: { maxSteps: 1 }, redact: { keys: ['name'] } });
    trace(() => [step('a', () => 1), step('b', () => 2)], { name: 'root' })();
    hello('Ada');
    const [root, redacted] = await traces.rows();
    assert.deepEqual(
      root?.steps[0]?.steps.map(({ name }) => name),
      ['a'],
    );
    assert.equal(redacted?.name, '[redacted]');
  });

  it('has the options of configure(), which its own win over, but not those that say where traces go', async () => {
    using _none = withoutTracer();
    const elsewhere = memoryTransport();
    configure({ transport: elsewhere, publish: false, redact: { keys: ['name'] } });
    const seen = async (traces: CapturedTraces) => {
      hello('Ada');
      return (await traces.rows()).map((row) => row.name);
    };
    using traces = captureTraces();
    assert.deepEqual(await seen(traces), ['[redacted]']);
    using within = captureTraces();
    assert.deepEqual(await seen(within), ['[redacted]'], 'also within another one');
    using own = captureTraces({ redact: { keys: [] } });
    assert.deepEqual(await seen(own), ['Ada']);
    assert.deepEqual(elsewhere.rows, []);
  });

  it('hands out a list of its own each time', async () => {
    using traces = captureTraces();
    hello('Ada');
    const first = await traces.rows();
    hello('Bob');
    assert.equal(first.length, 1);
    assert.equal((await traces.rows()).length, 2);
  });

  it('has the rows in the order in which their traces ended, whatever columns they have', async () => {
    using traces = captureTraces();
    for (const name of ['one', 'two', 'three', 'four']) {
      trace(
        () => {
          if (name === 'two') updateCurrentTrace({ userId: 'u' });
          if (name === 'three') updateCurrentTrace({ input: { a: 1 } });
        },
        { name },
      )();
    }
    assert.deepEqual(
      (await traces.rows()).map(({ steps: [root] }) => root?.name),
      ['one', 'two', 'three', 'four'],
    );
  });

  it('forgets all traces that ended before clear, published or not', async () => {
    using traces = captureTraces();
    hello('Ada');
    await traces.rows();
    hello('Bob');
    bye('Bob');
    trace(() => 1, { name: 'third', params: [] })();
    traces.clear();
    assert.deepEqual(await traces.rows(), []);
    hello('Cy');
    bye('Cy');
    assert.deepEqual(
      (await traces.rows()).map((row) => row.output),
      ['Hello Cy', 'Bye Cy'],
    );
    traces.clear();
    hello('Dee');
    assert.deepEqual(
      (await traces.rows()).map((row) => row.output),
      ['Hello Dee'],
    );
  });

  it('leaves out what began before clear() and comes later', async () => {
    using traces = captureTraces();
    let answer: (value: string) => void = () => {};
    const output = () =>
      new Promise<string>((resolve) => {
        answer = resolve;
      });
    // Its row waits for the promise of a function among its options.
    trace(() => 1, { name: 'ended', output })();
    const open = getTracer().startTrace('open');
    let leave: () => void = () => {};
    const settled = getTracer().startTrace('settled');
    settled.waitUntil(
      new Promise<void>((resolve) => {
        leave = resolve;
      }),
    );
    settled.end();
    traces.clear();
    hello('Ada');
    answer('late');
    open.step('late', () => 2);
    open.end();
    leave();
    await new Promise(setImmediate);
    hello('Bob');
    assert.deepEqual(
      (await traces.rows()).map((row) => row.output),
      ['Hello Ada', 'Hello Bob'],
    );
    const { started, published, sampledOut, open: stillOpen } = getTracer().stats();
    assert.deepEqual([started, published, sampledOut, stillOpen], [5, 2, 3, 0]);
  });

  it('nests: each gives back what was there before it', async () => {
    using outer = captureTraces();
    hello('outer');
    {
      using inner = captureTraces();
      hello('inner');
      assert.equal((await inner.rows()).length, 1);
    }
    hello('outer again');
    assert.deepEqual(
      (await outer.rows()).map((row) => row.output),
      ['Hello outer', 'Hello outer again'],
    );
  });

  it('leaves a tracer alone that was configured meanwhile', () => {
    using outer = captureTraces();
    const inner = captureTraces();
    const mine = configure({ publish: false });
    inner.restore();
    assert.equal(getTracer(), mine);
    outer.restore();
    assert.equal(getTracer(), mine);
    inner.restore();
  });

  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    it(`gives back the tracer before all of them when they are restored in the order ${order}`, () => {
      const before = getTracer();
      const all = [captureTraces(), captureTraces(), captureTraces()];
      for (const n of order) all[n]?.restore();
      assert.equal(getTracer(), before);
      for (const capture of all) capture.restore();
      assert.equal(getTracer(), before);
    });
  }

  it('goes on where one that began before it is restored', async () => {
    using outermost = captureTraces();
    const outer = captureTraces();
    const inner = captureTraces();
    outer.restore();
    hello('inner');
    assert.equal((await inner.rows()).length, 1);
    inner.restore();
    hello('outermost');
    assert.equal((await outermost.rows()).length, 1);
  });

  it('can be restored twice', () => {
    using outer = captureTraces();
    const tracer = getTracer();
    const inner = captureTraces();
    inner.restore();
    inner.restore();
    assert.equal(getTracer(), tracer);
    assert.deepEqual(typeof outer.restore, 'function');
  });
});

describe('captureTraces, once restored,', () => {
  it('leaves no listener of its tracer behind, and no row that is written later', async () => {
    const listeners = () => process.listenerCount('SIGTERM');
    const before = listeners();
    const tracers = [1, 2, 3].map(() => {
      const traces = captureTraces({ handleSignals: true });
      const tracer = getTracer();
      const open = tracer.startTrace('open');
      traces.restore();
      return { traces, tracer, open };
    });
    assert.equal(listeners(), before + 1);
    for (const { open } of tracers) open.end();
    for (let i = 0; listeners() > before && i < 400; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(listeners(), before);
    for (const { traces } of tracers) assert.equal((await traces.rows()).length, 1);
  });
});

describe('memoryTransport', () => {
  it('keeps rows and their configs until they are cleared', async () => {
    const transport = memoryTransport();
    const tracer = createTracer({ transport });
    tracer.startTrace({ name: 'a', input: { x: 1 } }).end();
    tracer.startTrace({ name: 'b', input: { y: 1 } }).end();
    assert.equal(transport.rows.length, 0);
    await tracer.flush();
    assert.deepEqual(
      transport.rows.map((row) => row.steps[0]?.name),
      ['a', 'b'],
    );
    assert.deepEqual(
      transport.configs.map(({ inputVariableNames }) => inputVariableNames),
      [['x'], ['y']],
    );
    transport.clear();
    assert.deepEqual([transport.rows, transport.configs], [[], []]);
  });

  it('needs neither key nor network', () => {
    assert.ok(createTracer({ transport: memoryTransport() }).isEnabled);
  });

  it('serves the process-wide tracer, whose flush and shutdown reach it', async () => {
    using _before = captureTraces();
    const transport = memoryTransport();
    configure({ transport });
    hello('Ada');
    await flush();
    assert.equal(transport.rows.length, 1);
    hello('Bob');
    await shutdown();
    assert.equal(transport.rows.length, 2);
    hello('Cy');
    await flush();
    assert.equal(transport.rows.length, 2);
    assert.deepEqual(getTracer().stats().dropped, { shut_down: 1 });
    configure({ publish: false });
  });
});
