import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { CohereClient } from 'cohere8';
import { read } from '../answering.ts';
import { json, sse } from './answers.ts';
import { inSnakeCase } from './snake-case.ts';
import { coverageSuite } from './suite.ts';
import { billed } from './unrecorded-methods.ts';

type Fetch = typeof globalThis.fetch;

function cohere(fetch: Fetch): CohereClient {
  return traceCohere(new CohereClient({ token: 'k', fetch, maxRetries: 0 }));
}

const whole = (answer: unknown) => cohere(json(inSnakeCase(answer)));
const streamed = (answer: unknown) => cohere(sse([inSnakeCase(answer)]));
const lines = (answer: unknown) =>
  cohere(
    async () =>
      new Response(`${JSON.stringify(inSnakeCase(answer))}\n`, {
        headers: { 'content-type': 'application/stream+json' },
      }),
  );

const model = 'command-a';
const ask = { model, messages: [{ role: 'user' as const, content: 'hi' }] };

const SUM = 'included in promptTokens';
const OF_META = {
  '*meta.apiVersion.version': 'what was asked for',
  '*meta.apiVersion.isDeprecated': 'of the API, not of the answer',
  '*meta.apiVersion.isExperimental': 'of the API, not of the answer',
};
const OF_TOKENS = { '*billedUnits.inputTokens': SUM, '*billedUnits.imageTokens': SUM };
const NO_OUTPUT = {
  'meta.billedUnits.outputTokens': 'it has none',
  'meta.cachedTokens': 'it has none',
};
const COUNTED = 'numbers are counted, not kept';

coverageSuite({
  page: 'cohere',
  client: 'cohere-ai 8',
  types: Object.fromEntries(
    Object.entries({
      Chat: 'V2ChatResponse',
      ChatEvent: 'V2ChatStreamResponse',
      ChatV1: 'NonStreamedChatResponse',
      ChatV1Event: 'StreamedChatResponse',
      Generated: 'Generation',
      Embedded: 'EmbedByTypeResponse',
      Reranked: 'RerankResponse',
      Classified: 'ClassifyResponse',
      Summed: 'SummarizeResponse',
      Parsed: 'ParseResponse',
    })
      .map(([name, type]) => [name, `import('cohere8').Cohere.${type}`])
      .concat([['Client', "import('cohere8').CohereClient"]]),
  ),
  answers: [
    { title: 'v2.chat', type: 'Chat', ask: (answer) => whole(answer).v2.chat(ask), leftOut: {} },
    {
      title: 'v2.chatStream',
      type: 'ChatEvent',
      ask: async (answer) => read(await streamed(answer).v2.chatStream(ask)),
      leftOut: {
        '*].index': 'parts stand in its order',
        '*.content.type': 'told by where it is kept',
        '[message-end].id': 'told when the stream begins',
      },
    },
    {
      title: 'chat',
      type: 'ChatV1',
      ask: (answer) => whole(answer).chat({ message: 'hi' }),
      leftOut: { 'chatHistory*': 'repeats what was asked', ...OF_META, ...OF_TOKENS },
    },
    {
      title: 'chatStream',
      type: 'ChatV1Event',
      ask: async (answer) => read(await lines(answer).chatStream({ message: 'hi' })),
      leftOut: {
        '[StreamEnd].response.chatHistory*': 'repeats what was asked',
        '[StreamEnd].response.finishReason': 'told by the event',
        '[ToolCallsChunk].toolCallDelta.index': 'calls stand in its order',
        ...OF_META,
        ...OF_TOKENS,
      },
    },
    {
      title: 'generate',
      type: 'Generated',
      ask: (answer) => whole(answer).generate({ prompt: 'hi' }),
      leftOut: {
        prompt: 'repeats what was asked',
        'generations[].index': 'answers stand in its order',
        ...OF_META,
        ...OF_TOKENS,
      },
    },
    {
      title: 'v2.embed',
      type: 'Embedded',
      ask: (answer) => whole(answer).v2.embed({ model, inputType: 'image', texts: ['a'] }),
      leftOut: {
        responseType: 'how numbers travel',
        'embeddings*': COUNTED,
        'texts[]': 'repeats what was asked',
        ...OF_META,
        ...OF_TOKENS,
        ...NO_OUTPUT,
      },
    },
    {
      title: 'v2.rerank',
      type: 'Reranked',
      ask: (answer) => whole(answer).v2.rerank({ model, query: 'q', documents: ['a'] }),
      leftOut: { ...OF_META, 'meta.cachedTokens': 'it reads no prompt' },
    },
    {
      title: 'classify',
      type: 'Classified',
      ask: (answer) => whole(answer).classify({ inputs: ['a'] }),
      leftOut: { ...OF_META, 'meta.cachedTokens': 'it reads no prompt' },
    },
    {
      title: 'summarize',
      type: 'Summed',
      ask: (answer) => whole(answer).summarize({ text: 'a' }),
      leftOut: { ...OF_META, ...OF_TOKENS },
    },
    {
      title: 'v2.parse',
      type: 'Parsed',
      ask: (answer) =>
        whole(answer).v2.parse({
          model,
          document: { type: 'image_url', imageUrl: 'https://a.example' },
        }),
      leftOut: { ...OF_META, ...OF_TOKENS },
    },
  ],
  methods: {
    type: 'Client',
    make: (send) =>
      cohere(async (input, init) => {
        send({ method: init?.method ?? 'GET', url: String(input) });
        return Response.json({});
      }),
    unrecorded: {
      'batches.create': billed('its results are files'),
      'batches.*': 'management',
      checkApiKey: 'free',
      'connectors.*': 'free',
      'datasets.*': 'free',
      detokenize: 'free',
      fetch: 'sends what the app asks for',
      'embedJobs.create': billed('its results are a dataset'),
      'embedJobs.*': 'management',
      'finetuning.createFinetunedModel': billed('a model is trained, not asked'),
      'finetuning.*': 'management',
      'models.*': 'free',
      tokenize: 'free',
    },
  },
});
