import { traceTogether } from '@openlayer-tracing/integrations/together';
import Together from 'together-ai';
import { read } from '../answering.ts';
import { json, sse } from './answers.ts';
import { coverageSuite } from './suite.ts';
import { billed, local } from './unrecorded-methods.ts';

type Fetch = typeof globalThis.fetch;

const together = (fetch: Fetch): Together =>
  traceTogether(new Together({ apiKey: 'k', fetch, maxRetries: 0 }));
const chat = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };

const ORDER = 'answers stand in its order';
const TIMES = 'the step has times of its own';
const COUNTED = 'numbers are counted, not kept';
const BY_HOUR = 'machines are billed by the hour, not by the call';
const RESOURCE =
  /^(beta|chat|completions|embeddings|files|fineTuning|codeInterpreter|images|videos|audio|models|endpoints|rerank|batches|evals)$/;

coverageSuite({
  page: 'together',
  client: 'together-ai 0.52',
  types: {
    Client: "import('together-ai').Together",
    Chat: "import('together-ai/resources/chat').ChatCompletion",
    ChatChunk: "import('together-ai/resources/chat').ChatCompletionChunk",
    Completion: "import('together-ai').Together.Completion",
    Embeddings: "import('together-ai').Together.Embedding",
    Ranked: "import('together-ai').Together.RerankCreateResponse",
    Images: "import('together-ai').Together.ImageFile",
    Video: "import('together-ai').Together.VideoJob",
  },
  answers: [
    {
      title: 'chat.completions.create',
      type: 'Chat',
      ask: (answer) => together(json(answer)).chat.completions.create(chat),
      leftOut: {
        'choices[].index': ORDER,
        'choices[].message.tool_calls[].index': ORDER,
        'choices[].text': 'the same as the content of the message',
        created: TIMES,
      },
    },
    {
      title: 'chat.completions.create, streamed',
      type: 'ChatChunk',
      ask: async (answer) =>
        read(together(sse([answer], '[DONE]')).chat.completions.create({ ...chat, stream: true })),
      leftOut: {
        'choices[].delta.role': 'it is always the assistant',
        'choices[].delta.reasoning': 'one text under two names',
        'choices[].delta.tool_calls[].index': ORDER,
        'choices[].index': ORDER,
        created: TIMES,
      },
    },
    {
      title: 'completions.create',
      type: 'Completion',
      ask: (answer) => together(json(answer)).completions.create({ model: 'm', prompt: 'hi' }),
      leftOut: { created: TIMES },
    },
    {
      title: 'embeddings.create',
      type: 'Embeddings',
      ask: (answer) => together(json(answer)).embeddings.create({ model: 'm', input: 'hi' }),
      leftOut: { 'data[].embedding*': COUNTED, 'data[].index': ORDER },
    },
    {
      title: 'rerank.create',
      type: 'Ranked',
      ask: (answer) =>
        together(json(answer)).rerank.create({ model: 'm', query: 'q', documents: ['d'] }),
      leftOut: { 'usage.completion_tokens': 'a ranking writes nothing' },
    },
    {
      title: 'images.generate',
      type: 'Images',
      ask: (answer) => together(json(answer)).images.generate({ model: 'm', prompt: 'a cat' }),
      leftOut: { 'data[b64_json].b64_json': 'media are named by type and size' },
    },
    {
      title: 'videos.create',
      type: 'Video',
      ask: (answer) => together(json(answer)).videos.create({ model: 'm', prompt: 'a cat' }),
      leftOut: { created_at: TIMES },
    },
  ],
  methods: {
    type: 'Client',
    make: (send) =>
      together(async (input, init) => {
        send({ method: init?.method ?? 'GET', url: String(input) });
        // A sound would have to be read.
        return String(input).endsWith('/audio/speech') ? new Response() : Response.json({});
      }),
    skip: (name) => name.startsWith('_') || (!name.includes('.') && !RESOURCE.test(name)),
    unrecorded: {
      'audio.voices.list': 'free',
      'batches.*': 'management; recorded where the file of answers is read',
      'beta.clusters.create': billed(BY_HOUR),
      'beta.clusters.storage.create': billed(BY_HOUR),
      'beta.endpoints.deployments.create': billed(BY_HOUR),
      'beta.jig.deploy': billed(BY_HOUR),
      'beta.jig.volumes.create': billed(BY_HOUR),
      'beta.jig.queue.submit': billed('a job of the app on a machine of its own'),
      'beta.*': 'management',
      'codeInterpreter.sessions.*': 'free',
      'endpoints.create': billed(BY_HOUR),
      'endpoints.*': 'management',
      'evals.create': billed('models are asked on the far side'),
      'evals.*': 'management',
      'files.content': 'recorded where it is the file of a batch',
      'files.upload': local('free; it goes by the `fetch` of the process'),
      'files.*': 'free',
      'fineTuning.create': billed('a model is trained, not asked'),
      'fineTuning.*': 'management',
      'models.*': 'free',
      'videos.retrieve': 'free',
    },
  },
});
