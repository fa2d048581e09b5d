/** Clients that other libraries wrapped, proxied or copied: traced as they are, or refused with what to pass instead. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { JSON_FORMAT } from './battery/openai-kit.ts';
import { ask, rowsOf } from './stage.ts';

type Wrap = (client: OpenAI) => OpenAI;

/** Loads those that other people make. */
const wrappers: Record<string, () => Promise<Wrap>> = {
  "Langfuse's observeOpenAI": async () => (await import('langfuse-openai')).observeOpenAI as Wrap,
  "LangSmith's wrapOpenAI": async () =>
    (await import('langsmith/wrappers')).wrapOpenAI as unknown as Wrap,
  "Braintrust's wrapOpenAI": async () => (await import('braintrust')).wrapOpenAI as Wrap,
  'a Proxy': async () => (client) => new Proxy(client, {}),
  'a Proxy that binds all functions': async () => (client) =>
    new Proxy(client, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  'Object.create': async () => (client) => Object.create(client) as OpenAI,
  'a copy of its properties': async () => (client) => ({ ...client }) as OpenAI,
  'a copy with its class': async () => (client) =>
    Object.assign(Object.create(Object.getPrototypeOf(client) as object), client) as OpenAI,
  'a wrapper of a wrapper': async () => (client) => new Proxy(Object.create(client) as OpenAI, {}),
};

const uses: Record<string, (client: OpenAI) => Promise<unknown>> = {
  create: (client) => client.chat.completions.create(ask()),
  'create as a stream': async (client) => {
    let text = '';
    const stream = await client.chat.completions.create({ ...ask(), stream: true });
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  },
  parse: (client) => client.chat.completions.parse({ ...ask(), response_format: JSON_FORMAT }),
  'stream()': (client) => client.chat.completions.stream(ask()).finalChatCompletion(),
  withOptions: (client) =>
    client.withOptions({ timeout: 5000 }).chat.completions.create(ask('again')),
  withResponse: async (client) => {
    const { data, response } = await client.chat.completions.create(ask()).withResponse();
    return [response.status, data];
  },
  'responses.create': (client) => client.responses.create({ model: 'gpt-5', input: 'hi' }),
};

describe('a client that was wrapped by', () => {
  let llm: LlmServer;
  before(async () => {
    llm = await startLlmServer();
  });
  after(() => llm[Symbol.asyncDispose]());

  const bare = (name = '') =>
    new OpenAI({
      apiKey: 'k',
      baseURL: `${llm.url}/v1`,
      maxRetries: 0,
      defaultHeaders: { 'x-case': name },
    });

  for (const [name, load] of Object.entries(wrappers)) {
    for (const order of ['before', 'after'] as const) {
      it(`${name}, ${order} it was traced, behaves as it does untraced, and is recorded once`, async () => {
        const wrap = await load();
        for (const [use, run] of Object.entries(uses)) {
          const expected = await outcomeOf(() => run(wrap(bare())));
          using captured = captureTraces();
          const id = `${name} ${order} ${use}`;
          const client =
            order === 'before' ? traceOpenAI(wrap(bare(id))) : wrap(traceOpenAI(bare(id)));
          assert.deepEqual(await outcomeOf(() => run(client)), expected, use);
          // What such a wrapper breaks, it breaks without us as well, maybe before it asks.
          if (String(expected).startsWith('TypeError')) continue;
          const calls = llm.asked.filter(({ headers }) => headers['x-case'] === id).length;
          assert.equal(calls, 1, use);
          assert.equal((await rowsOf(captured, 1)).length, 1, use);
        }
      });
    }
  }

  it('nobody, and traced twice, is recorded once', async () => {
    using captured = captureTraces();
    const client = bare();
    const copy = { ...client } as OpenAI;
    for (const each of [client, copy, new Proxy(client, {}), traceOpenAI(copy)]) traceOpenAI(each);
    await copy.chat.completions.create(ask());
    await client.chat.completions.create(ask());
    assert.equal((await rowsOf(captured, 2)).length, 2);
  });

  it('nobody, but is frozen, throws, and works as before', async () => {
    using captured = captureTraces();
    for (const frozen of [Object.freeze(bare()), Object.seal(bare())]) {
      for (const each of [frozen, new Proxy(frozen, {}), { ...frozen }]) {
        assert.throws(() => traceOpenAI(each), {
          name: 'TypeError',
          message: /frozen: trace it first/,
        });
      }
      await frozen.chat.completions.create(ask());
      await Object.freeze(traceOpenAI(bare())).chat.completions.create(ask());
    }
    assert.equal((await rowsOf(captured, 2)).length, 2);
  });

  it('nobody, and is no client, throws', () => {
    for (const none of [{}, null, 'client', { chat: {} }, () => {}]) {
      for (const trace of [traceOpenAI, traceAnthropic]) {
        assert.throws(() => trace(none as object), {
          name: 'TypeError',
          message: /takes a client/,
        });
      }
    }
  });
});

/** What came of it, without what differs from call to call. */
async function outcomeOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify(await run()));
  } catch (error) {
    return String(error);
  }
}

describe('a client whose requests cannot be recorded', () => {
  it('throws, and the message says what to do instead', async () => {
    const { createX509Transport } = await import('openai7/auth/x509-transport');
    // The client takes no other dispatcher than one of the undici beside it.
    const requireAsClient = createRequire(createRequire(import.meta.url).resolve('openai7'));
    const { Agent } = requireAsClient('undici') as { Agent: new () => object };
    const client = new OpenAI({
      workloadIdentity: { type: 'x509', identityProviderId: 'i', serviceAccountId: 's' },
      x509Transport: createX509Transport({
        runtime: 'node',
        dispatcher: new Agent() as never,
        certificateIdentity: 'static',
        proxy: 'direct',
      }),
    });
    const { fetch: send } = client as unknown as { fetch: unknown };
    assert.throws(() => traceOpenAI(client), {
      name: 'TypeError',
      message: /X\.509 .*record its calls with step\(\)/,
    });
    assert.equal((client as unknown as { fetch: unknown }).fetch, send);
  });
});
