/** A client that is traced a second time stays as it is, and each of its calls is recorded once. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceModel, traceTools } from '@openlayer-tracing/integrations/ai-sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceMCPClient, traceMCPServer } from '@openlayer-tracing/integrations/mcp';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import Anthropic from 'anthropic1';
import { BedrockRuntimeClient, ConverseCommand } from 'bedrock3';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import Groq from 'groq-sdk';
import { HTTPClient, Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI from 'openai7';
import Together from 'together-ai';

/** A client of an entry point. */
interface Client<T extends object = object> {
  readonly make: () => T;
  readonly trace: (client: T) => unknown;
  /** One call. */
  readonly ask: (client: T) => unknown;
  /** The objects that the entry point changes; by default the client alone. */
  readonly parts?: (client: T) => readonly (object | undefined)[];
}

const clientOf = <T extends object>(client: Client<T>): Client => client as never;

const messages = [{ role: 'user' as const, content: 'Why?' }];
const ASKED = { model: 'm', messages };
const respond = async () =>
  Response.json({
    ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm', done: true, type: 'message' },
    choices: [{ index: 0, message: { role: 'assistant', content: 'So.' }, finish_reason: 'stop' }],
    candidates: [{ content: { parts: [{ text: 'So.' }], role: 'model' }, finishReason: 'STOP' }],
    content: [{ type: 'text', text: 'So.' }],
    message: { role: 'assistant', content: [{ type: 'text', text: 'So.' }] },
  });
const settings = { apiKey: 'k', fetch: respond as never };

/** The side of a session that sends and receives requests. */
const mcpSide = () => ({
  handlers: new Map<string, (request: object, extra: object) => unknown>(),
  setRequestHandler(schema: { method: string }, handler: (request: object) => unknown) {
    this.handlers.set(schema.method, handler);
  },
  callTool: async (_request: object) => ({ content: [] }),
});

const CLIENTS: Readonly<Record<string, Client>> = {
  traceOpenAI: clientOf({
    make: () => new OpenAI(settings),
    trace: (client) => traceOpenAI(client),
    ask: (client) => client.chat.completions.create(ASKED),
  }),
  traceAnthropic: clientOf({
    make: () => new Anthropic(settings),
    trace: (client) => traceAnthropic(client),
    ask: (client) => client.messages.create({ ...ASKED, max_tokens: 9 }),
  }),
  traceGroq: clientOf({
    make: () => new Groq(settings),
    trace: (client) => traceGroq(client),
    ask: (client) => client.chat.completions.create(ASKED),
  }),
  traceTogether: clientOf({
    make: () => new Together(settings),
    trace: (client) => traceTogether(client),
    ask: (client) => client.chat.completions.create(ASKED),
  }),
  traceGoogleGenAI: clientOf({
    make: () => new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch: respond } as object }),
    trace: (client) => traceGoogleGenAI(client),
    ask: (client) => client.models.generateContent({ model: 'm', contents: 'Why?' }),
    parts: (client) => [client, client.live, (client as never as { apiClient: object }).apiClient],
  }),
  traceMistral: clientOf({
    make: () => new Mistral({ apiKey: 'k', httpClient: new HTTPClient({ fetcher: respond }) }),
    trace: (client) => traceMistral(client),
    ask: (client) => client.chat.complete(ASKED).catch(() => {}),
    parts: (client) => [client, client._options, client._options.httpClient],
  }),
  traceCohere: clientOf({
    make: () => new CohereClientV2({ token: 'k', fetch: respond as never }),
    trace: (client) => traceCohere(client),
    ask: (client) => client.chat(ASKED),
    parts: (client) => {
      const { clientV2 } = client as never as { clientV2: { _options: object } };
      return [client, clientV2, clientV2._options];
    },
  }),
  traceOllama: clientOf({
    make: () => new Ollama({ fetch: respond }),
    trace: (client) => traceOllama(client),
    ask: (client) => client.chat(ASKED),
  }),
  traceBedrock: clientOf({
    make: () =>
      new BedrockRuntimeClient({
        region: 'us-east-1',
        credentials: { accessKeyId: 'k', secretAccessKey: 'k' },
        maxAttempts: 1,
        requestHandler: { handle: () => Promise.reject(new Error('no network')) } as never,
      }),
    trace: (client) => traceBedrock(client),
    ask: (client) => client.send(new ConverseCommand({ modelId: 'm' })).catch(() => {}),
    parts: (client) => [client, client.middlewareStack],
  }),
  traceModel: clientOf({
    make: () => ({ doGenerate: async (_asked: object) => ({ content: [] }) }),
    trace: (client) => traceModel(client),
    ask: (client) => client.doGenerate({ prompt: [] }),
  }),
  traceMCPClient: clientOf({
    make: mcpSide,
    trace: (client) => traceMCPClient(client),
    ask: (client) => client.callTool({ name: 'weather', arguments: {} }),
  }),
  traceMCPServer: clientOf({
    make: mcpSide,
    trace: (server) => traceMCPServer(server),
    ask: (server) => {
      server.setRequestHandler({ method: 'tools/call' }, () => ({ content: [] }));
      const call = { method: 'tools/call', params: { name: 'weather', arguments: {} } };
      return server.handlers.get('tools/call')?.(call, {});
    },
  }),
  'traceClaudeAgent, of a started process': clientOf({
    make: () => ({
      async *query(_prompt: string) {
        yield { type: 'result', subtype: 'success', result: 'Done.' };
      },
    }),
    trace: (warm) => traceClaudeAgent(warm),
    ask: async (warm) => {
      for await (const _ of warm.query('Why?'));
    },
  }),
  'traceLangChain, of embeddings': clientOf({
    make: () =>
      class Embeddings {
        async embedQuery(_text: string) {
          return [1];
        }
        async embedDocuments(texts: readonly string[]) {
          return texts.map(() => [1]);
        }
      },
    trace: (embeddings) => traceLangChain(embeddings),
    ask: (Embeddings) => new Embeddings().embedQuery('Why?'),
    parts: (embeddings) => [embeddings, embeddings.prototype],
  }),
};

