/** What providers that speak like OpenAI say of tokens and bills, whole and streamed, as the step of the call tells it. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { prices } from '@openlayer-tracing/integrations/pricing';
import OpenAI, { AzureOpenAI } from 'openai7';
import { rowsOf } from './stage.ts';
import { usageOf } from './usage-of.ts';

interface Case {
  readonly what: string;
  readonly host: string;
  readonly usage: object;
  /** Beside the usage, in the answer. */
  readonly more?: object;
  /** Prompt, completion and all. */
  readonly tokens: readonly [number, number, number];
  readonly details: object;
  readonly reasoning?: number;
  readonly cost?: number;
  readonly billed?: object;
}

const openAI: Case = {
  what: 'OpenAI counts thoughts in the completion, and caches in the prompt',
  host: 'api.openai.com',
  usage: {
    prompt_tokens: 1000,
    completion_tokens: 50,
    total_tokens: 1050,
    prompt_tokens_details: { cached_tokens: 400, audio_tokens: 100, cache_write_tokens: 200 },
    completion_tokens_details: {
      reasoning_tokens: 20,
      audio_tokens: 10,
      rejected_prediction_tokens: 5,
    },
  },
  more: { service_tier: 'flex' },
  tokens: [1000, 50, 1050],
  details: {
    input_tokens: 300,
    cached_tokens: 400,
    cache_creation_tokens: 200,
    audio_input_tokens: 100,
    output_tokens: 40,
    audio_output_tokens: 10,
  },
  reasoning: 20,
  billed: { serviceTier: 'flex' },
};

