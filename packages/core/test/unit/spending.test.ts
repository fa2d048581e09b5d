import assert from 'node:assert/strict';
import {
  type BudgetExceeded,
  createTracer,
  type PricedCall,
  type Pricing,
  type StartedTrace,
  type TracerOptions,
  type Usage,
} from '@openlayer-tracing/core';
import { startCall, tokenFields } from '@openlayer-tracing/core/integration';
import { memoryTransport } from '@openlayer-tracing/core/testing';

/** Does work in a trace, of which each call of a model costs half a dollar unless other prices are given. */
async function spend(
  work: (trace: StartedTrace) => unknown,
  options: TracerOptions = {},
  pricing: Pricing = { price: () => 0.5 },
) {
  const told: Usage[] = [];
  const reasons: string[] = [];
  const tracer = createTracer({
    transport: memoryTransport(),
    pricing,
    onUsage: (usage) => void told.push(usage),
    onDiagnostic: ({ reason }) => reasons.push(reason),
    ...options,
  });
  const trace = tracer.startTrace('job');
  await work(trace);
  const { usage } = trace;
  trace.end();
  await tracer.shutdown();
  return { told, reasons, usage };
}

const call = (trace: StartedTrace, fields: object = { promptTokens: 2, completionTokens: 1 }) =>
  trace.addStep({ name: 'call', type: 'chat_completion', ...fields });

