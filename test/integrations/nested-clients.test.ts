/** A traced client whose fetch is the app's own: what that sends besides the request is recorded too, and the request once. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { trace } from '@openlayer-tracing/core';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { instrumentFetch, tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import Anthropic from 'anthropic1';
import { GoogleGenAI } from 'genai3';
import { HTTPClient, Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI from 'openai7';
import { type RequestContent, stepsOfCalls } from './answering.ts';

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const saying = (content: string) => [{ role: 'user' as const, content }];

/** An answer in the form of the API. The guards' models have names of their own. */
function reply({ path }: RequestContent): { readonly json: unknown } {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
  if (path.includes('/messages')) {
    const about = { id: 'm', type: 'message', role: 'assistant', model: 'guard' };
    const counted = { input_tokens: 3, output_tokens: 2 };
    const content = [{ type: 'text', text: 'ok' }];
    return { json: { ...about, content, stop_reason: 'end_turn', usage: counted } };
  }
  if (path.includes('generateContent')) {
    const content = { role: 'model', parts: [{ text: 'ok' }] };
    return { json: { candidates: [{ content, finishReason: 'STOP' }] } };
  }
  if (path.includes('/fal-ai/')) return { json: { images: [] } };
  const message = { role: 'assistant', content: 'ok' };
  if (path.endsWith('/api/chat')) return { json: { model: 'guard', message, done: true } };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return { json: { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage } };
}

/** Calls of traced clients, as a guardrail within a fetch makes them. */
const GUARDS: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  "a client of OpenAI's": (url) =>
    traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: url })).chat.completions.create({
      model: 'guard',
      messages: saying('is this ok?'),
    }),
  "a client of Anthropic's": (url) =>
    traceAnthropic(new Anthropic({ apiKey: 'k', baseURL: url })).messages.create({
      model: 'guard',
      max_tokens: 9,
      messages: saying('is this ok?'),
    }),
  "a client of Google's": (url) =>
    traceGoogleGenAI(
      new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }),
    ).models.generateContent({ model: 'guard', contents: 'is this ok?' }),
  "a client of Mistral's": (url) =>
    traceMistral(new Mistral({ apiKey: 'k', serverURL: url })).chat.complete({
      model: 'guard',
      messages: saying('is this ok?'),
    }),
  "a client of Ollama's": (url) =>
    traceOllama(new Ollama({ host: url })).chat({
      model: 'guard',
      messages: saying('is this ok?'),
    }),
  'a traced fetch': (url) =>
    tracedFetch()(`${url}/guard/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'guard', messages: saying('is this ok?') }),
    }).then((response) => response.json()),
};

/** Calls of traced clients that send their request by this fetch. */
const CLIENTS: Readonly<Record<string, (url: string, fetch: Fetch) => Promise<unknown>>> = {
  "of OpenAI's client": (url, fetch) =>
    traceOpenAI(
      new OpenAI({ apiKey: 'k', baseURL: url, fetch, maxRetries: 0 }),
    ).chat.completions.create({ model: 'main', messages: saying('hi') }),
  "of Mistral's client": (url, fetcher) =>
    traceMistral(
      new Mistral({ apiKey: 'k', serverURL: url, httpClient: new HTTPClient({ fetcher }) }),
    ).chat.complete({ model: 'main', messages: saying('hi') }),
  'of a traced fetch': (url, fetch) =>
    tracedFetch({ fetch: fetch as typeof globalThis.fetch })(`${url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'main', messages: saying('hi') }),
    }).then((response) => response.text()),
  'of a job': (url, fetch) =>
    tracedFetch({
      fetch: ((_input: string, init: RequestInit) =>
        fetch(`${url}/fal-ai/flux`, init)) as typeof globalThis.fetch,
    })('https://fal.run/fal-ai/flux', {
      method: 'POST',
      body: JSON.stringify({ prompt: 'hi' }),
    }).then((response) => response.text()),
  'of a client below LangChain': (url, fetch) => {
    traceLangChain(CallbackManager);
    // The framework announces the request, so that the traced fetch does not record it.
    const own = tracedFetch({ fetch: fetch as typeof globalThis.fetch });
    const model = new ChatOpenAI({
      apiKey: 'k',
      model: 'main',
      configuration: { baseURL: url, fetch: own },
    });
    return model.invoke('hi');
  },
};

