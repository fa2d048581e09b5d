/** Traced clients, and one way to ask each, for a table of calls that do not run to their end. */

import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, OpenAIChatCompletionsModel, run, setTraceProcessors } from '@openai/agents';
import { traceAISDK, traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import * as ai5 from 'ai5';
import { createOpenAI as createOpenAI5 } from 'ai5-openai';
import * as ai6 from 'ai6';
import { createOpenAI as createOpenAI6 } from 'ai6-openai';
import * as ai7 from 'ai7';
import { createOpenAI as createOpenAI7 } from 'ai7-openai';
import Anthropic30 from 'anthropic0-30';
import Anthropic60 from 'anthropic0-60';
import Anthropic100 from 'anthropic0-100';
import Anthropic137 from 'anthropic0-137';
import Anthropic1 from 'anthropic1';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from 'bedrock3';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI as GoogleGenAI2 } from 'genai2';
import { GoogleGenAI as GoogleGenAI3 } from 'genai3';
import Groq from 'groq-sdk';
import { Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI4 from 'openai4';
import OpenAI5 from 'openai5';
import OpenAI6 from 'openai6';
import OpenAI7 from 'openai7';
import Together from 'together-ai';
import { eventFrame } from '../support/llm-server/bedrock.ts';

/** Where a call is when it ends. `wait`: between two attempts. */
export const PLACES = ['before', 'before a stream', 'body', 'stream', 'wait'] as const;
export type Place = (typeof PLACES)[number];

/** What ends a call. */
export const WAYS = [
  'abort',
  'abort with a reason',
  'abort of AbortSignal.any()',
  'the client of the app leaves',
  'AbortSignal.timeout()',
  'a timeout of AbortSignal.any()',
  "the client's own timeout",
] as const;
export type Way = (typeof WAYS)[number];

/** What is asked in one cell of the table. */
export interface Question {
  readonly url: string;
  /** Identifies the cell. */
  readonly model: string;
  readonly isStream: boolean;
  readonly retries: number;
  readonly signal?: AbortSignal;
  /** The client's own timeout. */
  readonly timeoutMs?: number;
  /** To be called for each piece of a stream. */
  readonly received: () => void;
}

export interface TracedClient {
  readonly ask: (question: Question) => Promise<unknown>;
  /** The first bytes of a stream. */
  readonly begin: (model: string) => string | Buffer;
  readonly contentType?: string;
  /** The places where the client's own timeout ends a call. @default none */
  readonly timesOut?: readonly Place[];
  /** The client's own error of a timeout, if a step can show it. */
  readonly timeoutError?: readonly [name: string, message: string];
  /** @default true */
  readonly isRetrying?: boolean;
  readonly isHttp2?: boolean;
  /** Whether only the steps of models end as the call does. A run above them may have its own end. @default false */
  readonly hasRuns?: boolean;
  /** What this client, or this way to trace it, does not report: these calls have another end. */
  readonly limits?: readonly Limit[];
}

export interface Limit {
  readonly places: readonly Place[];
  readonly ways: readonly Way[];
  /** `failed`: with an error that is no timeout. */
  readonly end: 'left' | 'failed';
}

const messages = [{ role: 'user' as const, content: 'hi' }];

const sse = (...events: readonly object[]): string =>
  events
    .map((event) => {
      const name = 'type' in event ? `event: ${event.type}\n` : '';
      return `${name}data: ${JSON.stringify(event)}\n\n`;
    })
    .join('');

const chatChunk = (model: string): string =>
  sse({
    ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model },
    choices: [{ index: 0, delta: { role: 'assistant', content: 'So' }, finish_reason: null }],
  });

async function readAll(stream: AsyncIterable<unknown>, received: () => void): Promise<void> {
  for await (const _ of stream) received();
}

