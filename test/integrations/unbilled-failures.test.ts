/** Which calls that fail may be billed. A call that the provider refused, or that never reached it, is not. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, OpenAIChatCompletionsModel, run, setTraceProcessors } from '@openai/agents';
import { step, type Usage } from '@openlayer-tracing/core';
import { traceAISDK, traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import * as ai6 from 'ai6';
import { createOpenAI as createOpenAI6 } from 'ai6-openai';
import * as ai7 from 'ai7';
import { createOpenAI as createOpenAI7 } from 'ai7-openai';
import Anthropic from 'anthropic1';
import { BedrockRuntimeClient, ConverseCommand } from 'bedrock3';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import { Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI from 'openai7';
import { usageOf } from './usage-of.ts';

type Ask = (url: string, signal: AbortSignal) => Promise<unknown>;

const messages = [{ role: 'user' as const, content: 'hi' }];
const asked = { model: 'm', messages };
const settings = (baseURL: string) => ({
  ...{ apiKey: 'k', baseURL, maxRetries: 0, logLevel: 'off' as const },
});

const CLIENTS: Readonly<Record<string, Ask>> = {
  OpenAI: (url, signal) =>
    traceOpenAI(new OpenAI(settings(url))).chat.completions.create(asked, { signal }),
  'OpenAI with a retry': (url, signal) =>
    traceOpenAI(new OpenAI({ ...settings(url), maxRetries: 1 })).chat.completions.create(asked, {
      signal,
    }),
  Anthropic: (url, signal) =>
    traceAnthropic(new Anthropic(settings(url))).messages.create(
      { ...asked, max_tokens: 9 },
      { signal },
    ),
  Gemini: (url, abortSignal) =>
    traceGoogleGenAI(
      new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }),
    ).models.generateContent({ model: 'm', contents: 'hi', config: { abortSignal } }),
  Cohere: (url, abortSignal) =>
    traceCohere(new CohereClientV2({ token: 'k', environment: url, maxRetries: 0 })).chat(asked, {
      abortSignal,
    }),
  Mistral: (url, signal) =>
    traceMistral(new Mistral({ apiKey: 'k', serverURL: url })).chat.complete(asked, {
      fetchOptions: { signal },
    }),
  Ollama: (url, signal) =>
    traceOllama(
      new Ollama({ host: url, fetch: (input, init) => fetch(input, { ...init, signal }) }),
    ).chat(asked),
  Bedrock: (endpoint, abortSignal) =>
    traceBedrock(
      new BedrockRuntimeClient({
        ...{ region: 'eu-west-1', endpoint, maxAttempts: 1 },
        credentials: { accessKeyId: 'a', secretAccessKey: 's' },
        requestHandler: new NodeHttpHandler(),
      }),
    ).send(
      new ConverseCommand({
        modelId: 'amazon.nova-lite-v1:0',
        messages: [{ role: 'user', content: [{ text: 'hi' }] }],
      }),
      { abortSignal },
    ),
  fetch: async (url, signal) => {
    const response = await tracedFetch()(`${url}/v1/chat/completions`, {
      ...{ method: 'POST', body: JSON.stringify(asked), signal },
    });
    await response.text();
    if (!response.ok) throw new Error('the app looks at the status');
  },
  'the AI SDK 6': (url, abortSignal) => {
    const model = traceModel(createOpenAI6({ apiKey: 'k', baseURL: url }).chat('m'));
    return ai6.generateText({ model, prompt: 'hi', abortSignal, maxRetries: 0 });
  },
  'the AI SDK 7': (url, abortSignal) => {
    const model = createOpenAI7({ apiKey: 'k', baseURL: url }).chat('m');
    return ai7.generateText({ model, prompt: 'hi', abortSignal, maxRetries: 0 });
  },
  LangChain: (url, signal) =>
    new ChatOpenAI({
      ...{ model: 'm', apiKey: 'k', maxRetries: 0, configuration: { baseURL: url } },
    }).invoke('hi', { signal }),
  'OpenAI Agents': (url, signal) => {
    // The SDK brings a copy of the same client, whose private members make it another type.
    const model = new OpenAIChatCompletionsModel(new OpenAI(settings(url)) as never, 'm');
    return run(new Agent({ name: 'Helper', model }), 'hi', { signal });
  },
  'a step of the app': (url, signal) =>
    step({ name: 'mine', type: 'chat_completion' }, () =>
      new OpenAI(settings(url)).chat.completions.create(asked, { signal }),
    ),
};

/** How a call fails; without `respond`, no server listens. */
interface Failure {
  readonly isBilled: boolean;
  readonly respond?: Parameters<typeof createServer>[1];
  readonly abortsAfterMs?: number;
}