const CASES: readonly Case[] = [
  openAI,
  {
    what: 'xAI counts thoughts beside the completion, and states its bill in ticks',
    host: 'api.x.ai',
    usage: {
      prompt_tokens: 32,
      completion_tokens: 9,
      total_tokens: 135,
      prompt_tokens_details: {
        text_tokens: 32,
        audio_tokens: 0,
        image_tokens: 0,
        cached_tokens: 6,
      },
      completion_tokens_details: { reasoning_tokens: 94, audio_tokens: 0 },
      num_sources_used: 2,
      cost_in_usd_ticks: 37_756_000,
    },
    tokens: [32, 103, 135],
    details: { input_tokens: 26, cached_tokens: 6, output_tokens: 103 },
    reasoning: 94,
    cost: 0.0037756,
    billed: { units: { num_sources_used: 2 }, statedCost: 0.0037756 },
  },
  {
    what: 'Gemini behind the same API counts thoughts in the total alone',
    host: 'generativelanguage.googleapis.com',
    usage: { prompt_tokens: 32, completion_tokens: 9, total_tokens: 135 },
    tokens: [32, 103, 135],
    details: { input_tokens: 32, output_tokens: 103 },
  },
  {
    what: 'DeepSeek names what its cache had',
    host: 'api.deepseek.com',
    usage: {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 12 },
    },
    tokens: [100, 20, 120],
    details: { input_tokens: 36, cached_tokens: 64, output_tokens: 20 },
    reasoning: 12,
  },
  {
    what: 'Groq has times beside its counts',
    host: 'api.groq.com',
    usage: {
      queue_time: 0.01,
      prompt_tokens: 60,
      prompt_time: 0.002,
      completion_tokens: 8,
      completion_time: 0.01,
      total_tokens: 68,
      total_time: 0.012,
      prompt_tokens_details: null,
      completion_tokens_details: { reasoning_tokens: 5 },
    },
    more: { service_tier: 'on_demand' },
    tokens: [60, 8, 68],
    details: { input_tokens: 60, output_tokens: 8 },
    reasoning: 5,
  },
  {
    what: 'Perplexity counts what it thought and cited beside the completion, and states its bill',
    host: 'api.perplexity.ai',
    usage: {
      prompt_tokens: 19,
      completion_tokens: 498,
      total_tokens: 517,
      citation_tokens: 175,
      num_search_queries: 4,
      reasoning_tokens: 305,
      search_context_size: 'low',
      cost: { input_tokens_cost: 0.001, output_tokens_cost: 0.004, total_cost: 0.0256 },
    },
    tokens: [19, 978, 997],
    details: { input_tokens: 19, output_tokens: 978 },
    reasoning: 305,
    cost: 0.0256,
    billed: { toolUses: { web_search: 4 }, statedCost: 0.0256, tokens: { citation: 175 } },
  },
  {
    what: 'Mistral bills seconds of sound and its connectors',
    host: 'api.mistral.ai',
    usage: {
      prompt_tokens: 300,
      completion_tokens: 7,
      total_tokens: 307,
      prompt_audio_seconds: 12,
      num_cached_tokens: 128,
      connectors: { web_search: 1 },
      service_tier: 'priority',
    },
    tokens: [300, 7, 307],
    details: { input_tokens: 172, cached_tokens: 128, output_tokens: 7 },
    billed: { serviceTier: 'priority', seconds: 12, toolUses: { web_search: 1 } },
  },
  {
    what: 'Together tells cached tokens beside the details',
    host: 'api.together.xyz',
    usage: { prompt_tokens: 50, completion_tokens: 5, total_tokens: 55, cached_tokens: 32 },
    tokens: [50, 5, 55],
    details: { input_tokens: 18, cached_tokens: 32, output_tokens: 5 },
  },
  {
    what: 'OpenRouter states its bill',
    host: 'openrouter.ai',
    usage: {
      prompt_tokens: 194,
      completion_tokens: 2,
      total_tokens: 196,
      cost: 0.00095,
      is_byok: false,
      cost_details: { upstream_inference_cost: null },
      server_tool_use: { web_search_requests: 1 },
    },
    tokens: [194, 2, 196],
    details: { input_tokens: 194, output_tokens: 2 },
    cost: 0.00095,
    billed: { toolUses: { web_search: 1 }, statedCost: 0.00095 },
  },
  {
    what: "OpenRouter's bill for a key of the app's own is its fee and that of the provider",
    host: 'openrouter.ai',
    usage: {
      prompt_tokens: 194,
      completion_tokens: 2,
      total_tokens: 196,
      cost: 0.00005,
      is_byok: true,
      cost_details: { upstream_inference_cost: 0.001 },
    },
    tokens: [194, 2, 196],
    details: { input_tokens: 194, output_tokens: 2 },
    cost: 0.00105,
    billed: { statedCost: 0.00105 },
  },
  {
    what: 'a gateway that knows no price says 0, which is no bill',
    host: 'gateway.example.com',
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost: 0, is_byok: false },
    tokens: [10, 5, 15],
    details: { input_tokens: 10, output_tokens: 5 },
  },
  {
    what: 'a gateway in front of Anthropic counts caches beside the prompt, and in the total',
    host: 'gateway.example.com',
    usage: {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 145,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
    },
    tokens: [140, 5, 145],
    details: {
      input_tokens: 10,
      cached_tokens: 100,
      cache_creation_tokens: 30,
      output_tokens: 5,
    },
    billed: { tokens: { cacheCreationHour: 20 } },
  },
  {
    what: 'a gateway may count less than there is',
    host: 'gateway.example.com',
    usage: {
      prompt_tokens: 3,
      completion_tokens: 5,
      total_tokens: 0,
      prompt_tokens_details: { cached_tokens: 7, image_tokens: 99 },
      completion_tokens_details: { reasoning_tokens: 4, audio_tokens: -1 },
    },
    tokens: [10, 5, 15],
    details: { input_tokens: 3, cached_tokens: 7, output_tokens: 5 },
    reasoning: 4,
    billed: { tokens: { imageInput: 3 } },
  },
];

/** A client of that host, which answers by these chunks or by the first of them. */
function clientOf(host: string, chunks: readonly object[]): OpenAI {
  const answer = (_url: unknown, init?: { body?: unknown }): Promise<Response> => {
    const isStream = String(init?.body).includes('"stream":true');
    const events = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'];
    return Promise.resolve(
      isStream
        ? new Response(events.map((event) => `data: ${event}\n\n`).join(''), {
            headers: { 'content-type': 'text/event-stream' },
          })
        : Response.json(chunks[0]),
    );
  };
  return traceOpenAI(
    new OpenAI({ apiKey: 'k', baseURL: `https://${host}/v1`, fetch: answer, maxRetries: 0 }),
  );
}

async function stepOf(ask: () => Promise<unknown>): Promise<WireStep> {
  using captured = captureTraces();
  await ask();
  const [row] = await rowsOf(captured, 1);
  return row?.steps[0] as WireStep;
}

const head = { id: 'c', created: 1, model: 'some-model' };
const messages = [{ role: 'user' as const, content: 'hi' }];

async function chat(openai: OpenAI, isStream: boolean): Promise<void> {
  const model = 'some-model';
  if (!isStream) {
    await openai.chat.completions.create({ model, messages });
    return;
  }
  const stream_options = { include_usage: true };
  const stream = { model, messages, stream: true as const, stream_options };
  for await (const _chunk of await openai.chat.completions.create(stream)) {
    // Read to its end.
  }
}

