/** One exchange is counted alike whoever records it: a client, or a framework that asks by it. */

import assert from 'node:assert/strict';
import { ChatAnthropic } from '@langchain/anthropic';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  run,
  setTraceProcessors,
} from '@openai/agents';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAISDK, traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import * as ai5 from 'ai5';
import { createAnthropic as createAnthropic5 } from 'ai5-anthropic';
import { createGoogleGenerativeAI as createGoogle5 } from 'ai5-google';
import { createOpenAI as createOpenAI5 } from 'ai5-openai';
import * as ai6 from 'ai6';
import { createAnthropic as createAnthropic6 } from 'ai6-anthropic';
import { createGoogleGenerativeAI as createGoogle6 } from 'ai6-google';
import { createOpenAI as createOpenAI6 } from 'ai6-openai';
import * as ai7 from 'ai7';
import { createAnthropic as createAnthropic7 } from 'ai7-anthropic';
import { createGoogleGenerativeAI as createGoogle7 } from 'ai7-google';
import { createOpenAI as createOpenAI7 } from 'ai7-openai';
import Anthropic from 'anthropic1';
import { GoogleGenAI } from 'genai3';
import OpenAI from 'openai7';
import { type Reply, read, stepsOfCalls } from './answering.ts';
import { usageOfCalls } from './usage-of.ts';

const completion = {
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-5-mini-2025-08-07' },
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello.' } }],
  usage: {
    ...{ prompt_tokens: 100, completion_tokens: 40, total_tokens: 140 },
    prompt_tokens_details: { cached_tokens: 30, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 25, audio_tokens: 0 },
  },
};
const chunk = {
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-5-mini-2025-08-07',
};
const chunks = [
  { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' } }] },
  { ...chunk, choices: [{ index: 0, delta: { content: 'lo.' } }] },
  { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  { ...chunk, choices: [], usage: completion.usage },
  '[DONE]',
];

const item = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' },
  content: [{ type: 'output_text', text: 'Hello.', annotations: [], logprobs: [] }],
};
const response = {
  ...{ id: 'resp_1', object: 'response', created_at: 1, status: 'completed' },
  ...{ model: 'gpt-5-mini-2025-08-07', output: [item], incomplete_details: null, error: null },
  ...{
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    metadata: {},
    instructions: null,
  },
  usage: {
    ...{ input_tokens: 100, output_tokens: 40, total_tokens: 140 },
    input_tokens_details: { cached_tokens: 30 },
    output_tokens_details: { reasoning_tokens: 25 },
  },
};
const responseEvents = [
  {
    type: 'response.created',
    response: { ...response, status: 'in_progress', output: [], usage: null },
  },
  { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
  {
    ...{ type: 'response.output_text.delta', output_index: 0, item_id: 'msg_1' },
    ...{ content_index: 0, delta: 'Hello.', logprobs: [] },
  },
  { type: 'response.output_item.done', output_index: 0, item },
  { type: 'response.completed', response },
];

const message = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5' },
  content: [{ type: 'text', text: 'Hello.' }],
  ...{ stop_reason: 'end_turn', stop_sequence: null },
  usage: {
    ...{ input_tokens: 50, output_tokens: 40 },
    ...{ cache_read_input_tokens: 30, cache_creation_input_tokens: 20 },
    cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 0 },
  },
};

const messageEvents = [
  {
    type: 'message_start',
    message: {
      ...message,
      content: [],
      stop_reason: null,
      usage: { ...message.usage, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 40 },
  },
  { type: 'message_stop' },
].map((event) => ({ event: event.type, ...event }));

/** What tools of Google's own found is counted beside the prompt, and what the model thought beside what it said. */
const content = {
  candidates: [
    { index: 0, finishReason: 'STOP', content: { role: 'model', parts: [{ text: 'Hello.' }] } },
  ],
  usageMetadata: {
    ...{ promptTokenCount: 90, toolUsePromptTokenCount: 10, cachedContentTokenCount: 30 },
    ...{ candidatesTokenCount: 15, thoughtsTokenCount: 25, totalTokenCount: 140 },
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 50 },
      { modality: 'IMAGE', tokenCount: 40 },
    ],
  },
  ...{ modelVersion: 'gemini-2.5-flash', responseId: 'r1' },
};

