/** What a trace costs while it runs, and an app that stops what costs too much. */

import assert from 'node:assert/strict';
import {
  BudgetError,
  type BudgetExceeded,
  ConfigError,
  createTracer,
  getTracer,
  type Usage,
} from '@openlayer-tracing/core';
import {
  type Billing,
  type Pricing,
  startCall,
  type TokenCounts,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { prices } from '@openlayer-tracing/integrations/pricing';
import { ask, get, llmStage, rowsOf } from './stage.ts';

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
  billing: {},
  startTime: Date.UTC(2026, 8, 1),
};

describe('prices', () => {
  const pricing = prices({
    models: {
      'my-model': { input: 1, output: 2, cached: 0.5 },
      'azure/gpt-5': { input: 3 },
    },
  });

  it('are loaded at the first call', async () => {
    await pricing.ready?.();
    assert.equal(pricing.ready?.(), undefined);
  });

  it('are those of the list, with a separate price for cached tokens', () => {
    // Per million: 1.25 for input, 0.125 for cached input, 10 for output.
    const expected = (600 * 1.25 + 400 * 0.125 + 500 * 10) / 1e6;
    assert.ok(Math.abs((pricing.price(call) ?? 0) - expected) < 1e-12);
  });

  it('are found by the names that steps have', () => {
    for (const [provider, model] of [
      ['anthropic', 'claude-sonnet-4-5'],
      ['fireworks_ai', 'accounts/fireworks/models/gpt-oss-20b'],
      ['xai', 'grok-4'],
      ['google', 'gemini-2.5-flash'],
    ] as const) {
      assert.ok((pricing.price({ ...call, provider, model }) ?? 0) > 0, provider);
    }
  });

  it('stay unknown if the list has none', () => {
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
  });

  it('of the app differ by tier, region and unit', () => {
    const own = prices({
      models: {
        m: {
          input: 1,
          output: 4,
          cached: 0.1,
          cacheCreation: 1.25,
          cacheCreationHour: 2,
          audioInput: 10,
          imageOutput: 40,
          perCall: 0.001,
          uses: { web_search: 0.02, pages: 0.003 },
          tiers: { batch: { input: 0.5, output: 2 }, fast: { input: 6, output: 24 } },
          regions: { eu: { input: 1.1, output: 4.4, tiers: { flex: { input: 0.7 } } } },
        },
        seen: { input: 0, perPicture: 0.04, perSecond: 0.1, characters: 15 },
        'ft:gpt-4.1-2025-04-14': { input: 3, output: 12 },
      },
    });
    const tokens = { input: 1000, output: 100 };
    const cases: readonly [string, TokenCounts | undefined, Billing, number | string[]][] = [
      ['m', tokens, {}, 0.0014 + 0.001],
      [
        'm',
        { ...tokens, cached: 500, cacheCreation: 300, cacheCreationHour: 100 },
        {},
        0.0002 + 0.00005 + 0.00025 + 0.0002 + 0.0004 + 0.001,
      ],
      ['m', { ...tokens, audioInput: 100, imageInput: 100 }, {}, 0.0009 + 0.001 + 0.0004 + 0.001],
      ['m', { ...tokens, imageOutput: 100 }, { pictures: 1 }, 0.001 + 0.004 + 0.001],
      ['m', tokens, { toolUses: { web_search: 2 }, units: { pages: 3 } }, 0.0024 + 0.04 + 0.009],
      ['m', tokens, { isBatch: true }, 0.0005 + 0.0002],
      ['m', tokens, { speed: 'fast' }, 0.006 + 0.0024],
      ['m', tokens, { region: 'eu' }, 0.0011 + 0.00044],
      ['m', tokens, { region: 'eu', serviceTier: 'flex' }, 0.0007],
      ['m', tokens, { region: 'ap' }, 0.0024],
      ['seen', undefined, { pictures: 2, seconds: 3, characters: 1000 }, 0.08 + 0.3 + 0.015],
      ['seen', { ...tokens, imageOutput: 100, audioInput: 9 }, { pictures: 2 }, 0.08],
      ['ft:gpt-4.1-2025-04-14:acme::1', tokens, {}, 0.003 + 0.0012],
      ['m', tokens, { serviceTier: 'flex' }, ['service_tier:flex']],
      ['m', tokens, { speed: 'fast', isBatch: true }, ['batch', 'speed:fast']],
      ['m', { ...tokens, audioOutput: 50 }, {}, ['tokens:audio_output']],
      ['m', { ...tokens, cached: 50, audioInput: 50 }, {}, ['tokens:cached_audio']],
      ['m', tokens, { toolUses: { other: 1 } }, ['tool:other']],
      [
        'm',
        undefined,
        { seconds: 3, pictures: 1, characters: 9 },
        ['seconds', 'pictures', 'characters'],
      ],
      ['seen', undefined, { units: { search_units: 1 } }, ['unit:search_units']],
    ];
    // The id of a model on Bedrock tells the place.
    const models = { 'eu.mine.m-v1:0': { input: 1, regions: { eu: { input: 2 } } } };
    const onBedrock = { ...call, provider: 'bedrock', model: 'eu.mine.m-v1:0' };
    assert.equal(prices({ models }).price(onBedrock), (1000 * 2) / 1e6);
    for (const [model, counts, billing, expected] of cases) {
      const asked = {
        ...call,
        provider: 'mine',
        model,
        promptTokens: counts?.input,
        completionTokens: counts?.output,
        usageDetails: undefined,
        tokens: counts,
        billing,
      };
      const about = `${model} ${JSON.stringify({ counts, billing })}`;
      if (typeof expected === 'number') {
        assert.deepEqual(own.unpriced?.(asked), [], about);
        assert.ok(Math.abs((own.price(asked) ?? 0) - expected) < 1e-12, about);
      } else {
        assert.equal(own.price(asked), undefined, about);
        assert.deepEqual(own.unpriced?.(asked), expected, about);
      }
    }
  });

  it('throw if they are wrong', () => {
    const wrong = [
      [{}, /models\['m'\] needs the price of its input/],
      [null, /models\['m'\] takes an object/],
      [{ input: 1, cache: 2 }, /models\['m'\]: cache is not known; did you mean cached/],
      [{ input: '1' }, /models\['m'\]\.input must be a number of US dollars, 0 or more/],
      [{ input: 1, output: -1 }, /models\['m'\]\.output must be a number/],
      [{ input: 1, uses: { web_search: 'free' } }, /models\['m'\]\.uses\['web_search'\] must be/],
      [{ input: 1, tiers: { batch: {} } }, /models\['m'\]\.tiers\['batch'\] needs the price/],
      [
        { input: 1, tiers: { batch: { input: 1, tiers: {} } } },
        /tiers\['batch'\]: tiers is not known/,
      ],
      [
        { input: 1, regions: { eu: { input: 1, regions: {} } } },
        /regions\['eu'\]: regions is not known/,
      ],
      [{ input: 1, regions: 'eu' }, /models\['m'\]\.regions takes an object/],
    ] as const;
    for (const [price, message] of wrong) {
      assert.throws(
        () => prices({ models: { m: price as never } }),
        (error: Error) => error instanceof TypeError && message.test(error.message),
        JSON.stringify(price),
      );
    }
  });
});

