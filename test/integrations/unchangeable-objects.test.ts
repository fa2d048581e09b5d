/** Objects that are frozen, or that have members of their own where ours would stand: they stay as they are, and work. */

import assert from 'node:assert/strict';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { ChatOpenAI } from '@langchain/openai';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { traceModel, traceTools } from '@openlayer-tracing/integrations/ai-sdk';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceMCPClient, traceMCPServer } from '@openlayer-tracing/integrations/mcp';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import { Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI from 'openai7';

const EVENTS = { 'content-type': 'text/event-stream' };
const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
const STREAM = [
  event({ id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: 'So.' } }] }),
  event({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  'data: [DONE]\n\n',
].join('');

type EventsOf = (...args: unknown[]) => AsyncGenerator<unknown>;

const model = () => {
  const fetch = async () => new Response(STREAM, { headers: EVENTS });
  return new ChatOpenAI({ model: 'm', apiKey: 'k', maxRetries: 0, configuration: { fetch } });
};

/** How many events a model of LangChain streams, and what is recorded of them. */
async function streamed(chat: ChatOpenAI): Promise<{ events: number; rows: readonly WireRow[] }> {
  using captured = captureTraces({ logLevel: 'off' });
  let events = 0;
  for await (const _ of chat.streamEvents('hi', {} as never) as AsyncIterable<unknown>) events++;
  return { events, rows: await captured.rows() };
}

describe('a chat model of LangChain that streams by events', () => {
  before(() => traceLangChain(BaseChatModel));

  it('has no property more afterwards', async () => {
    const chat = model();
    const before = Object.getOwnPropertyDescriptors(chat);
    assert.equal((await streamed(chat)).rows.length, 1);
    assert.deepEqual(Object.getOwnPropertyDescriptors(chat), before);
  });

  it('keeps a method of its own', async () => {
    const chat = model();
    let calls = 0;
    const own: EventsOf = function own(this: ChatOpenAI, ...args) {
      calls++;
      const { _streamChatModelEvents: inherited } = BaseChatModel.prototype as never as {
        _streamChatModelEvents: EventsOf;
      };
      return inherited.apply(this, args);
    };
    const descriptor = { value: own, enumerable: true, configurable: true, writable: false };
    Object.defineProperty(chat, '_streamChatModelEvents', descriptor);
    assert.equal((await streamed(chat)).rows.length, 1);
    assert.equal((await streamed(chat)).rows.length, 1);
    assert.equal(calls, 2);
    assert.deepEqual(Object.getOwnPropertyDescriptor(chat, '_streamChatModelEvents'), descriptor);
  });

  const ways: Readonly<Record<string, (chat: ChatOpenAI) => ChatOpenAI>> = {
    frozen: Object.freeze,
    sealed: Object.seal,
  };
  for (const [way, change] of Object.entries(ways)) {
    it(`streams if it is ${way}`, async () => {
      const { events } = await streamed(model());
      assert.ok(events > 0);
      assert.equal((await streamed(change(model()))).events, events);
    });
  }
});

describe('a tool of the AI SDK that is frozen', () => {
  it('becomes a copy that is traced', async () => {
    const weather = Object.freeze({ description: 'w', execute: async () => 'sunny' });
    const tools = traceTools({ weather });
    using captured = captureTraces();
    assert.equal(await tools.weather.execute(), 'sunny');
    assert.equal((await captured.rows())[0]?.steps[0]?.output, 'sunny');
  });
});

describe('a query of the agent SDK', () => {
  async function* messages() {
    yield { type: 'result', subtype: 'success', result: 'Done.' };
  }
  const results: Readonly<Record<string, () => object>> = {
    'that is frozen': () => Object.freeze(messages()),
    'whose iterator returns no promises': () => ({
      [Symbol.asyncIterator]() {
        let isOver = false;
        return {
          next() {
            const done = isOver;
            isOver = true;
            return { done, value: { type: 'result', subtype: 'success', result: 'Done.' } };
          },
        };
      },
    }),
  };
  for (const [kind, make] of Object.entries(results)) {
    it(`${kind} yields its messages, and its step ends`, async () => {
      using captured = captureTraces({ logLevel: 'off' });
      const query = traceClaudeAgent(() => make() as AsyncIterable<unknown>);
      const seen: unknown[] = [];
      for await (const message of query()) seen.push(message);
      assert.equal(seen.length, 1);
      assert.equal((await captured.rows()).length, 1);
    });
  }
});

class McpSide {
  setRequestHandler(): void {}
  callTool(): void {}
}

/** Each traces an object that cannot be changed. */
const frozen: Readonly<Record<string, () => unknown>> = {
  traceOpenAI: () => traceOpenAI(Object.freeze(new OpenAI({ apiKey: 'k' }))),
  traceOllama: () => traceOllama(Object.freeze(new Ollama())),
  traceMistral: () => {
    const mistral = new Mistral({ apiKey: 'k' });
    Object.freeze(mistral._options);
    return traceMistral(mistral);
  },
  traceCohere: () => {
    const cohere = new CohereClientV2({ token: 'k' });
    for (const part of [cohere, (cohere as never as { _client: object })._client]) {
      Object.freeze((part as { _options?: object } | undefined)?._options);
    }
    Object.freeze((cohere as never as { clientV2: { _options: object } }).clientV2._options);
    return traceCohere(cohere);
  },
  traceGoogleGenAI: () => {
    const ai = new GoogleGenAI({ apiKey: 'k' });
    Object.freeze((ai as never as { apiClient: object }).apiClient);
    return traceGoogleGenAI(ai);
  },
  traceModel: () => traceModel(Object.freeze({ doGenerate: async () => ({}) })),
  traceMCPServer: () => traceMCPServer(Object.freeze(new McpSide())),
  traceMCPClient: () => traceMCPClient(Object.freeze(new McpSide())),
  traceClaudeAgent: () => traceClaudeAgent(Object.freeze({ query: () => ({}) })),
  traceLangChain: () => {
    const manager = Object.assign(function Manager() {}, { _configureSync: () => undefined });
    traceLangChain(Object.freeze(manager));
  },
};

describe('a client that is sealed', () => {
  it('is traced if its method is its own', async () => {
    const sealed = Object.seal({ doGenerate: async (_asked: object) => ({ content: [] }) });
    traceModel(sealed);
    using captured = captureTraces();
    await sealed.doGenerate({ prompt: [] });
    assert.equal((await captured.rows()).length, 1);
    traceOllama(Object.seal(new Ollama()));
  });
});

describe('a client that is frozen', () => {
  for (const [name, trace] of Object.entries(frozen)) {
    it(`is refused by ${name} with what to do`, () => {
      assert.throws(trace, (error: Error) => {
        assert.equal(error.name, 'TypeError');
        assert.match(
          error.message,
          new RegExp(`^${name}\\(\\w+\\) cannot trace .* frozen: trace it first`),
        );
        return true;
      });
    });
  }
});
