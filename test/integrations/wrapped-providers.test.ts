/** Clients of Google, Mistral, Cohere and Ollama that other libraries wrapped, proxied or copied. */

import assert from 'node:assert/strict';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import * as braintrust from 'braintrust';
import { CohereClient, CohereClientV2 } from 'cohere8';
import * as genai from 'genai3';
import { wrapGemini } from 'langsmith/wrappers/gemini';
import { HTTPClient, Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import { type Reply, read, stepsOfCalls } from './answering.ts';

type Wrap = (client: never) => object;

const copies: Record<string, Wrap> = {
  'a Proxy': (client: object) => new Proxy(client, {}),
  'a Proxy that binds all functions': (client: object) =>
    new Proxy(client, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  'Object.create': (client: object) => Object.create(client) as object,
  'a copy with its class': (client: object) =>
    Object.assign(Object.create(Object.getPrototypeOf(client) as object), client) as object,
  'a use before': (client: object) => client,
};

interface Case {
  readonly make: (url: string) => object;
  readonly trace: (client: object) => object;
  readonly wraps: Readonly<Record<string, Wrap>>;
  readonly reply: Reply;
  readonly uses: Readonly<Record<string, (client: never) => Promise<unknown>>>;
}

const gemini: Reply = {
  json: {
    candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP', index: 0 }],
    id: 'i',
    status: 'completed',
    steps: [{ type: 'model_output', content: [{ type: 'text', text: 'Hi' }] }],
  },
};
const ask = { messages: [{ role: 'user' as const, content: 'hi' }], model: 'm' };

const cases: Readonly<Record<string, Case>> = {
  "Google's": {
    make: (url) => new genai.GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }),
    trace: traceGoogleGenAI,
    wraps: {
      "LangSmith's wrapGemini": ((client: genai.GoogleGenAI) => wrapGemini(client)) as Wrap,
    },
    reply: gemini,
    uses: {
      generateContent: (client: genai.GoogleGenAI) =>
        client.models.generateContent({ model: 'm', contents: 'hi' }),
      chat: (client: genai.GoogleGenAI) =>
        client.chats.create({ model: 'm' }).sendMessage({ message: 'hi' }),
    },
  },
  "Google's interactions": {
    make: (url) => new genai.GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }),
    trace: traceGoogleGenAI,
    wraps: {},
    reply: gemini,
    uses: {
      create: (client: genai.GoogleGenAI) =>
        client.interactions.create({ model: 'm', input: 'hi' }),
    },
  },
  "Google's of a module that Braintrust wrapped": {
    make: (url) => {
      const { GoogleGenAI } = braintrust.wrapGoogleGenAI({ ...genai });
      return new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } });
    },
    trace: traceGoogleGenAI,
    wraps: {},
    reply: gemini,
    uses: {
      generateContent: (client: genai.GoogleGenAI) =>
        client.models.generateContent({ model: 'm', contents: 'hi' }),
    },
  },
  "Mistral's": {
    make: (url) => new Mistral({ apiKey: 'k', serverURL: url }),
    trace: traceMistral,
    wraps: { "Braintrust's wrapMistral": braintrust.wrapMistral as Wrap },
    reply: {
      json: {
        id: 'c',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      },
    },
    uses: {
      'chat.complete': (client: Mistral) => client.chat.complete(ask),
      'agents.complete': (client: Mistral) => client.agents.complete({ ...ask, agentId: 'a' }),
    },
  },
  "Cohere's of the first API": {
    make: (url) => new CohereClient({ token: 'k', environment: url, maxRetries: 0 }),
    trace: traceCohere,
    wraps: { "Braintrust's wrapCohere": braintrust.wrapCohere as Wrap },
    reply: { json: { response_id: 'r', text: 'Hi', generation_id: 'g' } },
    uses: {
      chat: (client: CohereClient) => client.chat({ message: 'hi' }),
      'v2.rerank': (client: CohereClient) =>
        client.v2.rerank({ model: 'm', query: 'q', documents: ['a'] }),
    },
  },
  "Cohere's of the second API": {
    make: (url) => new CohereClientV2({ token: 'k', environment: url, maxRetries: 0 }),
    trace: traceCohere,
    wraps: { "Braintrust's wrapCohere": braintrust.wrapCohere as Wrap },
    reply: {
      json: { id: 'c', finish_reason: 'COMPLETE', message: { role: 'assistant', content: [] } },
    },
    uses: { chat: (client: CohereClientV2) => client.chat(ask) },
  },
  "Ollama's": {
    make: (url) => new Ollama({ host: url }),
    trace: traceOllama,
    wraps: { "Braintrust's wrapOllama": braintrust.wrapOllama as Wrap },
    reply: { json: { model: 'm', message: { role: 'assistant', content: 'Hi' }, done: true } },
    uses: { chat: (client: Ollama) => client.chat(ask) },
  },
};

