import assert from 'node:assert/strict';
import {
  addStep,
  currentStep,
  currentTrace,
  type Step,
  type StepOptions,
  startStep,
  step,
  trace,
  updateCurrentStep,
  updateCurrentTrace,
} from '@openlayer-tracing/core';
import { boundedTest } from '../../../test/support/bounded-test.ts';
import { record, rootOf, sleep } from './support.ts';

/** Runs `fn` in a trace of its own. */
const inTrace = <R>(fn: () => R): R => trace(fn, { name: 'root' })();

describe('step', () => {
  it('returns what the function returns, and records it', async () => {
    using traces = record();
    await inTrace(async () => {
      assert.equal(
        step('sync', () => 1),
        1,
      );
      const pending = step('async', async () => 2);
      assert.ok(pending instanceof Promise);
      assert.equal(await pending, 2);
      const generator = step('generator', function* () {
        yield 3;
      });
      assert.deepEqual([...generator], [3]);
    });
    assert.equal(
      await traces.tree(),
      `
└─ root [user_call]
   ├─ sync [user_call]  → 1
   ├─ async [user_call]  → 2
   └─ generator [user_call]  → [3]
`,
    );
  });

  it('keeps an output that was set before the function returned', async () => {
    using traces = record();
    inTrace(() =>
      step('s', (s) => {
        s.update({ output: 'the summary' });
        return 'the whole';
      }),
    );
    assert.equal((await traces.step('s')).output, 'the summary');
  });

  it('merges metadata key by key, and replaces the rest', async () => {
    using traces = record();
    inTrace(() =>
      step({ name: 's', inputs: { a: 1 }, metadata: { kept: 1, changed: 1 } }, (s) => {
        s.update({ metadata: { changed: 2 }, inputs: { b: 2 } });
        s.update({ metadata: { added: 3 }, groundTruth: 'truth', name: 'renamed' });
        s.update({});
        s.update({ metadata: { kept: undefined }, inputs: undefined, name: undefined });
      }),
    );
    const { metadata, inputs, groundTruth } = await traces.step('renamed');
    assert.deepEqual(metadata, { kept: 1, changed: 2, added: 3 });
    assert.deepEqual(inputs, { b: 2 });
    assert.equal(groundTruth, 'truth');
  });

  it('records an error that was caught', async () => {
    using traces = record();
    inTrace(() => step('s', (s) => s.update({ error: new TypeError('handled') })));
    const {
      metadata: { errorStack, ...metadata },
    } = await traces.step('s');
    assert.match(String(errorStack), /^at .*steps\.test\.ts/);
    assert.deepEqual(metadata, {
      error: 'handled',
      errorType: 'TypeError',
      Exceptions: 'handled',
    });
  });

  it('takes null for no error, as callbacks of Node pass it, unless it was thrown', async () => {
    using traces = record();
    inTrace(() => {
      step('updated', (s) => s.update({ error: null, output: 1 }));
      step('kept', (s) => {
        s.update({ error: new TypeError('handled') });
        s.update({ error: null });
      });
      addStep({ name: 'added', error: null });
      currentTrace()?.update({ error: null });
      assert.throws(() =>
        step('thrown', () => {
          throw null;
        }),
      );
    });
    for (const name of ['updated', 'added', 'root']) {
      assert.equal((await traces.step(name)).metadata.error, undefined, name);
    }
    assert.equal((await traces.step('kept')).metadata.error, 'handled');
    const { metadata } = await traces.step('thrown');
    assert.deepEqual([metadata.error, metadata.errorType], ['null', 'object']);
  });

  it('runs the function with an inert step outside a trace', async () => {
    using traces = record();
    assert.equal(
      step({ name: 's', type: 'retriever', documents: [] }, (s) => {
        s.update({ documents: [1], output: 2 });
        assert.equal(currentStep(), undefined);
        s.addStep({ name: 'below' });
        s.end();
        return s.step('below', () => s.run(() => 'ran'));
      }),
      'ran',
    );
    assert.deepEqual(await traces.rows(), []);
    assert.deepEqual(traces.reasons, []);
  });

  it('runs the function whatever its options are', async () => {
    using traces = record();
    const hostile: unknown[] = [
      undefined,
      null,
      7,
      {},
      { name: 7 },
      { name: '' },
      { name: 's', type: 'no such type' },
      { name: 's', type: Symbol('type') },
      { name: 's', type: { toString: () => assert.fail('called') } },
      { name: 's', metadata: 'none' },
      { name: 's', metadata: null },
      new Proxy({}, { get: () => assert.fail('trapped') }),
    ];
    const ran = inTrace(() =>
      hostile.map((options, i) => step(options as StepOptions<'user_call'>, () => i)),
    );
    assert.deepEqual(
      ran,
      hostile.map((_, i) => i),
    );
    assert.equal((await traces.rows()).length, 1);
    assert.ok(traces.reasons.includes('bad_input'));
  });
});