const prompt = 'hi there';
const asked = [{ role: 'user' as const, content: prompt }];
/** Frameworks ask by a client that is traced as well. */
const settings = (url: string) => ({
  apiKey: 'k',
  baseURL: `${url}/v1`,
  fetch: tracedFetch({ provider: 'openai' }),
});
const client = (url: string) =>
  traceOpenAI(new OpenAI({ ...settings(url), fetch }), { provider: 'openai' });
/** What the app asks for beside the answer. */
interface Wishes {
  readonly tier?: string;
  /** Tools of OpenAI's own, by their names. */
  readonly tools?: readonly string[];
}
type Ask = (url: string, isStream: boolean, wishes?: Wishes) => Promise<unknown>;

type Model = never;
/** How a version makes a model. */
type Make = (url: string) => unknown;

/** A tool that OpenAI runs, as a version of the SDK has it. */
function hostedTool(version: 5 | 6 | 7, name: string): unknown {
  const openai = { 5: createOpenAI5, 6: createOpenAI6, 7: createOpenAI7 }[version]({ apiKey: 'k' });
  const key = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const make = (openai.tools as unknown as Record<string, (given: object) => unknown>)[key];
  return make?.({
    ...(name === 'file_search' && { vectorStoreIds: ['v'] }),
    ...(name === 'shell' && { environment: { type: 'containerAuto' } }),
  });
}

/** The versions of the SDK, by the models that they ask. */
function aiSDK(makes: Readonly<Record<5 | 6 | 7, Make>>): Readonly<Record<string, Ask>> {
  const versions = { 5: ai5, 6: ai6, 7: ai7 } as unknown as Record<string, typeof ai7>;
  return Object.fromEntries(
    Object.entries(versions).map(([version, ai]): [string, Ask] => [
      `the AI SDK ${version}`,
      async (url, isStream, { tier, tools = [] } = {}) => {
        const model = makes[Number(version) as 5 | 6 | 7](url) as Model;
        const serviceTier = tier as never;
        const given = {
          ...{ model: Number(version) < 7 ? traceModel(model) : model, prompt },
          ...(tier && { providerOptions: { openai: { serviceTier }, google: { serviceTier } } }),
          ...(tools.length > 0 && {
            tools: Object.fromEntries(
              tools.map((tool) => [tool, hostedTool(Number(version) as 5 | 6 | 7, tool)]),
            ) as never,
          }),
        };
        if (isStream) await read(ai.streamText(given as never).textStream);
        else await ai.generateText(given as never);
      },
    ]),
  );
}

const ofOpenAI = (kind: 'chat' | 'responses') =>
  aiSDK({
    5: (url) => createOpenAI5(settings(url))[kind]('gpt-5-mini'),
    6: (url) => createOpenAI6(settings(url))[kind]('gpt-5-mini'),
    7: (url) => createOpenAI7(settings(url))[kind]('gpt-5-mini'),
  });

const traced = (url: string, path: string, provider: string) => ({
  ...{ apiKey: 'k', baseURL: `${url}/${path}`, fetch: tracedFetch({ provider }) },
});
const anthropic = (url: string) => traced(url, 'v1', 'anthropic');
const google = (url: string) => traced(url, 'v1beta', 'google');

const langChain =
  (useResponsesApi: boolean): Ask =>
  async (url, isStream, { tier } = {}) => {
    const model = new ChatOpenAI({
      ...(tier && { service_tier: tier as 'flex' }),
      ...{ model: 'gpt-5-mini', apiKey: 'k', configuration: settings(url), useResponsesApi },
    });
    if (isStream) await read(model.stream(prompt));
    else await model.invoke(prompt);
  };

