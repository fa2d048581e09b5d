import { mediaPlaceholder } from '../common/content/media.js';
import {
  definedFields,
  fieldsExcept,
  fieldsNamed,
  isJsonObject,
  type JsonObject,
  objectOrEmpty,
  stringOrUndefined,
} from '../common/json.js';
import { wordArray } from '../common/words.js';
import { aiSdkParameters, settingsIn, snakeCased } from './parameters.js';

/** A kind of model of the AI SDK: how the step of a call is named, and how its options are read. */
export interface ModelKind {
  /** The part of the step's name after `AI SDK`. */
  readonly operation: string;
  readonly type: 'chat_completion' | 'embedding' | 'retriever';
  inputs(params: JsonObject): JsonObject;
  parameters(params: JsonObject): JsonObject;
  /** Options of rerankings, which are neither input nor parameter. */
  metadata?(params: JsonObject): JsonObject;
  /** What is billed by the request itself: characters of speech. */
  billing?(params: JsonObject): JsonObject;
}

/** Options that are not sent to the model. */
const CONTROL = ['abortSignal', 'headers', 'maxRetries', 'includeRawChunks'] as const;
/** Fields of a telemetry event that are no options of the call. */
const ABOUT_EVENT = wordArray(`
  callId operationId provider modelId functionId recordInputs recordOutputs aiVersion
  runtimeContext timestamp durableContext
`);

/** A kind whose inputs are the given options, and whose parameters are all others. */
function defineKind(
  operation: string,
  type: ModelKind['type'],
  content: readonly string[],
  more: Partial<ModelKind> = {},
): ModelKind {
  return {
    operation,
    type,
    inputs: (params) => fieldsNamed(params, content),
    parameters: (params) =>
      snakeCased(fieldsExcept(params, ...content, ...CONTROL, ...ABOUT_EVENT)),
    ...more,
  };
}

export const chat: ModelKind = {
  operation: 'Chat Completion',
  type: 'chat_completion',
  inputs: ({ prompt, messages, promptMessages, instructions, tools }) =>
    definedFields({
      prompt: withInstructions(instructions, prompt ?? messages ?? promptMessages),
      tools,
    }),
  parameters: aiSdkParameters,
};
export const embedding: ModelKind = {
  operation: 'Embedding',
  type: 'embedding',
  inputs: ({ values, value }) => definedFields({ input: values ?? value }),
  parameters: ({ providerOptions, dimensions }) =>
    snakeCased(settingsIn({ providerOptions, dimensions })),
};
const rerank: ModelKind = defineKind('Rerank', 'retriever', ['query'], {
  inputs: ({ query, documents }) => definedFields({ query, documents: documentsOf(documents) }),
  parameters: () => ({}),
  metadata: ({ topN, providerOptions }) =>
    snakeCased(definedFields({ topN, ...settingsIn({ providerOptions }) })),
});
const image = defineKind('Image', 'chat_completion', ['prompt', 'files', 'mask']);
const video = defineKind(
  'Video',
  'chat_completion',
  wordArray('prompt image frameImages inputReferences'),
);
const speech = defineKind('Speech', 'chat_completion', ['text', 'instructions'], {
  billing: ({ text: input }) => definedFields({ characters: stringOrUndefined(input)?.length }),
});
const transcription: ModelKind = {
  ...defineKind('Transcription', 'chat_completion', ['audio', 'mediaType']),
  inputs: ({ audio, mediaType }) =>
    definedFields({ audio: mediaPlaceholder('audio', audio, stringOrUndefined(mediaType)) }),
};
const decision = defineKind('Decision', 'chat_completion', ['state', 'questions']);
const extraction = defineKind('Extraction', 'chat_completion', ['state', 'fields']);

/** The kinds of operations that are recorded as one call of a model, by the names of the operations. */
export const SINGLE_OPERATIONS: Readonly<Record<string, ModelKind>> = {
  embed: embedding,
  embedMany: embedding,
  rerank,
  generateSpeech: speech,
  transcribe: transcription,
  streamTranscribe: transcription,
  decide: decision,
};

/** The methods of models that send a request to the provider. */
export const MODEL_METHODS = wordArray(`
  doGenerate doStream doEmbed doRerank doDecide doEvaluate doExtract doGenerateFromUrl doStart
`);

const BY_METHOD: Readonly<Record<string, ModelKind>> = {
  doEmbed: embedding,
  doRerank: rerank,
  doDecide: decision,
  doEvaluate: decision,
  doExtract: extraction,
  doGenerateFromUrl: transcription,
  doStart: video,
};

/** The kind of a model, by the called method, the model's fields and the options of the call. */
export function modelKindOf(model: object, method: string, params: JsonObject): ModelKind {
  const kindOfMethod = BY_METHOD[method];
  if (kindOfMethod !== undefined) return kindOfMethod;
  if ('maxImagesPerCall' in model) return image;
  if ('maxVideosPerCall' in model) return video;
  if ('audio' in params) return transcription;
  return typeof params.text === 'string' ? speech : chat;
}

/** The messages with the instructions before them, which the AI SDK passes separately. */
function withInstructions(instructions: unknown, messages: unknown): unknown {
  if (instructions === undefined || !Array.isArray(messages)) return messages;
  const messagesOf = typeof instructions === 'string' ? { content: instructions } : instructions;
  return [
    ...(Array.isArray(messagesOf)
      ? messagesOf
      : [{ role: 'system', ...objectOrEmpty(messagesOf) }]),
    ...messages,
  ];
}

/** The documents. Models receive them in an object with their type. */
function documentsOf(documents: unknown): unknown {
  return isJsonObject(documents) && Array.isArray(documents.values) ? documents.values : documents;
}