/** The number of steps below the root step of each trace. A call that is recorded twice has one, or a trace of its own. */
async function stepsBelow(captured: ReturnType<typeof captureTraces>): Promise<unknown> {
  return (await captured.rows()).map(({ steps: [root] }) => root?.steps.length);
}

describe('a client that is traced twice', () => {
  for (const [name, client] of Object.entries(CLIENTS)) {
    const { make, trace, ask, parts = (made: object) => [made] } = client;
    it(`by ${name} is changed and recorded once`, async () => {
      const made = make();
      const descriptors = () => parts(made).map((part) => Object.getOwnPropertyDescriptors(part));
      trace(made);
      const before = descriptors();
      trace(made);
      assert.deepEqual(descriptors(), before);
      using captured = captureTraces({ logLevel: 'off' });
      await ask(made);
      assert.deepEqual(await stepsBelow(captured), [0]);
    });
  }
});

/** Entry points that return something to use in place of their argument. Each traces it twice, and makes one call. */
const REPLACEMENTS: Readonly<Record<string, () => unknown>> = {
  tracedFetch: async () => {
    const traced = tracedFetch({ fetch: tracedFetch({ fetch: respond }) });
    const url = 'http://127.0.0.1/v1/chat/completions';
    const response = await traced(url, { method: 'POST', body: JSON.stringify(ASKED) });
    await response.json();
  },
  traceTools: () => {
    const tools = { weather: { execute: async () => 'sunny' } };
    return traceTools(traceTools(tools)).weather.execute();
  },
  traceClaudeAgent: async () => {
    async function* query(_asked: { prompt: string }) {
      yield { type: 'result', subtype: 'success', result: 'Done.' };
    }
    const traced = traceClaudeAgent(traceClaudeAgent(query));
    for await (const _ of traced({ prompt: 'Why?' }));
  },
};

describe('a replacement that is traced again', () => {
  for (const [name, ask] of Object.entries(REPLACEMENTS)) {
    it(`by ${name} records each call once`, async () => {
      using captured = captureTraces({ logLevel: 'off' });
      await ask();
      assert.deepEqual(await stepsBelow(captured), [0]);
    });
  }
});
