import assert from 'node:assert/strict';
import type { Usage } from '../../src/trace/model/trace-api.ts';
import { BudgetError, type CostOptions, CostTracker } from '../../src/trace/usage/cost-tracker.ts';
import type { PricedCall } from '../../src/trace/usage/pricing.ts';

/** Tracks one trace whose usage is as given. */
function track(options: Partial<CostOptions>, usage: Partial<Usage> = {}, isOpen = true) {
  const said: string[] = [];
  const aborted: Error[] = [];
  const updates: unknown[] = [];
  let asked = 0;
  const diagnostics = { report: (...args: unknown[]) => said.push(args.slice(1, 3).join(': ')) };
  const tracker = new CostTracker(
    { pricing: undefined, onUsage: undefined, budget: undefined, ...options },
    diagnostics as never,
  );
  const trace = {
    isOpen,
    get usage() {
      asked++;
      return { unpriced: {}, unpricedCalls: 0, ...usage };
    },
    update: (update: unknown) => updates.push(update),
    abort: (reason: Error) => aborted.push(reason),
  };
  return {
    tracker,
    trace: trace as never,
    said,
    aborted,
    updates,
    asked: () => asked,
    reasons: () => said.map((each) => each.split(':')[0]),
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 2));
const priceOf = (value: unknown) => ({ price: () => value as number });
const CALL = {} as PricedCall;

describe('prices', () => {
  it('are those of the app', () => {
    assert.equal(track({}).tracker.pricing, undefined);
    const { pricing } = track({ pricing: priceOf(7) }).tracker;
    assert.deepEqual([pricing?.price(CALL), pricing?.unpriced?.(CALL)], [7, []]);
    assert.equal(pricing?.ready, undefined);
    const missing = { ...priceOf(undefined), unpriced: () => ['a', 7] as never };
    assert.deepEqual(track({ pricing: missing }).tracker.pricing?.unpriced?.(CALL), ['a', '7']);
  });

  it('that are promised count as none, which is said', async () => {
    const rejected = () => Promise.reject(new Error('x'));
    const pricing = { price: rejected as never, unpriced: rejected as never };
    const { tracker, reasons } = track({ pricing });
    assert.equal(tracker.pricing?.price(CALL), undefined);
    assert.deepEqual(tracker.pricing?.unpriced?.(CALL), []);
    assert.deepEqual(reasons(), ['option_pricing.price_async', 'option_pricing.unpriced_async']);
    await turn();
    assert.deepEqual(reasons().slice(2), ['spending_failed', 'spending_failed']);
  });

  it('begin to be loaded with the first call, and a failure of that is said', async () => {
    let loads = 0;
    const load = (how: () => Promise<void>) => () => {
      loads++;
      return how();
    };
    const rejected = track({
      pricing: { ...priceOf(1), ready: load(() => Promise.reject(new Error('x'))) },
    });
    rejected.tracker.callStarted();
    await turn();
    const thrown = track({
      pricing: {
        ...priceOf(1),
        ready: load(() => {
          throw new Error('x');
        }),
      },
    });
    thrown.tracker.callStarted();
    assert.deepEqual(
      [rejected.reasons(), thrown.reasons()],
      [['spending_failed'], ['spending_failed']],
    );
    assert.equal(loads, 2);
  });
});

describe('usage', () => {
  it('is added up for nobody where nobody asks for it', () => {
    const { tracker, trace, asked } = track({ pricing: priceOf(1) });
    tracker.callEnded(trace);
    assert.equal(asked(), 0);
  });

  it('is told of an open trace alone', () => {
    for (const isOpen of [true, false]) {
      const told: Usage[] = [];
      const { tracker, trace } = track({ onUsage: (usage) => void told.push(usage) }, {}, isOpen);
      tracker.callEnded(trace);
      assert.equal(told.length, isOpen ? 1 : 0);
    }
  });

  it('is told once prices are loaded, and at once where none is missing', async () => {
    for (const [unpriced, before] of [
      [{}, 1],
      [{ not_loaded: 1 }, 0],
    ] as const) {
      let told = 0;
      const ready = () => Promise.resolve();
      const options = { pricing: { ...priceOf(1), ready }, onUsage: () => void told++ };
      const { tracker, trace } = track(options, { unpriced });
      tracker.callEnded(trace);
      assert.equal(told, before);
      await turn();
      assert.equal(told, 1);
    }
  });

  it('has a rejection of whom it is told reported', async () => {
    const { tracker, trace, reasons } = track({
      onUsage: async () => Promise.reject(new Error('x')),
    });
    tracker.callEnded(trace);
    await turn();
    assert.deepEqual(reasons(), ['spending_failed']);
  });
});

describe('a budget', () => {
  for (const [estimatedCost, isExceeded] of [
    [undefined, false],
    [1, false],
    [1.01, true],
  ] as const) {
    it(`of one dollar is ${isExceeded ? 'exceeded' : 'kept'} at ${estimatedCost}`, async () => {
      const { tracker, trace, aborted, updates } = track(
        { budget: { usd: 1, onExceeded: 'abort' } },
        { estimatedCost },
      );
      for (let i = 0; i < 2; i++) tracker.callEnded(trace);
      assert.equal(aborted.length, 0);
      await turn();
      assert.deepEqual(
        updates,
        isExceeded ? [{ metadata: { budgetExceeded: { usd: 1, estimatedCost } } }] : [],
      );
      assert.equal(aborted.length, isExceeded ? 1 : 0);
      assert.ok(aborted.every((error) => error instanceof BudgetError));
    });
  }

  it('is told of with the trace, and has a failure of that reported', async () => {
    for (const onExceeded of [
      () => {
        throw new Error('x');
      },
      async () => Promise.reject(new Error('x')),
    ]) {
      let given: unknown;
      const budget = {
        usd: 1,
        onExceeded: (exceeded: unknown) => {
          given = exceeded;
          return onExceeded();
        },
      };
      const { tracker, trace, reasons, aborted } = track({ budget }, { estimatedCost: 2 });
      tracker.callEnded(trace);
      await turn();
      const { trace: told, usd } = given as { trace: unknown; usd: number };
      assert.deepEqual([told === trace, usd], [true, 1]);
      assert.deepEqual([reasons(), aborted], [['spending_failed'], []]);
    }
  });
});
