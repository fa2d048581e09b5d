/** The methods of LangChain's models, embeddings, retrievers, stores and tools: what each asks for, and its step. */

import { Document } from '@langchain/core/documents';
import { BaseRetriever } from '@langchain/core/retrievers';
import { tool } from '@langchain/core/tools';
import { FakeEmbeddings, FakeVectorStore } from '@langchain/core/utils/testing';
import { ChatOpenAI, DallEAPIWrapper, OpenAI, OpenAIEmbeddings } from '@langchain/openai';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { z } from 'zod';
import { localServer } from './local-server.ts';
import { capture, type Method } from './methods.ts';

const CHAT = {
  ...{ id: 'c', object: 'chat.completion', model: 'm', created: 1 },
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '{}' } }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};
const PIECE = { id: 'c', object: 'chat.completion.chunk', model: 'm', created: 1 };
const ANSWERS: Readonly<Record<string, object>> = {
  '/v1/chat/completions': CHAT,
  '/v1/completions': { ...CHAT, choices: [{ index: 0, text: 'hi', finish_reason: 'stop' }] },
  '/v1/embeddings': { data: [{ index: 0, embedding: [1] }], usage: { prompt_tokens: 1 } },
  '/v1/moderations': { id: 'm', model: 'm', results: [] },
  '/v1/images/generations': { created: 1, data: [{ url: 'https://a.example/1.png' }] },
};
const STREAMED: Readonly<Record<string, readonly object[]>> = {
  '/v1/chat/completions': [
    { ...PIECE, choices: [{ index: 0, delta: { role: 'assistant', content: '{}' } }] },
    { ...PIECE, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ],
  '/v1/completions': [{ ...PIECE, choices: [{ index: 0, text: 'hi', finish_reason: 'stop' }] }],
};

/** What was asked, by its path, of the methods that are tried. */
let asked: string[] = [];

function answerTo(path: string, body: string): { type: string; text: string } {
  asked.push(`POST ${path}`);
  const { stream } = JSON.parse(body) as { stream?: boolean };
  if (stream !== true) return { type: 'application/json', text: JSON.stringify(ANSWERS[path]) };
  const events = (STREAMED[path] ?? []).map((each) => `data: ${JSON.stringify(each)}\n\n`);
  return { type: 'text/event-stream', text: `${events.join('')}data: [DONE]\n\n` };
}

class Retriever extends BaseRetriever {
  lc_namespace = ['tests'];
  override async _getRelevantDocuments(): Promise<Document[]> {
    return [new Document({ pageContent: 'a' })];
  }
}

type Made = Record<string, (...args: readonly unknown[]) => unknown>;

class TracedEmbeddings extends OpenAIEmbeddings {}
traceLangChain(TracedEmbeddings);

const KINDS: Readonly<Record<string, (url: string) => object>> = {
  ChatOpenAI: (url) => new ChatOpenAI(settings(url)),
  OpenAI: (url) => new OpenAI(settings(url)),
  OpenAIEmbeddings: (url) => new OpenAIEmbeddings(settings(url)),
  '(traceLangChain) OpenAIEmbeddings': (url) => new TracedEmbeddings(settings(url)),
  '(tracedFetch) OpenAIEmbeddings': (url) =>
    new OpenAIEmbeddings(settings(url, tracedFetch({ provider: 'openai' }))),
  DallEAPIWrapper: (url) => new DallEAPIWrapper({ apiKey: 'k', baseUrl: `${url}/v1` }),
  BaseRetriever: () => new Retriever(),
  VectorStore: () => new FakeVectorStore(new FakeEmbeddings()),
  StructuredTool: () =>
    tool(async () => 'sunny', { name: 'weather', schema: z.object({ city: z.string() }) }),
};

const settings = (url: string, fetch?: typeof globalThis.fetch) => ({
  ...{ apiKey: 'k', maxRetries: 0, model: 'm' },
  configuration: { baseURL: `${url}/v1`, ...(fetch && { fetch }) },
});

const MESSAGES = [['human', 'hi']];
const SCHEMA = z.object({ a: z.string().optional() });
const CITY = { city: 'Oslo' };

/** What methods are called with; others with a text. */
const GIVEN: Readonly<Record<string, readonly unknown[]>> = {
  batch: [['hi']],
  generate: [[['hi']]],
  'OpenAI.generate': [['hi']],
  generatePrompt: [[{ toChatMessages: () => [], toString: () => 'hi' }]],
  embedDocuments: [['hi']],
  embeddingWithRetry: [{ model: 'm', input: ['hi'] }],
  completionWithRetry: [{ model: 'm', prompt: 'hi' }],
  streamEvents: ['hi', { version: 'v2' }],
  streamLog: ['hi'],
  withStructuredOutput: [SCHEMA],
  bindTools: [[]],
  withConfig: [{}],
  withRetry: [],
  withFallbacks: [[]],
  withListeners: [{}],
  pipe: [(each: unknown) => each],
  asRetriever: [],
  asTool: [{ name: 'ask', description: 'asks', schema: z.string() }],
  moderateContent: ['hi'],
  addDocuments: [[new Document({ pageContent: 'a' })]],
  similaritySearch: ['hi', 1],
  similaritySearchWithScore: ['hi', 1],
  'StructuredTool.invoke': [CITY],
  'StructuredTool.call': [CITY],
  'StructuredTool.stream': [CITY],
  'StructuredTool.batch': [[CITY]],
  'StructuredTool.streamEvents': [CITY, { version: 'v2' }],
  'StructuredTool.streamLog': [CITY],
};
const DESCRIBES =
  /^(_|lc_|constructor$|to|get|serialize$|identifyingParams$|invocationParams$|pick$|assign$|processMultipleGeneratedUrls$|delete$)/;

export async function langChainMethods(): Promise<readonly Method[]> {
  await using server = await localServer(answerTo);
  const methods: Method[] = [];
  for (const [kind, make] of Object.entries(KINDS)) {
    const names = namesOf(make(server.url));
    for (const name of names) methods.push(await called(kind, make(server.url), name));
  }
  return methods;
}

function namesOf(made: object): readonly string[] {
  const names = new Set<string>();
  let at = Object.getPrototypeOf(made) as object;
  for (; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && !DESCRIBES.test(name)) names.add(name);
    }
  }
  return [...names].sort();
}

async function called(kind: string, model: object, name: string): Promise<Method> {
  asked = [];
  const made = model as Made;
  const pieces = (async function* () {
    yield kind === 'StructuredTool' ? CITY : 'hi';
  })();
  const isMessages = kind === 'ChatOpenAI' && name === 'generate';
  const given = GIVEN[`${kind}.${name}`] ?? GIVEN[name] ?? ['hi'];
  const city = kind === 'StructuredTool' ? CITY : 'hi';
  const { captured, reports } = capture();
  try {
    const returned = await made[name]?.(
      ...(isMessages ? [[MESSAGES]] : name === 'transform' ? [pieces, {}] : given),
    );
    if (isIterable(returned)) for await (const _ of returned);
    else if (isRunnable(returned)) await returned.invoke(city);
  } catch {
    // What it was given may not do; what it has sent is what counts.
  }
  const rows = await captured.rows();
  captured.restore();
  const steps = rows.flatMap((row) => row.steps).flatMap(flat);
  const step = steps.find(({ type }) => type !== 'chain')?.type;
  return { name: `${kind}.${name}`, request: asked[0], step, reported: [...reports] };
}

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function isRunnable(value: unknown): value is { invoke(given: unknown): Promise<unknown> } {
  return typeof (value as { invoke?: unknown } | undefined)?.invoke === 'function';
}
