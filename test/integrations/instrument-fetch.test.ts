/** The global fetch, replaced by one that records the calls of models: for clients that take no fetch. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { traceAISDK } from '@openlayer-tracing/integrations/ai-sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { instrumentFetch, tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { generateText } from 'ai7';
import { createOpenAI } from 'ai7-openai';
import Anthropic from 'anthropic1';
import { GoogleGenAI } from 'genai3';
import OpenAI from 'openai7';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { ask, rowsOf } from './stage.ts';

type Build = typeof import('@openlayer-tracing/integrations/fetch');

const SAID = 'You said: hi there — ça va?';

describe('the global fetch', () => {
  const original = globalThis.fetch;
  let llm: LlmServer;
  before(async () => {
    llm = await startLlmServer();
  });
  after(() => llm[Symbol.asyncDispose]());
  afterEach(() => assert.equal(globalThis.fetch, original, 'a test left another fetch behind'));

  const request = (path: string, body: object): [string, RequestInit] => [
    `${llm.url}${path}`,
    { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
  ];
  const openai = () => new OpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1`, maxRetries: 0 });

  /** What was recorded of calls, in as many traces. */
  async function recorded(calls: () => Promise<unknown>, n: number): Promise<readonly WireRow[]> {
    using captured = captureTraces();
    await calls();
    await rowsOf(captured, n);
    return captured.rows();
  }

  /** The same, while fetch is instrumented. */
  async function instrumented(
    calls: () => Promise<unknown>,
    n: number,
    options?: Parameters<typeof instrumentFetch>[0],
  ): Promise<readonly WireRow[]> {
    const undo = instrumentFetch(options);
    try {
      return await recorded(calls, n);
    } finally {
      undo();
    }
  }

  const factsOf = ({ steps: [root] }: WireRow) => [
    root?.name,
    root?.model,
    root?.tokens,
    root?.output,
  ];

  it('records calls of clients that use it, whole and streamed', async () => {
    const rows = await instrumented(async () => {
      await openai().chat.completions.create(ask());
      const stream = await openai().chat.completions.create({
        ...ask(),
        stream: true,
        stream_options: { include_usage: true },
      });
      for await (const _chunk of stream);
      const response = await fetch(new Request(...request('/v1/chat/completions', ask())));
      assert.equal(((await response.json()) as { object: string }).object, 'chat.completion');
      await (await fetch(...request('/api/chat', { ...ask(), stream: false }))).text();
      await (await fetch(...request('/v2/chat', ask()))).text();
    }, 5);
    const chat = ['LLM Chat Completion', 'gpt-5-mini-2026', 12, SAID];
    assert.deepEqual(rows.slice(0, 3).map(factsOf), [chat, chat, chat]);
    assert.deepEqual(
      rows.slice(3).map((row) => factsOf(row).slice(0, 2)),
      [
        ['LLM Chat Completion', 'gpt-5-mini'],
        ['LLM Chat Completion', 'gpt-5-mini'],
      ],
    );
  });

  it('records error responses and failed connections, and throws the same errors', async () => {
    const failureOf = (call: Promise<unknown>) =>
      call.then(
        () => assert.fail('nothing was thrown'),
        (error: Error) => [error.name, error.message, String((error.cause as Error)?.message)],
      );
    const nowhere = () => {
      const [, init] = request('/', ask());
      return fetch('http://127.0.0.1:9/v1/chat/completions', init);
    };
    const expected = await failureOf(nowhere());
    const rows = await instrumented(async () => {
      const refused = openai().chat.completions.create(ask(), {
        headers: { 'x-scenario': 'status-401' },
      });
      await assert.rejects(refused, { status: 401 });
      assert.deepEqual(await failureOf(nowhere()), expected);
    }, 2);
    const errors = rows.map(({ metadata }) => String(metadata?.error)).sort();
    assert.match(String(errors[0]), /^401 it is 401/);
    assert.match(String(errors[1]), /^fetch failed: /);
  });

  it('records calls of traced clients once, with their names and options', async () => {
    const undo = instrumentFetch();
    try {
      const rows = await recorded(async () => {
        await traceOpenAI(openai()).chat.completions.create(ask());
        await traceOpenAI(openai(), { content: false })
          .withOptions({ timeout: 5000 })
          .chat.completions.create(ask());
        const traced = tracedFetch({ client: 'Mine', content: false });
        await (await traced(...request('/v1/chat/completions', ask()))).text();
        const client = new Anthropic({ apiKey: 'k', baseURL: llm.url });
        await traceAnthropic(client).messages.create({ ...ask(), max_tokens: 9 });
      }, 4);
      // Traces come in the order of their layouts.
      assert.deepEqual(rows.map(({ steps: [root] }) => `${root?.name}: ${root?.output}`).sort(), [
        `Anthropic Chat Completion: ${SAID}`,
        'Mine Chat Completion: null',
        `OpenAI Chat Completion: ${SAID}`,
        'OpenAI Chat Completion: null',
      ]);
    } finally {
      undo();
    }
  });

  it('records calls of traced frameworks once', async () => {
    traceAISDK();
    traceLangChain(CallbackManager);
    const undo = instrumentFetch();
    try {
      const settings = { apiKey: 'k', baseURL: `${llm.url}/v1` };
      const rows = await recorded(async () => {
        const model = createOpenAI(settings).chat('gpt-5-mini');
        await generateText({ model, prompt: 'hi there' });
        const chain = new ChatOpenAI({ model: 'm', apiKey: 'k', configuration: settings });
        await chain.invoke('hi there');
        const google = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: llm.url } });
        await traceGoogleGenAI(google).models.generateContent({ model: 'g', contents: 'hi' });
      }, 3);
      const names = rows.map(({ steps: [root] }) => root?.name);
      assert.deepEqual(names.sort(), [
        'AI SDK generateText',
        'Gemini Chat Completion',
        'LangChain Chat Completion',
      ]);
      assert.ok(!JSON.stringify(rows).includes('LLM Chat Completion'));
    } finally {
      undo();
    }
  });

  it('keeps its name, length and properties', () => {
    const undo = instrumentFetch();
    try {
      assert.notEqual(fetch, original);
      assert.deepEqual([fetch.name, fetch.length], [original.name, original.length]);
      assert.deepEqual(Reflect.ownKeys(fetch), Reflect.ownKeys(original));
      assert.deepEqual(Object.getOwnPropertyDescriptor(globalThis, 'fetch')?.enumerable, true);
      Object.assign(fetch, { preconnect: 'kept' });
      assert.equal((original as { preconnect?: string }).preconnect, 'kept');
    } finally {
      undo();
      Reflect.deleteProperty(original, 'preconnect');
    }
  });

  describe('passes on unchanged', () => {
    const NOT_MODELS: Readonly<Record<string, [path: string, init: RequestInit]>> = {
      'a path that is none of a model': ['/v1/other', { method: 'POST', body: '{"a":1}' }],
      'another method': ['/v1/chat/completions', { method: 'PUT', body: JSON.stringify(ask()) }],
      'a chat of the app itself, which names no model': [
        '/api/chat',
        { method: 'POST', body: '{"messages":[{"role":"user","content":"hi"}]}' },
      ],
      'a survey': ['/surveys/7/responses', { method: 'POST', body: '{"input":"very good"}' }],
      'a text': ['/v1/chat/completions', { method: 'POST', body: 'hi' }],
      'nothing at all': ['/v1/chat/completions', { method: 'POST' }],
    };

    for (const [what, [path, init]] of Object.entries(NOT_MODELS)) {
      it(what, async () => {
        using captured = captureTraces();
        const seen: unknown[][] = [];
        globalThis.fetch = async (...args: Parameters<typeof fetch>) => {
          const response = await original(...args);
          seen.push([...args, response]);
          return response;
        };
        const undo = instrumentFetch();
        try {
          const url = `${llm.url}${path}`;
          const response = await fetch(url, init);
          assert.deepEqual(seen, [[url, init, response]]);
          assert.equal(seen[0]?.[1], init);
          assert.equal(seen[0]?.[2], response);
          await response.text();
        } finally {
          undo();
          globalThis.fetch = original;
        }
        assert.deepEqual(await captured.rows(), []);
      });
    }

    it('a Request whose body is still being written', async () => {
      using captured = captureTraces();
      let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
      const body = new ReadableStream<Uint8Array>({
        start: (given) => {
          controller = given;
        },
      });
      const undo = instrumentFetch();
      try {
        const headers = { 'content-type': 'application/json' };
        const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit;
        const sent = new Request(`${llm.url}/v1/other`, init);
        const answer = fetch(sent);
        assert.ok(sent.bodyUsed);
        controller?.enqueue(new TextEncoder().encode('{}'));
        controller?.close();
        assert.equal((await answer).status, 404);
      } finally {
        undo();
      }
      assert.deepEqual(await captured.rows(), []);
    });
  });

  describe('is restored', () => {
    it('and clients that kept the traced one record nothing more', async () => {
      using captured = captureTraces();
      const undo = instrumentFetch();
      const client = openai();
      undo();
      assert.equal(fetch, original);
      await client.chat.completions.create(ask());
      assert.deepEqual(await captured.rows(), []);
      // They do again when it is.
      const rows = await instrumented(() => client.chat.completions.create(ask()), 1);
      assert.equal(rows.length, 1);
    });

    it('after each call has been undone, with the options of the last one until then', async () => {
      const first = instrumentFetch({ content: false });
      const kept = fetch;
      const second = instrumentFetch();
      assert.equal(fetch, kept);
      const call = async () => (await fetch(...request('/v1/chat/completions', ask()))).text();
      const outputs = async () => (await recorded(call, 1)).map(({ steps }) => steps[0]?.output);
      assert.deepEqual(await outputs(), [SAID]);
      second();
      second();
      assert.deepEqual(await outputs(), [null]);
      first();
      assert.equal(fetch, original);
    });

    it('but not if other code has replaced it in the meantime', async () => {
      const undo = instrumentFetch();
      const ours = fetch;
      const theirs: typeof fetch = (...args) => ours(...args);
      globalThis.fetch = theirs;
      try {
        undo();
        assert.equal(fetch, theirs);
        using captured = captureTraces();
        await (await fetch(...request('/v1/chat/completions', ask()))).text();
        assert.deepEqual(await captured.rows(), []);
        // What calls ours is replaced in its turn, and each call is still recorded once.
        const again = instrumentFetch();
        const call = async () => (await fetch(...request('/v1/chat/completions', ask()))).text();
        assert.equal((await recorded(call, 1)).length, 1);
        again();
        assert.equal(fetch, theirs);
      } finally {
        globalThis.fetch = original;
      }
    });
  });

  it('is replaced once by two builds of the package', async () => {
    const require = createRequire(import.meta.url);
    const commonJs = require.resolve('@openlayer-tracing/integrations/fetch');
    const modules = pathToFileURL(commonJs.replace(/dist.cjs/, 'dist')).href;
    const [build, otherBuild] = [require(commonJs), await import(modules)] as [Build, Build];
    assert.notEqual(build.instrumentFetch, otherBuild.instrumentFetch);
    const first = build.instrumentFetch();
    const ours = fetch;
    const second = otherBuild.instrumentFetch({ content: false });
    try {
      assert.equal(fetch, ours);
      const call = async () => (await fetch(...request('/v1/chat/completions', ask()))).text();
      const rows = await recorded(call, 1);
      assert.deepEqual(
        rows.map(({ steps }) => steps[0]?.output),
        [null],
      );
    } finally {
      second();
      first();
    }
  });

  it('throws for unknown options', () => {
    const wrong = [{ provider: 'openai' }, { fetch }, { content: 'no' }, null];
    for (const options of wrong) {
      assert.throws(() => instrumentFetch(options as never), TypeError);
    }
  });

  it('must exist', () => {
    Reflect.deleteProperty(globalThis, 'fetch');
    try {
      assert.throws(() => instrumentFetch(), /no global fetch/);
    } finally {
      globalThis.fetch = original;
    }
  });
});