describe('usage', () => {
  it('has tokens and an estimate, and no cost that was not stated', async () => {
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
      { ...none, cost: undefined, estimatedCost: undefined, unpricedCalls: 0, unpriced: {} },
      { ...one, estimatedCost: DEAR_CALL, unpricedCalls: 0, unpriced: {} },
      { ...two, estimatedCost: DEAR_CALL, unpricedCalls: 1, unpriced: { model: 1 } },
      { ...two, cost: 3, estimatedCost: DEAR_CALL + 3, unpricedCalls: 1, unpriced: { model: 1 } },
    ]);
    assert.equal(row.cost, 3);
    assert.equal(row.steps[0]?.steps[0]?.cost, null);
  });

  it("takes the provider's own bill as the cost", async () => {
    using captured = captureTraces({ pricing: prices(DEAR) });
    const trace = getTracer().startTrace('job');
    trace.run(() => {
      const bills = (model: string, billing: Billing) => {
        const call = startCall({ name: 'ask', type: 'chat_completion', provider: 'openai', model });
        call?.addBilling({ serviceTier: 'flex', statedCost: undefined });
        call?.addBilling(billing);
        call?.end(tokenFields({ input: 5, output: 7 }));
      };
      bills('gpt-5-mini-2026', { statedCost: 0.25 });
      bills('gpt-5-mini-2026', { estimatedCost: 0.5 });
      bills('gpt-5-mini-2026', {});
      bills('unknown', {});
    });
    assert.deepEqual(trace.usage, {
      promptTokens: 20,
      completionTokens: 28,
      tokens: 48,
      cost: 0.25,
      estimatedCost: 0.75,
      unpricedCalls: 2,
      unpriced: { 'service_tier:flex': 1, model: 1 },
    });
    trace.end();
    const [row] = await rowsOf(captured, 1);
    assert.equal(row?.cost, 0.25);
    assert.deepEqual(
      row?.steps[0]?.steps.map(({ cost, metadata }) => [cost, metadata.billed]),
      [
        [0.25, { serviceTier: 'flex', statedCost: 0.25 }],
        [null, { serviceTier: 'flex', estimatedCost: 0.5 }],
        [null, { serviceTier: 'flex' }],
        [null, { serviceTier: 'flex' }],
      ],
    );
  });

  it('includes every call that is billed, whatever the type of its step', async () => {
    const models = { rerank: { input: 0, uses: { search_units: 0.002 } } };
    using captured = captureTraces({ pricing: prices({ models }) });
    const trace = getTracer().startTrace('job');
    trace.run(() => {
      const metadata = { provider: 'cohere', model: 'rerank' };
      const rerank = startCall({ name: 'rerank', type: 'retriever', metadata });
      rerank?.addBilling({ units: { search_units: 3 } });
      rerank?.end();
      const search = startCall({ name: 'search', type: 'retriever', metadata });
      search?.addBilling({ units: { pages: 3 } });
      search?.end();
      // Searches and checks of the app's own, and those that cost nothing.
      trace.addStep({ name: 'search', type: 'retriever' });
      startCall({ name: 'moderation', type: 'guardrail' })?.end();
      // The tokens of an agent are those of its calls, and so is its bill.
      const agent = startCall({ name: 'agent', type: 'agent' });
      agent?.step.run(() =>
        startCall({ name: 'ask', type: 'chat_completion', model: 'unknown' })?.end(
          tokenFields({ input: 5, output: 7 }) as never,
        ),
      );
      agent?.addBilling({ statedCost: 0.5 });
      agent?.end({ name: 'agent', ...tokenFields({ input: 5, output: 7 }) });
      const group = startCall({ name: 'graph', type: 'chain' });
      group?.end({ name: 'graph', ...tokenFields({ input: 5, output: 7 }) });
    });
    const { tokens, cost, estimatedCost, unpricedCalls, unpriced } = trace.usage;
    assert.deepEqual([tokens, cost, estimatedCost], [12, undefined, 0.006 + 0.5]);
    assert.deepEqual([unpricedCalls, unpriced], [1, { 'unit:pages': 1 }]);
    trace.end();
    await rowsOf(captured, 1);
  });

  it('says why a call has no price', async () => {
    const tokens = { promptTokens: 5, completionTokens: 7 };
    const usageWith = async (pricing: Pricing | undefined, step: object) => {
      using captured = captureTraces({ pricing });
      const trace = getTracer().startTrace('job');
      trace.addStep({ name: 'ask', type: 'chat_completion', ...step });
      const { unpricedCalls, unpriced } = trace.usage;
      trace.end();
      await rowsOf(captured, 1);
      return [unpricedCalls, unpriced];
    };
    const none = { price: () => undefined };
    assert.deepEqual(await usageWith(undefined, tokens), [1, { pricing: 1 }]);
    assert.deepEqual(await usageWith(none, {}), [1, { usage: 1 }]);
    assert.deepEqual(await usageWith(none, tokens), [1, { price: 1 }]);
    const late = { ...none, ready: () => Promise.resolve() };
    assert.deepEqual(await usageWith(late, tokens), [1, { not_loaded: 1 }]);
    const both = { ...none, unpriced: () => ['batch', 'tool:web_search'] };
    assert.deepEqual(await usageWith(both, tokens), [1, { batch: 1, 'tool:web_search': 1 }]);
  });

  it('is known at once if the app has the price itself', async () => {
    const told: (number | undefined)[] = [];
    // The list never comes.
    const pricing = { ...prices(DEAR), ready: () => new Promise<void>(() => {}) };
    const onUsage = ({ estimatedCost }: Usage) => told.push(estimatedCost);
    using captured = captureTraces({ pricing, onUsage });
    const trace = getTracer().startTrace('job');
    const model = 'gpt-5-mini-2026';
    trace.addStep({ name: 'ask', type: 'chat_completion', model, promptTokens: 1 });
    trace.end();
    await rowsOf(captured, 1);
    assert.deepEqual(told, [2]);
  });

  it('requests the price of a call until the list is loaded, or has failed to load', async () => {
    const asked = async (pricing: Pick<Pricing, 'price' | 'ready'>) => {
      using captured = captureTraces({ pricing });
      const trace = getTracer().startTrace('job');
      trace.addStep({ name: 'ask', type: 'chat_completion', promptTokens: 5 });
      const told = [1, 2, 3].map(() => trace.usage.estimatedCost);
      trace.end();
      await rowsOf(captured, 1);
      return told;
    };
    let times = 0;
    const late = () => (++times === 2 ? 0.5 : undefined);
    assert.deepEqual(await asked({ price: late }), [undefined, 0.5, 0.5]);
    assert.equal(times, 2);
    times = 0;
    const none = await asked({ price: late, ready: () => undefined });
    assert.deepEqual(none, [undefined, undefined, undefined]);
    assert.equal(times, 1);
  });

  it('uses the values that the app has corrected', async () => {
    using captured = captureTraces({ pricing: prices(DEAR) });
    const trace = getTracer().startTrace('job');
    const model = 'gpt-5-mini-2026';
    const call = trace.run(() => startCall({ name: 'ask', type: 'chat_completion', model }));
    call?.update(tokenFields({ input: 5, output: 7 }));
    call?.step.update({ promptTokens: 1, completionTokens: 1, usageDetails: { input_tokens: 1 } });
    call?.end();
    assert.equal(trace.usage.estimatedCost, 2 + 1);
    trace.end();
    await rowsOf(captured, 1);
  });

  it('keeps the known tokens of a call', async () => {
    using captured = captureTraces();
    const call = startCall({ name: 'ask', type: 'chat_completion' });
    call?.update(tokenFields({ input: 100, output: 1, cached: 60 }));
    call?.update(tokenFields({ input: 0, output: 30 }));
    call?.end(tokenFields({ output: undefined, reasoning: 20 }));
    const [row] = await rowsOf(captured, 1);
    const step = row?.steps[0] as WireStep;
    assert.equal(step.metadata.reasoningTokens, 20);
    assert.deepEqual([step.promptTokens, step.completionTokens, step.tokens], [100, 30, 130]);
    assert.deepEqual(step.usageDetails, { input_tokens: 40, output_tokens: 30, cached_tokens: 60 });
  });

  it('is reported after each call', async () => {
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
  it('is reported once when a trace costs more', async () => {
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

  it('that is wrong throws at once, and its callback may throw without harm', async () => {
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
    const trace = getTracer().startTrace('own');
    trace.addStep({ name: 'own', type: 'chat_completion', tokens: 3 });
    trace.end();
    assert.equal((await captured.rows()).length, 1);
    assert.deepEqual(reasons, ['spending_failed']);
  });
});
