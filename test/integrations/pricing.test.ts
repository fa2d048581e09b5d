/** What a trace costs while it runs, and an app that stops what costs too much. */

import assert from 'node:assert/strict';
import {
  BudgetError,
  type BudgetExceeded,
  ConfigError,
  createTracer,
  type Usage,
} from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { prices } from '@openlayer-tracing/integrations/pricing';
import { ask, get, llmStage } from './stage.ts';

/** Ten dollars for the input of a call, one for a token of its output. */
const DEAR = { models: { 'gpt-5-mini-2026': { input: 2_000_000, output: 1_000_000 } } };
/** Of `ask()`: five tokens in, two of them from a cache, seven out. */
const DEAR_CALL = 5 * 2 + 7;

const call = {
  provider: 'openai',
  model: 'gpt-5',
  promptTokens: 1000,
  completionTokens: 500,
  usageDetails: { input_tokens: 600, cached_tokens: 400, output_tokens: 500 },
  startTime: Date.UTC(2026, 8, 1),
};

describe('prices', () => {
  const pricing = prices({
    models: {
      'my-model': { input: 1, output: 2, cached: 0.5 },
      'azure/gpt-5': { input: 3 },
    },
  });

  it('are loaded when they are first asked for', async () => {
    await pricing.ready?.();
    assert.equal(pricing.ready?.(), undefined);
  });

  it('are those of the list, with cached tokens at their own', () => {
    // Per million: 1.25 for input, 0.125 for cached input, 10 for output.
    const expected = (600 * 1.25 + 400 * 0.125 + 500 * 10) / 1e6;
    assert.ok(Math.abs((pricing.price(call) ?? 0) - expected) < 1e-12);
  });

  it('are known under the names that steps have', () => {
    for (const [provider, model] of [
      ['anthropic', 'claude-sonnet-4-5'],
      ['together_ai', 'meta-llama/Llama-3.3-70B-Instruct-Turbo'],
      ['xai', 'grok-4'],
      ['google', 'gemini-2.5-flash'],
    ] as const) {
      assert.ok((pricing.price({ ...call, provider, model }) ?? 0) > 0, provider);
    }
  });

  it('stay unknown where they are', () => {
    for (const unknown of [{ model: 'gpt-none' }, { provider: undefined }, { model: undefined }]) {
      assert.equal(pricing.price({ ...call, ...unknown }), undefined);
    }
    const contradiction = { input_tokens: 1, cached_tokens: 5000 };
    assert.equal(pricing.price({ ...call, usageDetails: contradiction }), undefined);
  });

  it("can be the app's own", () => {
    const own = pricing.price({ ...call, provider: undefined, model: 'my-model' });
    assert.equal(own, (600 * 1 + 400 * 0.5 + 500 * 2) / 1e6);
    assert.equal(pricing.price({ ...call, provider: 'azure' }), (1000 * 3) / 1e6);
    assert.throws(() => prices({ models: { m: {} as never } }), /models\['m'\] needs the price/);
  });
});

describe('usage', () => {
  it('has tokens and an estimate, and no cost that nobody gave', async () => {
    const seen: Usage[] = [];
    await using app = await llmStage({
      tracer: { pricing: prices(DEAR) },
      define: (define, openai) =>
        define.route('GET', '/spend', async ({ trace }) => {
          await prices().ready?.();
          seen.push(trace.usage);
          await openai.chat.completions.create(ask());
          seen.push(trace.usage);
          await openai.chat.completions.create({ ...ask(), model: 'unknown' });
          seen.push(trace.usage);
          trace.addStep({ name: 'own', type: 'chat_completion', cost: 3 });
          seen.push(trace.usage);
          return { text: 'spent' };
        }),
    });
    await get(app.stage, '/spend');
    const row = await app.stage.only();
    const one = { promptTokens: 5, completionTokens: 7, tokens: 12, cost: undefined };
    const two = { promptTokens: 10, completionTokens: 14, tokens: 24, cost: undefined };
    const none = { promptTokens: undefined, completionTokens: undefined, tokens: undefined };
    assert.deepEqual(seen, [
      { ...none, cost: undefined, estimatedCost: undefined, unpricedCalls: 0 },
      { ...one, estimatedCost: DEAR_CALL, unpricedCalls: 0 },
      { ...two, estimatedCost: DEAR_CALL, unpricedCalls: 1 },
      { ...two, cost: 3, estimatedCost: DEAR_CALL + 3, unpricedCalls: 1 },
    ]);
    assert.equal(row.cost, 3);
    assert.equal(row.steps[0]?.steps[0]?.cost, null);
  });

  it('is told after each call', async () => {
    const told: (number | undefined)[] = [];
    await using app = await llmStage({
      tracer: {
        pricing: prices(DEAR),
        onUsage: (usage, trace) => {
          told.push(usage.tokens);
          assert.ok(trace.inferenceId);
        },
      },
      define: (define, openai) =>
        define.route('GET', '/spend', async () => {
          await openai.chat.completions.create(ask());
          await openai.chat.completions.create(ask());
          return { text: 'spent' };
        }),
    });
    await get(app.stage, '/spend');
    await app.stage.only();
    assert.deepEqual(told, [12, 24]);
  });
});

