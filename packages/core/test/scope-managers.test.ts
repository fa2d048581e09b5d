/** Scope managers that are not ours, and what happens where they fail. */

import assert from 'node:assert/strict';
import {
  createTracer,
  currentStep,
  currentTrace,
  type ScopeManager,
  step,
  type Tracer,
  trace,
} from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { record, treeOf } from './support.ts';

type Step = ReturnType<ScopeManager['get']>;

/** Knows what runs until it returns, and nothing of what comes later. */
class SynchronousScope implements ScopeManager {
  readonly name: string = 'synchronous';
  #current: Step;

  get(): Step {
    return this.#current;
  }

  run<A, B, R>(step: Step, fn: (first: A, second: B) => R, first: A, second: B): R {
    const before = this.#current;
    this.#current = step;
    try {
      return fn(first, second);
    } finally {
      this.#current = before;
    }
  }
}

/** The same, with something in the way. */
type Run = <R>(enter: () => R) => R;

function scopeThat(run: Run, get: (scope: SynchronousScope) => Step = (scope) => scope.get()) {
  const scope = new SynchronousScope();
  const manager: ScopeManager = {
    name: 'faulty',
    get: () => get(scope),
    run: (step, fn, first, second) => run(() => scope.run(step, fn, first, second)),
  };
  return manager;
}

const broken = (): never => {
  throw new TypeError('the scope manager is broken');
};

const FAULTS: Readonly<Record<string, () => ScopeManager>> = {
  'throws before it calls the function': () => scopeThat(broken),
  'throws after it has called the function': () =>
    scopeThat((enter) => {
      enter();
      return broken();
    }),
  'does not call the function': () => scopeThat(() => undefined as never),
  'calls the function twice': () =>
    scopeThat((enter) => {
      enter();
      return enter();
    }),
  'calls the function once more later': () =>
    scopeThat((enter) => {
      setImmediate(enter);
      return enter();
    }),
  'returns something else': () =>
    scopeThat((enter) => {
      enter();
      return Promise.reject(new Error('nobody awaits this')).catch(() => {}) as never;
    }),
  'throws something else than the function did': () =>
    scopeThat((enter) => {
      try {
        return enter();
      } catch {
        return broken();
      }
    }),
  'swallows what the function throws': () =>
    scopeThat((enter) => {
      try {
        return enter();
      } catch {
        return undefined as never;
      }
    }),
  'throws where it is asked for the step': () => scopeThat((enter) => enter(), broken),
  'throws always': () => scopeThat(broken, broken),
};

/** Nobody needs to know: what the function does comes out all the same. */
const HARMLESS = new Set([
  'returns something else',
  'throws something else than the function did',
  'swallows what the function throws',
]);

describe('a scope manager of the user', () => {
  // Each that is left would be asked by every call of the tests after these.
  const tracers: Tracer[] = [];
  afterEach(() => Promise.all(tracers.splice(0).map((tracer) => tracer.shutdown())));

  /** A tracer over it. */
  function tracing(scope: ScopeManager) {
    const transport = memoryTransport();
    const reasons: string[] = [];
    const tracer = createTracer({
      transport,
      scope,
      logLevel: 'debug',
      onDiagnostic: ({ reason }) => reasons.push(reason),
    });
    tracers.push(tracer);
    return { tracer, transport, reasons };
  }

  it('decides which step the running code belongs to', async () => {
    const { tracer, transport } = tracing(new SynchronousScope());
    const job = tracer.startTrace('job');
    await job.run(async () => {
      step('outer', () => step('inner', () => {}));
      assert.equal(currentTrace(), job);
      await null;
      assert.equal(currentTrace(), undefined);
      step('nowhere', () => {});
      job.step('found again', () => step('within', () => {}));
    });
    job.end();
    await tracer.flush();
    const [row] = transport.rows;
    assert.ok(row);
    assert.equal(
      treeOf(row),
      `
└─ job [user_call]
   ├─ outer [user_call]
   │  └─ inner [user_call]
   └─ found again [user_call]
      └─ within [user_call]
`,
    );
  });

  for (const [fault, make] of Object.entries(FAULTS)) {
    describe(`that ${fault}`, () => {
      it('has every function run once, and return what it returns', async () => {
        // Where the step is not found, an annotated call opens a trace of its own.
        using _elsewhere = record();
        const { tracer, transport } = tracing(make());
        const calls: string[] = [];
        const called = <R>(name: string, result: R): R => {
          calls.push(name);
          return result;
        };
        const job = tracer.startTrace('job');
        assert.equal(
          job.run(() => called('run', 1)),
          1,
        );
        assert.equal(job.bind((n: number) => called('bind', n))(2), 2);
        assert.equal(
          job.step('step', () => called('step', 3)),
          3,
        );
        assert.equal(await job.step('async', async () => called('async', 4)), 4);
        assert.equal(
          job.run(() => step('free', () => called('free', 5))),
          5,
        );
        assert.equal(
          job.run(() => trace((n: number) => called('annotated', n))(6)),
          6,
        );
        const started = job.startStep('started');
        assert.equal(
          started.run(() => called('started', 7)),
          7,
        );
        started.end();
        assert.deepEqual(
          [
            ...job.step('generator', function* () {
              yield called('generator', 8);
            }),
          ],
          [8],
        );
        job.run(() => [currentStep(), currentTrace()]);
        job.end();
        await tracer.flush();
        await new Promise(setImmediate);
        assert.deepEqual(calls, [
          'run',
          'bind',
          'step',
          'async',
          'free',
          'annotated',
          'started',
          'generator',
        ]);
        assert.equal(transport.rows.length, 1);
        const { started: count, published, open } = tracer.stats();
        assert.deepEqual({ count, published, open }, { count: 1, published: 1, open: 0 });
      });

      it('has every error thrown on unchanged', async () => {
        const { tracer } = tracing(make());
        const job = tracer.startTrace('job');
        const errors = [Object.freeze(new Error('frozen')), 'a text', undefined, null, Symbol('s')];
        for (const error of errors) {
          const fail = () => {
            throw error;
          };
          for (const act of [
            () => job.run(fail),
            () => job.bind(fail)(),
            () => job.step('fails', fail),
            () => job.run(() => step('fails', fail)),
            () => job.startStep('fails').run(fail),
          ]) {
            assert.equal(thrownBy(act), error);
          }
          const rejected = job.step('rejects', () => Promise.reject(error));
          assert.equal(await rejected.then(broken, (reason: unknown) => reason), error);
        }
        job.end();
        await tracer.shutdown();
      });

      const isSaid = !HARMLESS.has(fault);

      it(`is ${isSaid ? 'said to the operator' : 'no reason to tell the operator'}`, async () => {
        const { tracer, reasons } = tracing(make());
        const job = tracer.startTrace('job');
        for (let n = 0; n < 3; n++) {
          job.step('fails', () => {});
          thrownBy(() => job.step('fails', broken));
        }
        job.end();
        await tracer.shutdown();
        await new Promise(setImmediate);
        assert.deepEqual([...new Set(reasons)], isSaid ? ['scope_failed'] : []);
      });
    });
  }

  it('is asked although the one before it fails', () => {
    const { tracer: bad } = tracing(scopeThat((enter) => enter(), broken));
    const { tracer: good } = tracing(new SynchronousScope());
    assert.ok(bad.isEnabled);
    const job = good.startTrace('job');
    assert.equal(
      job.run(() => currentTrace()),
      job,
    );
    job.end();
  });
});

/** What the function throws; it must. */
function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}