describe('startStep', () => {
  it('ends with its block', async () => {
    using traces = record();
    inTrace(() => {
      {
        using search = startStep({ name: 'search', type: 'tool' });
        search.update({ output: 'found' });
        assert.notEqual(currentStep()?.name, 'search');
      }
      step('after', () => {});
    });
    assert.equal(
      await traces.tree({ metadata: true }),
      `
└─ root [user_call]
   ├─ search [tool]  → "found"
   └─ after [user_call]
`,
    );
  });

  it('is current in run, which leaves it open', async () => {
    using traces = record();
    await inTrace(async () => {
      const outer = startStep('outer');
      const result = await outer.run(async () => {
        await sleep(1);
        step('inner', () => assert.equal(currentStep()?.name, 'inner'));
        return currentStep()?.name;
      });
      assert.equal(result, 'outer');
      outer.run(() => addStep({ name: 'second' }));
      outer.end();
      outer.end();
    });
    assert.equal(
      await traces.tree({ metadata: true }),
      `
└─ root [user_call]
   └─ outer [user_call]
      ├─ inner [user_call]
      └─ second [user_call]
`,
    );
  });

  it('throws what the function in run throws, and records nothing of it', async () => {
    using traces = record();
    const error = new Error('mine');
    inTrace(() => {
      using s = startStep('s');
      assert.throws(
        () =>
          s.run(() => {
            throw error;
          }),
        (reason) => reason === error,
      );
    });
    assert.equal((await traces.step('s')).metadata.error, undefined);
  });

  it('is closed with its trace, and marked', async () => {
    using traces = record();
    inTrace(() => void startStep('forgotten').startStep('below'));
    assert.equal(
      await traces.tree({ metadata: true }),
      `
└─ root [user_call]
   └─ forgotten [user_call]
      │  {"unfinished":true}
      └─ below [user_call]
            {"unfinished":true}
`,
    );
    const { startTime, endTime, latency } = await traces.step('forgotten');
    assert.ok(endTime >= startTime && latency >= 0);
  });

  it('is inert outside a trace', async () => {
    using traces = record();
    using s = startStep({ name: 's', type: 'tool' });
    s.update({ functionName: 'f' });
    assert.equal(
      s.run(() => 1),
      1,
    );
    s.end();
    assert.deepEqual(await traces.rows(), []);
  });
});

