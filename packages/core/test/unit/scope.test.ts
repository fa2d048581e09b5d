import assert from 'node:assert/strict';
import {
  currentRecordedStep,
  endedTraceStep,
  isInInertScope,
} from '../../src/trace/current-step.ts';
import { readCaller } from '../../src/trace/ids/trace-context.ts';
import { InertTrace, inertStep } from '../../src/trace/inert.ts';
import { isRequestTrace } from '../../src/trace/model/is-request-trace.ts';
import { GuardedScope, scopeOf } from '../../src/trace/scope/guarded-scope.ts';
import {
  defaultScope,
  innermost,
  isBelow,
  registerFinder,
  registerScope,
  runOnceInScope,
  type ScopeManager,
  type ScopeStep,
} from '../../src/trace/scope/scope.ts';

/** A step as scopes see it. */
function stepOf(parent?: ScopeStep, isLive = true): ScopeStep {
  return { ...inertStep(), isLive, trace: {}, parent } as unknown as ScopeStep;
}

/** A manager that always names the same step. */
const managerOf = (step: unknown): ScopeManager =>
  ({
    name: 'own',
    get: () => step,
    run: (_: unknown, fn: () => unknown) => fn(),
  }) as unknown as ScopeManager;

const guarded = (manager: Partial<ScopeManager>) => {
  const failures: string[] = [];
  const scope = new GuardedScope({ ...managerOf(undefined), ...manager }, (what) =>
    failures.push(what),
  );
  return { scope, failures };
};

describe('a guarded scope manager', () => {
  it('returns the step that it is in, and none outside', () => {
    const step = stepOf();
    assert.equal(guarded(managerOf(step)).scope.get(), step);
    const outside = guarded(managerOf(undefined));
    assert.deepEqual([outside.scope.get(), outside.failures], [undefined, []]);
    assert.equal(outside.scope.name, 'own');
  });

  for (const [what, get] of [
    ['returned a promise from get() instead of the current step', async () => stepOf()],
    ['threw in get()', () => raise(new Error())],
  ] as const) {
    it(`is in no step where it ${what}`, () => {
      const { scope, failures } = guarded({ get: get as never });
      assert.deepEqual([scope.get(), failures], [undefined, [what]]);
    });
  }

  const RUNS: readonly (readonly [
    run: (...args: never[]) => unknown,
    failure: string | undefined,
  ])[] = [
    [(_step: unknown, fn: () => unknown) => fn(), undefined],
    [() => undefined, 'did not call a function'],
    [() => raise(new Error()), 'threw in run()'],
    [(_step: unknown, fn: () => unknown) => [fn(), fn()], 'called a function twice'],
    [(_step: unknown, fn: () => unknown) => [fn(), raise(new Error())], 'threw in run()'],
  ];
  for (const [run, failure] of RUNS) {
    it(`runs each function once, and passes its result and its error on: ${run}`, () => {
      const { scope, failures } = guarded({ run: run as never });
      let calls = 0;
      const sum = (first: number, second: number) => {
        calls++;
        return first + second;
      };
      assert.equal(scope.run(stepOf(), sum, 1, 2), 3);
      assert.deepEqual([calls, failures], [1, failure === undefined ? [] : [failure]]);
      const error = new Error('theirs');
      assert.throws(() => scope.run(stepOf(), () => raise(error), 1, 2), error);
    });
  }

  it('is the shared one where the app has none', () => {
    const diagnostics = { report() {} } as never;
    assert.equal(scopeOf({ scope: undefined }, diagnostics), defaultScope);
    const scope = managerOf(undefined);
    assert.ok(scopeOf({ scope }, diagnostics) instanceof GuardedScope);
  });
});