describe('what a trace spends', () => {
  it('is told after each call of a model, and after nothing else', async () => {
    const { told, usage } = await spend((trace) => {
      call(trace);
      trace.addStep({ name: 'search', type: 'retriever' });
      call(trace);
    });
    assert.deepEqual(
      told.map(({ tokens, estimatedCost }) => [tokens, estimatedCost]),
      [
        [3, 0.5],
        [6, 1],
      ],
    );
    assert.deepEqual([usage.estimatedCost, usage.unpricedCalls], [1, 0]);
  });

  it('is what the provider says where it does', async () => {
    const { usage } = await spend((trace) => call(trace, { promptTokens: 2, cost: 3 }));
    assert.equal(usage.estimatedCost, 3);
  });

  for (const [what, fields, pricing, reason] of [
    ['without tokens', {}, { price: () => 1 }, 'usage'],
    ['without a price', { promptTokens: 1 }, { price: () => undefined }, 'price'],
    ['with a negative price', { promptTokens: 1 }, { price: () => -1 }, 'price'],
    [
      'with a price that is told to be missing',
      { promptTokens: 1 },
      { price: () => undefined, unpriced: () => ['tool:search'] },
      'tool:search',
    ],
    [
      'before prices are loaded',
      { promptTokens: 1 },
      { price: () => undefined, ready: () => new Promise<void>(() => {}) },
      'not_loaded',
    ],
  ] as const) {
    it(`is not known of a call ${what}`, async () => {
      const { usage } = await spend((trace) => call(trace, fields), {}, pricing);
      assert.deepEqual(
        [usage.estimatedCost, usage.unpricedCalls, usage.unpriced],
        [undefined, 1, { [reason]: 1 }],
      );
    });
  }

  it('may be nothing', async () => {
    const { usage } = await spend((trace) => call(trace), {}, { price: () => 0 });
    assert.deepEqual([usage.estimatedCost, usage.unpricedCalls], [0, 0]);
  });

  it('is priced by what the client counted, unless the app says otherwise', async () => {
    const asked: PricedCall[] = [];
    const pricing = { price: (each: PricedCall) => asked.push(each) };
    await spend(
      (trace) => {
        const client = trace.run(() => startCall({ name: 'c', type: 'chat_completion' }));
        client?.end(tokenFields({ input: 5, output: 2, cached: 1 }));
        void trace.usage;
        client?.step.update({ promptTokens: 9 });
        void trace.usage;
      },
      {},
      pricing,
    );
    const [first] = asked;
    const last = asked.at(-1);
    assert.deepEqual([first?.promptTokens, first?.tokens?.cached], [5, 1]);
    assert.deepEqual([last?.promptTokens, last?.tokens], [9, undefined]);
  });

  it('is priced by what the step says of the call', async () => {
    const asked: PricedCall[] = [];
    const fields = {
      provider: 'openai',
      model: 'gpt',
      promptTokens: 3,
      completionTokens: 2,
      usageDetails: { cached_tokens: 1 },
    };
    await spend((trace) => call(trace, fields), {}, { price: (each) => asked.push(each) });
    const [{ provider, model, promptTokens, completionTokens, usageDetails } = {}] = asked as [
      Partial<PricedCall>?,
    ];
    assert.deepEqual({ provider, model, promptTokens, completionTokens, usageDetails }, fields);
  });

  it('is asked for once, however often what was spent is read', async () => {
    const asked: PricedCall[] = [];
    await spend(
      (trace) => {
        call(trace, { promptTokens: 1, completionTokens: 1 });
        for (let i = 0; i < 3; i++) void trace.usage;
      },
      {},
      {
        price(each) {
          asked.push(each);
          return 0.5;
        },
      },
    );
    assert.equal(asked.length, 1);
  });

  it('is priced by the metadata and the counts of what is no call of a model', async () => {
    const asked: PricedCall[] = [];
    await spend(
      (trace) => {
        const client = trace.run(() =>
          startCall({ name: 'c', type: 'tool', metadata: { provider: 'p', model: 'm' } }),
        );
        client?.update(tokenFields({ input: 3, output: 2 }) as never);
        client?.addBilling({ units: { pages: 1 } });
        client?.end();
      },
      {},
      { price: (each) => asked.push(each) },
    );
    const [{ provider, model, promptTokens, completionTokens } = {}] = asked as [
      Partial<PricedCall>?,
    ];
    assert.deepEqual([provider, model, promptTokens, completionTokens], ['p', 'm', 3, 2]);
  });

  for (const billing of [
    { toolUses: { web_search: 1 } },
    { seconds: 1 },
    { pictures: 1 },
    { characters: 1 },
    { units: { pages: 1 } },
  ]) {
    it(`is known of a call without tokens by what is billed in their place: ${Object.keys(billing)}`, async () => {
      const { usage } = await spend((trace) => {
        const client = trace.run(() => startCall({ name: 'c', type: 'chat_completion' }));
        client?.addBilling(billing);
        client?.end();
      });
      assert.deepEqual([usage.estimatedCost, usage.unpriced], [0.5, {}]);
    });
  }

  it('is known of a call with tokens of the output alone', async () => {
    const { usage } = await spend((trace) => call(trace, { completionTokens: 3 }));
    assert.equal(usage.estimatedCost, 0.5);
  });

  for (const [what, type, billing, tokens, calls] of [
    ['a tool that is billed by its pages', 'tool', { units: { pages: 3 } }, undefined, 1],
    ['a tool whose use is not known', 'tool', { region: 'us' }, undefined, 0],
    ['an agent, whose tokens are those of its calls', 'agent', {}, { input: 3 }, 0],
    ['an agent that is billed itself', 'agent', { statedCost: 2 }, undefined, 1],
  ] as const) {
    it(`counts ${what} as ${calls === 1 ? 'a call' : 'no call'}`, async () => {
      const { usage } = await spend((trace) => {
        const client = trace.run(() => startCall({ name: 'c', type }));
        if (tokens !== undefined) client?.update(tokenFields(tokens) as never);
        client?.addBilling(billing);
        client?.end();
      });
      const known = usage.estimatedCost === undefined ? 0 : 1;
      assert.equal(known + usage.unpricedCalls, calls);
    });
  }

  it('is told at once where the app knows the price, whatever else is still to be loaded', async () => {
    const pricing = { price: () => 1, ready: () => new Promise<void>(() => {}) };
    const { told } = await spend((trace) => call(trace), {}, pricing);
    assert.equal(told.length, 1);
  });

  it('is told once prices are loaded', async () => {
    let price: number | undefined;
    let loaded = () => {};
    const loading = new Promise<void>((resolve) => {
      loaded = resolve;
    });
    const pricing = {
      price: () => price,
      ready: () => (price === undefined ? loading : undefined),
    };
    const { told } = await spend(
      async (trace) => {
        call(trace);
        price = 2;
        loaded();
        await new Promise((resolve) => setTimeout(resolve, 2));
      },
      {},
      pricing,
    );
    assert.deepEqual(
      told.map(({ estimatedCost }) => estimatedCost),
      [2],
    );
  });

  it('is reported where telling it fails, which harms no call', async () => {
    const failing = {
      onUsage: () => {
        throw new Error('x');
      },
    };
    assert.deepEqual((await spend((trace) => call(trace), failing)).reasons, ['spending_failed']);
  });
});