const status = (code: number): Failure => ({
  isBilled: false,
  respond: (req, res) => {
    req.resume();
    res.writeHead(code, { 'content-type': 'application/json', 'retry-after-ms': '1' });
    res.end(JSON.stringify({ error: { message: 'no', type: 'refused' }, message: 'no' }));
  },
});

const FAILURES: Readonly<Record<string, Failure>> = {
  'a status of 400': status(400),
  'a status of 401': status(401),
  'a status of 429': status(429),
  'a status of 500': status(500),
  'a timeout of a gateway': { ...status(504), isBilled: true },
  'a refused connection': { isBilled: false },
  'an abort': { isBilled: true, respond: (req) => req.resume(), abortsAfterMs: 60 },
  'a connection that is lost before the response': {
    isBilled: true,
    respond: (req) => req.on('end', () => req.socket.destroy()).resume(),
  },
  'a connection that is lost within the response': {
    isBilled: true,
    respond: (req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      res.write('{"id":"x",');
      setTimeout(() => res.destroy(), 10);
    },
  },
};

/** The SDK's span states only that the connection failed, and not whether there was one. */
const UNKNOWN = 'OpenAI Agents, by a refused connection';

async function listen(respond: Failure['respond']): Promise<{ server: Server; url: string }> {
  const server = createServer(respond);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function usageOfFailed(ask: Ask, failure: Failure): Promise<Usage> {
  const { server, url } = await listen(failure.respond);
  if (failure.respond === undefined) await new Promise((resolve) => server.close(resolve));
  const controller = new AbortController();
  if (failure.abortsAfterMs !== undefined) {
    setTimeout(() => controller.abort(), failure.abortsAfterMs);
  }
  try {
    return await usageOf(async () => {
      await assert.rejects(async () => ask(url, controller.signal));
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a call that fails', () => {
  before(() => {
    traceAISDK();
    traceLangChain(CallbackManager);
    setTraceProcessors([agentsTraceProcessor()]);
  });

  for (const [name, ask] of Object.entries(CLIENTS)) {
    for (const [how, failure] of Object.entries(FAILURES)) {
      const mayBeBilled = failure.isBilled || `${name}, by ${how}` === UNKNOWN;
      it(`${mayBeBilled ? 'may be billed' : 'is not billed'}: ${name}, by ${how}`, async () => {
        const { unpricedCalls, unpriced, estimatedCost } = await usageOfFailed(ask, failure);
        assert.deepEqual(
          [unpricedCalls, unpriced, estimatedCost],
          mayBeBilled ? [1, { usage: 1 }, undefined] : [0, {}, undefined],
        );
      });
    }
  }

  it('may be billed if one of its attempts may be, and the last one was refused', async () => {
    let attempts = 0;
    const respond: Failure['respond'] = (req, res) => {
      req.resume();
      req.on('end', () => {
        if (++attempts === 1) req.socket.destroy();
        else res.writeHead(400).end('{}');
      });
    };
    const ask = CLIENTS['OpenAI with a retry'] as Ask;
    const { unpricedCalls } = await usageOfFailed(ask, { isBilled: true, respond });
    assert.deepEqual([attempts, unpricedCalls], [2, 1]);
  });

  it('is billed if its usage is known', async () => {
    const respond = status(500).respond;
    const { unpricedCalls } = await usageOfFailed(
      (url) =>
        step({ name: 'mine', type: 'chat_completion' }, async (mine) => {
          mine.update({ promptTokens: 10, completionTokens: 5 });
          await new OpenAI(settings(url)).chat.completions.create(asked);
        }),
      { isBilled: true, respond },
    );
    assert.equal(unpricedCalls, 1);
  });
});