describe('addStep', () => {
  boundedTest(
    'adds a step whose latency alone was measured as one that has just ended',
    async () => {
      using traces = record();
      let addedAt = 0;
      inTrace(() => {
        const begin = performance.now();
        while (performance.now() - begin < 100);
        addedAt = Date.now();
        addStep({ name: 'only latency', latency: 10 });
      });
      const { startTime, endTime } = await traces.step('only latency');
      assert.ok(Math.abs(endTime - addedAt) < 50, `${endTime - addedAt} ms`);
      assert.ok(Math.abs(endTime - startTime - 10) <= 1);
    },
  );

  it('adds a finished step with the times that were measured', async () => {
    using traces = record();
    const startTime = Date.UTC(2030, 0, 1);
    inTrace(() => {
      addStep({ name: 'both', startTime, endTime: startTime + 40 });
      addStep({ name: 'latency', startTime, endTime: startTime + 40, latency: 12.5 });
      addStep({ name: 'only latency', latency: 1000 });
      addStep({
        name: 'everything',
        type: 'tool',
        functionName: 'f',
        arguments: [1],
        inputs: { a: 1 },
        output: 'o',
        groundTruth: 'g',
        metadata: { m: 1 },
        error: new Error('e'),
      });
    });
    const times = async (name: string) => {
      const s = await traces.step(name);
      return [s.startTime, s.endTime, s.latency];
    };
    assert.deepEqual(await times('both'), [startTime, startTime + 40, 40]);
    assert.deepEqual(await times('latency'), [startTime, startTime + 40, 12.5]);
    const [start, end, latency] = await times('only latency');
    assert.equal(latency, 1000);
    assert.ok(Math.abs((end as number) - (start as number) - 1000) <= 1);
    const {
      id,
      startTime: _s,
      endTime: _e,
      latency: _l,
      metadata: { errorStack, ...metadata },
      ...rest
    } = await traces.step('everything');
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.match(String(errorStack), /^at .*steps\.test\.ts/);
    assert.deepEqual(
      { ...rest, metadata },
      {
        name: 'everything',
        type: 'tool',
        inputs: { a: 1 },
        output: 'o',
        groundTruth: 'g',
        metadata: { m: 1, error: 'e', errorType: 'Error', Exceptions: 'e' },
        steps: [],
        functionName: 'f',
        arguments: [1],
      },
    );
  });

  const WRONG_TIMES: readonly (readonly [string, object])[] = [
    ['an end before the start', { startTime: Date.UTC(2030, 0, 2), endTime: Date.UTC(2030, 0, 1) }],
    ['seconds', { startTime: 1_900_000_000, endTime: 1_900_000_001 }],
    ['a monotonic clock', { startTime: performance.now(), endTime: performance.now() + 1 }],
    ['NaN', { startTime: Number.NaN, endTime: Number.NaN, latency: Number.NaN }],
    ['infinities', { startTime: -Infinity, endTime: Infinity, latency: Infinity }],
    ['huge numbers', { startTime: 1e300, endTime: Number.MAX_VALUE, latency: Number.MAX_VALUE }],
    ['negative numbers', { startTime: -1, endTime: -5, latency: -7 }],
    ['texts', { startTime: '2030-01-01', endTime: 'now', latency: '5 ms' }],
    ['dates', { startTime: new Date(), endTime: new Date() }],
    ['bigints', { startTime: 1n, endTime: 2n, latency: 3n }],
  ];
  for (const [what, times] of WRONG_TIMES) {
    it(`sends a valid row where the times are ${what}`, async () => {
      using traces = record();
      inTrace(() => addStep({ name: 's', ...times }));
      const { startTime, endTime, latency } = await traces.step('s');
      assert.ok(startTime <= endTime);
      assert.ok(latency >= 0);
    });
  }

  it('takes each value once', async () => {
    using traces = record();
    let calls = 0;
    const value = {
      toJSON() {
        calls++;
        return 'value';
      },
    };
    inTrace(() =>
      addStep({ name: 's', type: 'tool', inputs: value, arguments: value, metadata: { value } }),
    );
    assert.equal((await traces.step('s')).inputs, 'value');
    assert.equal(calls, 3);
  });

  it('has no effect outside a trace, and says so once', () => {
    using traces = record();
    addStep({ name: 's' });
    addStep({ name: 's' });
    assert.deepEqual(traces.reasons, ['no_trace']);
  });
});

