/** What calls of clients cost, from what their providers answer to what the trace has used. */

import assert from 'node:assert/strict';
import { getTracer, type Usage } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { mastraBridge } from '@openlayer-tracing/integrations/mastra';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { prices } from '@openlayer-tracing/integrations/pricing';
import Anthropic from 'anthropic1';
import { CohereClient } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import OpenAI from 'openai7';
import { read } from './answering.ts';
import { rowsOf } from './stage.ts';
import { usageOf } from './usage-of.ts';

type Fetch = typeof globalThis.fetch;

const json =
  (answer: object): Fetch =>
  async () =>
    Response.json(answer);
const events =
  (...each: readonly object[]): Fetch =>
  async () =>
    new Response(
      each
        .map(
          (event) =>
            `event: ${'type' in event ? event.type : 'x'}\ndata: ${JSON.stringify(event)}\n\n`,
        )
        .join(''),
      { headers: { 'content-type': 'text/event-stream' } },
    );

function assertCost({ estimatedCost, unpriced }: Usage, usd: number): void {
  assert.deepEqual(unpriced, {});
  assert.ok(Math.abs((estimatedCost ?? 0) - usd) < 1e-12, `${estimatedCost}, not ${usd}`);
}

describe('the price of a response of Claude', () => {
  const message = {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [{ type: 'text', text: 'hi' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
  };
  const used = (more: object = {}) => ({
    input_tokens: 10,
    output_tokens: 5,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 248,
    cache_creation: { ephemeral_5m_input_tokens: 148, ephemeral_1h_input_tokens: 100 },
    service_tier: 'standard',
    inference_geo: 'not_available',
    ...more,
  });
  const tokens = (10 * 3 + 148 * 3.75 + 100 * 6 + 5 * 15) / 1e6;

  /** Whole and streamed. */
  async function asked(
    usage: ReturnType<typeof used>,
    then: (usage: Usage) => void,
  ): Promise<void> {
    const ask = {
      model: 'claude-opus-5',
      max_tokens: 9,
      messages: [{ role: 'user' as const, content: 'x' }],
    };
    const whole = traceAnthropic(
      new Anthropic({ apiKey: 'k', fetch: json({ ...message, usage }) }),
    );
    then(await usageOf(async () => whole.messages.create(ask)));
    const start = { ...message, content: [], usage: { ...usage, output_tokens: 1 } };
    const stream = events(
      { type: 'message_start', message: start },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'hi' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: {
          ...usage,
          input_tokens: null,
          cache_read_input_tokens: 0,
          cache_creation_input_tokens: null,
        },
      },
      { type: 'message_stop' },
    );
    const streamed = traceAnthropic(new Anthropic({ apiKey: 'k', fetch: stream }));
    then(
      await usageOf(async () => {
        for await (const _event of await streamed.messages.create({ ...ask, stream: true })) {
          // Read to its end.
        }
      }),
    );
  }

  it('depends on the lifetime of tokens written to a cache', () =>
    asked(used(), (usage) => {
      assert.equal(usage.promptTokens, 258);
      assertCost(usage, tokens);
    }));

  it('includes searches, and no fee for fetched pages', () =>
    asked(used({ server_tool_use: { web_search_requests: 3, web_fetch_requests: 2 } }), (usage) =>
      assertCost(usage, tokens + 3 * 0.01),
    ));

  it('is half in a batch', () =>
    asked(used({ service_tier: 'batch' }), (usage) => assertCost(usage, tokens / 2)));

  it('is unknown with a tier, a speed, a region or another model besides', async () => {
    const cases = [
      [{ service_tier: 'priority' }, 'service_tier:priority'],
      [{ speed: 'fast' }, 'speed:fast'],
      [{ inference_geo: 'us' }, 'region:us'],
      [
        {
          iterations: [
            {
              type: 'advisor_message',
              model: 'claude-opus-4-8',
              input_tokens: 9,
              output_tokens: 0,
            },
          ],
        },
        'unit:claude-opus-4-8_input_tokens',
      ],
    ] as const;
    for (const [more, reason] of cases) {
      await asked(used(more), ({ estimatedCost, unpricedCalls, unpriced }) =>
        assert.deepEqual([estimatedCost, unpricedCalls, unpriced], [undefined, 1, { [reason]: 1 }]),
      );
    }
  });
});

describe('the price of a response of Gemini', () => {
  const answer = (usageMetadata: object, more: object = {}) => ({
    candidates: [
      { content: { parts: [{ text: 'hi' }], role: 'model' }, finishReason: 'STOP', ...more },
    ],
    modelVersion: 'gemini-2.5-flash',
    usageMetadata,
  });
  const ask = (reply: object) => async () => {
    const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch: json(reply) } });
    return traceGoogleGenAI(client).models.generateContent({
      model: 'gemini-2.5-flash',
      contents: 'x',
    });
  };
  const counts = {
    promptTokenCount: 1000,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 700 },
      { modality: 'AUDIO', tokenCount: 300 },
    ],
    cachedContentTokenCount: 500,
    cacheTokensDetails: [
      { modality: 'TEXT', tokenCount: 300 },
      { modality: 'AUDIO', tokenCount: 200 },
    ],
    candidatesTokenCount: 50,
    thoughtsTokenCount: 450,
    totalTokenCount: 1500,
  };

  it('includes thoughts, and has a separate price for audio', async () => {
    const usage = await usageOf(ask(answer(counts)));
    assert.deepEqual([usage.promptTokens, usage.completionTokens, usage.tokens], [1000, 500, 1500]);
    assertCost(usage, (400 * 0.3 + 100 * 1 + 300 * 0.03 + 200 * 0.1 + 500 * 2.5) / 1e6);
  });

  it('is unknown if it searched', async () => {
    const grounded = { groundingMetadata: { webSearchQueries: ['a'] } };
    const { unpriced } = await usageOf(ask(answer(counts, grounded)));
    assert.deepEqual(unpriced, { 'tool:google_search': 1 });
  });
});

