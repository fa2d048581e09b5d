import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { Ollama } from 'ollama0-6';
import { read } from '../answering.ts';
import { json } from './answers.ts';
import { coverageSuite } from './suite.ts';
import { local } from './unrecorded-methods.ts';

type Fetch = typeof globalThis.fetch;

function ollama(fetch: Fetch): Ollama {
  return traceOllama(new Ollama({ fetch }));
}

const lines = (answer: unknown) =>
  ollama(
    async () =>
      new Response(`${JSON.stringify(answer)}\n`, {
        headers: { 'content-type': 'application/x-ndjson' },
      }),
  );

const model = 'llama3.2';
const ask = { model, messages: [{ role: 'user', content: 'hi' }] };

const NAMED = 'pictures are named by their size';
const COUNTED = 'numbers are counted, not kept';
const OF_CHAT = {
  created_at: 'the step has its time',
  'message.role': 'it is always the assistant',
  done: 'told by whether it is partial',
  'message.images[list][]': NAMED,
};
const OF_GENERATE = {
  created_at: 'the step has its time',
  done: 'told by whether it is partial',
  'context[]': 'the conversation as the model reads it, in numbers',
  image: NAMED,
  completed: 'how far a picture has come',
  total: 'how far a picture has come',
};

coverageSuite({
  page: 'ollama',
  client: 'ollama 0.6',
  types: Object.fromEntries(
    ['Chat', 'Generate', 'Embed', 'Embeddings', 'WebSearch', 'WebFetch', 'SystemOne']
      .map((name) => [name, `import('ollama0-6').${name}Response`])
      .concat([['Client', "import('ollama0-6').Ollama"]]),
  ),
  answers: [
    {
      title: 'chat',
      type: 'Chat',
      ask: (answer) => ollama(json(answer)).chat(ask),
      leftOut: OF_CHAT,
    },
    {
      title: 'chat, streamed',
      type: 'Chat',
      ask: async (answer) => read(await lines(answer).chat({ ...ask, stream: true })),
      leftOut: OF_CHAT,
    },
    {
      title: 'generate',
      type: 'Generate',
      ask: (answer) => ollama(json(answer)).generate({ model, prompt: 'hi' }),
      leftOut: OF_GENERATE,
    },
    {
      title: 'generate, streamed',
      type: 'Generate',
      ask: async (answer) =>
        read(await lines(answer).generate({ model, prompt: 'hi', stream: true })),
      leftOut: OF_GENERATE,
    },
    {
      title: 'embed',
      type: 'Embed',
      ask: (answer) => ollama(json(answer)).embed({ model, input: 'a' }),
      leftOut: { 'embeddings[][]': COUNTED },
    },
    {
      title: 'embeddings',
      type: 'Embeddings',
      ask: (answer) => ollama(json(answer)).embeddings({ model, prompt: 'a' }),
      leftOut: { 'embedding[]': COUNTED },
    },
    {
      title: 'systemone',
      type: 'SystemOne',
      ask: (answer) =>
        ollama(json(answer)).systemone({
          model,
          state: 's',
          questions: { q: { type: 'noul', instructions: 'i' } },
        }),
      leftOut: {},
    },
    {
      title: 'webSearch',
      type: 'WebSearch',
      ask: (answer) => ollama(json(answer)).webSearch({ query: 'q' }),
      leftOut: {},
    },
    {
      title: 'webFetch',
      type: 'WebFetch',
      ask: (answer) => ollama(json(answer)).webFetch({ url: 'https://a.example' }),
      leftOut: {},
    },
  ],
  methods: {
    type: 'Client',
    make: (send) =>
      ollama(async (input, init) => {
        send({ method: init?.method ?? 'GET', url: String(input) });
        return Response.json({});
      }),
    // What the methods send by.
    skip: (name) => /^(fetch|processStreamableRequest)$/.test(name),
    given: { create: [{ model, from: 'a' }] },
    unrecorded: {
      abort: local(),
      copy: 'free',
      create: 'free: models are made of others',
      delete: 'free',
      encodeImage: local(),
      fileExists: local(),
      list: 'free',
      ps: 'free',
      pull: 'free',
      push: 'free',
      show: 'free',
      version: 'free',
    },
  },
});