describe('code in a scope', () => {
  let ofFramework: ScopeStep | undefined;
  before(() => registerFinder(() => ofFramework));
  afterEach(() => {
    ofFramework = undefined;
  });

  it('runs once, also where the scope fails before it', () => {
    const failures: string[] = [];
    const owner = {
      scope: { ...defaultScope, run: () => raise(new Error()) } as never,
      reportFailure: (what: string) => failures.push(what),
    };
    assert.equal(
      runOnceInScope(owner, undefined, () => 7),
      7,
    );
    assert.deepEqual(failures, ['scope']);
  });

  it('has its own error, and is not run again after it', () => {
    const failures: string[] = [];
    const owner = { scope: defaultScope, reportFailure: (what: string) => failures.push(what) };
    let runs = 0;
    const fails = () => {
      runs++;
      throw new Error('theirs');
    };
    assert.throws(() => runOnceInScope(owner, undefined, fails), { message: 'theirs' });
    assert.deepEqual([runs, failures], [1, []]);
  });

  it('is found by a further manager, for as long as a tracer uses it', () => {
    const step = stepOf();
    const manager = managerOf(step);
    const register = () => registerScope(manager, new GuardedScope(manager, () => {}));
    assert.equal(currentRecordedStep(), undefined);
    const releases = [register(), register()];
    assert.equal(currentRecordedStep(), step);
    releases[0]?.();
    releases[0]?.();
    assert.equal(currentRecordedStep(), step);
    releases[1]?.();
    assert.equal(currentRecordedStep(), undefined);
    const again = register();
    assert.equal(currentRecordedStep(), step);
    again();
    assert.equal(currentRecordedStep(), undefined);
  });

  it('is found in the shared scope after another manager has left', () => {
    const manager = managerOf(undefined);
    const release = registerScope(manager, new GuardedScope(manager, () => {}));
    release();
    const step = stepOf();
    assert.equal(
      defaultScope.run(step, () => currentRecordedStep(), undefined, undefined),
      step,
    );
  });

  const within = <R>(step: unknown, look: () => R): R =>
    defaultScope.run(step as ScopeStep, look, undefined, undefined);
  for (const [what, step, isEntered, isEnded, isInert] of [
    ['no trace', undefined, false, false, false],
    ['an open trace', stepOf(), true, false, false],
    ['a trace that has ended', stepOf(undefined, false), false, true, false],
    ['an inert trace', inertStep(), false, false, true],
  ] as const) {
    it(`belongs to ${what}`, () => {
      assert.equal(within(step, currentRecordedStep), isEntered ? step : undefined);
      assert.equal(within(step, endedTraceStep), isEnded ? step : undefined);
      assert.equal(within(step, isInInertScope), isInert);
    });
  }

  it('belongs to the step of its framework where that is below the entered one', () => {
    const root = stepOf();
    const [child, sibling] = [stepOf(root), stepOf(root)];
    const below = stepOf(child);
    for (const [found, entered, expected] of [
      [undefined, child, child],
      [below, child, below],
      [child, child, child],
      [sibling, child, child],
      [root, child, child],
      [child, undefined, child],
      [stepOf(root, false), root, root],
      [stepOf(root, false), undefined, undefined],
    ] as const) {
      ofFramework = found;
      assert.equal(innermost(entered), expected);
    }
  });

  it('is below each step above it', () => {
    const root = stepOf();
    const child = stepOf(root);
    const below = stepOf(child);
    assert.deepEqual(
      [isBelow(below, child), isBelow(below, root), isBelow(child, below), isBelow(child, child)],
      [true, true, false, false],
    );
  });
});

describe('an inert trace', () => {
  it('is a request trace', () => {
    assert.equal(isRequestTrace(new InertTrace()), true);
    for (const value of [null, undefined, 'x', {}, () => {}]) {
      assert.equal(isRequestTrace(value), false);
    }
  });

  it('keeps its id and its signal', () => {
    const trace = new InertTrace();
    assert.match(trace.inferenceId, /^[0-9a-f-]{36}$/);
    assert.equal(trace.inferenceId, trace.inferenceId);
    assert.equal(new InertTrace('mine').inferenceId, 'mine');
    assert.equal(trace.signal, trace.signal);
    assert.equal(trace.signal.aborted, false);
  });

  it('has the signal of its request, which is asked for once', () => {
    const { signal } = new AbortController();
    let asked = 0;
    const trace = new InertTrace('a', {
      signal: () => {
        asked++;
        return signal;
      },
    });
    assert.deepEqual([asked, trace.signal, trace.signal, asked], [0, signal, signal, 1]);
    const failing = new InertTrace('a', { signal: () => raise(new Error()) });
    assert.equal(failing.signal.aborted, false);
    assert.equal(failing.signal, failing.signal);
  });

  it('passes the headers of its caller on, which are read once', () => {
    const parent = '00-12345678901234567890123456789012-1234567890123456-01';
    for (const state of [undefined, 'foo=1']) {
      let reads = 0;
      const trace = new InertTrace('a', {
        caller: () => {
          reads++;
          return readCaller(parent, () => state);
        },
      });
      assert.equal(reads, 0);
      assert.equal(trace.traceId, '12345678901234567890123456789012');
      const headers = { traceparent: parent, ...(state !== undefined && { tracestate: state }) };
      assert.deepEqual([trace.headers(), trace.headers(), reads], [headers, headers, 1]);
    }
    const failing = new InertTrace('a', { caller: () => raise(new Error()) });
    assert.deepEqual([failing.headers(), failing.traceId], [{}, '']);
    assert.deepEqual([new InertTrace('a').headers(), new InertTrace('a').traceId], [{}, '']);
  });

  it('runs code, as a trace of its own', () => {
    const trace = new InertTrace('a');
    assert.equal(trace.run(isInInertScope), true);
    assert.equal(trace.bind(isInInertScope)(), true);
    assert.equal(
      trace.step('s', () => 7),
      7,
    );
  });
});

function raise(error: unknown): never {
  throw error;
}