describe("the price of an interaction with Google's client", () => {
  const modalities = {
    input_tokens_by_modality: [
      { modality: 'text', tokens: 700 },
      { modality: 'audio', tokens: 300 },
    ],
    cached_tokens_by_modality: [{ modality: 'text', tokens: 500 }],
    output_tokens_by_modality: [{ modality: 'text', tokens: 50 }],
  };
  const body = {
    id: 'i1',
    model: 'gemini-2.5-flash',
    status: 'completed',
    steps: [{ type: 'model_output', content: [{ type: 'text', text: 'hi' }] }],
    usage: {
      total_input_tokens: 1000,
      total_cached_tokens: 500,
      total_output_tokens: 50,
      total_thought_tokens: 450,
      total_tokens: 1500,
    },
  };
  const cost = (200 * 0.3 + 300 * 1 + 500 * 0.03 + 500 * 2.5) / 1e6;
  for (const [how, usage] of [
    ['whose cached tokens are all text', modalities],
    [
      'whose modalities are in capitals',
      JSON.parse(
        JSON.stringify(modalities).replace(/"(text|audio)"/g, (each) => each.toUpperCase()),
      ),
    ],
  ] as const) {
    it(`has a separate price for audio: ${how}`, async () => {
      const used = await usageOf(async () => {
        const reply = { ...body, usage: { ...body.usage, ...usage } };
        const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch: json(reply) } });
        const { interactions } = traceGoogleGenAI(client);
        return interactions.create({ model: 'gemini-2.5-flash', input: 'x' });
      });
      assert.deepEqual([used.promptTokens, used.completionTokens, used.tokens], [1000, 500, 1500]);
      assertCost(used, cost);
    });
  }
});

describe('the price of a reranking', () => {
  it('is the price of its searches, if the app has one', async () => {
    const rerank = async () => {
      const reply = { id: 'r', results: [], meta: { billed_units: { search_units: 2 } } };
      const client = traceCohere(new CohereClient({ token: 'k', fetch: json(reply) }));
      await client.v2.rerank({ model: 'rerank-v3.5', query: 'x', documents: ['a', 'b'] });
    };
    const { unpricedCalls, unpriced } = await usageOf(rerank);
    assert.deepEqual([unpricedCalls, unpriced], [1, { model: 1 }]);
    const models = { 'cohere/rerank-v3.5': { input: 0, uses: { search_units: 0.002 } } };
    assertCost(await usageOf(rerank, prices({ models })), 0.004);
  });
});