describe('pricing of the app that fails', () => {
  const returning = (value: unknown): Pricing => ({ price: () => value as number });
  const throwing = (): never => {
    throw new Error('prices.db is locked');
  };

  for (const [what, pricing, isReported] of [
    ['returns null', returning(null), false],
    ['returns NaN', returning(Number.NaN), true],
    ['returns infinity', returning(Number.POSITIVE_INFINITY), true],
    ['returns a price below 0', returning(-1), true],
    ['returns a numeric string', returning('0.5'), true],
    ['returns a bigint', returning(1n), true],
    ['throws', { price: throwing }, true],
    ['throws for the reasons', { price: () => undefined, unpriced: throwing }, true],
    [
      'throws for a reason',
      { price: () => undefined, unpriced: () => [{ toString: throwing } as never] },
      true,
    ],
    ['throws where it is to be loaded', { price: () => undefined, ready: throwing }, true],
    [
      'cannot be loaded',
      { price: () => undefined, ready: () => Promise.reject(new Error('no network')) },
      true,
    ],
  ] as const satisfies readonly (readonly [string, Pricing, boolean])[]) {
    it(`keeps the tokens and gives no price where it ${what}`, async () => {
      const { told, usage, reasons } = await spend(
        async (trace) => {
          call(trace);
          call(trace, { promptTokens: 2, cost: 3 });
          for (let waited = 0; waited < 1000 && exceeded === 0; waited++) {
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        },
        { budget: { usd: 1, onExceeded: () => void exceeded++ } },
        pricing,
      );
      assert.deepEqual(
        [usage.promptTokens, usage.tokens, usage.estimatedCost, usage.unpricedCalls],
        [4, 3, 3, 1],
      );
      assert.equal(told.length, 2);
      assert.deepEqual(new Set(reasons), new Set(isReported ? ['spending_failed'] : []));
      assert.equal(exceeded, 1);
    });
  }

  let exceeded = 0;
  beforeEach(() => {
    exceeded = 0;
  });
});

describe('a budget', () => {
  const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

  it('is exceeded once a trace costs more, and told of once', async () => {
    const exceeded: BudgetExceeded[] = [];
    const budget = { usd: 1, onExceeded: (each: BudgetExceeded) => void exceeded.push(each) };
    const { usage } = await spend(
      async (trace) => {
        call(trace);
        call(trace);
        await turn();
        assert.deepEqual(exceeded, []);
        call(trace);
        call(trace);
        await turn();
      },
      { budget },
    );
    assert.deepEqual(
      exceeded.map(({ usd, usage: then }) => [usd, then.estimatedCost]),
      [[1, 1.5]],
    );
    assert.equal(usage.estimatedCost, 2);
  });

  it('is told of after the call that was one too many', async () => {
    const order: string[] = [];
    const budget = { usd: 0.1, onExceeded: () => void order.push('exceeded') };
    await spend(
      async (trace) => {
        call(trace);
        order.push('called');
        await turn();
      },
      { budget },
    );
    assert.deepEqual(order, ['called', 'exceeded']);
  });
});
