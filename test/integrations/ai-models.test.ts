/** What is recorded of the AI SDK's models of every kind, in versions 5 to 7. */

import assert from 'node:assert/strict';
import { type PricedCall, trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAISDK, traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import type * as ai7 from 'ai7';
import { z } from 'zod';
import { rowsOf } from './stage.ts';

type AI = typeof ai7 & Record<string, (asked: object) => Promise<unknown>>;
type Facts = Readonly<Record<string, unknown>>;

const SPECIFICATION: Readonly<Record<number, string>> = { 5: 'v2', 6: 'v3', 7: 'v4' };
const load = async (version: number) => (await import(`ai${version}`)) as AI;

interface Said {
  readonly content?: readonly Facts[];
  readonly parts?: readonly Facts[];
  readonly usage?: Facts;
  readonly providerMetadata?: Facts;
  readonly warnings?: readonly Facts[];
  readonly provider?: string;
}

const response = {
  id: 'answer-1',
  modelId: 'model-2026',
  timestamp: new Date(0),
  headers: { 'x-request-id': 'req_1' },
};

/** Counts as a model of that version tells them. */
function counted(version: number, { input, output, ...more }: Record<string, number>): Facts {
  const { cacheRead, cacheWrite, reasoning } = more;
  if (version === 5) {
    return {
      inputTokens: input,
      outputTokens: output,
      totalTokens: (input ?? 0) + (output ?? 0),
      reasoningTokens: reasoning,
      cachedInputTokens: cacheRead,
    };
  }
  return {
    inputTokens: { total: input, noCache: undefined, cacheRead, cacheWrite },
    outputTokens: { total: output, text: undefined, reasoning },
  };
}

function finish(version: number): unknown {
  return version === 5 ? 'stop' : { unified: 'stop', raw: 'end_turn' };
}

/** A model of texts that answers so, whole and streamed. */
function language(version: number, said: Said) {
  const { parts, usage, providerMetadata, warnings = [], provider } = said;
  const content = (said.content ?? []).map((part) =>
    // From 7 on data says how it comes.
    part === PICTURE && version === 7 ? { ...part, data: { type: 'data', data: PNG } } : part,
  );
  const end = {
    finishReason: finish(version),
    usage: usage ?? counted(version, { input: 3, output: 4 }),
    ...(providerMetadata !== undefined && { providerMetadata }),
  };
  return {
    specificationVersion: SPECIFICATION[version],
    provider: provider ?? 'acme.chat',
    modelId: 'model',
    supportedUrls: {},
    doGenerate: async () => ({ content, warnings, response, ...end }),
    doStream: async () => ({
      response: { headers: response.headers },
      stream: new ReadableStream({
        start(controller) {
          const { headers: _, ...head } = response;
          controller.enqueue({ type: 'stream-start', warnings });
          controller.enqueue({ type: 'response-metadata', ...head });
          for (const part of parts ?? content.flatMap(streamed)) controller.enqueue(part);
          controller.enqueue({ type: 'finish', ...end });
          controller.close();
        },
      }),
    }),
  };
}

/** A part of a whole answer as the parts of a stream. */
function streamed(part: Facts, i: number): readonly Facts[] {
  const id = String(i);
  const kind = String(part.type);
  if (kind !== 'text' && kind !== 'reasoning') return [part];
  const { text, type: _, ...more } = part;
  const halves = [String(text).slice(0, 2), String(text).slice(2)];
  return [
    { type: `${kind}-start`, id },
    ...halves.map((delta) => ({ type: `${kind}-delta`, id, delta })),
    { type: `${kind}-end`, id, ...more },
  ];
}

/** What the call was billed by, as pricing is told. */
let billed: Facts = {};

async function stepsOf(run: () => Promise<unknown>): Promise<readonly WireStep[]> {
  billed = {};
  const pricing = {
    price({ billing }: PricedCall): number {
      billed = { ...billing };
      return 0;
    },
  };
  using captured = captureTraces({ pricing, onUsage: () => {} });
  await run();
  const rows = await rowsOf(captured, 1);
  return rows.flatMap(({ steps }) => steps).flatMap(flat);
}

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];

const OPERATIONS =
  /^AI SDK (Chat Completion|Embedding|Image|Speech|Transcription|Video|Rerank|Decision)$/;