const agents =
  (Model: typeof OpenAIResponsesModel | typeof OpenAIChatCompletionsModel): Ask =>
  async (url, isStream, { tier } = {}) => {
    // The SDK brings a copy of the same client, whose private members make it another type.
    const model = new Model(client(url) as never, 'gpt-5-mini');
    const modelSettings = tier ? { providerData: { service_tier: tier } } : {};
    const agent = new Agent({ name: 'Helper', model, modelSettings });
    if (!isStream) {
      await run(agent, prompt);
      return;
    }
    const streamed = await run(agent, prompt, { stream: true });
    await read(streamed);
    await streamed.completed;
  };

interface Exchange {
  readonly whole: Reply;
  readonly streamed?: Reply;
  readonly entryPoints: Readonly<Record<string, Ask>>;
  /** prompt, completion, total, cached, written to a cache, reasoning */
  readonly counts: readonly (number | undefined)[];
  /** Completion tokens that a framework counts on top, by its name: what the app has of it is recorded. */
  readonly addedByStreams?: Readonly<Record<string, number>>;
}

const exchanges: Readonly<Record<string, Exchange>> = {
  "OpenAI's chat": {
    whole: { json: completion },
    streamed: { events: chunks },
    counts: [100, 40, 140, 30, undefined, 25],
    entryPoints: {
      'its client': async (url, isStream) => {
        const { completions } = client(url).chat;
        const given = { model: 'gpt-5-mini', messages: asked };
        if (!isStream) await completions.create(given);
        else {
          const stream_options = { include_usage: true };
          await read(completions.create({ ...given, stream: true, stream_options }));
        }
      },
      ...ofOpenAI('chat'),
      LangChain: langChain(false),
      'the Agents SDK': agents(OpenAIChatCompletionsModel),
    },
  },
  "OpenAI's responses": {
    whole: { json: response },
    streamed: { events: responseEvents },
    counts: [100, 40, 140, 30, undefined, 25],
    entryPoints: {
      'its client': async (url, isStream) => {
        const { responses } = client(url);
        const given = { model: 'gpt-5-mini', input: prompt };
        if (isStream) await read(responses.create({ ...given, stream: true }));
        else await responses.create(given);
      },
      ...ofOpenAI('responses'),
      LangChain: langChain(true),
      'the Agents SDK': agents(OpenAIResponsesModel),
    },
  },
  "Anthropic's messages": {
    whole: { json: message },
    streamed: { events: messageEvents },
    counts: [100, 40, 140, 30, 20, undefined],
    // Anthropic's last count includes its first, which is 1 here. LangChain adds both up in its `usage_metadata`.
    addedByStreams: { LangChain: 1 },
    entryPoints: {
      'its client': async (url, isStream) => {
        const { messages } = traceAnthropic(new Anthropic({ apiKey: 'k', baseURL: url }));
        const given = { model: 'claude-sonnet-4-5', max_tokens: 64, messages: asked };
        if (isStream) await read(messages.create({ ...given, stream: true }));
        else await messages.create(given);
      },
      ...aiSDK({
        5: (url) => createAnthropic5(anthropic(url))('claude-sonnet-4-5'),
        6: (url) => createAnthropic6(anthropic(url))('claude-sonnet-4-5'),
        7: (url) => createAnthropic7(anthropic(url))('claude-sonnet-4-5'),
      }),
      LangChain: async (url, isStream) => {
        const model = new ChatAnthropic({
          ...{ model: 'claude-sonnet-4-5', apiKey: 'k', anthropicApiUrl: url, maxTokens: 64 },
          clientOptions: { fetch: tracedFetch({ provider: 'anthropic' }) },
        });
        if (isStream) await read(model.stream(prompt));
        else await model.invoke(prompt);
      },
    },
  },
  "Gemini's content": {
    whole: { json: content },
    streamed: { events: [content] },
    counts: [100, 40, 140, 30, undefined, 25],
    entryPoints: {
      'its client': async (url, isStream) => {
        const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } });
        const { models } = traceGoogleGenAI(client);
        const given = { model: 'gemini-2.5-flash', contents: prompt };
        if (isStream) await read(models.generateContentStream(given));
        else await models.generateContent(given);
      },
      ...aiSDK({
        5: (url) => createGoogle5(google(url))('gemini-2.5-flash'),
        6: (url) => createGoogle6(google(url))('gemini-2.5-flash'),
        7: (url) => createGoogle7(google(url))('gemini-2.5-flash'),
      }),
    },
  },
};

