/** Tries of one call, where a fetch is traced and not the client: one step where the requests say that they are. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import Anthropic from 'anthropic1';
import Groq from 'groq-sdk';
import OpenAI from 'openai7';
import Together from 'together-ai';
import { ask } from './stage.ts';

type Fetch = typeof fetch;
type Call = (send: Fetch, text: string) => Promise<unknown>;

const settings = { apiKey: 'k', baseURL: 'https://models.example/v1' };
const CLIENTS: Readonly<Record<string, Call>> = {
  OpenAI: (fetch, text) => new OpenAI({ ...settings, fetch }).chat.completions.create(ask(text)),
  Anthropic: (fetch, text) =>
    new Anthropic({ ...settings, fetch }).messages.create({ ...ask(text), max_tokens: 9 }),
  Groq: (fetch, text) =>
    new Groq({ ...settings, fetch }).chat.completions.create({
      ...ask(text),
    }),
  Together: (fetch, text) =>
    new Together({ ...settings, fetch }).chat.completions.create({ ...ask(text) }),
  'a client with idempotency keys': (send, text) =>
    retrying((nth) => ({ 'idempotency-key': text, nth: String(nth) }), send, text),
  "AWS's": (send, text) =>
    retrying(
      (nth) => ({
        'amz-sdk-invocation-id': text,
        'amz-sdk-request': `attempt=${nth + 1}; max=3`,
      }),
      send,
      text,
    ),
};

async function retrying(
  headersOf: (nth: number) => Record<string, string>,
  send: Fetch,
  text: string,
): Promise<unknown> {
  for (let nth = 0; nth < 3; nth++) {
    const response = await send('https://models.example/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify(ask(text)),
      headers: headersOf(nth),
    });
    const body = await response.text();
    if (response.ok) return body;
  }
  throw new Error('all tries failed');
}

/** A provider that refuses each text so often before it answers, with what it was told. */
function provider(refusals: number): Fetch {
  const asked = new Map<string, number>();
  return async (_input, init) => {
    const body = String(init?.body);
    const before = asked.get(body) ?? 0;
    asked.set(body, before + 1);
    const head = { headers: { 'retry-after-ms': '1', 'content-type': 'application/json' } };
    if (before < refusals)
      return new Response('{"error":{"message":"busy"}}', { ...head, status: 503 });
    return new Response(
      JSON.stringify({
        choices: [{ message: { content: body.slice(0, 9) } }],
        content: [{ type: 'text', text: body.slice(0, 9) }],
      }),
      head,
    );
  };
}

async function stepsOf(work: () => Promise<unknown>): Promise<readonly WireStep[]> {
  using captured = captureTraces();
  await work().catch(() => {});
  return (await captured.rows()).flatMap(({ steps }) => steps);
}

const attemptsOf = ({ metadata }: WireStep) =>
  (metadata?.attempts as { status: number }[] | undefined)?.map(({ status }) => status);

describe('the attempts of a call by a traced fetch', () => {
  for (const [client, call] of Object.entries(CLIENTS)) {
    it(`are one step if their headers say so: ${client}`, async () => {
      for (const refusals of [0, 1, 2]) {
        const send = tracedFetch({ fetch: provider(refusals) });
        const [alone, ...others] = await stepsOf(() => call(send, 'hi'));
        assert.ok(alone);
        assert.deepEqual(others, []);
        const tries = refusals === 0 ? undefined : [...Array(refusals).fill(503), 200];
        assert.deepEqual([attemptsOf(alone), alone.metadata?.error], [tries, undefined]);
        const within = tracedFetch({ fetch: provider(refusals) });
        const [root] = await stepsOf(trace(async () => call(within, 'hi'), { name: 'work' }));
        assert.deepEqual(root?.steps.map(attemptsOf), [tries]);
      }
    });

    it(`are one failed step if all of them failed: ${client}`, async () => {
      const send = tracedFetch({ fetch: provider(9) });
      const [root] = await stepsOf(trace(async () => call(send, 'hi'), { name: 'work' }));
      assert.deepEqual(root?.steps.map(attemptsOf), [[503, 503, 503]]);
      assert.equal(root?.steps[0]?.metadata?.error, '503 busy');
    });

    it(`are kept apart from those of other calls: ${client}`, async () => {
      const send = tracedFetch({ fetch: provider(1) });
      const texts = Array.from({ length: 20 }, (_each, i) => `text ${i}`);
      const [root] = await stepsOf(
        trace(() => Promise.all(texts.map((text) => call(send, text))), { name: 'work' }),
      );
      assert.equal(root?.steps.length, texts.length);
      for (const each of root?.steps ?? []) assert.deepEqual(attemptsOf(each), [503, 200]);
    });
  }

  it('are separate steps without such headers, or in other scopes', async () => {
    const send = tracedFetch({ fetch: provider(1) });
    const silent = await stepsOf(() => retrying(() => ({}), send, 'hi'));
    assert.equal(silent.length, 2);
    const other = tracedFetch({ fetch: provider(1) });
    const once = (nth: number) => () =>
      other('https://models.example/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify(ask()),
        headers: { 'x-stainless-retry-count': String(nth) },
      }).then((response) => response.text());
    const [root] = await stepsOf(
      trace(
        async () => {
          await trace(once(0), { name: 'one' })();
          await trace(once(1), { name: 'two' })();
        },
        { name: 'work' },
      ),
    );
    assert.deepEqual(
      root?.steps.map(({ steps }) => steps.length),
      [1, 1],
    );
  });
});
