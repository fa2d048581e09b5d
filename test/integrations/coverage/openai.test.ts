import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import { read } from '../answering.ts';
import { json, sse } from './answers.ts';
import {
  ANY_NAME,
  ASKED,
  NAMED,
  OF_CHAT,
  OF_ITEMS,
  OF_RESPONSE,
  OF_STREAMED_ITEMS,
  OF_USAGE,
  ORDER,
  SECRET,
  SUM,
  TIMES,
} from './openai-reasons.ts';
import { SOCKET_CLASSES, socketMethods } from './openai-sockets.ts';
import { coverageSuite } from './suite.ts';
import { billed, local, type Unrecorded } from './unrecorded-methods.ts';

type Fetch = typeof globalThis.fetch;

const openai = (fetch: Fetch): OpenAI =>
  traceOpenAI(new OpenAI({ apiKey: 'k', adminAPIKey: 'a', fetch, maxRetries: 0 }));

const chat = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };
const file = new File(['sound'], 'a.wav');
const path = '/workspace/a.wav';

const LATER = 'the last event says it';
const AS_A_WHOLE = 'told by the pieces, and by the item as a whole';
const PLACE = 'a place in the stream';

/** Of the client itself: what its resources are made of. */
const OWN_METHODS =
  /^(\w+Auth|authHeaders|build\w+|calculate\w+|default\w+|delete|fetch\w*|get\w*|make\w+|methodRequest|parse\w+|patch|post|prepare\w+|put|read\w+|request\w*|responsePromise|retryRequest|shouldRetry|stringifyQuery|validateHeaders|withOptions)$/;

const SOCKETS = 'what is said in a session goes by a socket of its own';
const FAR_AGENTS = 'the agent runs on the far side, and its tokens are not told here';
const STORED = 'files are kept and indexed, and billed by day, not by call';
const UNRECORDED: Unrecorded = {
  'admin.*': 'management',
  'audio.voiceConsents.*': 'management',
  'audio.voices.*': 'management',
  'batches.*': 'management; recorded where the file of answers is read',
  'beta.agents.automations.invocations.create': billed(FAR_AGENTS),
  'beta.agents.sessions.create': billed(FAR_AGENTS),
  'beta.agents.sessions.events.create': billed(FAR_AGENTS),
  'beta.agents.sessions.stream': 'its message is sent by `events.create` of the session',
  'beta.agents.sessions.artifacts.forResult': local(),
  'beta.agents.*': 'management',
  'beta.assistants.*': 'management',
  'beta.chatkit.sessions.create': billed('sessions run in browsers'),
  'beta.chatkit.*': 'management',
  'beta.realtime.*': billed(SOCKETS),
  'beta.responses.*': 'free; a response in the background is recorded where it is there',
  'beta.threads.*': 'free; a run is recorded where it has ended',
  'chat.completions.runTools': local(),
  'chat.completions.*': 'free',
  'containers.create': billed('machines are billed by session'),
  'containers.*': 'management',
  'contentProvenanceChecks.create': billed('no model of the app is asked'),
  'conversations.*': 'free',
  'evals.runs.create': billed('models are asked on the far side'),
  'evals.*': 'management',
  'files.content': 'recorded where it is the file of a batch',
  'files.*': 'free',
  'fineTuning.alpha.graders.run': billed('an answer is graded on the far side'),
  'fineTuning.jobs.create': billed('a model is trained, not asked'),
  'fineTuning.*': 'management',
  'live.create': billed(SOCKETS),
  'live.sessions.accept': billed(SOCKETS),
  'live.sessions.fork': billed(SOCKETS),
  'live.*': 'management',
  'models.*': 'free',
  'realtime.calls.accept': billed(SOCKETS),
  'realtime.calls.create': billed(SOCKETS),
  'realtime.clientSecrets.create': billed(SOCKETS),
  'realtime.translations.clientSecrets.create': billed(SOCKETS),
  'realtime.*': 'management',
  'responses.cancel': 'free',
  'responses.delete': 'free',
  'responses.inputItems.*': 'free',
  'responses.inputTokens.*': 'free',
  'responses.retrieve': 'recorded where it is a response in the background',
  'safety.*': 'management',
  'skills.*': 'management',
  'uploads.*': 'free',
  'vectorStores.create': billed(STORED),
  'vectorStores.fileBatches.create': billed(STORED),
  'vectorStores.fileBatches.createAndPoll': billed(STORED),
  'vectorStores.fileBatches.uploadAndPoll': billed(STORED),
  'vectorStores.files.create': billed(STORED),
  'vectorStores.files.createAndPoll': billed(STORED),
  'vectorStores.files.upload': billed(STORED),
  'vectorStores.files.uploadAndPoll': billed(STORED),
  'vectorStores.*': 'management',
  'videos.createCharacter': billed('no film is made'),
  'videos.*': 'free',
  'webhooks.unwrap': local(),
  'webhooks.verifySignature': local(),
  'webhooks.*': 'management',
};