/** What changes the price, in a whole answer and in the last event of one that is streamed. */
interface Billed extends Wishes {
  readonly whole: Reply;
  readonly streamed?: Reply;
  /** The entry points that know it. @default all */
  readonly by?: readonly string[];
  /** What the client's entry point says: dollars, or why there are none. */
  readonly estimate?: number;
  readonly unpriced?: Readonly<Record<string, number>>;
}

/** US dollars for a token that Claude Sonnet 4.5 writes. */
const CLAUDE_OUTPUT_PRICE = 15 / 1e6;
const GPT_5_MINI = (70 * 0.25 + 30 * 0.025 + 40 * 2) / 1e6;
const hosted = (type: string, more: object = {}) => ({
  type,
  id: `${type}_1`,
  status: 'completed',
  ...more,
});

/** Code comes before its item ends. */
function codeEvents(item: object, output_index: number): readonly object[] {
  const { id, code } = item as { id?: string; code?: string };
  const about = { item_id: id, output_index };
  const type = 'response.code_interpreter_call_code';
  return code === undefined
    ? []
    : [
        { type: `${type}.delta`, delta: code, ...about },
        { type: `${type}.done`, code, ...about },
      ];
}

/** An answer of OpenAI's with items of tools that it hosts. */
function withItems(
  items: readonly object[],
  more: object = {},
): Pick<Billed, 'whole' | 'streamed'> {
  const answer = { ...response, ...more, output: [...items, item] };
  return {
    whole: { json: answer },
    streamed: {
      events: [
        ...responseEvents.slice(0, 1),
        ...[...items, item].flatMap((each, output_index) => [
          { type: 'response.output_item.added', output_index, item: each },
          ...codeEvents(each, output_index),
          { type: 'response.output_item.done', output_index, item: each },
        ]),
        { type: 'response.completed', response: answer },
      ],
    },
  };
}

const searched = (query: string) =>
  hosted('web_search_call', { id: `ws_${query}`, action: { type: 'search', query, sources: [] } });
