/**
 * Whatever a provider answers, the app gets what it gets without us, and one valid step. `MUTATIONS=5000` tries so many
 * answers of each kind, `SEED` begins with another one.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { createTracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import Anthropic from 'anthropic1';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from 'bedrock3';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import Groq from 'groq-sdk';
import { Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI from 'openai7';
import Together from 'together-ai';
import { eventFrame } from '../support/llm-server/bedrock.ts';
import { violations } from '../support/wire/validate.ts';
import { type Format, MutatedAnswers, type WireAnswer } from './mutated-answers.ts';

const SEED = Number(process.env.SEED ?? 1);
const MUTATIONS = Number(process.env.MUTATIONS ?? 4);

/** What the model says, which is in no row where content is not recorded. */
const SAID = 'canary-41c7';
let options: { readonly content?: boolean } = {};

/** Has the client traced, or leaves it. */
type Trace = <T extends object>(client: T, trace: (client: T) => T) => T;
type Call = (url: string, traced: Trace, answer: WireAnswer) => Promise<unknown>;

interface Kind {
  readonly whole?: object;
  readonly events?: readonly object[];
  readonly format?: Format;
  readonly ask: Call;
}

const messages = [{ role: 'user' as const, content: 'hi' }];
const settings = (url: string) => ({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 });
const openai = (url: string, traced: Trace) =>
  traced(new OpenAI({ ...settings(url), logLevel: 'off' }), (client) =>
    traceOpenAI(client, options),
  );
const anthropic = (url: string, traced: Trace) =>
  traced(new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0, logLevel: 'off' }), (client) =>
    traceAnthropic(client, options),
  );
const gemini = (url: string, traced: Trace) =>
  traced(new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }), (client) =>
    traceGoogleGenAI(client, options),
  );
const cohere = (url: string, traced: Trace) =>
  traced(new CohereClientV2({ token: 'k', environment: url, maxRetries: 0 }), (client) =>
    traceCohere(client, options),
  );
const mistral = (url: string, traced: Trace) =>
  traced(new Mistral({ apiKey: 'k', serverURL: url }), (client) => traceMistral(client, options));
const ollama = (url: string, traced: Trace) =>
  traced(new Ollama({ host: url }), (client) => traceOllama(client, options));
const bedrock = (traced: Trace, { status, contentType, pieces }: WireAnswer) => {
  const headers = { 'content-type': contentType, 'x-amzn-requestid': 'r' };
  const requestHandler = {
    handle: async () => ({
      response: { statusCode: status, headers, body: Readable.from(pieces) },
    }),
  };
  const client = new BedrockRuntimeClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
    requestHandler: requestHandler as never,
  });
  return traced(client, (each) => traceBedrock(each, options));
};

/** What is read of a stream, and what ends it. */
async function itemsOf(stream: Promise<AsyncIterable<unknown>>): Promise<unknown> {
  const items: unknown[] = [];
  try {
    for await (const item of await stream) items.push(item);
  } catch (error) {
    return { items, error: said(error) };
  }
  return items;
}

function said(error: unknown): unknown {
  const { name, message, status, statusCode } = error as Error & Record<string, unknown>;
  return { name, message, status, statusCode };
}