/** The options of a call of a client that Stainless generates. */
interface StainlessOptions {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

const stainlessOptions = ({ signal, timeoutMs }: Question): StainlessOptions => ({
  ...(signal !== undefined && { signal }),
  ...(timeoutMs !== undefined && { timeout: timeoutMs }),
});

const BEFORE = ['before', 'before a stream'] as const;
const STAINLESS_TIMEOUT = ['APIConnectionTimeoutError', 'Request timed out.'] as const;

/** The part of the clients of OpenAI, Groq and Together that is used. */
interface ChatClient {
  readonly chat: {
    readonly completions: {
      create(body: object, options: StainlessOptions): Promise<unknown>;
    };
  };
}

function chatCompletions(
  clientOf: (question: Question) => object,
  more: Partial<TracedClient> = {},
): TracedClient {
  return {
    begin: chatChunk,
    timesOut: BEFORE,
    timeoutError: STAINLESS_TIMEOUT,
    async ask(question) {
      const { model, isStream: stream, received } = question;
      // The clients have these methods, with other types of bodies.
      const client = clientOf(question) as ChatClient;
      const body = { model, messages, stream };
      const answer = await client.chat.completions.create(body, stainlessOptions(question));
      if (stream) await readAll(answer as AsyncIterable<unknown>, received);
    },
    ...more,
  };
}

type StainlessClass = new (options: {
  readonly apiKey: string;
  readonly baseURL: string;
  readonly maxRetries: number;
}) => object;

const clientOfClass =
  (Client: StainlessClass, path = '') =>
  ({ url, retries }: Question): object =>
    new Client({ apiKey: 'k', baseURL: `${url}${path}`, maxRetries: retries });

const openAI = (Client: StainlessClass, more?: Partial<TracedClient>): TracedClient =>
  chatCompletions((question) => traceOpenAI(clientOfClass(Client, '/v1')(question)), more);

const claudeEvents = (model: string): string =>
  sse(
    {
      type: 'message_start',
      message: {
        ...{ id: 'a', type: 'message', role: 'assistant', content: [], model },
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'So' } },
  );

/** The part of Anthropic's client that is used. */
interface MessagesClient {
  readonly messages: { create(body: object, options: StainlessOptions): Promise<unknown> };
}

const anthropic = (Client: StainlessClass): TracedClient => ({
  begin: claudeEvents,
  timesOut: BEFORE,
  timeoutError: STAINLESS_TIMEOUT,
  async ask(question) {
    const { model, isStream: stream, received } = question;
    const client = traceAnthropic(clientOfClass(Client)(question)) as MessagesClient;
    const body = { model, messages, stream, max_tokens: 9 };
    const answer = await client.messages.create(body, stainlessOptions(question));
    if (stream) await readAll(answer as AsyncIterable<unknown>, received);
  },
});

const google = (Client: typeof GoogleGenAI3): TracedClient => ({
  begin: () => sse({ candidates: [{ content: { parts: [{ text: 'So' }] } }] }),
  timesOut: [...BEFORE, 'body', 'stream'],
  async ask({ url, model, isStream, retries, signal, timeoutMs, received }) {
    const retryOptions = retries > 0 && { retryOptions: { attempts: retries + 1 } };
    const ai = traceGoogleGenAI(
      new Client({ apiKey: 'k', httpOptions: { baseUrl: url, ...retryOptions } }),
    );
    const config = {
      ...(signal !== undefined && { abortSignal: signal }),
      ...(timeoutMs !== undefined && { httpOptions: { timeout: timeoutMs } }),
    };
    const request = { model, contents: 'hi', config };
    if (!isStream) await ai.models.generateContent(request);
    else await readAll(await ai.models.generateContentStream(request), received);
  },
});

/** The part of the AI SDK that is used. */
interface AI {
  generateText(request: object): Promise<unknown>;
  streamText(request: object): { readonly fullStream: AsyncIterable<{ readonly type: string }> };
}

type Provider = (settings: { apiKey: string; baseURL: string }) => { chat(name: string): object };

function aiSdk(ai: unknown, provider: unknown, more: Partial<TracedClient>): TracedClient {
  // The versions differ in the types of models.
  const { generateText, streamText } = ai as AI;
  const isTraced = more.limits === undefined;
  return {
    begin: chatChunk,
    async ask({ url, model: name, isStream, retries, signal, timeoutMs, received }) {
      const bare = (provider as Provider)({ apiKey: 'k', baseURL: `${url}/v1` }).chat(name);
      const request = {
        model: isTraced ? traceModel(bare) : bare,
        prompt: 'hi',
        maxRetries: retries,
        ...(signal !== undefined && { abortSignal: signal }),
        ...(timeoutMs !== undefined && { timeout: timeoutMs }),
        ...(isTraced && { telemetry: { isEnabled: false } }),
      };
      if (!isStream) await generateText(request);
      else {
        const { fullStream } = streamText({ ...request, onError() {} });
        for await (const { type } of fullStream) if (type === 'text-delta') received();
      }
    },
    ...more,
  };
}

const WHOLE_CALL = { timesOut: [...PLACES] } as const;
const TIMEOUTS = WAYS.filter((way) => /timeout/.test(way));

export const CLIENTS: Readonly<Record<string, TracedClient>> = {
  openai4: openAI(OpenAI4),
  openai5: openAI(OpenAI5),
  openai6: openAI(OpenAI6),
  openai7: openAI(OpenAI7, { timesOut: [...BEFORE, 'body'] }),
  groq: chatCompletions((question) => traceGroq(clientOfClass(Groq)(question))),
  together: chatCompletions((question) => traceTogether(clientOfClass(Together)(question))),
  'anthropic0-30': anthropic(Anthropic30),
  'anthropic0-60': anthropic(Anthropic60),
  'anthropic0-100': anthropic(Anthropic100),
  'anthropic0-137': anthropic(Anthropic137),
  anthropic1: anthropic(Anthropic1),
  // The two versions have the same methods.
  genai2: google(GoogleGenAI2 as unknown as typeof GoogleGenAI3),
  genai3: google(GoogleGenAI3),
  cohere: {
    begin: () =>
      sse(
        { type: 'message-start', id: 'a' },
        { type: 'content-delta', index: 0, delta: { message: { content: { text: 'So' } } } },
      ),
    timesOut: BEFORE,
    async ask({ url, model, isStream, retries, signal, timeoutMs, received }) {
      const client = traceCohere(new CohereClientV2({ token: 'k', environment: url }));
      const options = {
        maxRetries: retries,
        ...(signal !== undefined && { abortSignal: signal }),
        ...(timeoutMs !== undefined && { timeoutInSeconds: timeoutMs / 1000 }),
      };
      if (!isStream) await client.chat({ model, messages }, options);
      else await readAll(await client.chatStream({ model, messages }, options), received);
    },
  },
  mistral: {
    begin: chatChunk,
    ...WHOLE_CALL,
    async ask({ url, model, isStream, retries, signal, timeoutMs, received }) {
      const backoff = {
        ...{ initialInterval: 1000, maxInterval: 1000, exponent: 1, maxElapsedTime: 5000 },
      };
      const retryConfig =
        retries > 0 ? { strategy: 'backoff' as const, backoff } : { strategy: 'none' as const };
      const client = traceMistral(new Mistral({ apiKey: 'k', serverURL: url, retryConfig }));
      const options = {
        ...(signal !== undefined && { fetchOptions: { signal } }),
        ...(timeoutMs !== undefined && { timeoutMs }),
      };
      if (!isStream) await client.chat.complete({ model, messages }, options);
      else await readAll(await client.chat.stream({ model, messages }, options), received);
    },
  },
  ollama: {
    begin: (model) =>
      `${JSON.stringify({ model, message: { role: 'assistant', content: 'So' }, done: false })}\n`,
    contentType: 'application/x-ndjson',
    isRetrying: false,
    async ask({ url, model, isStream, signal, received }) {
      // The client takes no signal: the app adds it by a fetch of its own.
      const client = traceOllama(new Ollama({ host: url })) as Ollama & { fetch: typeof fetch };
      const { fetch: send } = client;
      client.fetch = (input, init) => {
        const signals = [init?.signal, signal].filter((each) => each instanceof AbortSignal);
        return send(input, { ...init, signal: AbortSignal.any(signals) });
      };
      if (!isStream) await client.chat({ model, messages });
      else await readAll(await client.chat({ model, messages, stream: true }), received);
    },
  },
  bedrock: {
    begin: () => eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'So' } }),
    contentType: 'application/vnd.amazon.eventstream',
    isHttp2: true,
    timesOut: BEFORE,
    async ask({ url, model: modelId, isStream, retries, signal, timeoutMs, received }) {
      const client = traceBedrock(
        new BedrockRuntimeClient({
          ...{ region: 'eu-west-1', endpoint: url, token: { token: 't' } },
          authSchemePreference: ['httpBearerAuth'],
          maxAttempts: retries + 1,
          ...(timeoutMs !== undefined && { requestHandler: { requestTimeout: timeoutMs } }),
        }),
      );
      const options = signal === undefined ? {} : { abortSignal: signal };
      const asked = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
      const request = { modelId, messages: asked };
      if (!isStream) await client.send(new ConverseCommand(request), options);
      else {
        const { stream } = await client.send(new ConverseStreamCommand(request), options);
        if (stream !== undefined) await readAll(stream, received);
      }
    },
  },
  'a traced fetch': {
    begin: chatChunk,
    isRetrying: false,
    async ask({ url, model, isStream: stream, signal, received }) {
      const request = {
        method: 'POST',
        body: JSON.stringify({ model, stream, messages }),
        ...(signal !== undefined && { signal }),
      };
      const response = await tracedFetch()(`${url}/v1/chat/completions`, request);
      if (!stream) await response.text();
      else if (response.body !== null) await readAll(response.body, received);
    },
  },
  'a traced fetch of openai7': chatCompletions(
    ({ url, retries: maxRetries }) =>
      new OpenAI7({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries, fetch: tracedFetch() }),
    // Between two attempts, a fetch does not know whether the client goes on.
    { isRetrying: false, timesOut: [] },
  ),
  ai5: aiSdk(ai5, createOpenAI5, {}),
  ai6: aiSdk(ai6, createOpenAI6, WHOLE_CALL),
  'ai7, a traced model': aiSdk(ai7, createOpenAI7, WHOLE_CALL),
  'ai7, its telemetry': aiSdk(ai7, createOpenAI7, {
    ...WHOLE_CALL,
    // The SDK does not report the signal of a call that is no stream.
    limits: [
      { places: ['before', 'body'], ways: ['abort with a reason'], end: 'failed' },
      { places: ['wait'], ways: TIMEOUTS, end: 'left' },
    ],
  }),
  'LangChain of OpenAI': {
    begin: chatChunk,
    timesOut: BEFORE,
    async ask({ url, model, isStream, retries, signal, timeoutMs, received }) {
      const chat = new ChatOpenAI({
        ...{ model, apiKey: 'k', maxRetries: retries },
        ...(timeoutMs !== undefined && { timeout: timeoutMs }),
        configuration: { baseURL: `${url}/v1` },
      });
      const options = signal === undefined ? {} : { signal };
      if (!isStream) await chat.invoke('hi', options);
      else await readAll(await chat.stream('hi', options), received);
    },
  },
  "OpenAI's agents": {
    begin: chatChunk,
    timesOut: BEFORE,
    async ask({ url, model, isStream, retries, signal, timeoutMs, received }) {
      const client = new OpenAI7({
        ...{ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: retries },
        ...(timeoutMs !== undefined && { timeout: timeoutMs }),
      });
      const chat = new OpenAIChatCompletionsModel(client as never, model);
      const agent = new Agent({ name: model, instructions: 'help', model: chat });
      const options = signal === undefined ? {} : { signal };
      if (!isStream) return run(agent, 'hi', options);
      const result = await run(agent, 'hi', { ...options, stream: true });
      for await (const { type } of result) if (type === 'raw_model_stream_event') received();
      return result.completed;
    },
    hasRuns: true,
    // The SDK's traces have the text of an error, and not the reason of an abort.
    limits: [
      {
        places: [...PLACES],
        ways: ['AbortSignal.timeout()', 'a timeout of AbortSignal.any()'],
        end: 'left',
      },
    ],
  },
};

/** Registers the integrations that trace more than one client. */
export function traceFrameworks(): void {
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  traceAISDK();
  traceLangChain(CallbackManager);
  setTraceProcessors([agentsTraceProcessor()]);
}
