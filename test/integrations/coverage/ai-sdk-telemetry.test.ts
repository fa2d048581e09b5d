import { traceAISDK } from '@openlayer-tracing/integrations/ai-sdk';
import * as ai7 from 'ai7';
import { functionsOf, UNRECORDED } from './ai-sdk-functions.ts';
import type { AnswerTable } from './facts.ts';
import { coverageSuite } from './suite.ts';
import { billed } from './unrecorded-methods.ts';

type Event = Readonly<Record<string, unknown>>;
type Listener = (event: Event) => unknown;
type Execute = (call: Event & { execute: () => Promise<unknown> }) => Promise<unknown>;
type Telemetry = Readonly<Record<string, Listener>> & { executeLanguageModelCall: Execute };

traceAISDK();
const telemetry = (Reflect.get(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS') as Telemetry[]).at(
  -1,
) as Telemetry;
const tell = (name: string, event: Event) => telemetry[name]?.(event);

const about = { provider: 'acme.chat', modelId: 'model' };
const generates = { ...about, operationId: 'ai.generateText', messages: [] };
const answer = {
  content: [{ type: 'text', text: 'hi' }],
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
  warnings: [],
};

/** An operation that has called its model once. @param said what the model answers, as the SDK hands it on */
async function generated(callId: unknown, said: object, start: object = {}): Promise<void> {
  tell('onStart', { ...generates, callId, ...start });
  tell('onLanguageModelCallStart', { ...about, callId });
  await telemetry.executeLanguageModelCall({ ...about, callId, execute: async () => said });
}

/** An operation whose end tells all of it. */
const single = (operation: string, start = 'onStart', end = 'onEnd') => ({
  start: async (event: Event) => {
    tell(start, { ...event, operationId: `ai.${operation}` });
    tell(end, { ...event, operationId: `ai.${operation}` });
  },
  end: async (event: Event) => {
    tell(start, { ...about, callId: event.callId, operationId: `ai.${operation}` });
    tell(end, event);
  },
});
const reranking = single('rerank');
const speech = single('generateSpeech');
const transcript = single('transcribe');
const decision = single('decide', 'experimental_onDecideStart', 'experimental_onDecideEnd');
const streamed = single(
  'streamTranscribe',
  'experimental_onStreamTranscriptionStart',
  'experimental_onStreamTranscriptionEnd',
);

const isAsked = true;
const said = (mark: string) => [{ role: 'user', content: mark }];
/** Of what is free in its form, one of many: a prompt, the schema of a tool. */
const marks = {
  set: {
    'tools.*': (description: string) => ({ description }),
    messages: said,
    prompt: said,
    promptMessages: said,
    responseMessages: said,
    'request.messages': said,
    'response.messages': said,
    steps: (text: string) => [{ text }],
    finalStep: (text: string) => ({ text }),
    state: (mark: string) => mark,
    questions: (instructions: string) => ({ q: { type: 'boolean', instructions } }),
  },
};

const part = (text: string) => [{ text }];
/** What the end of a run repeats of the parts of its last answer. */
const REPEATED = [
  ...['reasoning', 'files', 'sources', 'toolCalls', 'staticToolCalls', 'dynamicToolCalls'],
  ...['toolResults', 'staticToolResults', 'dynamicToolResults'],
];

const CALL = { callId: 'keeps the events of one call together' };
const NAME = { operationId: 'the name of the step says it' };
const HOW = 'how the SDK asks, not what';
const ASKS = { ...CALL, maxRetries: HOW, 'headers*': HOW };
const BEGUN = 'told by an earlier event of the same call';
const ENDS = { ...CALL, provider: BEGUN, modelId: BEGUN };
const BELOW = 'told by the calls of models and tools below';
const WHEN = 'times are those of the step';
const RAW = 'headers and bodies of HTTP are not copied, but for the id of the request';
const RESPONSE = { 'response*': RAW };
const COUNTED = {
  'usage.inputTokenDetails.noCacheTokens': 'included in promptTokens',
  'usage.outputTokenDetails.textTokens': 'included in completionTokens',
};
const GIVEN_TO = billed(
  'the SDK does not tell its telemetry of it: its model is given to `traceModel`',
);
const DURABLE = 'how several processes share one run';

const tables: readonly AnswerTable[] = [
  {
    title: 'every event',
    type: 'Every',
    isAsked,
    ask: async (event: Event) => {
      await generated(event.callId, answer, event);
      tell('onEnd', { callId: event.callId, text: 'hi' });
    },
    leftOut: {
      ...CALL,
      recordInputs: 'decides what is recorded',
      recordOutputs: 'decides what is recorded',
      aiVersion: 'the versions of packages are not kept',
      timestamp: WHEN,
      'durableContext*': DURABLE,
    },
  },
  {
    title: 'generateText and streamText: onStart',
    type: 'TextStart',
    marks,
    isAsked,
    ask: async (event: Event) => {
      await generated(event.callId, answer, { ...event, operationId: 'ai.generateText' });
      tell('onEnd', { callId: event.callId, text: 'hi' });
    },
    leftOut: {
      ...ASKS,
      ...NAME,
      provider: BELOW,
      modelId: BELOW,
      'tools*': BELOW,
      'timeout*': HOW,
    },
  },
  {
    title: 'generateText and streamText: onLanguageModelCallStart',
    type: 'ModelStart',
    marks,
    isAsked,
    ask: async (event: Event) => {
      const { callId } = event;
      tell('onStart', { ...generates, callId });
      tell('onLanguageModelCallStart', event);
      await telemetry.executeLanguageModelCall({ ...event, execute: async () => answer } as never);
      tell('onEnd', { callId, text: 'hi' });
    },
    leftOut: CALL,
  },
  {
    title: 'generateText and streamText: onLanguageModelCallEnd',
    type: 'ModelEnd',
    marks,
    ask: async (event: Event) => {
      await generated(event.callId, { ...event, response: { id: event.responseId } });
      tell('onLanguageModelCallEnd', event);
      tell('onEnd', { callId: event.callId, text: 'hi' });
    },
    leftOut: {
      ...ENDS,
      ...COUNTED,
      'request.url': 'where a provider is reached is not kept',
      'performance*': WHEN,
    },
  },
  {
    title: 'generateText and streamText: onToolExecutionStart',
    type: 'ToolStart',
    marks,
    isAsked,
    ask: async (event: Event) => {
      const { callId, toolCall } = event;
      tell('onStart', { ...generates, callId });
      tell('onToolExecutionStart', event);
      tell('onToolExecutionEnd', { callId, toolCall, toolOutput: { type: 'tool-result' } });
      tell('onEnd', { callId, text: 'hi' });
    },
    leftOut: {
      ...CALL,
      messages: BELOW,
      'toolCall[tool-call].error': 'calls that are invalid are not executed',
    },
  },
  {
    title: 'generateText and streamText: onToolExecutionEnd',
    type: 'ToolEnd',
    marks,
    ask: async (event: Event) => {
      const { callId, toolCall } = event;
      tell('onStart', { ...generates, callId });
      tell('onToolExecutionStart', { callId, toolCall });
      tell('onToolExecutionEnd', event);
      tell('onEnd', { callId, text: 'hi' });
    },
    leftOut: {
      ...CALL,
      toolExecutionMs: WHEN,
      messages: BELOW,
      'toolCall*': BEGUN,
      'toolOutput[tool-result].toolName': BEGUN,
      'toolOutput[tool-result].input': BEGUN,
      'toolOutput[tool-error].toolName': BEGUN,
      'toolOutput[tool-error].input': BEGUN,
    },
  },
  {
    title: 'generateText and streamText: onAbort',
    type: 'TextAbort',
    marks,
    ask: async (event: Event) => {
      await generated(event.callId, answer);
      tell('onAbort', event);
    },
    leftOut: { ...CALL, steps: BELOW },
  },
  {
    title: 'generateText and streamText: onStepError',
    type: 'StepError',
    marks,
    ask: async (event: Event) => {
      const { callId } = event;
      tell('onStart', { ...generates, callId });
      tell('onStepError', event);
      tell('onError', { callId, error: event.error });
    },
    leftOut: {
      ...ENDS,
      stepNumber: 'the order of the steps tells it',
      'tools*': BEGUN,
      'activeTools*': BEGUN,
      'toolOrder*': BEGUN,
      'toolChoice*': BEGUN,
      'providerOptions*': BEGUN,
      'output*': BEGUN,
      'runtimeContext*': BEGUN,
      'instructions*': BEGUN,
      messages: BEGUN,
      steps: BELOW,
    },
  },
  {
    title: 'generateText and streamText: onEnd',
    type: 'TextEnd',
    marks: { set: { ...marks.set, ...Object.fromEntries(REPEATED.map((name) => [name, part])) } },
    ask: async (event: Event) => {
      const { content, finishReason, rawFinishReason, usage, warnings, ...others } = event;
      const { response, providerMetadata } = others;
      const head = { finishReason, rawFinishReason, usage, warnings, response, providerMetadata };
      await generated(event.callId, { content, ...head });
      tell('onEnd', event);
    },
    leftOut: {
      ...CALL,
      ...COUNTED,
      ...RESPONSE,
      'request*': RAW,
      stepNumber: 'the order of the steps tells it',
      'runtimeContext*': BEGUN,
      ...Object.fromEntries(REPEATED.map((name) => [name, BELOW])),
      reasoningText: BELOW,
      'totalUsage*': BELOW,
      'model*': BELOW,
      steps: BELOW,
      finalStep: BELOW,
      responseMessages: BELOW,
    },
  },
  {
    title: 'generateObject and streamObject: onStart',
    type: 'ObjectStart',
    marks,
    isAsked,
    ask: async (event: Event) => {
      const { callId } = event;
      tell('onStart', { ...event, operationId: 'ai.generateObject' });
      tell('onObjectStepStart', { ...about, callId });
      tell('onObjectStepEnd', { ...about, callId, objectText: '{}' });
      tell('onEnd', { callId, object: {} });
    },
    leftOut: {
      ...ASKS,
      ...NAME,
      provider: BELOW,
      modelId: BELOW,
    },
  },
  {
    title: 'generateObject and streamObject: onObjectStepStart',
    type: 'ObjectStepStart',
    marks,
    isAsked,
    ask: async (event: Event) => {
      const { callId } = event;
      tell('onStart', { ...generates, operationId: 'ai.generateObject', callId });
      tell('onObjectStepStart', event);
      tell('onObjectStepEnd', { ...about, callId, objectText: '{}' });
      tell('onEnd', { callId, object: {} });
    },
    leftOut: { ...CALL, 'headers*': HOW },
  },
  {
    title: 'generateObject and streamObject: onObjectStepEnd',
    type: 'ObjectStepEnd',
    marks,
    ask: async (event: Event) => {
      const { callId } = event;
      tell('onStart', { ...generates, operationId: 'ai.generateObject', callId });
      tell('onObjectStepStart', { ...about, callId });
      tell('onObjectStepEnd', event);
      tell('onEnd', { callId, object: {} });
    },
    leftOut: {
      ...ENDS,
      ...COUNTED,
      ...RESPONSE,
      'request*': RAW,
      msToFirstChunk: WHEN,
    },
  },
  {
    title: 'generateObject and streamObject: onEnd',
    type: 'ObjectEnd',
    marks,
    ask: async (event: Event) => {
      const { callId } = event;
      tell('onStart', { ...generates, operationId: 'ai.generateObject', callId });
      tell('onObjectStepStart', { ...about, callId });
      tell('onObjectStepEnd', { ...event, objectText: '{}' });
      tell('onEnd', event);
    },
    leftOut: { ...CALL, ...COUNTED, ...RESPONSE, 'request*': RAW },
  },
  {
    title: 'embed and embedMany: onStart',
    type: 'EmbedStart',
    isAsked,
    ask: async (event: Event) => {
      const { callId } = event;
      const operationId = 'ai.embedMany';
      tell('onStart', { ...event, operationId });
      tell('onEmbedStart', { ...about, callId, embedCallId: '1', values: [event.value].flat() });
      tell('onEmbedEnd', { ...about, callId, embedCallId: '1', embeddings: [[1]] });
      tell('onEnd', { callId, operationId, embedding: [[1]] });
    },
    leftOut: {
      ...ASKS,
      ...NAME,
      provider: BELOW,
      modelId: BELOW,
    },
  },
  {
    title: 'embed and embedMany: onEmbedStart',
    type: 'EmbedCallStart',
    isAsked,
    ask: async (event: Event) => {
      const { callId, embedCallId } = event;
      tell('onStart', { ...about, callId, operationId: 'ai.embedMany' });
      tell('onEmbedStart', event);
      tell('onEmbedEnd', { ...about, callId, embedCallId, embeddings: [[1]] });
      tell('onEnd', { callId, operationId: 'ai.embedMany' });
    },
    leftOut: { ...NAME, ...CALL, embedCallId: CALL.callId },
  },
  {
    title: 'embed and embedMany: onEmbedEnd',
    type: 'EmbedCallEnd',
    ask: async (event: Event) => {
      const { callId, embedCallId } = event;
      tell('onStart', { ...about, callId, operationId: 'ai.embedMany' });
      tell('onEmbedStart', { ...about, callId, embedCallId, values: ['hi'] });
      tell('onEmbedEnd', event);
      tell('onEnd', { callId, operationId: 'ai.embedMany' });
    },
    leftOut: {
      ...NAME,
      ...ENDS,
      embedCallId: CALL.callId,
      'values*': BEGUN,
      'embeddings*': 'numbers are counted, not kept',
    },
  },
  {
    title: 'embed and embedMany: onEnd',
    type: 'EmbedEnd',
    ask: async (event: Event) => {
      const { callId } = event;
      tell('onStart', { ...about, callId, operationId: 'ai.embed' });
      tell('onEmbedStart', { ...about, callId, embedCallId: '1', values: ['hi'] });
      const { usage } = event;
      tell('onEmbedEnd', { ...about, callId, embedCallId: '1', embeddings: [[1]], usage });
      tell('onEnd', event);
    },
    leftOut: {
      ...NAME,
      ...ENDS,
      ...RESPONSE,
      'runtimeContext*': BEGUN,
      'value*': BEGUN,
      'embedding*': 'numbers are counted, not kept',
    },
  },
  {
    title: 'rerank: onStart',
    type: 'RerankStart',
    isAsked,
    marks,
    ask: reranking.start,
    leftOut: { ...NAME, ...ASKS },
  },
  {
    title: 'rerank: onEnd',
    type: 'RerankEnd',
    marks,
    ask: reranking.end,
    leftOut: {
      ...NAME,
      ...ENDS,
      ...RESPONSE,
      'runtimeContext*': BEGUN,
      'documents*': BEGUN,
      query: BEGUN,
    },
  },
  {
    title: 'generateSpeech: onStart',
    type: 'SpeechStart',
    isAsked,
    marks,
    ask: speech.start,
    leftOut: ASKS,
  },
  {
    title: 'generateSpeech: onEnd',
    type: 'SpeechEnd',
    marks,
    ask: speech.end,
    leftOut: { ...ENDS, ...RESPONSE, text: BEGUN, 'audio.format': 'the media type says it' },
  },
  {
    title: 'transcribe: onStart',
    type: 'TranscriptStart',
    isAsked,
    marks,
    ask: transcript.start,
    leftOut: ASKS,
  },
  {
    title: 'transcribe: onEnd',
    type: 'TranscriptEnd',
    marks,
    ask: transcript.end,
    leftOut: { ...ENDS, ...RESPONSE, 'audio*': BEGUN },
  },
  {
    title: 'experimental_streamTranscribe: experimental_onStreamTranscriptionStart',
    type: 'StreamedTranscriptStart',
    isAsked,
    marks,
    ask: streamed.start,
    leftOut: ASKS,
  },
  {
    title: 'experimental_streamTranscribe: experimental_onStreamTranscriptionEnd',
    type: 'StreamedTranscriptEnd',
    marks,
    ask: streamed.end,
    leftOut: { ...ENDS, ...RESPONSE, 'audio*': BEGUN },
  },
  {
    title: 'experimental_decide: experimental_onDecideStart',
    type: 'DecideStart',
    isAsked,
    marks,
    ask: decision.start,
    leftOut: ASKS,
  },
  {
    title: 'experimental_decide: experimental_onDecideEnd',
    type: 'DecideEnd',
    marks,
    ask: decision.end,
    leftOut: {
      ...ENDS,
      ...ASKS,
      ...RESPONSE,
      'runtimeContext*': BEGUN,
      state: BEGUN,
      questions: BEGUN,
      maxOutputTokens: BEGUN,
      reasoning: BEGUN,
      'providerOptions*': BEGUN,
    },
  },
];

const ai = "import('ai7')";
const told = (name: string) => `${ai}.${name}`;

coverageSuite({
  page: 'ai-sdk-telemetry',
  client: 'ai 7, by `traceAISDK`',
  types: {
    Every: `${ai}.InferTelemetryEvent<{ readonly callId: string }>`,
    TextStart: told('GenerateTextStartEvent'),
    ModelStart: told('LanguageModelCallStartEvent'),
    ModelEnd: told('LanguageModelCallEndEvent'),
    ToolStart: told('ToolExecutionStartEvent'),
    ToolEnd: told('ToolExecutionEndEvent'),
    TextAbort: told('GenerateTextAbortEvent'),
    StepError: told('GenerateTextStepErrorEvent'),
    TextEnd: told('GenerateTextEndEvent'),
    ObjectStart: told('GenerateObjectStartEvent'),
    ObjectStepStart: told('GenerateObjectStepStartEvent'),
    ObjectStepEnd: told('GenerateObjectStepEndEvent'),
    ObjectEnd: told('GenerateObjectEndEvent<unknown>'),
    EmbedStart: told('EmbedStartEvent'),
    EmbedCallStart: told('EmbeddingModelCallStartEvent'),
    EmbedCallEnd: told('EmbeddingModelCallEndEvent'),
    EmbedEnd: told('EmbedEndEvent'),
    RerankStart: told('RerankStartEvent'),
    RerankEnd: told('RerankEndEvent'),
    SpeechStart: told('GenerateSpeechStartEvent'),
    SpeechEnd: told('GenerateSpeechEndEvent'),
    TranscriptStart: told('TranscriptionStartEvent'),
    TranscriptEnd: told('TranscriptionEndEvent'),
    StreamedTranscriptStart: told('Experimental_StreamTranscriptionStartEvent'),
    StreamedTranscriptEnd: told('Experimental_StreamTranscriptionEndEvent'),
    DecideStart: told('Experimental_DecideStartEvent'),
    DecideEnd: told('Experimental_DecideEndEvent'),
  },
  answers: tables,
  tried: {
    methods: () => functionsOf({ ai: ai7, version: 'v4' }),
    unrecorded: {
      generateImage: GIVEN_TO,
      experimental_generateVideo: GIVEN_TO,
      experimental_startVideo: GIVEN_TO,
      experimental_extract: GIVEN_TO,
      experimental_streamLanguageModelCall: GIVEN_TO,
      experimental_streamSpeech: GIVEN_TO,
      experimental_streamTranslate: GIVEN_TO,
      ...UNRECORDED,
    },
  },
});