describe('a budget', () => {
  it('is told once when a trace costs more', async () => {
    const exceeded: BudgetExceeded[] = [];
    await using app = await llmStage({
      tracer: {
        pricing: prices(DEAR),
        budget: { usd: DEAR_CALL, onExceeded: (each) => exceeded.push(each) },
      },
      define: (define, openai) =>
        define.route('GET', '/spend/:times', async ({ params }) => {
          for (let i = 0; i < Number(params.times); i++) {
            await openai.chat.completions.create(ask());
          }
          return { text: 'spent' };
        }),
    });
    await get(app.stage, '/spend/1');
    assert.equal(exceeded.length, 0);
    await get(app.stage, '/spend/4', 'too-much');
    assert.equal(exceeded.length, 1);
    assert.equal(exceeded[0]?.trace.inferenceId, 'too-much');
    assert.equal(exceeded[0]?.usage.estimatedCost, 2 * DEAR_CALL);
    const [, row] = await app.stage.rows(2);
    assert.deepEqual(row?.metadata?.budgetExceeded, {
      usd: DEAR_CALL,
      estimatedCost: 2 * DEAR_CALL,
    });
  });

  it('stops an agent that listens to the signal', async () => {
    let calls = 0;
    let reason: unknown;
    await using app = await llmStage({
      tracer: {
        pricing: prices(DEAR),
        budget: { usd: 3 * DEAR_CALL, onExceeded: 'abort' },
      },
      define: (define, openai) =>
        define.route('GET', '/agent', async ({ trace }) => {
          const { signal } = trace;
          // Longer than it takes to be stopped.
          const options = { signal, headers: { 'x-scenario': 'late-30' } };
          try {
            for (;;) {
              await openai.chat.completions.create(ask(), options);
              calls++;
            }
          } catch {
            reason = signal.reason;
          }
          return { text: 'stopped' };
        }),
    });
    assert.equal(await get(app.stage, '/agent'), 'stopped');
    assert.equal(calls, 4);
    assert.ok(reason instanceof BudgetError);
    await app.stage.only();
  });

  it('that cannot work is refused, and what throws in it harms nobody', async () => {
    const pricing = prices();
    const wrong = [
      [{ budget: { usd: 1, onExceeded: 'abort' } }, /budget needs pricing/],
      [{ pricing, budget: { usd: 0, onExceeded: 'abort' } }, /budget\.usd/],
      [{ pricing, budget: { usd: 1, onExceeded: 'stop' } }, /onExceeded must be a function/],
      [{ pricing: {} }, /pricing must have the method/],
      [{ onUsage: 1 }, /onUsage must be a function/],
    ] as const;
    for (const [options, message] of wrong) {
      assert.throws(
        () => createTracer(options as never),
        (error: Error) => error instanceof ConfigError && message.test(error.message),
      );
    }
    const reasons: string[] = [];
    using captured = captureTraces({
      onUsage: () => {
        throw new Error('not mine');
      },
      onDiagnostic: ({ reason }) => reasons.push(reason),
    });
    const trace = (await import('@openlayer-tracing/core')).getTracer().startTrace('own');
    trace.addStep({ name: 'own', type: 'chat_completion', tokens: 3 });
    trace.end();
    assert.equal((await captured.rows()).length, 1);
    assert.deepEqual(reasons, ['spending_failed']);
  });
});