function assertBilled(step: WireStep, expected: Case): void {
  const { promptTokens, completionTokens, tokens, usageDetails, cost, metadata } = step;
  assert.deepEqual([promptTokens, completionTokens, tokens], expected.tokens);
  assert.deepEqual(usageDetails, expected.details);
  assert.equal(metadata.reasoningTokens, expected.reasoning);
  assert.equal(cost, expected.cost ?? null);
  assert.deepEqual(metadata.billed, expected.billed);
}

describe('the counts of chats', () => {
  for (const each of CASES) {
    const { what, host, usage, more } = each;
    const message = { role: 'assistant', content: 'hi' };
    it(`${what}, whole`, async () => {
      const choices = [{ index: 0, finish_reason: 'stop', message }];
      const openai = clientOf(host, [
        { ...head, object: 'chat.completion', choices, usage, ...more },
      ]);
      assertBilled(await stepOf(() => chat(openai, false)), each);
    });
    it(`${what}, streamed`, async () => {
      const chunk = { ...head, object: 'chat.completion.chunk', ...more };
      const choices = [{ index: 0, delta: message, finish_reason: 'stop' }];
      const openai = clientOf(host, [
        { ...chunk, choices, usage: null },
        { ...chunk, choices: [], usage },
        // Some say once more that they know nothing.
        { ...chunk, choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } },
        { ...chunk, choices: [], usage: null },
      ]);
      assertBilled(await stepOf(() => chat(openai, true)), each);
    });
  }

  it("of Groq are in a separate field of a stream's chunks", async () => {
    const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
    const choices = [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }];
    const openai = clientOf('api.groq.com', [{ ...head, choices, x_groq: { id: 'r', usage } }]);
    const { tokens } = await stepOf(() => chat(openai, true));
    assert.equal(tokens, 12);
  });
});

describe('the counts of responses', () => {
  const usage = {
    input_tokens: 1000,
    input_tokens_details: {
      cached_tokens: 100,
      cache_write_tokens: 300,
      cache_write_tokens_details: { ttl_12h_tokens: 200, ttl_30m_tokens: 100 },
    },
    output_tokens: 50,
    output_tokens_details: { reasoning_tokens: 30 },
    total_tokens: 1050,
  };
  const output = [
    {
      type: 'web_search_call',
      id: '1',
      status: 'completed',
      action: { type: 'search', query: 'x' },
    },
    {
      type: 'web_search_call',
      id: '2',
      status: 'completed',
      action: { type: 'search', query: 'y' },
    },
    {
      type: 'web_search_call',
      id: '3',
      status: 'completed',
      action: { type: 'open_page', url: 'u' },
    },
    { type: 'file_search_call', id: '4', status: 'completed', queries: ['x'], results: null },
    {
      type: 'function_call',
      id: '5',
      call_id: 'f',
      name: 'f',
      arguments: '{}',
      status: 'completed',
    },
  ];
  const response = { id: 'r', object: 'response', status: 'completed', model: 'gpt-5-mini', usage };

  async function billedOf(more: object, isStream: boolean): Promise<unknown> {
    const whole = { ...response, output, ...more };
    const openai = clientOf(
      'api.openai.com',
      isStream ? [{ type: 'response.completed', sequence_number: 0, response: whole }] : [whole],
    );
    const step = await stepOf(async () => {
      const asked = { model: 'gpt-5-mini', input: 'hi' };
      if (!isStream) await openai.responses.create(asked);
      else {
        for await (const _event of await openai.responses.create({ ...asked, stream: true })) {
          // Read to its end.
        }
      }
    });
    assert.deepEqual(step.usageDetails, {
      input_tokens: 600,
      cached_tokens: 100,
      cache_creation_tokens: 300,
      output_tokens: 50,
    });
    assert.equal(step.metadata.reasoningTokens, 30);
    return step.metadata.billed;
  }

  const tokens = { cacheCreationHour: 200 };
  for (const isStream of [false, true]) {
    const how = isStream ? 'streamed' : 'whole';
    it(`include the tools that were used, ${how}`, async () => {
      assert.deepEqual(await billedOf({ service_tier: 'priority' }, isStream), {
        serviceTier: 'priority',
        toolUses: { web_search: 2, file_search: 1 },
        tokens,
      });
      assert.deepEqual(await billedOf({ tools: [{ type: 'web_search_preview' }] }, isStream), {
        toolUses: { web_search_preview: 2, file_search: 1 },
        tokens,
      });
    });

    it(`have the number of searches that OpenAI bills, ${how}`, async () => {
      const none = { tool_usage: { web_search: { num_requests: 0 } } };
      assert.deepEqual(await billedOf(none, isStream), { toolUses: { file_search: 1 }, tokens });
    });
  }
});