coverageSuite({
  page: 'openai',
  client: 'openai 7',
  types: {
    Client: "import('openai7').OpenAI",
    Chat: "import('openai7').OpenAI.ChatCompletion",
    ChatChunk: "import('openai7').OpenAI.ChatCompletionChunk",
    Completion: "import('openai7').OpenAI.Completion",
    Response: "import('openai7').OpenAI.Responses.Response",
    ResponseEvent: "import('openai7').OpenAI.Responses.ResponseStreamEvent",
    Compacted: "import('openai7').OpenAI.Responses.CompactedResponse",
    Decision: "import('openai7').OpenAI.Decision",
    Embeddings: "import('openai7').OpenAI.CreateEmbeddingResponse",
    Moderations: "import('openai7').OpenAI.ModerationCreateResponse",
    Images: "import('openai7').OpenAI.ImagesResponse",
    ImageEvent: "import('openai7').OpenAI.ImageGenStreamEvent",
    Transcription: "import('openai7').OpenAI.Audio.TranscriptionCreateResponse",
    TranscriptionEvent: "import('openai7').OpenAI.Audio.TranscriptionStreamEvent",
    Video: "import('openai7').OpenAI.Video",
    Found: "import('openai7').OpenAI.VectorStoreSearchResponse",
    Run: "import('openai7').OpenAI.Beta.Threads.Run",
  },
  answers: [
    {
      title: 'chat.completions.create',
      type: 'Chat',
      ask: (answer) => openai(json(answer)).chat.completions.create(chat),
      leftOut: OF_CHAT,
    },
    {
      title: 'chat.completions.create, streamed',
      type: 'ChatChunk',
      ask: async (answer) =>
        read(openai(sse([answer], '[DONE]')).chat.completions.create({ ...chat, stream: true })),
      leftOut: {
        'choices[].delta.audio.data': NAMED,
        'choices[].delta.role': 'it is always the assistant',
        'choices[].delta.tool_calls[].index': ORDER,
        'choices[].delta.tool_calls[].custom.*': 'a call is of one kind or the other',
        'choices[].delta.tool_calls[].type': 'told by what the call has',
        'choices[].index': ORDER,
        created: TIMES,
        '*.categories.*': ANY_NAME,
        obfuscation: 'it says nothing',
        'usage.completion_tokens_details.text_tokens': SUM,
        'usage.prompt_tokens_details.text_tokens': SUM,
      },
    },
    {
      title: 'completions.create',
      type: 'Completion',
      ask: (answer) => openai(json(answer)).completions.create({ model: 'm', prompt: 'hi' }),
      leftOut: {
        'choices[].index': ORDER,
        created: TIMES,
        'usage.completion_tokens_details.text_tokens': SUM,
        'usage.prompt_tokens_details.text_tokens': SUM,
      },
    },
    {
      title: 'responses.create',
      type: 'Response',
      ask: (answer) => openai(json(answer)).responses.create({ model: 'm', input: 'hi' }),
      leftOut: OF_RESPONSE,
    },
    {
      title: 'responses.create, streamed',
      type: 'ResponseEvent',
      ask: async (answer) =>
        read(openai(sse([answer])).responses.create({ model: 'm', input: 'hi', stream: true })),
      // The last event repeats what a response holds, and those before it do so in part.
      marks: {
        skip: (path) =>
          /^\[response\.(created|queued|in_progress|failed|incomplete)\]\.response\.(output|instructions|tools|prompt|text|tool_choice|prompt_cache_options|reasoning)\b/.test(
            path,
          ),
      },
      leftOut: {
        '[response.created]*': LATER,
        '[response.in_progress]*': LATER,
        ...Object.fromEntries(
          [
            ...['output_item.added', 'content_part.added', 'content_part.done', 'output_text.done'],
            ...['refusal.done', 'function_call_arguments.done', 'code_interpreter_call_code.done'],
            ...['reasoning_summary_part.added', 'reasoning_summary_part.done'],
            ...['reasoning_summary_text.done', 'reasoning_text.done'],
            ...['shell_call_command.added', 'shell_call_command.done'],
            'shell_call_output_content.done',
          ].map((event) => [`[response.${event}]*`, AS_A_WHOLE]),
        ),
        '[response.audio.delta].delta': NAMED,
        '*.response.status': 'told by why it finished',
        '*].sequence_number': PLACE,
        '*].output_index': PLACE,
        '*].item_id': PLACE,
        '*].content_index': PLACE,
        '*].summary_index': PLACE,
        '*].command_index': PLACE,
        ...OF_STREAMED_ITEMS,
        ...Object.fromEntries(
          [
            ...['metadata.*', 'parallel_tool_calls', 'temperature', 'top_p', 'background', 'user'],
            ...[
              'max_output_tokens',
              'max_tool_calls',
              'prompt_cache_key',
              'prompt_cache_retention',
            ],
            ...['prompt_cache_options.mode', 'prompt_cache_options.comparison_response_id'],
            ...['prompt_cache_options.ttl', 'reasoning.effort', 'text.verbosity'],
            ...['reasoning.context', 'reasoning.generate_summary', 'reasoning.mode'],
            ...['reasoning.summary', 'safety_identifier', 'top_logprobs', 'truncation'],
            ...['name', 'schema.*', 'description'].map((key) => `text.format[json_schema].${key}`),
          ].map((field) => [`*.response.${field}`, ASKED]),
        ),
        '*.response.tools[mcp].headers.*': SECRET,
        '*.response.output_text': 'made by the client',
        '*.response.created_at': TIMES,
        '*.response.completed_at': TIMES,
        '*.categories.*': ANY_NAME,
      },
    },
    {
      title: 'responses.compact',
      type: 'Compacted',
      ask: (answer) => openai(json(answer)).responses.compact({ model: 'm', input: 'hi' }),
      leftOut: { ...OF_ITEMS, created_at: TIMES },
    },
    {
      title: 'decisions.create',
      type: 'Decision',
      ask: (answer) =>
        openai(json(answer)).decisions.create({ model: 'm', input: 'hi', questions: [] }),
      leftOut: {},
    },
    {
      title: 'embeddings.create',
      type: 'Embeddings',
      ask: (answer) => openai(json(answer)).embeddings.create({ model: 'm', input: 'hi' }),
      leftOut: {
        'data[].embedding[]': 'numbers are counted, not kept',
        'data[].index': ORDER,
      },
    },
    {
      title: 'moderations.create',
      type: 'Moderations',
      ask: (answer) => openai(json(answer)).moderations.create({ input: 'hi' }),
      leftOut: {
        'results[].categories.*': 'those that were found are named',
      },
    },
    {
      title: 'images.generate',
      type: 'Images',
      ask: (answer) => openai(json(answer)).images.generate({ prompt: 'a cat' }),
      leftOut: {
        created: TIMES,
        'data[].b64_json': NAMED,
        ...OF_USAGE,
      },
    },
    {
      title: 'images.generate, streamed',
      type: 'ImageEvent',
      ask: async (answer) =>
        read(openai(sse([answer])).images.generate({ prompt: 'a cat', stream: true })),
      leftOut: {
        '*].b64_json': NAMED,
        '*].created_at': TIMES,
        '*_details.text_tokens': SUM,
      },
    },
    {
      title: 'audio.transcriptions.create',
      type: 'Transcription',
      ask: (answer) => openai(json(answer)).audio.transcriptions.create({ model: 'm', file }),
      leftOut: { '*_details.text_tokens': SUM },
    },
    {
      title: 'audio.transcriptions.create, streamed',
      type: 'TranscriptionEvent',
      ask: async (answer) =>
        read(openai(sse([answer])).audio.transcriptions.create({ model: 'm', file, stream: true })),
      leftOut: { '*_details.text_tokens': SUM },
    },
    {
      title: 'videos.create',
      type: 'Video',
      ask: (answer) => openai(json(answer)).videos.create({ prompt: 'a cat' }),
      leftOut: { created_at: TIMES, prompt: ASKED, 'error.headers.*': SECRET },
    },
    {
      title: 'vectorStores.search',
      type: 'Found',
      ask: (answer) =>
        openai(json({ data: [answer] })).vectorStores.search('vs_1', { query: 'hi' }),
      leftOut: {},
    },
    {
      title: 'beta.threads.runs.create',
      type: 'Run',
      ask: (answer) =>
        openai(json(answer)).beta.threads.runs.create('thread_1', { assistant_id: 'a' }),
      leftOut: {
        ...Object.fromEntries(
          'cancelled_at completed_at created_at expires_at failed_at started_at'
            .split(' ')
            .map((field) => [field, TIMES]),
        ),
        ...Object.fromEntries(
          [
            ...['max_completion_tokens', 'max_prompt_tokens', 'metadata.*', 'parallel_tool_calls'],
            ...[
              'truncation_strategy.*',
              'temperature',
              'top_p',
              'response_format*',
              'tool_choice*',
            ],
          ].map((field) => [field, ASKED]),
        ),
        status: 'told by why it finished',
      },
    },
  ],
  methods: {
    type: 'Client',
    make: (send) =>
      openai(async (input, init) => {
        send({ method: init?.method ?? 'GET', url: String(input) });
        // A sound would have to be read.
        return String(input).endsWith('/audio/speech') ? new Response() : Response.json({});
      }),
    skip: (name) => name.startsWith('_') || OWN_METHODS.test(name),
    given: {
      'beta.agents.environments.files.prepare': [{ [path]: file }],
      'beta.agents.environments.files.upload': ['some_id', { path, file }],
      'beta.agents.sessions.stream': ['some_id', { input: 'hi' }],
      'responses.parse': [{ model: 'm', input: 'hi' }],
      'responses.stream': [{ model: 'm', input: 'hi' }],
      'beta.responses.retrieve': ['resp_1'],
      'responses.retrieve': ['resp_1'],
      'vectorStores.fileBatches.uploadAndPoll': ['700001', { files: [file] }],
    },
    unrecorded: UNRECORDED,
  },
  tried: {
    methods: socketMethods,
    unrecorded: Object.fromEntries(SOCKET_CLASSES.map((name) => [name, billed(SOCKETS)])),
  },
});