const usage = {
  prompt_tokens: 10,
  completion_tokens: 5,
  total_tokens: 15,
  prompt_tokens_details: { cached_tokens: 2, audio_tokens: 1 },
  completion_tokens_details: { reasoning_tokens: 3 },
};
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"q":1}' } };
const chat = {
  id: 'chat_1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'hi there',
        refusal: null,
        tool_calls: [call],
        annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example' } }],
        audio: { id: 'a', data: 'AAAA', transcript: 'hi', expires_at: 9 },
      },
      logprobs: { content: [{ token: 'hi', logprob: -0.1, bytes: [104], top_logprobs: [] }] },
      finish_reason: 'stop',
    },
  ],
  usage,
  service_tier: 'default',
};
const chunk = (delta: object, more: object = {}) => ({
  ...chat,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
  usage: null,
});
const chunks = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'hi' }),
  chunk({ content: ' there' }),
  chunk({ content: ' you' }),
  chunk({ tool_calls: [{ index: 0, ...call }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
  chunk({ refusal: 'no', audio: { id: 'a', data: 'AAAA', transcript: 'hi' } }),
  chunk({}, { finish_reason: 'stop' }),
  { ...chunk({}), choices: [], usage },
];
const response = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'gpt-5',
  output: [
    { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'hm' }] },
    {
      type: 'message',
      id: 'm',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'hi', annotations: [{ type: 'file_citation' }] }],
    },
    { type: 'function_call', id: 'f', call_id: 'c1', name: 'f', arguments: '{}' },
    { type: 'web_search_call', id: 'w', status: 'completed', action: { type: 'search' } },
    { type: 'image_generation_call', id: 'i', result: 'AAAA', status: 'completed' },
  ],
  usage: {
    input_tokens: 10,
    output_tokens: 5,
    total_tokens: 15,
    input_tokens_details: { cached_tokens: 2 },
    output_tokens_details: { reasoning_tokens: 1 },
  },
};
const item = { type: 'message', id: 'm', role: 'assistant', content: [], status: 'in_progress' };
const place = { output_index: 0, content_index: 0, item_id: 'm' };
const responseEvents = [
  { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
  { type: 'response.output_item.added', output_index: 0, item },
  { type: 'response.content_part.added', ...place, part: { type: 'output_text', text: '' } },
  { type: 'response.output_text.delta', ...place, delta: 'hi' },
  { type: 'response.output_text.delta', ...place, delta: ' there' },
  { type: 'response.output_text.done', ...place, text: 'hi there' },
  { type: 'response.output_item.done', output_index: 0, item: response.output[1] },
  { type: 'response.output_item.added', output_index: 1, item: response.output[2] },
  { type: 'response.function_call_arguments.delta', output_index: 1, item_id: 'f', delta: '{}' },
  { type: 'response.output_item.done', output_index: 1, item: response.output[2] },
  { type: 'response.completed', response },
].map((event, sequence_number) => ({ ...event, sequence_number }));
const claudeUsage = {
  input_tokens: 10,
  output_tokens: 5,
  cache_read_input_tokens: 2,
  cache_creation_input_tokens: 1,
  cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 0 },
  server_tool_use: { web_search_requests: 1 },
  service_tier: 'standard',
};
const claude = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [
    { type: 'thinking', thinking: 'hm', signature: 'abc' },
    { type: 'text', text: 'hi', citations: [{ type: 'char_location', cited_text: 'x' }] },
    { type: 'tool_use', id: 't', name: 'f', input: { q: 1 } },
    { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    { type: 'web_search_tool_result', tool_use_id: 's', content: [{ type: 'x', url: 'u' }] },
  ],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: claudeUsage,
};
const claudeEvents = [
  { type: 'message_start', message: { ...claude, content: [], stop_reason: null } },
  { type: 'ping' },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'a' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'hi' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: ' you' } },
  { type: 'content_block_stop', index: 1 },
  {
    type: 'content_block_start',
    index: 2,
    content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
  },
  {
    type: 'content_block_delta',
    index: 2,
    delta: { type: 'input_json_delta', partial_json: '{}' },
  },
  { type: 'content_block_stop', index: 2 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: claudeUsage },
  { type: 'message_stop' },
];
const candidate = {
  candidates: [
    {
      index: 0,
      content: {
        role: 'model',
        parts: [
          { text: 'hm', thought: true, thoughtSignature: 'abc' },
          { text: 'hi' },
          { functionCall: { id: 'c', name: 'f', args: { q: 1 } } },
          { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
          { executableCode: { language: 'PYTHON', code: '1' } },
        ],
      },
      finishReason: 'STOP',
      safetyRatings: [{ category: 'HARM', probability: 'LOW' }],
      groundingMetadata: { webSearchQueries: ['q'], groundingChunks: [{ web: { uri: 'u' } }] },
    },
  ],
  usageMetadata: {
    promptTokenCount: 10,
    candidatesTokenCount: 5,
    thoughtsTokenCount: 2,
    totalTokenCount: 17,
    cachedContentTokenCount: 3,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: 10 }],
    cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 1 }],
  },
  modelVersion: 'gemini',
  responseId: 'r',
};
const interaction = {
  id: 'int_1',
  object: 'interaction',
  model: 'gemini',
  status: 'completed',
  steps: [
    { type: 'thought', summary: [{ type: 'text', text: 'hm' }], signature: 'abc' },
    { type: 'model_output', content: [{ type: 'text', text: 'hi' }] },
    { type: 'function_call', id: 'c', name: 'f', arguments: { q: 1 } },
  ],
  usage: {
    total_input_tokens: 10,
    total_output_tokens: 5,
    total_tokens: 15,
    input_tokens_by_modality: [{ modality: 'text', tokens: 10 }],
    grounding_tool_count: [{ type: 'google_search', count: 1 }],
  },
};
const cohereWhole = {
  id: 'c',
  finish_reason: 'COMPLETE',
  message: {
    role: 'assistant',
    content: [{ type: 'text', text: 'hi' }],
    tool_plan: 'plan',
    tool_calls: [call],
    citations: [{ start: 0, end: 1, text: 'h', sources: [{ type: 'tool', id: 's' }] }],
  },
  usage: {
    billed_units: { input_tokens: 5, output_tokens: 6 },
    tokens: { input_tokens: 7, output_tokens: 6 },
    cached_tokens: 1,
  },
};
const cohereEvents = [
  { type: 'message-start', id: 'c', delta: { message: { role: 'assistant' } } },
  {
    type: 'content-start',
    index: 0,
    delta: { message: { content: { type: 'text', text: '' } } },
  },
  { type: 'content-delta', index: 0, delta: { message: { content: { text: 'hi' } } } },
  { type: 'content-end', index: 0 },
  { type: 'tool-call-start', index: 0, delta: { message: { tool_calls: call } } },
  {
    type: 'tool-call-delta',
    index: 0,
    delta: { message: { tool_calls: { function: { arguments: '1' } } } },
  },
  { type: 'tool-call-end', index: 0 },
  { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: cohereWhole.usage } },
];
const ollamaWhole = {
  model: 'm',
  created_at: '2026-01-01T00:00:00Z',
  message: {
    role: 'assistant',
    content: 'hi',
    thinking: 'hm',
    tool_calls: [{ function: { name: 'f', arguments: { q: 1 } } }],
    images: ['AAAA'],
  },
  done: true,
  done_reason: 'stop',
  prompt_eval_count: 10,
  eval_count: 5,
};
const converse = {
  output: {
    message: {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'hm', signature: 'abc' } } },
        { text: 'hi' },
        { toolUse: { toolUseId: 't', name: 'f', input: { q: 1 } } },
      ],
    },
  },
  stopReason: 'end_turn',
  usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15, cacheReadInputTokens: 2 },
  metrics: { latencyMs: 9 },
  serviceTier: { type: 'flex' },
};
const converseEvents = [
  ['messageStart', { role: 'assistant' }],
  ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'hi' } }],
  ['contentBlockStop', { contentBlockIndex: 0 }],
  [
    'contentBlockStart',
    { contentBlockIndex: 1, start: { toolUse: { toolUseId: 't', name: 'f' } } },
  ],
  ['contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: '{}' } } }],
  ['contentBlockStop', { contentBlockIndex: 1 }],
  ['messageStop', { stopReason: 'end_turn' }],
  ['metadata', { usage: converse.usage, metrics: { latencyMs: 9 } }],
] as const;
const prediction = {
  id: 'p1',
  status: 'succeeded',
  output: ['hi', ' you'],
  metrics: { predict_time: 1.5, input_token_count: 4, output_token_count: 6 },
  urls: { get: 'https://a.example', stream: 'https://stream.example/x' },
};

