import { devNull } from 'node:os';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { GoogleGenAI, type GoogleGenAIOptions } from 'genai3';
import { read } from '../answering.ts';
import { json, sse } from './answers.ts';
import { coverageSuite } from './suite.ts';
import { billed, local } from './unrecorded-methods.ts';

type Fetch = typeof globalThis.fetch;

function gemini(fetch: Fetch, options: GoogleGenAIOptions = {}): GoogleGenAI {
  return traceGoogleGenAI(new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch }, ...options }));
}

function vertex(fetch: Fetch): GoogleGenAI {
  const authClient = { getRequestHeaders: async () => new Headers() };
  return gemini(fetch, {
    apiKey: undefined as unknown as string,
    vertexai: true,
    project: 'p',
    location: 'us-central1',
    googleAuthOptions: { authClient: authClient as never },
  });
}

const file = new Blob(['hi'], { type: 'text/plain' });
const image = { imageBytes: 'AAAA', mimeType: 'image/png' };
const name = { name: 'some/name' };
/** Methods whose types name parameters that one of Google's two APIs does not have. */
const GIVEN = {
  'models.generateContent': [{ model: 'm', contents: 'hi' }],
  'models.generateContentStream': [{ model: 'm', contents: 'hi' }],
  'models.generateContentWithContinuation': [{ model: 'm', contents: 'hi' }],
  'models.generateContentStreamWithContinuation': [{ model: 'm', contents: 'hi' }],
  'models.embedContent': [{ model: 'm', contents: 'hi' }],
  'models.countTokens': [{ model: 'm', contents: 'hi' }],
  'models.computeTokens': [{ model: 'm', contents: 'hi' }],
  'models.generateImages': [{ model: 'imagen-4', prompt: 'a cat' }],
  'models.editImage': [{ model: 'imagen-4', prompt: 'a cat', referenceImages: [] }],
  'models.upscaleImage': [{ model: 'imagen-4', image, upscaleFactor: 'x2' }],
  'models.recontextImage': [{ model: 'imagen-4', source: { prompt: 'a cat' } }],
  'models.segmentImage': [{ model: 'imagen-4', source: { image } }],
  'models.generateVideos': [{ model: 'veo-3', source: { prompt: 'a cat' } }],
  'models.get': [{ model: 'm' }],
  'models.list': [],
  'models.update': [{ model: 'm' }],
  'models.delete': [{ model: 'm' }],
  'operations.get': [{ operation: name }],
  'operations.getVideosOperation': [{ operation: name }],
  'batches.create': [{ model: 'm', src: [{ contents: 'hi' }] }],
  'batches.createEmbeddings': [{ model: 'm', src: { fileName: 'files/f' } }],
  'batches.get': [{ name: 'batches/b' }],
  'batches.list': [],
  'batches.cancel': [{ name: 'batches/b' }],
  'batches.delete': [{ name: 'batches/b' }],
  'authTokens.create': [{ config: { uses: 1 } }],
  'caches.create': [{ model: 'm', config: { contents: 'hi' } }],
  'environments.files.upload': [{ environment: 'e', file, path: '/a.txt' }],
  'fileSearchStores.downloadMedia': ['fileSearchStores/s/media/m'],
  'fileSearchStores.uploadToFileSearchStore': [{ fileSearchStoreName: 'fileSearchStores/s', file }],
  'files.download': [{ file: 'files/f', downloadPath: devNull }],
  'files.registerFiles': [
    { auth: { getRequestHeaders: async () => new Headers() }, uris: ['gs://b/o'] },
  ],
  'files.upload': [{ file }],
  'tunings.list': [],
  'tunings.validateReward': [{ parent: 'projects/p/locations/l', sampleResponse: {}, example: {} }],
  'tunings.tune': [{ baseModel: 'm', trainingDataset: { examples: [] } }],
};

/** What Vertex AI alone can do. */
const OF_VERTEX =
  /^models\.(generateImages|editImage|upscaleImage|recontextImage|segmentImage|computeTokens|generateVideos)|^tunings\.(list|validateReward)/;