describe('the price of a call with facts after its end', () => {
  const own = { input: 1e6, output: 1e6 };
  const told: (number | undefined)[] = [];

  /** @returns what the trace cost when it was over, and what its row says is billed */
  async function costOf(
    pricing: ReturnType<typeof prices>,
    run: () => Promise<unknown>,
  ): Promise<{ readonly cost: number | undefined; readonly billed: unknown }> {
    told.length = 0;
    // Who listens has the price asked for at each end.
    const onUsage = ({ estimatedCost }: Usage) => told.push(estimatedCost);
    using captured = captureTraces({ pricing, onUsage });
    const trace = getTracer().startTrace('job');
    await trace.run(run);
    const { estimatedCost } = trace.usage;
    trace.end();
    const [row] = await rowsOf(captured, 1);
    return { cost: estimatedCost, billed: row?.steps[0]?.steps[0]?.steps[0]?.metadata.billed };
  }

  it('is the price of the whole answer, if it has several messages', async () => {
    const said = (output: number) => ({
      type: 'assistant',
      uuid: `u${output}`,
      message: {
        ...{ id: 'm1', role: 'assistant', model: 'own', content: [{ type: 'text', text: 'hi' }] },
        usage: { input_tokens: 10, output_tokens: output },
      },
    });
    async function* query(_asked: object) {
      yield said(1);
      yield said(20);
    }
    const { cost } = await costOf(prices({ models: { own } }), async () => {
      for await (const _message of traceClaudeAgent(query)({ prompt: 'hi' }));
    });
    assert.equal(cost, 30);
    assert.deepEqual(told, [11, 30]);
  });

  it('is the price of the tier that is reported later, which its step shows', async () => {
    const bridge = mastraBridge();
    const attributes = { model: 'own', provider: 'openai' };
    const usage = { inputTokens: 10, outputTokens: 5 };
    const around = { id: 's', type: 'model_step' };
    const call = { id: 'i', parentSpanId: 's', type: 'model_inference', attributes };
    const events = [
      ['span_started', { id: 'r', type: 'agent_run' }],
      ['span_started', { ...around, parentSpanId: 'r' }],
      ['span_started', call],
      ['span_ended', { ...call, attributes: { ...attributes, usage } }],
      ['span_ended', { ...around, metadata: { body: { service_tier: 'flex' } } }],
      ['span_ended', { id: 'r', type: 'agent_run' }],
    ] as const;
    const pricing = prices({
      models: { own: { ...own, tiers: { flex: { input: 1, output: 2 } } } },
    });
    const { cost, billed } = await costOf(pricing, async () => {
      for (const [type, exportedSpan] of events) {
        await bridge.exportTracingEvent({ type, exportedSpan });
      }
    });
    assert.equal(told[0], 15);
    assert.equal(cost, 20 / 1e6);
    assert.deepEqual(billed, { serviceTier: 'flex' });
  });
});

describe('the cost that a gateway states', () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
  const said = { role: 'assistant', content: 'x' };
  const chat = (more: object = {}, about: object = {}) => ({
    ...{ id: 'c', object: 'chat.completion', created: 1, model: 'openai/gpt-5-mini' },
    choices: [{ index: 0, finish_reason: 'stop', message: { ...said, ...about } }],
    usage: { ...usage, ...more },
  });
  const chunks = (more: object = {}, about: object = {}) => [
    {
      ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'openai/gpt-5-mini' },
      choices: [{ index: 0, finish_reason: 'stop', delta: { ...said, ...about } }],
      usage: { ...usage, ...more },
    },
  ];
  const plain = { model: 'openai/gpt-5-mini', messages: [{ role: 'user' as const, content: 'x' }] };

  function usedBy(fetch: Fetch, isStream: boolean, more: object = {}): Promise<Usage> {
    const client = new OpenAI({ apiKey: 'k', maxRetries: 0, fetch });
    const { completions } = traceOpenAI(client, { provider: 'openrouter' }).chat;
    return usageOf(async () => {
      if (!isStream) await completions.create({ ...plain, ...more });
      else await read(completions.create({ ...plain, ...more, stream: true }));
    });
  }

  const told: Readonly<Record<string, readonly [usage: object, about: object, headers: object]>> = {
    'as a number': [{ cost: 0.0009 }, {}, {}],
    'as a text': [{ cost: '0.0009' }, {}, {}],
    'beside the message': [{}, { provider_metadata: { gateway: { cost: '0.0009' } } }, {}],
    'in a header': [{}, {}, { 'x-litellm-response-cost': '0.0009' }],
  };
  for (const [how, [more, about, headers]] of Object.entries(told)) {
    for (const isStream of [false, true]) {
      it(`is the cost of the step, ${how}, ${isStream ? 'streamed' : 'whole'}`, async () => {
        const text = chunks(more, about).map((each) => `data: ${JSON.stringify(each)}\n\n`);
        const type = isStream ? 'text/event-stream' : 'application/json';
        const body = isStream ? text.join('') : JSON.stringify(chat(more, about));
        const fetch = async () =>
          new Response(body, { headers: { 'content-type': type, ...headers } });
        assertCost(await usedBy(fetch, isStream), 0.0009);
      });
    }
  }

  for (const nothing of [0, '0', '', 'unknown', null, -1]) {
    it(`is unknown if the gateway sends ${JSON.stringify(nothing)}`, async () => {
      const metadata = { gateway: { cost: nothing } };
      const headers = { 'x-litellm-response-cost': `${nothing}` };
      const fetch = async () =>
        Response.json(chat({ cost: nothing }, { provider_metadata: metadata }), { headers });
      assertCost(await usedBy(fetch, false), (1000 * 0.25 + 100 * 2) / 1e6);
    });
  }

  it('is unknown if the gateway may have searched and states no cost', async () => {
    const plugins = [{ id: 'web' }];
    const none = await usedBy(json(chat()), false, { plugins });
    assert.deepEqual(none.unpriced, { 'tool:web_search': 1 });
    assertCost(await usedBy(json(chat({ cost: 0.0209 })), false, { plugins }), 0.0209);
    const other = await usedBy(json(chat()), false, { plugins: [{ id: 'response-healing' }] });
    assertCost(other, (1000 * 0.25 + 100 * 2) / 1e6);
  });
});