describe('a client', () => {
  for (const [whose, { make, trace, wraps, reply, uses }] of Object.entries(cases)) {
    for (const [name, wrap] of Object.entries({ ...wraps, ...copies })) {
      for (const order of ['before', 'after'] as const) {
        // What a copy makes at its first use is its own.
        if (whose.endsWith('interactions') && order === 'after' && name.startsWith('a copy'))
          continue;
        // Its parts hold what they send by where nobody can reach it.
        if (whose === "Mistral's" && order === 'before' && /Braintrust|use before/.test(name))
          continue;
        it(`of ${whose}, after ${name} ${order} it was traced, is recorded once and behaves as before`, async () => {
          for (const [use, call] of Object.entries(uses)) {
            const run = call as (client: object) => Promise<unknown>;
            const made = async (url: string, isTraced: boolean) => {
              const client = make(url);
              if (name === 'a use before' && order === 'before') await run(client).catch(() => {});
              const steps = isTraced ? trace : (each: object) => each;
              return order === 'before'
                ? steps(wrap(client as never))
                : wrap(steps(client) as never);
            };
            let bare: unknown;
            await stepsOfCalls(reply, async (url) => {
              bare = await outcomeOf(run(await made(url, false)));
            });
            let seen: unknown;
            const { steps, asked } = await stepsOfCalls(reply, async (url) => {
              seen = await outcomeOf(run(await made(url, true)));
            });
            assert.deepEqual(seen, bare, use);
            const before = name === 'a use before' && order === 'before' ? 1 : 0;
            assert.deepEqual([steps.length, asked.length], [1, 1 + before], use);
          }
        });
      }
    }
  }

  it('that is frozen is traced, or throws', async () => {
    const { steps } = await stepsOfCalls(gemini, async (url) => {
      const client = Object.freeze(cases["Google's"]?.make(url) as genai.GoogleGenAI);
      await traceGoogleGenAI(client).models.generateContent({ model: 'm', contents: 'hi' });
    });
    assert.equal(steps.length, 1);
    assert.throws(() => traceOllama(Object.freeze(new Ollama())), {
      name: 'TypeError',
      message: /frozen: trace it first/,
    });
  });

  it('of Mistral that was used before throws, unless its HTTP client is known', async () => {
    const { make, reply } = cases["Mistral's"] as Case;
    const { steps } = await stepsOfCalls(reply, async (url) => {
      const client = make(url) as Mistral;
      await client.chat.complete(ask);
      for (const each of [client, new Proxy(client, {}), Object.create(client) as Mistral]) {
        assert.throws(() => traceMistral(each), {
          name: 'TypeError',
          message: /used or wrapped before: trace it first/,
        });
      }
      const httpClient = new HTTPClient();
      const known = new Mistral({ apiKey: 'k', serverURL: url, httpClient });
      const another = new Mistral({ apiKey: 'k', serverURL: url, httpClient });
      await known.chat.complete(ask);
      for (const each of [known, known]) traceMistral(each);
      await known.chat.complete(ask);
      await known.agents.complete({ ...ask, agentId: 'a' });
      await another.chat.complete(ask);
    });
    assert.equal(steps.length, 2);
  });

  it('that is none throws', () => {
    for (const none of [{}, null, 'client', { chat: {} }, () => {}]) {
      for (const trace of [traceGoogleGenAI, traceMistral, traceCohere, traceOllama]) {
        assert.throws(() => trace(none as object), {
          name: 'TypeError',
          message: /takes a client/,
        });
      }
    }
  });
});

/** What a call came to, but for times and ports. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    const value = await call;
    const isStream = typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
    if (isStream) await read(value as AsyncIterable<unknown>);
    return JSON.parse(
      JSON.stringify(value, (key, item: unknown) =>
        /header|date|Response$/i.test(key) ? 0 : item,
      ),
    );
  } catch (error) {
    return String(error).replace(/:\d+/g, '');
  }
}