const HERE = local();
const SOCKETS = 'what is said in a session goes by a socket of its own';
const INDEXED = 'the tokens of files are billed as they are indexed';
const ask = { model: 'gemini-3-flash', contents: 'hi' };
const create = { model: 'gemini-3-flash', input: 'hi', automatic_continuation: false };
/** What the client makes of an answer, and is none of it. */
const MADE =
  /^(text|data|functionCalls|executableCode|codeExecutionResult|initialPromptTokenCount|sdkHttpResponse|automaticFunctionCallingHistory|output_(text|audio|image|video)|continuation_ids)\b/;
const skip = (path: string) => MADE.test(path);
const text = (mark: string) => mark;

const INTO = 'included in promptTokens';
const OUT = 'included in completionTokens';
const ALL = 'included in tokens';
const NAMED = 'media are named by type and size';
const SIGNED = 'what only Google can read is named by its size';
const SECRET = 'a token of this name is taken for a secret, and masked';
const ASKED = 'repeats what was asked';

const OF_GENERATED = {
  'candidates[].content.role': 'it is always the model',
  'candidates[].index': 'answers stand in its order',
  'candidates[].content.parts[].functionCall.partialArgs[].jsonPath':
    'the arguments stand at their place',
  'candidates[].content.parts[].functionCall.partialArgs[].boolValue':
    'of several values one is set',
  'candidates[].content.parts[].functionCall.partialArgs[].stringValue':
    'of several values one is set',
  'candidates[].content.parts[].functionResponse.parts[].inlineData.data': NAMED,
  'candidates[].content.parts[].inlineData.data': NAMED,
  'candidates[].content.parts[].thoughtSignature': SIGNED,
  'candidates[].groundingMetadata.googleMapsWidgetContextToken': SECRET,
  'candidates[].continuationToken': SECRET,
  'usageMetadata.promptTokenCount': INTO,
  'usageMetadata.candidatesTokenCount': OUT,
  'usageMetadata.totalTokenCount': ALL,
};
const ECHOED = [
  ...['agent_config', 'cached_content', 'environment', 'generation_config', 'input', 'labels'],
  ...['response_format', 'response_mime_type', 'response_modalities', 'safety_settings'],
  ...['system_instruction', 'tools', 'webhook_config', 'steps[user_input]'],
];
const OF_STEPS = {
  '*_call].signature': SIGNED,
  '*_result].signature': SIGNED,
  '*[thought].signature': SIGNED,
  '*[audio].data': NAMED,
  '*[document].data': NAMED,
  '*[image].data': NAMED,
  '*[video].data': NAMED,
  '*[].widget_context_token': SECRET,
  '*.grounding_tool_count[].type': 'the name of the count',
  '*usage.total_input_tokens': INTO,
  '*usage.total_output_tokens': OUT,
  '*usage.total_tokens': ALL,
};
const marksOfGenerated = { skip, set: { 'usageMetadata.trafficType': text } };

