import { traceGroq } from '@openlayer-tracing/integrations/groq';
import Groq from 'groq-sdk';
import { read } from '../answering.ts';
import { json, sse } from './answers.ts';
import { coverageSuite } from './suite.ts';

type Fetch = typeof globalThis.fetch;

const groq = (fetch: Fetch): Groq => traceGroq(new Groq({ apiKey: 'k', fetch, maxRetries: 0 }));
const chat = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };
const file = new File(['sound'], 'a.wav');

const ORDER = 'answers stand in its order';
const TIMES = 'the step has times of its own';
const COUNTED = 'numbers are counted, not kept';
const RESOURCE = /^(completions|chat|embeddings|audio|models|batches|files)$/;

coverageSuite({
  page: 'groq',
  client: 'groq-sdk 1',
  types: {
    Client: "import('groq-sdk').Groq",
    Chat: "import('groq-sdk/resources/chat').ChatCompletion",
    ChatChunk: "import('groq-sdk/resources/chat').ChatCompletionChunk",
    Embeddings: "import('groq-sdk').Groq.CreateEmbeddingResponse",
    Transcription: "import('groq-sdk/resources/audio').Transcription",
  },
  answers: [
    {
      title: 'chat.completions.create',
      type: 'Chat',
      ask: (answer) => groq(json(answer)).chat.completions.create(chat),
      leftOut: { 'choices[].index': ORDER, created: TIMES },
    },
    {
      title: 'chat.completions.create, streamed',
      type: 'ChatChunk',
      ask: async (answer) =>
        read(groq(sse([answer], '[DONE]')).chat.completions.create({ ...chat, stream: true })),
      leftOut: {
        'choices[].delta.role': 'it is always the assistant',
        'choices[].delta.tool_calls[].index': ORDER,
        'choices[].index': ORDER,
        created: TIMES,
      },
    },
    {
      title: 'embeddings.create',
      type: 'Embeddings',
      ask: (answer) => groq(json(answer)).embeddings.create({ model: 'm', input: 'hi' }),
      leftOut: { 'data[].embedding*': COUNTED, 'data[].index': ORDER },
    },
    {
      title: 'audio.transcriptions.create',
      type: 'Transcription',
      ask: (answer) => groq(json(answer)).audio.transcriptions.create({ model: 'm', file }),
      leftOut: {},
    },
  ],
  methods: {
    type: 'Client',
    make: (send) =>
      groq(async (input, init) => {
        send({ method: init?.method ?? 'GET', url: String(input) });
        // A sound would have to be read.
        return String(input).endsWith('/audio/speech') ? new Response() : Response.json({});
      }),
    skip: (name) => name.startsWith('_') || (!name.includes('.') && !RESOURCE.test(name)),
    unrecorded: {
      'batches.*': 'management; recorded where the file of answers is read',
      'files.content': 'recorded where it is the file of a batch',
      'files.*': 'free',
      'models.*': 'free',
    },
  },
});
