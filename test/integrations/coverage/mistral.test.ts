import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { HTTPClient, Mistral } from 'mistral2';
import { z } from 'zod';
import { read } from '../answering.ts';
import { json, sse } from './answers.ts';
import { inSnakeCase } from './snake-case.ts';
import { coverageSuite } from './suite.ts';
import { billed } from './unrecorded-methods.ts';

type Fetch = typeof globalThis.fetch;

function mistral(fetch: Fetch): Mistral {
  const httpClient = new HTTPClient({ fetcher: (input, init) => fetch(input, init) });
  return traceMistral(new Mistral({ apiKey: 'k', httpClient }));
}

const whole = (answer: unknown) => mistral(json(inSnakeCase(answer)));
const streamed = (answer: unknown) => mistral(sse([inSnakeCase(answer)]));

const model = 'mistral-large-latest';
const ask = { model, messages: [{ role: 'user' as const, content: 'hi' }] };
const file = new File(['hi'], 'hi.txt');
const skip = (path: string) => /\[UNKNOWN\]|\.(raw|isUnknown)$/.test(path);

const VERDICT = 'a verdict on what was recorded before';
const OF_CHAT = {
  object: 'it is always the same',
  created: 'the step has its time',
  'choices[].index': 'answers stand in its order',
  '*.toolCalls[].type': 'it is always the same',
  '*.toolCalls[].index': 'calls stand in its order',
  '*[thinking].signature': 'what only Mistral can read is named by its size',
};
const OF_MESSAGE = { 'choices[].message.prefix': 'what was asked' };
const TIMES = { '*].createdAt': 'the step has its time' };
const OF_ENTRIES = {
  ...TIMES,
  '*Entry].completedAt': 'the step has its time',
  '*Entry].model': 'the model that answered is told once',
  '*Entry].agentId': 'the agent that answered is told once',
};