async function modelStep(run: () => Promise<unknown>): Promise<WireStep> {
  const steps = await stepsOf(run);
  const models = steps.filter(({ name }) => OPERATIONS.test(name));
  assert.equal(models.length, 1, steps.map(({ name }) => name).join());
  return models[0] as WireStep;
}

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2]);
const PICTURE = { type: 'file', mediaType: 'image/png', data: PNG };
const text = { type: 'text', text: 'Cats.' };
const cats = { sourceType: 'url', id: 's1', url: 'https://cats.example', title: 'Cats' };
const searched = {
  type: 'tool-call',
  toolCallId: 'search-1',
  toolName: 'web_search',
  input: '{"query":"cats"}',
  providerExecuted: true,
};
const found = {
  type: 'tool-result',
  toolCallId: 'search-1',
  toolName: 'web_search',
  result: [{ url: 'https://cats.example' }],
  providerExecuted: true,
};

const web_search = {
  type: 'provider-defined' as const,
  ...{ id: 'acme.web_search', name: 'web_search', args: {} },
  inputSchema: z.object({ query: z.string() }),
};

const BYOK = {
  ...{ cost: 0.001, is_byok: true },
  cost_details: { upstream_inference_cost: 0.002 },
};
const USES = {
  ...{ connectors: { web_search: 2 }, server_side_tool_usage_details: { x_search_calls: 1 } },
  ...{ speed: 'fast', inference_geo: 'us' },
};

/** An answer, what is recorded of it, what beside the output, and what it is billed by. */
const answers: Readonly<Record<string, readonly [Said, unknown, Facts?, Facts?]>> = {
  'a text': [{ content: [text] }, 'Cats.'],
  'thoughts and a text': [
    { content: [{ type: 'reasoning', text: 'Hm, cats.' }, text] },
    'Cats.',
    { reasoning: 'Hm, cats.' },
  ],
  'a text with its sources': [
    { content: [text, { type: 'source', ...cats }] },
    { content: 'Cats.', citations: [cats] },
  ],
  'a picture': [
    { content: [text, PICTURE] },
    {
      content: 'Cats.',
      parts: [{ type: 'file', mediaType: 'image/png', data: '[image/png, 10 bytes]' }],
    },
  ],
  'what a tool of the provider did': [
    { content: [searched, found, text] },
    {
      content: 'Cats.',
      tool_calls: [
        {
          name: 'web_search',
          arguments: { query: 'cats' },
          id: 'search-1',
          providerExecuted: true,
        },
      ],
      parts: [found],
    },
    {},
    { toolUses: { web_search: 1 } },
  ],
  'what the provider says beside it': [
    {
      content: [text],
      warnings: [{ type: 'other', message: 'seed is ignored' }],
      providerMetadata: { acme: { serviceTier: 'flex', safety: 'high' }, other: {} },
    },
    'Cats.',
    {
      warnings: [{ type: 'other', message: 'seed is ignored' }],
      providerMetadata: { acme: { serviceTier: 'flex', safety: 'high' } },
    },
    { serviceTier: 'flex' },
  ],
  'the bill of a gateway': [
    { content: [text], providerMetadata: { gateway: { cost: '0.0025' } } },
    'Cats.',
    { providerMetadata: { gateway: { cost: '0.0025' } } },
    {},
  ],
  'the fee of a gateway, where the app has a key of its own': [
    { content: [text], providerMetadata: { gateway: { usage: BYOK } } },
    'Cats.',
    { providerMetadata: { gateway: { usage: BYOK } } },
    {},
  ],
  'tools of the provider that its usage tells': [
    { content: [text], providerMetadata: { acme: { usage: USES } } },
    'Cats.',
    { providerMetadata: { acme: { usage: USES } } },
    { toolUses: { web_search: 2, x_search: 1 }, speed: 'fast', region: 'us' },
  ],
};
/** What they state that they cost. Who states a bill is asked for no price. */
const STATED: Readonly<Record<string, number>> = {
  'the bill of a gateway': 0.0025,
  'the fee of a gateway, where the app has a key of its own': 0.003,
};

const TIMES = [
  ...[
    'timeToFirstToken',
    'responseId',
    'requestId',
    'finishReason',
    'rawFinishReason',
    'requestModel',
  ],
  ...['billed', 'reasoningTokens'],
];
const told = (metadata: Facts) =>
  Object.fromEntries(
    Object.entries(metadata).filter(([key, value]) => !TIMES.includes(key) && value !== undefined),
  );