describe('what is current', () => {
  it('is nothing outside a trace', () => {
    using traces = record();
    assert.equal(currentTrace(), undefined);
    assert.equal(currentStep(), undefined);
    assert.deepEqual(traces.reasons, []);
  });

  it('is the innermost step, across awaits, timers and events', async () => {
    using _traces = record();
    await inTrace(async () => {
      const outer = currentTrace();
      assert.equal(currentStep(), outer?.root);
      await step('a', async (a) => {
        assert.equal(currentStep(), a);
        assert.equal(currentTrace(), outer);
        assert.equal(outer?.current, a);
        await sleep(1);
        assert.equal(currentStep(), a);
        await new Promise<void>((resolve) =>
          setImmediate(() => {
            assert.equal(currentStep(), a);
            resolve();
          }),
        );
        queueMicrotask(() => assert.equal(currentStep(), a));
      });
      assert.equal(currentStep(), outer?.root);
    });
  });

  it('can be updated', async () => {
    using traces = record();
    await inTrace(async () => {
      await step({ name: 's', type: 'retriever' }, async () => {
        await sleep(1);
        updateCurrentStep({ documents: ['d'], metadata: { a: 1 } });
        updateCurrentTrace({ metadata: { plan: 'pro' } });
        currentTrace()?.updateStep({ metadata: { b: 2 } });
      });
    });
    const { documents, metadata } = await traces.step('s');
    assert.deepEqual(documents, ['d']);
    assert.deepEqual(metadata, { a: 1, b: 2 });
    assert.deepEqual((await traces.row()).metadata, { plan: 'pro' });
  });

  it('cannot be updated outside a trace: no effect, and one diagnostic', () => {
    using traces = record();
    updateCurrentTrace({ metadata: { a: 1 } });
    updateCurrentStep({ output: 1 });
    assert.deepEqual(traces.reasons, ['no_trace']);
    assert.equal(traces.diagnostics[0]?.level, 'debug');
    assert.match(
      String(traces.diagnostics[0]?.message),
      /updateCurrentTrace outside a trace has no effect/,
    );
  });

  it('is nothing any more once the trace is published, and updates come too late', async () => {
    using traces = record();
    let late: Step | undefined;
    let leaked: Promise<unknown> = Promise.resolve();
    inTrace(() => {
      late = startStep('late');
      leaked = sleep(5).then(() => {
        assert.equal(currentTrace(), undefined);
        assert.equal(
          step('too late', () => 1),
          1,
        );
        updateCurrentTrace({ metadata: { late: true } });
      });
    });
    const before = JSON.stringify(await traces.rows());
    late?.update({ output: 'late' });
    late?.addStep({ name: 'late' });
    assert.equal(
      late?.step('late', () => 2),
      2,
    );
    late?.end();
    await leaked;
    assert.equal(JSON.stringify(await traces.rows()), before);
    assert.deepEqual([...new Set(traces.reasons)].sort(), ['too_late']);
  });

  it('stays apart between 100 traces at once', async () => {
    using traces = record();
    const work = trace(
      async (id: number) => {
        await sleep(id % 3);
        await Promise.all([
          step('left', async (left) => {
            await sleep(id % 2);
            left.update({ metadata: { id } });
            updateCurrentTrace({ userId: id });
          }),
          step('right', () => updateCurrentStep({ output: id })),
        ]);
        return id;
      },
      { name: 'work' },
    );
    await Promise.all(Array.from({ length: 100 }, (_, id) => work(id)));
    const rows = await traces.rows();
    assert.equal(rows.length, 100);
    for (const row of rows) {
      const id = row.output;
      const [left, right] = rootOf(row).steps;
      assert.equal(row.user_id, String(id));
      assert.deepEqual(row.args, [id]);
      assert.deepEqual(left?.metadata, { id });
      assert.equal(right?.output, id);
    }
  });
});