coverageSuite({
  page: 'mistral',
  client: '@mistralai/mistralai 2',
  types: Object.fromEntries(
    Object.entries({
      Chat: 'ChatCompletionResponse',
      Chunk: 'CompletionChunk',
      Fim: 'FIMCompletionResponse',
      Embedded: 'EmbeddingResponse',
      Moderated: 'ModerationResponse',
      Classified: 'ClassificationResponse',
      Read: 'OCRResponse',
      Conversation: 'ConversationResponse',
      ConversationEvent: 'ConversationEventsData',
      Heard: 'TranscriptionResponse',
      HeardEvent: 'TranscriptionStreamEventsData',
    })
      .map(([name, type]) => [name, `import('mistral2/models/components').${type}`])
      .concat([['Client', "import('mistral2').Mistral"]]),
  ),
  answers: [
    {
      title: 'chat.complete',
      type: 'Chat',
      ask: (answer) => whole(answer).chat.complete(ask),
      marks: { skip },
      leftOut: { ...OF_CHAT, ...OF_MESSAGE },
    },
    {
      title: 'chat.stream',
      type: 'Chunk',
      ask: async (answer) => read(await streamed(answer).chat.stream(ask)),
      marks: { skip },
      leftOut: {
        ...OF_CHAT,
        'choices[].delta.role': 'it is always the assistant',
        'choices[].delta.index': 'answers stand in its order',
        'choices[].delta.content[list][thinking].closed': 'says that the thought is over',
      },
    },
    {
      title: 'fim.complete',
      type: 'Fim',
      ask: (answer) => whole(answer).fim.complete({ model, prompt: 'a' }),
      marks: { skip },
      leftOut: { ...OF_CHAT, ...OF_MESSAGE },
    },
    {
      title: 'embeddings.create',
      type: 'Embedded',
      ask: (answer) => whole(answer).embeddings.create({ model, inputs: 'a' }),
      leftOut: {
        object: 'it is always the same',
        'data[].object': 'it is always the same',
        'data[].embedding[]': 'numbers are counted, not kept',
        'data[].index': 'texts are counted, not told apart',
        'usage.completionTokens': 'it has none',
      },
    },
    {
      title: 'classifiers.moderate',
      type: 'Moderated',
      ask: (answer) => whole(answer).classifiers.moderate({ model, inputs: 'a' }),
      marks: { set: { 'results[].categories': { violence: true } } },
      leftOut: {},
    },
    {
      title: 'classifiers.classify',
      type: 'Classified',
      ask: (answer) => whole(answer).classifiers.classify({ model, inputs: 'a' }),
      leftOut: {},
    },
    {
      title: 'ocr.process',
      type: 'Read',
      ask: (answer) =>
        whole(answer).ocr.process({
          model,
          document: { type: 'document_url', documentUrl: 'https://a.example' },
        }),
      marks: { skip },
      leftOut: {},
    },
    {
      title: 'beta.conversations.start',
      type: 'Conversation',
      ask: (answer) => whole(answer).beta.conversations.start({ model, inputs: 'hi' }),
      marks: { skip },
      leftOut: {
        ...OF_ENTRIES,
        'outputs[FunctionCallEntry].id': 'calls have an id of their own',
        'outputs[MessageOutputEntry].id': 'calls have an id of their own',
        '*[ThinkChunk].signature': 'what only Mistral can read is named by its size',
        '*[ThinkChunk].closed': 'says that the thought is over',
      },
    },
    {
      title: 'beta.conversations.startStream',
      type: 'ConversationEvent',
      ask: async (answer) =>
        read(await streamed(answer).beta.conversations.startStream({ model, inputs: 'hi' })),
      marks: { skip },
      leftOut: {
        ...TIMES,
        '*].outputIndex': 'entries stand in its order',
        '*].contentIndex': 'parts stand in its order',
        '[function.call.delta].id': 'calls have an id of their own',
        '[message.output.delta].id': 'calls have an id of their own',
      },
    },
    {
      title: 'audio.transcriptions.complete',
      type: 'Heard',
      ask: (answer) =>
        whole(answer).audio.transcriptions.complete({ model, fileUrl: 'https://a.example' }),
      marks: { skip },
      leftOut: {},
    },
    {
      title: 'audio.transcriptions.stream',
      type: 'HeardEvent',
      ask: async (answer) =>
        read(
          await streamed(answer).audio.transcriptions.stream({
            model,
            fileUrl: 'https://a.example',
          }),
        ),
      marks: { skip },
      leftOut: {},
    },
  ],
  methods: {
    type: 'Client',
    make: (send) =>
      mistral(async (input, init) => {
        const request = new Request(input as Request, init);
        send({ method: request.method, url: request.url });
        return Response.json({});
      }),
    given: {
      'beta.agents.create': [{ model, name: 'a' }],
      'beta.agents.update': [{ agentId: 'a', updateAgentRequest: {} }],
      'beta.libraries.documents.upload': [{ libraryId: 'l', requestBody: { file } }],
      'files.upload': [{ file }],
      'chat.complete': [ask],
      'chat.stream': [ask],
      'chat.parse': [{ ...ask, responseFormat: z.object({}) }],
      'chat.parseStream': [{ ...ask, responseFormat: z.object({}) }],
      'beta.conversations.start': [{ model, inputs: 'hi' }],
      'beta.conversations.startStream': [{ model, inputs: 'hi' }],
      'agents.complete': [{ ...ask, agentId: 'a' }],
      'agents.stream': [{ ...ask, agentId: 'a' }],
      'audio.speech.complete': [{ model, input: 'hi' }],
      'audio.transcriptions.complete': [{ model, fileUrl: 'https://a.example' }],
      'audio.transcriptions.stream': [{ model, fileUrl: 'https://a.example' }],
    },
    unrecorded: {
      'audio.voices.*': 'free: voices are managed',
      'batch.jobs.create': 'recorded where the file of its answers is read, once',
      'batch.jobs.*': 'management',
      'beta.agents.*': 'free: agents are managed',
      'beta.connectors.callTool': 'a tool that the app calls by itself, and no model',
      'beta.connectors.*': 'free: connectors are managed',
      'beta.conversations.*': 'free: what was said before is read again',
      'beta.libraries.*': 'documents are kept, and read by conversations',
      'beta.observability.datasets.records.judge': billed(VERDICT),
      'beta.observability.judges.judgeConversation': billed(VERDICT),
      'beta.observability.*': 'free',
      'beta.prompts.*': 'free',
      'beta.rag.*': 'free',
      'beta.serviceAccounts.*': 'free',
      'beta.skills.*': 'free',
      'beta.users.*': 'free',
      'events.*': 'free',
      'files.*': 'free',
      'models.*': 'free',
      'realtime.sessions.create': billed('what is said in a session goes by a socket of its own'),
      'workflows.*': 'programs of the app, run by Mistral',
    },
  },
});