for (const version of [5, 6, 7]) {
  describe(`models of the AI SDK, version ${version}`, () => {
    before(() => {
      Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
      traceAISDK();
    });
    // From 7 on the SDK tells of what it tells of; the other models are traced in all versions.
    const own = <Model extends object>(model: Model): never =>
      (version === 7 ? model : traceModel(model)) as never;

    for (const [name, [said, output, metadata = {}, billing = {}]] of Object.entries(answers)) {
      for (const way of ['whole', 'streamed']) {
        it(`keep ${name}, ${way}`, async () => {
          const ai = await load(version);
          const step = await modelStep(async () => {
            const asked = {
              model: own(language(version, said)),
              prompt: 'cats?',
              ...(version === 5 && { tools: { web_search: web_search as never } as ai7.ToolSet }),
            };
            if (way === 'whole') await ai.generateText(asked);
            else for await (const _ of ai.streamText(asked).fullStream);
          });
          const recorded = JSON.stringify(step.output).replace(
            '{"type":"data","data":"[image/png, 10 bytes]"}',
            '"[image/png, 10 bytes]"',
          );
          assert.deepEqual(JSON.parse(recorded), output);
          assert.deepEqual(told(step.metadata), metadata);
          assert.deepEqual(billed, billing);
          assert.equal(step.cost, STATED[name] ?? null);
          assert.equal(step.metadata.responseId, 'answer-1');
          assert.equal(step.metadata.requestId, 'req_1');
          assert.equal(step.metadata.finishReason, 'stop');
          assert.equal(step.metadata.requestModel, 'model');
          assert.deepEqual(
            [step.model, step.promptTokens, step.completionTokens],
            ['model-2026', 3, 4],
          );
        });
      }
    }

    it('keep a part of an unknown type', async () => {
      const ai = await load(version);
      const step = await modelStep(async () => {
        const model = own(language(version, { content: [text, { type: 'dance', steps: 3 }] }));
        await ai.generateText({ model, prompt: 'dance!' }).catch(() => {});
      });
      assert.deepEqual(step.output, { content: 'Cats.', parts: [{ type: 'dance', steps: 3 }] });
    });

    it('keep a tool call that was cut off', async () => {
      const ai = await load(version);
      const pieces = [
        { type: 'tool-input-start', id: 'call-1', toolName: 'weather' },
        { type: 'tool-input-delta', id: 'call-1', delta: '{"city":' },
        { type: 'error', error: new Error('cut off') },
      ];
      const step = await modelStep(async () => {
        const model = own(language(version, { parts: pieces }));
        for await (const _ of ai.streamText({ model, prompt: 'hi', onError() {} }).fullStream);
      });
      assert.deepEqual(step.output, {
        tool_calls: [{ name: 'weather', arguments: '{"city":', id: 'call-1' }],
      });
      assert.equal(step.metadata.error, 'cut off');
    });

    it('count the tokens that Anthropic read from its cache and wrote to it', async () => {
      const ai = await load(version);
      const raw = {
        input_tokens: 11,
        output_tokens: 9,
        cache_read_input_tokens: 5,
        cache_creation_input_tokens: 4,
        cache_creation: { ephemeral_1h_input_tokens: 4, ephemeral_5m_input_tokens: 0 },
        service_tier: 'priority',
        server_tool_use: { web_search_requests: 2 },
      };
      const step = await modelStep(async () => {
        const model = language(version, {
          content: [text],
          provider: 'anthropic.messages',
          // Up to 5 the input is counted without its caches.
          usage: counted(version, {
            input: version === 5 ? 11 : 20,
            output: 9,
            cacheRead: 5,
            cacheWrite: 4,
          }),
          providerMetadata: { anthropic: { usage: raw, cacheCreationInputTokens: 4 } },
        });
        await ai.generateText({ model: own(model), prompt: 'hi' });
      });
      assert.deepEqual([step.promptTokens, step.completionTokens, step.tokens], [20, 9, 29]);
      const { cached_tokens, cache_creation_tokens } = step.usageDetails as Record<string, number>;
      assert.deepEqual([cached_tokens, cache_creation_tokens], [5, 4]);
    });

    it('record images by their size', async () => {
      const ai = await load(version);
      const model = {
        ...{
          specificationVersion: SPECIFICATION[version],
          provider: 'acme.image',
          modelId: 'draw',
        },
        maxImagesPerCall: 2,
        doGenerate: async () => ({
          images: ['AAECAwQF', 'AAECAwQF'],
          warnings: [],
          response,
          usage: { inputTokens: 3, outputTokens: 7, totalTokens: 10 },
          providerMetadata: { acme: { images: [{ revisedPrompt: 'a cat' }] } },
        }),
      };
      const generateImage = ai.generateImage ?? ai.experimental_generateImage;
      const step = await modelStep(() =>
        generateImage({ model: traceModel(model) as never, prompt: 'a cat', n: 2, size: '8x8' }),
      );
      assert.equal(step.name, 'AI SDK Image');
      assert.deepEqual(step.inputs, { prompt: 'a cat' });
      assert.deepEqual(step.output, { parts: ['[image, 6 bytes]', '[image, 6 bytes]'] });
      assert.deepEqual(step.modelParameters, { n: 2, size: '8x8', provider_options: {} });
      assert.equal(step.promptTokens, 3);
    });

    it('record speech by its size and its text', async () => {
      const ai = await load(version);
      const model = {
        ...{
          specificationVersion: SPECIFICATION[version],
          provider: 'acme.speech',
          modelId: 'say',
        },
        doGenerate: async () => ({ audio: PNG, warnings: [], response }),
      };
      const generateSpeech = ai.generateSpeech ?? ai.experimental_generateSpeech;
      const step = await modelStep(() =>
        generateSpeech({ model: own(model), text: 'Hello.', voice: 'ash' }),
      );
      assert.equal(step.name, 'AI SDK Speech');
      assert.deepEqual(step.inputs, { text: 'Hello.' });
      assert.match(JSON.stringify(step.output), /10 bytes/);
      assert.equal((step.modelParameters as Facts).voice, 'ash');
    });

    it('record transcripts', async () => {
      const ai = await load(version);
      const model = {
        ...{ specificationVersion: SPECIFICATION[version], provider: 'acme.hear', modelId: 'hear' },
        doGenerate: async () => ({
          text: 'Hello.',
          segments: [{ text: 'Hello.', startSecond: 0, endSecond: 1 }],
          language: 'en',
          durationInSeconds: 1.5,
          warnings: [],
          response,
        }),
      };
      const transcribe = ai.transcribe ?? ai.experimental_transcribe;
      const step = await modelStep(() => transcribe({ model: own(model), audio: PNG }));
      assert.equal(step.name, 'AI SDK Transcription');
      assert.match(JSON.stringify(step.inputs), /10 bytes/);
      assert.equal(step.output, 'Hello.');
      assert.equal(step.metadata.language, 'en');
      assert.equal(step.metadata.durationInSeconds, 1.5);
    });

    it('record embeddings by their number and dimensions', async () => {
      const ai = await load(version);
      const model = {
        ...{
          specificationVersion: SPECIFICATION[version],
          provider: 'acme.embed',
          modelId: 'embed',
        },
        ...{ maxEmbeddingsPerCall: 2, supportsParallelCalls: false },
        doEmbed: async ({ values }: { values: string[] }) => ({
          embeddings: values.map(() => [1, 2, 3]),
          usage: { tokens: values.length },
          warnings: [],
          response,
        }),
      };
      const steps = await stepsOf(() =>
        ai.embedMany({ model: own(model), values: ['one', 'two', 'three'] }),
      );
      const embeddings = steps.filter(({ type }) => type === 'embedding');
      assert.deepEqual(
        embeddings.map((step) => [
          step.embeddingCount,
          step.embeddingDimensions,
          step.promptTokens,
        ]),
        [
          [2, 3, 2],
          [1, 3, 1],
        ],
      );
    });

    if (version === 5) return;

    it('record rerankings', async () => {
      const ai = await load(version);
      const model = {
        ...{ specificationVersion: SPECIFICATION[version], provider: 'acme.rank', modelId: 'rank' },
        doRerank: async () => ({
          ranking: [
            { index: 1, relevanceScore: 0.9 },
            { index: 0, relevanceScore: 0.1 },
          ],
          response,
        }),
      };
      const step = await modelStep(() =>
        ai.rerank({ model: own(model), query: 'cats?', documents: ['dogs', 'cats'] }),
      );
      assert.equal(step.type, 'retriever');
      assert.deepEqual(step.inputs, { query: 'cats?', documents: ['dogs', 'cats'] });
      assert.deepEqual(step.documents, ['cats', 'dogs']);
      assert.match(JSON.stringify(step.output), /0\.9/);
      assert.equal(step.metadata.model, 'model-2026');
    });

    it('record videos', async () => {
      const ai = await load(version);
      const model = {
        ...{ specificationVersion: SPECIFICATION[version], provider: 'acme.film', modelId: 'film' },
        maxVideosPerCall: 1,
        doGenerate: async () => ({
          videos: [{ type: 'binary', data: PNG, mediaType: 'video/mp4' }],
          warnings: [],
          response,
        }),
      };
      const generateVideo = ai.experimental_generateVideo;
      const step = await modelStep(async () =>
        generateVideo?.({ model: traceModel(model) as never, prompt: 'a cat runs' }),
      );
      assert.equal(step.name, 'AI SDK Video');
      assert.match(JSON.stringify(step.output), /video\/mp4, 10 bytes/);
    });
  });
}