const withUsage = (more: object): Pick<Billed, 'whole' | 'streamed'> => {
  const usage = { ...message.usage, ...more };
  const [start, ...others] = messageEvents;
  const begun = {
    ...message,
    content: [],
    stop_reason: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const started = { ...start, message: begun };
  return {
    whole: { json: { ...message, usage } },
    streamed: {
      events: [
        started,
        ...others.map((event) =>
          event.type === 'message_delta'
            ? { ...event, usage: { ...more, output_tokens: 40 } }
            : event,
        ),
      ],
    },
  };
};
const withFacts = (candidate: object, usage: object = {}): Pick<Billed, 'whole' | 'streamed'> => {
  const json = {
    ...content,
    candidates: [{ ...content.candidates[0], ...candidate }],
    usageMetadata: { ...content.usageMetadata, ...usage },
  };
  return { whole: { json }, streamed: { events: [json] } };
};
const withTier = (service_tier: string): Pick<Billed, 'whole' | 'streamed'> => ({
  whole: { json: { ...completion, service_tier } },
  streamed: {
    events: chunks.map((each) => (typeof each === 'string' ? each : { ...each, service_tier })),
  },
});

const bills: Readonly<Record<string, Readonly<Record<string, Billed>>>> = {
  "OpenAI's chat": {
    'at the usual tier': { ...withTier('default'), estimate: GPT_5_MINI },
    'at a cheaper tier': {
      ...withTier('flex'),
      tier: 'flex',
      unpriced: { 'service_tier:flex': 1 },
    },
  },
  "OpenAI's responses": {
    'without tools': { ...withItems([]), estimate: GPT_5_MINI },
    'with two searches': {
      ...withItems([searched('a'), searched('b')]),
      tools: ['web_search'],
      estimate: GPT_5_MINI + 2 * 0.01,
    },
    'with a search of files': {
      ...withItems([hosted('file_search_call', { queries: ['a'], results: null })]),
      tools: ['file_search'],
      estimate: GPT_5_MINI + 0.0025,
    },
    'with code that ran': {
      ...withItems([
        hosted('code_interpreter_call', { container_id: 'c', code: '1', outputs: [] }),
      ]),
      tools: ['code_interpreter'],
      unpriced: { 'tool:code_interpreter': 1 },
    },
    'with a picture': {
      ...withItems([hosted('image_generation_call', { result: 'AAAA' })]),
      tools: ['image_generation'],
      unpriced: { 'tool:image_generation': 1 },
    },
    'with a shell of its own': {
      ...withItems([
        hosted('shell_call', {
          ...{
            call_id: 'c',
            action: { commands: ['ls'], timeout_ms: null, max_output_length: null },
          },
          environment: { type: 'container_reference', container_id: 'cntr_1' },
        }),
      ]),
      tools: ['shell'],
      by: ['its client', 'the AI SDK 6', 'the AI SDK 7', 'LangChain'],
      unpriced: { 'tool:shell': 1 },
    },
    'at a dearer tier': {
      ...withItems([], { service_tier: 'priority' }),
      tier: 'priority',
      unpriced: { 'service_tier:priority': 1 },
    },
  },
  "Anthropic's messages": {
    'with two searches': {
      ...withUsage({ server_tool_use: { web_search_requests: 2 } }),
      estimate: (50 * 3 + 30 * 0.3 + 20 * 3.75 + 40 * 15) / 1e6 + 2 * 0.01,
    },
    'in one place': { ...withUsage({ inference_geo: 'us' }), unpriced: { 'region:us': 1 } },
    'at a higher speed': { ...withUsage({ speed: 'fast' }), unpriced: { 'speed:fast': 1 } },
    'at a dearer tier': {
      ...withUsage({ service_tier: 'priority' }),
      unpriced: { 'service_tier:priority': 1 },
    },
  },
  "Gemini's content": {
    'with searches': {
      ...withFacts({ groundingMetadata: { webSearchQueries: ['a', 'b'] } }),
      unpriced: { 'tool:google_search': 1 },
    },
    'with a search in maps': {
      ...withFacts({
        groundingMetadata: { groundingChunks: [{ maps: { uri: 'https://a.test', title: 't' } }] },
      }),
      unpriced: { 'tool:google_maps': 1 },
    },
    'at a cheaper tier': {
      ...withFacts({}, { serviceTier: 'flex' }),
      tier: 'flex',
      unpriced: { 'service_tier:flex': 1 },
    },
  },
};

/** Of a chat that is streamed, this framework keeps no tier, neither the one that was asked for nor the one that answered. */
const untold: ReadonlySet<string> = new Set(['at a cheaper tier by the Agents SDK, streamed']);

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];