coverageSuite({
  page: 'google-genai',
  client: '@google/genai 3',
  types: {
    Client: "import('genai3').GoogleGenAI",
    Generated: "import('genai3').GenerateContentResponse",
    Embedded: "import('genai3').EmbedContentResponse",
    Images: "import('genai3').GenerateImagesResponse",
    Interaction: "import('genai3').Interactions.Interaction",
    InteractionEvent: "import('genai3').Interactions.InteractionSSEEvent",
  },
  answers: [
    {
      title: 'models.generateContent',
      type: 'Generated',
      ask: (answer) => gemini(json(answer)).models.generateContent(ask),
      marks: marksOfGenerated,
      leftOut: OF_GENERATED,
    },
    {
      title: 'models.generateContentStream',
      type: 'Generated',
      ask: async (answer) => read(gemini(sse([answer])).models.generateContentStream(ask)),
      marks: marksOfGenerated,
      leftOut: OF_GENERATED,
    },
    {
      title: 'models.embedContent',
      type: 'Embedded',
      ask: (answer) =>
        gemini(json(answer)).models.embedContent({ ...ask, model: 'gemini-embedding-001' }),
      marks: { skip, set: { 'usageMetadata.trafficType': text } },
      leftOut: {
        'embeddings[].values[]': 'numbers are counted, not kept',
        'usageMetadata.promptTokenCount': INTO,
        'usageMetadata.responseTokenCount': OUT,
        'usageMetadata.cachedContentTokenCount': INTO,
        'usageMetadata.totalTokenCount': ALL,
      },
    },
    {
      title: 'interactions.create',
      type: 'Interaction',
      ask: (answer) => gemini(json(answer)).interactions.create(create),
      marks: { skip },
      leftOut: {
        ...OF_STEPS,
        ...Object.fromEntries(ECHOED.map((field) => [`${field}*`, ASKED])),
        continuation_token: SECRET,
      },
    },
    {
      title: 'interactions.create, streamed',
      type: 'InteractionEvent',
      ask: async (answer) =>
        read(
          (await gemini(sse([answer])).interactions.create({ ...create, stream: true })) as never,
        ),
      leftOut: {
        '[StepStop].step_usage*': 'told of the interaction as a whole',
        ...OF_STEPS,
        '*].event_id': 'a place in the stream',
        '*.interaction.continuation_token': SECRET,
        '[InteractionStatusUpdate].continuation_token': SECRET,
        '[InteractionCompletedEvent].interaction.steps[user_input]*': ASKED,
        '[InteractionCreatedEvent].interaction.steps[user_input]*': ASKED,
        '*.interaction.object': 'it is always the same',
        '*].index': 'steps stand in its order',
      },
    },
  ],
  methods: {
    type: 'Client',
    make: (send, method) => {
      // Sockets find nobody there.
      if (method.startsWith('live.')) {
        return traceGoogleGenAI(
          new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: 'http://127.0.0.1:1' } }),
        );
      }
      const fetch: Fetch = async (input, init) => {
        const request = input instanceof Request ? input : new Request(input, init);
        send({ method: request.method, url: request.url });
        return Response.json({});
      };
      return OF_VERTEX.test(method) ? vertex(fetch) : gemini(fetch);
    },
    skip: (name) =>
      /(^|\.)(apiClient|parentClient)|(Internal|getClient|resolveClient)$|^getNextGen|^live\.(music\.)?(auth|isCallableTool|webSocketFactory)/.test(
        name,
      ),
    given: GIVEN,
    // Settings of the request itself.
    marks: { skip: (path) => /(httpOptions|abortSignal)$/.test(path) },
    unrecorded: {
      'agents.*': 'free: agents are managed',
      'authTokens.*': 'free',
      'batches.createInlinedGenerateContentRequest': HERE,
      'batches.create*': 'recorded where the answers are fetched',
      'batches.formatDestination': HERE,
      'batches.getBigqueryUri': HERE,
      'batches.getGcsUri': HERE,
      'batches.get': 'answers are recorded when they are there, once',
      'batches.*': 'management',
      'caches.create': billed('stored tokens are billed by the hour, not by the call'),
      'caches.*': 'management',
      'chats.create': local('what is said in a chat is recorded'),
      'credentials.*': 'free',
      'environments.*': 'machines that agents work on, which are no models',
      'fileSearchStores.importFile': billed(INDEXED),
      'fileSearchStores.uploadToFileSearchStore': billed(INDEXED),
      'fileSearchStores.*': 'management; what is found is told by the answer',
      'files.*': 'free',
      'interactions.cancel': 'free',
      'interactions.delete': 'free',
      'interactions.get': 'an answer in the background is recorded when it is there, once',
      'models.countTokens': 'free',
      'models.computeTokens': 'free',
      'models.get': 'free',
      'models.list': 'free',
      'models.update': 'free',
      'models.delete': 'free',
      'live.connect': billed(SOCKETS),
      'live.music.connect': billed(SOCKETS),
      'models.initAfcToolsMap': HERE,
      'models.maybeMoveToResponseJsonSchema': HERE,
      'models.process*': HERE,
      'operations.*': 'a film is recorded when it is there, once',
      'triggers.run': billed('the agent is run later, and its answer is not told'),
      'triggers.*': 'free: triggers are managed',
      'tunings.tune': billed('a model is trained, not asked'),
      'tunings.*': 'management',
      'voices.*': 'free: voices are managed',
      'webhooks.*': 'free',
    },
  },
});