describe('the region of a call', () => {
  it('is in the host', async () => {
    const choices = [{ index: 0, finish_reason: 'stop', message: { content: 'hi' } }];
    const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
    for (const [host, model, unpriced] of [
      ['eu.api.openai.com', 'gpt-5.4', { 'region:eu': 1 }],
      ['eu.api.openai.com', 'gpt-4o', {}],
      ['api.openai.com', 'gpt-5.4', {}],
      ['us.api.x.ai', 'grok-4.6', { 'region:us': 1 }],
      ['api.x.ai', 'grok-4.6', {}],
    ] as const) {
      const openai = clientOf(host, [{ ...head, model, choices, usage }]);
      const used = await usageOf(() => chat(openai, false));
      assert.deepEqual(used.unpriced, unpriced, `${host} ${model}`);
    }
  });
});

describe('the model of a deployment on Azure', () => {
  const azure = (answer: object) =>
    traceOpenAI(
      new AzureOpenAI({
        apiKey: 'k',
        endpoint: 'https://mine.openai.azure.com',
        apiVersion: '2025-04-01',
        deployment: 'gpt-4o',
        fetch: () => Promise.resolve(Response.json(answer)),
      }),
    );
  const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

  it('is the one that the response names', async () => {
    const choices = [{ index: 0, finish_reason: 'stop', message: { content: 'hi' } }];
    const openai = azure({ ...head, model: 'gpt-4o-mini-2024-07-18', choices, usage });
    const { estimatedCost, unpriced } = await usageOf(() => chat(openai, false));
    assert.ok(Math.abs((estimatedCost ?? 0) - (1000 * 0.15 + 100 * 0.6) / 1e6) < 1e-12);
    assert.deepEqual(unpriced, {});
  });

  it('is unknown if only the deployment has a name', async () => {
    const openai = azure({ created: 1, data: [{ b64_json: 'aGk=' }], usage });
    const made = await usageOf(() => openai.images.generate({ model: 'gpt-4o', prompt: 'a cat' }));
    assert.deepEqual([made.estimatedCost, made.unpriced], [undefined, { model: 1 }]);
    const models = { 'azure/gpt-4o': { input: 1, output: 2, imageOutput: 40, perPicture: 0.5 } };
    const own = await usageOf(
      () => openai.images.generate({ model: 'gpt-4o', prompt: 'a cat' }),
      prices({ models }),
    );
    assert.ok(Math.abs((own.estimatedCost ?? 0) - (0.001 + 0.004)) < 1e-12);
  });
});

describe('the counts of images, audio and embeddings', () => {
  const ask = async (answer: object, asking: (openai: OpenAI) => Promise<unknown>) =>
    stepOf(() => asking(clientOf('api.openai.com', [answer])));

  it('are image tokens for images', async () => {
    const usage = {
      input_tokens: 50,
      input_tokens_details: { text_tokens: 20, image_tokens: 30 },
      output_tokens: 4160,
      total_tokens: 4210,
    };
    const step = await ask({ created: 1, data: [{ b64_json: 'aGk=' }], usage }, (openai) =>
      openai.images.generate({ model: 'gpt-image-1', prompt: 'a cat' }),
    );
    assert.deepEqual(step.metadata.billed, {
      pictures: 1,
      tokens: { imageInput: 30, imageOutput: 4160 },
    });
  });

  it('are seconds for audio', async () => {
    const step = await ask({ text: 'hi', usage: { type: 'duration', seconds: 61 } }, (openai) =>
      openai.audio.transcriptions.create({
        model: 'whisper-1',
        file: new File(['RIFF'], 'a.wav', { type: 'audio/wav' }),
      }),
    );
    assert.deepEqual(step.metadata.billed, { seconds: 61 });
  });

  it('are input if only the total is stated', async () => {
    const step = await ask(
      { object: 'list', data: [{ embedding: [1, 2] }], usage: { total_tokens: 9 } },
      (openai) =>
        openai.embeddings.create({ model: 'voyage-4', input: 'x', encoding_format: 'float' }),
    );
    assert.deepEqual([step.promptTokens, step.tokens], [9, 9]);
  });
});