/** What a fetch of an app may do with the request before it passes it on. */
const PASSED_ON: Readonly<Record<string, Fetch>> = {
  unchanged: (input, init) => fetch(input, init),
  'to another address': (input, init) => fetch(`${input}?by=gateway`, init),
  'with another field': (input, init) =>
    fetch(input, {
      ...init,
      body: JSON.stringify({ ...JSON.parse(String(init?.body)), user: 'u' }),
    }),
  'to another address, with another model': (input, init) =>
    fetch(`${input}?by=gateway`, {
      ...init,
      body: JSON.stringify({ ...JSON.parse(String(init?.body)), model: 'routed' }),
    }),
  'with masked words': (input, init) =>
    fetch(input, { ...init, body: String(init?.body).replace('hi', '***') }),
  'as bytes': (input, init) =>
    fetch(input, { ...init, body: new TextEncoder().encode(String(init?.body)) }),
  'as a Request': (input, init) => fetch(new Request(input, init)),
};

const modelsOf = (steps: readonly WireStep[]): readonly unknown[] =>
  steps.flatMap((step) => [
    ...('model' in step && step.model !== null ? [step.name] : []),
    ...modelsOf(step.steps),
  ]);

describe('a fetch of the app below a traced client', () => {
  for (const [client, send] of Object.entries(CLIENTS)) {
    for (const [guard, ask] of Object.entries(GUARDS)) {
      it(`calls ${guard}, which is recorded beside the request ${client}`, async () => {
        const { steps } = await stepsOfCalls(reply, (url) =>
          trace(async function guarded() {
            let asks = 0;
            await send(url, async (input, init) => {
              if (asks++ === 0) await ask(`${url}/guard`);
              return fetch(input, init);
            });
          })(),
        );
        const all = steps[0]?.steps ?? [];
        const [text] = [JSON.stringify(all)];
        assert.equal(all.length, 2, text);
        assert.equal(text.split('is this ok?').length - 1, 1, 'the guard once');
        const isAnswered = all.filter(({ output }) => output !== null);
        assert.equal(isAnswered.length, 2, text);
      });
    }
  }

  for (const [how, pass] of Object.entries(PASSED_ON)) {
    for (const isGlobal of [false, true]) {
      const by = isGlobal ? 'the instrumented global fetch' : 'a traced fetch';
      it(`passes the request on to ${by} ${how}: one step`, async () => {
        const { steps, asked } = await stepsOfCalls(reply, async (url) => {
          const before = globalThis.fetch;
          const undo = isGlobal ? instrumentFetch() : () => {};
          if (!isGlobal) globalThis.fetch = tracedFetch({ fetch: before });
          try {
            await trace(async function passed() {
              const openai = new OpenAI({ apiKey: 'k', baseURL: url, fetch: pass });
              await traceOpenAI(openai).chat.completions.create({
                model: 'main',
                messages: saying('hi'),
              });
            })();
          } finally {
            undo();
            globalThis.fetch = before;
          }
        });
        assert.equal(asked.length, 1);
        assert.deepEqual(modelsOf(steps), ['OpenAI Chat Completion']);
      });
    }
  }

  it('is recorded with another answer of the same global fetch', async () => {
    const { steps } = await stepsOfCalls(reply, async (url) => {
      const undo = instrumentFetch();
      try {
        await trace(async function fallback() {
          const openai = new OpenAI({
            apiKey: 'k',
            baseURL: url,
            fetch: async (input, init) => {
              const model = { model: 'guard', messages: saying('is this ok?') };
              const body = JSON.stringify(model);
              await (await fetch(`${url}/chat/completions`, { method: 'POST', body })).text();
              return fetch(input, init);
            },
          });
          await traceOpenAI(openai).chat.completions.create({
            model: 'main',
            messages: saying('hi'),
          });
        })();
      } finally {
        undo();
      }
    });
    assert.deepEqual(modelsOf(steps), ['OpenAI Chat Completion', 'LLM Chat Completion']);
  });
});