/** A request by a fetch that records whatever it recognises. */
function fetched(address: string, body: object): Call {
  return async (url, traced) => {
    const send = traced(globalThis.fetch, (below) => tracedFetch({ ...options, fetch: below }));
    const { hostname, pathname } = new URL(address);
    const answer = await send(`${url}${pathname}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'x-host': hostname },
    });
    return [answer.status, await answer.text()];
  };
}

const KINDS: Readonly<Record<string, Kind>> = {
  "OpenAI's chat": {
    whole: chat,
    ask: (url, traced) => openai(url, traced).chat.completions.create({ model: 'm', messages }),
  },
  "OpenAI's chat, streamed": {
    events: chunks,
    ask: (url, traced) =>
      itemsOf(openai(url, traced).chat.completions.create({ model: 'm', messages, stream: true })),
  },
  "OpenAI's responses": {
    whole: response,
    ask: (url, traced) => openai(url, traced).responses.create({ model: 'm', input: 'hi' }),
  },
  "OpenAI's responses, streamed": {
    events: responseEvents,
    format: 'named-sse',
    ask: (url, traced) =>
      itemsOf(openai(url, traced).responses.create({ model: 'm', input: 'hi', stream: true })),
  },
  "OpenAI's vectors": {
    whole: {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }],
      model: 'm',
      usage: { prompt_tokens: 2, total_tokens: 2 },
    },
    ask: (url, traced) =>
      openai(url, traced).embeddings.create({
        model: 'm',
        input: 'hi',
        encoding_format: 'float',
      }),
  },
  "OpenAI's pictures": {
    whole: { created: 1, data: [{ b64_json: 'AAAA', revised_prompt: 'x' }], usage },
    ask: (url, traced) => openai(url, traced).images.generate({ model: 'm', prompt: 'a cat' }),
  },
  "OpenAI's moderations": {
    whole: {
      id: 'modr',
      model: 'm',
      results: [{ flagged: true, categories: { hate: true }, category_scores: { hate: 0.9 } }],
    },
    ask: (url, traced) => openai(url, traced).moderations.create({ model: 'm', input: 'hi' }),
  },
  'a search of a vector store': {
    whole: {
      object: 'page',
      search_query: ['q'],
      data: [{ file_id: 'f', filename: 'a', score: 0.5, content: [{ type: 'text', text: 'x' }] }],
      has_more: false,
      next_page: null,
    },
    ask: async (url, traced) => {
      const page = await openai(url, traced).vectorStores.search('vs', { query: 'q' });
      return page.data;
    },
  },
  "Groq's chat": {
    whole: chat,
    ask: (url, traced) =>
      traced(new Groq({ ...settings(url), logLevel: 'off' }), (client) =>
        traceGroq(client, options),
      ).chat.completions.create({ model: 'm', messages }),
  },
  "Together's chat, streamed": {
    events: chunks,
    ask: (url, traced) =>
      itemsOf(
        traced(new Together({ ...settings(url), logLevel: 'off' }), (client) =>
          traceTogether(client, options),
        ).chat.completions.create({ model: 'm', messages, stream: true }),
      ),
  },
  "Anthropic's messages": {
    whole: claude,
    ask: (url, traced) =>
      anthropic(url, traced).messages.create({ model: 'm', messages, max_tokens: 9 }),
  },
  "Anthropic's messages, streamed": {
    events: claudeEvents,
    format: 'named-sse',
    ask: (url, traced) =>
      itemsOf(
        anthropic(url, traced).messages.create({
          model: 'm',
          messages,
          max_tokens: 9,
          stream: true,
        }),
      ),
  },
  "Gemini's contents": {
    whole: candidate,
    ask: (url, traced) =>
      gemini(url, traced).models.generateContent({ model: 'm', contents: 'hi' }),
  },
  "Gemini's contents, streamed": {
    events: [candidate, candidate, { ...candidate, candidates: [] }],
    format: 'endless-sse',
    ask: (url, traced) =>
      itemsOf(gemini(url, traced).models.generateContentStream({ model: 'm', contents: 'hi' })),
  },
  "Google's interactions": {
    whole: interaction,
    async ask(url, traced) {
      const turn = await gemini(url, traced).interactions.create({ model: 'm', input: 'hi' });
      return JSON.stringify(turn);
    },
  },
  "Mistral's chat": {
    whole: chat,
    ask: (url, traced) => mistral(url, traced).chat.complete({ model: 'm', messages }),
  },
  "Mistral's chat, streamed": {
    events: chunks,
    ask: (url, traced) => itemsOf(mistral(url, traced).chat.stream({ model: 'm', messages })),
  },
  "Cohere's chat": {
    whole: cohereWhole,
    ask: (url, traced) => cohere(url, traced).chat({ model: 'm', messages }),
  },
  "Cohere's chat, streamed": {
    events: cohereEvents,
    ask: (url, traced) => itemsOf(cohere(url, traced).chatStream({ model: 'm', messages })),
  },
  "Cohere's rankings": {
    whole: {
      id: 'r',
      results: [{ index: 0, relevance_score: 0.5 }],
      meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
    },
    ask: (url, traced) =>
      cohere(url, traced).rerank({ model: 'm', query: 'q', documents: ['a', 'b'] }),
  },
  "Ollama's chat": {
    whole: ollamaWhole,
    ask: (url, traced) => ollama(url, traced).chat({ model: 'm', messages }),
  },
  "Ollama's chat, streamed": {
    events: [{ ...ollamaWhole, done: false }, { ...ollamaWhole, done: false }, ollamaWhole],
    format: 'lines',
    ask: (url, traced) => itemsOf(ollama(url, traced).chat({ model: 'm', messages, stream: true })),
  },
  "Bedrock's Converse": {
    whole: converse,
    ask: (_url, traced, answer) =>
      bedrock(traced, answer).send(
        new ConverseCommand({
          modelId: 'm',
          messages: [{ role: 'user', content: [{ text: 'hi' }] }],
        }),
      ),
  },
  "Hugging Face's tasks": {
    whole: [{ generated_text: 'hi', details: { finish_reason: 'length', generated_tokens: 5 } }],
    ask: fetched('https://hf.example/models/org/m', { inputs: 'hi', parameters: { top_k: 1 } }),
  },
  "Voyage's vectors": {
    whole: { object: 'list', data: [{ embedding: [1, 2], index: 0 }], usage: { total_tokens: 3 } },
    ask: fetched('https://voyage.example/v1/embeddings', { model: 'm', input: 'hi' }),
  },
  'rankings of anybody': {
    whole: { results: [{ index: 0, relevance_score: 0.5 }], usage: { total_tokens: 3 } },
    ask: fetched('https://rank.example/v1/rerank', { model: 'm', query: 'q', documents: ['a'] }),
  },
  "Replicate's predictions": {
    whole: prediction,
    ask: fetched('https://api.example/v1/models/a/b/predictions', { input: { prompt: 'hi' } }),
  },
  "Bedrock's Nova": {
    whole: converse,
    ask: fetched('https://bedrock.example/model/amazon.nova-lite-v1:0/invoke', {
      messages: [{ role: 'user', content: [{ text: 'hi' }] }],
      schemaVersion: 'messages-v1',
    }),
  },
  "Bedrock's Llama": {
    whole: {
      generation: 'hi',
      prompt_token_count: 4,
      generation_token_count: 5,
      stop_reason: 'stop',
    },
    ask: fetched('https://bedrock.example/model/meta.llama3-8b/invoke', { prompt: 'hi' }),
  },
};

describe('a response of any kind', () => {
  let answer: WireAnswer = { status: 200, contentType: '', pieces: [] };
  const server = createServer((req, res) => {
    req.resume().on('end', () => {
      const { status, contentType, pieces } = answer;
      res.sendDate = false;
      res.writeHead(status, contentType === '' ? {} : { 'content-type': contentType });
      for (const piece of pieces) res.write(piece);
      res.end();
    });
  });
  let url = '';
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  let kept = 0;
  after(() => assert.ok(kept > 0, 'what the model says is in no row at all'));

  const transport = memoryTransport();
  const faults: string[] = [];
  const tracer = createTracer({
    inferencePipelineId: 'p',
    transport,
    onDiagnostic: ({ level, reason, message, error }) => {
      if (level === 'error') faults.push(`${reason}: ${message} ${inspect(error)}`);
    },
  });

  /** What the app gets, in words. */
  async function outcome(work: () => Promise<unknown>): Promise<string> {
    const got = await work().then(
      (result) => ({ result }),
      (error: unknown) => ({ error: said(error) }),
    );
    return inspect(got, { depth: 20, maxArrayLength: 100, maxStringLength: 1000 });
  }

  async function check(kind: Kind, mutated: WireAnswer, what: string): Promise<void> {
    answer = mutated;
    const bare = await outcome(() => kind.ask(url, (client) => client, mutated));
    const trace = tracer.startTrace({ name: 'r' });
    const traced = await trace.run(() =>
      outcome(() => kind.ask(url, (client, wrap) => wrap(client), mutated)),
    );
    trace.end();
    await tracer.flush();
    for (let waited = 0; transport.rows.length === 0 && waited < 400; waited++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      await tracer.flush();
    }
    const rows = transport.rows.slice();
    const [config] = transport.configs.slice();
    transport.clear();
    const sent = () =>
      `${what}: ${mutated.status} ${mutated.contentType} ${Buffer.concat([...mutated.pieces])
        .toString()
        .slice(0, 3000)}`;
    assert.equal(traced, bare, sent());
    assert.deepEqual(faults.splice(0), [], sent());
    const [row, ...others] = rows;
    assert.ok(row !== undefined && config !== undefined, sent());
    assert.deepEqual(others, [], sent());
    assert.equal(row.steps[0]?.steps.length, 1, sent());
    assert.deepEqual(violations({ config, rows: [row] } as never), [], sent());
    for (const wrong of wrongCounts(row)) assert.fail(`${wrong} in ${sent()}`);
    const isSaid = JSON.stringify(row).includes(SAID);
    if (options.content === false) assert.ok(!isSaid, sent());
    else if (isSaid) kept++;
  }

  for (const [name, kind] of Object.entries(KINDS)) {
    it(`passes unchanged, and is one valid step: ${name}`, async function () {
      this.timeout(0);
      for (let nth = 0; nth < MUTATIONS; nth++) {
        const seed = SEED * 100_000 + nth;
        const answers = new MutatedAnswers(seed);
        const { whole = {}, events, format = 'sse' } = saying(kind);
        options = nth % 2 === 1 ? { content: false } : {};
        const mutated =
          events === undefined ? answers.whole(whole) : answers.streamed(events, format);
        await check(kind, mutated, `SEED=${seed}`);
      }
    });
  }

  it("passes unchanged, and is one valid step: Bedrock's ConverseStream", async function () {
    this.timeout(0);
    const input = {
      modelId: 'm',
      messages: [{ role: 'user' as const, content: [{ text: 'hi' }] }],
    };
    const kind: Kind = {
      ask: (_url, traced, given) =>
        itemsOf(
          bedrock(traced, given)
            .send(new ConverseStreamCommand(input))
            .then(({ stream }) => stream as AsyncIterable<unknown>),
        ),
    };
    for (let nth = 0; nth < MUTATIONS; nth++) {
      const seed = SEED * 100_000 + nth;
      const answers = new MutatedAnswers(seed);
      options = nth % 2 === 1 ? { content: false } : {};
      const events = answers.events(saying(converseEvents.map(([type, body]) => ({ type, body }))));
      const frames = events.flatMap((event) => {
        const { type, body } = (event ?? {}) as { type?: unknown; body?: object };
        if (typeof body !== 'object' || body === null) return [];
        return [eventFrame(typeof type === 'string' ? type.slice(0, 40) : 'unknown', body)];
      });
      const bytes = Buffer.concat(frames);
      const cut = nth % 7 === 6 ? bytes.subarray(0, bytes.length - 9) : bytes;
      const mutated = {
        status: 200,
        contentType: 'application/vnd.amazon.eventstream',
        pieces: [cut],
      };
      await check(kind, mutated, `SEED=${seed}`);
    }
  });
});

/** The same with all that a model says marked. Functions stay. */
function saying<T extends object>(value: T): T {
  const marked = JSON.parse(
    JSON.stringify(value).replace(
      /"(hi|hm|hi there| there| you|plan|no|x|q)"(?!:)/g,
      `"${SAID} $1"`,
    ),
  ) as T;
  return Array.isArray(value) ? marked : { ...value, ...marked };
}

/** Counts that are none: below zero, or no whole numbers. */
function wrongCounts(row: WireRow): string[] {
  const wrong: string[] = [];
  const visit = (step: WireStep) => {
    for (const key of ['promptTokens', 'completionTokens', 'tokens', 'cost'] as const) {
      const value = (step as unknown as Record<string, unknown>)[key];
      if (value === null || value === undefined) continue;
      if (typeof value !== 'number' || !(value >= 0)) wrong.push(`${key} ${String(value)}`);
    }
    for (const each of step.steps) visit(each);
  };
  for (const step of row.steps) visit(step);
  return wrong;
}