for (const [name, { whole, streamed, entryPoints, counts, addedByStreams = {} }] of Object.entries(
  exchanges,
)) {
  const added = (entryPoint: string, way: string) =>
    way === 'streamed' ? (addedByStreams[entryPoint] ?? 0) : 0;

  describe(`a request to ${name}`, () => {
    before(() => {
      Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
      traceAISDK();
      traceLangChain(CallbackManager);
      setTraceProcessors([agentsTraceProcessor()]);
    });

    for (const [entryPoint, ask] of Object.entries(entryPoints)) {
      for (const [way, reply] of Object.entries({ whole, streamed })) {
        if (reply === undefined) continue;
        it(`is counted correctly and once by ${entryPoint}, ${way}`, async () => {
          const { steps, asked: requests } = await stepsOfCalls(reply, (url) =>
            ask(url, way === 'streamed'),
          );
          assert.equal(requests.length, 1);
          const models = steps.flatMap(flat).filter(({ type }) => type === 'chat_completion');
          assert.equal(models.length, 1);
          const [model] = models as [WireStep];
          const { cached_tokens, cache_creation_tokens } = model.usageDetails as Record<
            string,
            number
          >;
          const [prompt, completion = 0, total = 0, ...parts] = counts;
          const more = added(entryPoint, way);
          assert.deepEqual(
            [
              ...[model.promptTokens, model.completionTokens, model.tokens],
              ...[cached_tokens, cache_creation_tokens, model.metadata.reasoningTokens],
            ],
            [prompt, completion + more, total + more, ...parts],
          );
        });
      }
    }

    for (const [what, billed] of Object.entries(bills[name] ?? {})) {
      const { estimate, unpriced = {}, by, whole, streamed, ...wishes } = billed;
      for (const [entryPoint, ask] of Object.entries(entryPoints)) {
        if (by?.includes(entryPoint) === false) continue;
        for (const [way, reply] of Object.entries({ whole, streamed })) {
          if (reply === undefined || untold.has(`${what} by ${entryPoint}, ${way}`)) continue;
          it(`costs the same ${what} by ${entryPoint}, ${way}`, async () => {
            const usage = await usageOfCalls(reply, (url) => ask(url, way === 'streamed', wishes));
            assert.deepEqual(usage.unpriced, unpriced);
            const more = added(entryPoint, way) * CLAUDE_OUTPUT_PRICE;
            const right = estimate === undefined ? undefined : estimate + more;
            assert.equal(usage.estimatedCost?.toFixed(9), right?.toFixed(9));
          });
        }
      }
    }
  });
}

describe('a transcription', () => {
  const heard = { text: 'Hello.', language: 'en', duration: 3.5 };
  const USAGES: Readonly<Record<string, object>> = {
    'by its seconds': { type: 'duration', seconds: 4 },
    'by its tokens': {
      ...{ type: 'tokens', input_tokens: 30, output_tokens: 8, total_tokens: 38 },
      input_token_details: { text_tokens: 4, audio_tokens: 26 },
    },
  };
  const wav = new Uint8Array(Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt ', 'latin1'));
  const numbers = ({
    promptTokens,
    completionTokens,
    tokens,
    usageDetails,
    metadata,
  }: WireStep) => ({
    ...{ promptTokens, completionTokens, tokens, usageDetails, billed: metadata.billed },
  });
  for (const [how, usage] of Object.entries(USAGES)) {
    it(`is billed alike by a client and by the AI SDK: ${how}`, async () => {
      const reply: Reply = { json: { ...heard, usage } };
      const { steps } = await stepsOfCalls(reply, async (url) => {
        const client = traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: url }), {
          provider: 'openai',
        });
        const file = new File([wav], 'a.wav');
        await client.audio.transcriptions.create({ model: 'whisper-1', file });
        const model = createOpenAI7({ apiKey: 'k', baseURL: url }).transcription('whisper-1');
        await ai7.transcribe({ model: traceModel(model), audio: wav });
      });
      const [byClient, bySdk] = steps.map(numbers);
      assert.notEqual(byClient?.billed ?? byClient?.promptTokens, undefined);
      assert.deepEqual(bySdk, byClient);
    });
  }
});