describe('models of the AI SDK, version 7', () => {
  before(() => traceAISDK());

  it('record decisions', async () => {
    const ai = await load(7);
    const model = {
      ...{ specificationVersion: 'v4', provider: 'acme.decide', modelId: 'decide' },
      supportedQuestionTypes: ['boolean'],
      doDecide: async () => ({
        answers: { cat: { type: 'boolean', probability: 0.75 } },
        usage: { inputTokens: 6, outputTokens: 1 },
        warnings: [],
        response,
      }),
    };
    const step = await modelStep(() =>
      (ai.experimental_decide as (asked: object) => Promise<unknown>)({
        model,
        state: 'It purrs.',
        questions: { cat: { type: 'boolean', instructions: 'Is it a cat?' } },
      }),
    );
    assert.equal(step.name, 'AI SDK Decision');
    assert.match(JSON.stringify(step.output), /0\.75/);
    assert.equal(step.promptTokens, 6);
  });

  it('throw the error of the provider, also if it cannot be recorded', async () => {
    const ai = await load(7);
    const thrown = Object.defineProperty(new Error(), 'message', {
      get() {
        throw new TypeError('not for you');
      },
    });
    const failing = {
      ...(language(7, { content: [text] }) as object),
      doGenerate: async () => {
        throw thrown;
      },
    };
    using captured = captureTraces();
    let received: unknown;
    await trace(
      async () => {
        await ai
          .generateText({ model: failing as never, prompt: 'cats?', maxRetries: 0 })
          .catch((error: unknown) => {
            received = error;
          });
      },
      { name: 'request' },
    )();
    await rowsOf(captured, 1);
    assert.equal(received, thrown);
  });

  it('record the instructions that they receive', async () => {
    const ai = await load(7);
    const step = await modelStep(() =>
      ai.generateText({
        model: language(7, { content: [text] }) as never,
        instructions: 'Be brief.',
        prompt: 'cats?',
      }),
    );
    assert.deepEqual((step.inputs as { prompt: unknown }).prompt, [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'cats?' },
    ]);
  });

  it('are recorded once if both the model and the SDK are traced', async () => {
    const ai = await load(7);
    const speech = traceModel({
      ...{ specificationVersion: 'v4', provider: 'acme.speech', modelId: 'say' },
      doGenerate: async () => ({ audio: PNG, warnings: [], response }),
    });
    const rank = traceModel({
      ...{ specificationVersion: 'v4', provider: 'acme.rank', modelId: 'rank' },
      doRerank: async () => ({ ranking: [{ index: 0, relevanceScore: 1 }] }),
    });
    const hear = traceModel({
      ...{ specificationVersion: 'v4', provider: 'acme.hear', modelId: 'hear' },
      doGenerate: async () => ({ text: 'Hi.', segments: [], warnings: [], response }),
    });
    await modelStep(() => ai.generateSpeech({ model: speech as never, text: 'Hello.' }));
    await modelStep(() => ai.rerank({ model: rank as never, query: 'q', documents: ['a'] }));
    await modelStep(() => ai.transcribe({ model: hear as never, audio: PNG }));
  });
});
