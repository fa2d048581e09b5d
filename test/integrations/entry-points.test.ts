/** The entry points of other clients: the same hook, each with its own name and provider. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import Groq from 'groq-sdk';
import OpenAI from 'openai7';
import Together from 'together-ai';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { ask, rowsOf } from './stage.ts';

describe('the entry points', () => {
  let llm: LlmServer;
  before(async () => {
    llm = await startLlmServer();
  });
  after(() => llm[Symbol.asyncDispose]());

  /** Name, provider, model, tokens and output of each step that was recorded. */
  async function recorded(calls: () => Promise<unknown>, n: number): Promise<unknown[]> {
    using captured = captureTraces();
    await calls();
    return (await rowsOf(captured, n)).map(({ steps: [root] }) => [
      root?.name,
      root?.provider,
      root?.model,
      root?.tokens,
      root?.output,
    ]);
  }

  const SAID = 'You said: hi there — ça va?';

  it("Groq's client", async () => {
    const groq = traceGroq(new Groq({ apiKey: 'k', baseURL: llm.url }), { streamUsage: true });
    const rows = await recorded(async () => {
      await groq.chat.completions.create(ask());
      const stream = await groq.chat.completions.create({ ...ask(), stream: true });
      for await (const chunk of stream) assert.equal(chunk.choices.length, 1);
    }, 2);
    const row = ['Groq Chat Completion', 'groq', 'gpt-5-mini-2026', 12, SAID];
    assert.deepEqual(rows, [row, row]);
  });

  it("Together's client", async () => {
    const together = traceTogether(new Together({ apiKey: 'k', baseURL: `${llm.url}/v1` }));
    const rows = await recorded(async () => {
      await together.chat.completions.create(ask());
      await together.embeddings.create({ model: 'm2-bert', input: 'hi there' });
    }, 2);
    assert.deepEqual(rows, [
      ['Together Chat Completion', 'together_ai', 'gpt-5-mini-2026', 12, SAID],
      ['Together Embedding', 'together_ai', 'm2-bert', 2, null],
    ]);
  });

  describe('any fetch', () => {
    const post = (path: string, body: object): [string, RequestInit] => [
      `${llm.url}${path}`,
      {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      },
    ];

    it('recognises requests by their paths and fields', async () => {
      const traced = tracedFetch({ client: 'My', provider: 'mine' });
      const hi = 'hi there';
      const contents = [{ role: 'user', parts: [{ text: hi }] }];
      const messages = [{ role: 'user', content: hi }];
      const requests: [string, object][] = [
        ['/v1/chat/completions', ask()],
        ['/v1/messages', { model: 'claude', max_tokens: 9, messages }],
        ['/v1beta/models/gemini-3:generateContent', { contents }],
        ['/v1beta/models/gemini-3:streamGenerateContent?alt=sse', { contents }],
        ['/api/chat', { model: 'llama', messages, stream: false }],
        ['/api/chat', { model: 'llama', messages }],
      ];
      const rows = await recorded(async () => {
        for (const [path, body] of requests) await (await traced(...post(path, body))).text();
      }, requests.length);
      assert.deepEqual(rows, [
        ['My Chat Completion', 'mine', 'gpt-5-mini-2026', 12, SAID],
        ['My Chat Completion', 'mine', 'claude', 28, SAID],
        ['My Chat Completion', 'mine', 'gemini-3', 12, 'You said: hi there'],
        ['My Chat Completion', 'mine', 'gemini-3', 12, 'You said: hi there'],
        ['My Chat Completion', 'mine', 'llama', 8, 'You said: hi there'],
        ['My Chat Completion', 'mine', 'llama', 8, 'You said: hi there'],
      ]);
    });

    it('accepts a Request', async () => {
      const traced = tracedFetch();
      const rows = await recorded(async () => {
        const response = await traced(new Request(...post('/v1/chat/completions', ask())));
        assert.equal(((await response.json()) as { object: string }).object, 'chat.completion');
      }, 1);
      assert.deepEqual(rows, [['LLM Chat Completion', null, 'gpt-5-mini-2026', 12, SAID]]);
    });

    it('passes all other requests on', async () => {
      using captured = captureTraces();
      const traced = tracedFetch();
      const before = llm.asked.length;
      await (await traced(...post('/v1/other', { any: 'thing' }))).text();
      await (await traced(`${llm.url}/v1/chat/completions`)).text();
      await assert.rejects(traced('http://127.0.0.1:9/v1/nothing'), TypeError);
      assert.equal(llm.asked.length, before + 2);
      assert.deepEqual(await captured.rows(), []);
    });

    it('records a call once if its client is traced too', async () => {
      using captured = captureTraces();
      const openai = traceOpenAI(
        new OpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1`, fetch: tracedFetch() }),
      );
      await openai.chat.completions.create(ask());
      const rows = await rowsOf(captured, 1);
      assert.equal(rows.length, 1);
    });
  });
});
