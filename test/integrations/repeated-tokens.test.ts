/** A model may generate the same token several times in a row: what a stream states of each token is kept for each. */

import assert from 'node:assert/strict';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { CohereClientV2 } from 'cohere8';
import { Mistral } from 'mistral2';
import OpenAI from 'openai7';
import { read, stepOfCall } from './answering.ts';

const REPEATED = 4;

interface Case {
  readonly what: string;
  readonly ask: (url: string) => Promise<unknown>;
  readonly first?: readonly object[];
  /** Sent several times. */
  readonly event: object;
  readonly last: readonly (object | string)[];
  /** What the metadata must contain. */
  readonly kept: object;
}

const messages = [{ role: 'user' as const, content: 'laugh' }];
const openai = (url: string) => traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: `${url}/v1` }));
const chat = (url: string) =>
  read(openai(url).chat.completions.create({ model: 'm', messages, stream: true }));
const completion = (url: string) =>
  read(openai(url).completions.create({ model: 'm', prompt: 'laugh', stream: true }));
const mistral = async (url: string) =>
  read(
    await traceMistral(new Mistral({ apiKey: 'k', serverURL: url })).chat.stream({
      model: 'm',
      messages,
    }),
  );
const cohere = async (url: string) =>
  read(
    await traceCohere(new CohereClientV2({ token: 'k', environment: url })).chatStream({
      model: 'm',
      messages,
      logprobs: true,
    }),
  );

const times = <T>(value: T): T[] => Array<T>(REPEATED).fill(value);
const chunk = (choice: object, more: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content: 'ha' }, finish_reason: null, ...choice }],
  ...more,
});
const end = [chunk({ delta: { content: '' }, finish_reason: 'stop' }), '[DONE]'];
const logprob = { token: 'ha', logprob: -0.1, bytes: [104, 97], top_logprobs: [] };
// Under the name `token` it would be masked as a secret.
const kept = { text: 'ha', logprob: -0.1, bytes: [104, 97], top_logprobs: [] };
const text = (more: object) => ({
  id: 'c1',
  model: 'm',
  choices: [{ index: 0, text: 'ha', finish_reason: null, ...more }],
});
const piece = { type: 'reasoning.text', text: 'Hm', format: 'unknown', index: 0 };
const item = { text: 'ha', token_ids: [7], logprobs: [-0.1] };

const CASES: readonly Case[] = [
  {
    what: 'log probabilities of a chat of OpenAI',
    ask: chat,
    event: chunk({ logprobs: { content: [logprob], refusal: null } }),
    last: end,
    kept: { logprobs: { content: times(kept), refusal: null } },
  },
  {
    what: 'token ids of a chat of vLLM',
    ask: chat,
    first: [chunk({ delta: { role: 'assistant', content: '' } }, { prompt_token_ids: [1, 2] })],
    event: chunk({ logprobs: null, token_ids: [7] }),
    last: end,
    kept: { prompt_token_ids: [1, 2], token_ids: times(7) },
  },
  {
    what: 'pieces of reasoning of a chat of OpenRouter',
    ask: chat,
    event: chunk({ delta: { content: 'ha', reasoning: 'Hm', reasoning_details: [piece] } }),
    last: end,
    kept: { reasoning: 'Hm'.repeat(REPEATED), reasoning_details: times(piece) },
  },
  {
    what: 'log probabilities of a completion',
    ask: completion,
    event: text({ logprobs: { tokens: ['ha'], token_logprobs: [-0.1], text_offset: [3] } }),
    last: [text({ text: '', finish_reason: 'stop' }), '[DONE]'],
    kept: {
      logprobs: { tokens: times('ha'), token_logprobs: times(-0.1), text_offset: times(3) },
    },
  },
  {
    what: 'token ids of a completion of vLLM',
    ask: completion,
    event: text({ token_ids: [7] }),
    last: [text({ text: '', finish_reason: 'stop' }), '[DONE]'],
    kept: { token_ids: times(7) },
  },
  {
    what: 'token ids of a chat of Mistral',
    ask: mistral,
    event: chunk({ token_ids: [7] }),
    last: [
      chunk(
        { delta: { content: '' }, finish_reason: 'stop' },
        { usage: { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 } },
      ),
      '[DONE]',
    ],
    kept: { token_ids: times(7) },
  },
  {
    what: 'log probabilities of a chat of Cohere',
    ask: cohere,
    first: [{ type: 'message-start', id: 'c1', delta: { message: { role: 'assistant' } } }],
    event: {
      type: 'content-delta',
      index: 0,
      delta: { message: { content: { text: 'ha' } } },
      logprobs: item,
    },
    last: [{ type: 'message-end', delta: { finish_reason: 'COMPLETE' } }],
    kept: { logprobs: times(item) },
  },
];

describe('a token that a model repeats', () => {
  for (const { what, ask, first = [], event, last, kept: expected } of CASES) {
    it(`has each of its ${what}`, async () => {
      const events = [...first, ...times(event), ...last];
      const { output, metadata } = await stepOfCall({ events }, ask);
      assert.equal(output, 'ha'.repeat(REPEATED));
      const found = Object.keys(expected).map((key) => [key, metadata[key]]);
      assert.deepEqual(Object.fromEntries(found), expected);
    });
  }

  it('is not taken for more if what repeats is a statement on the whole answer', async () => {
    const safe = { hate: { filtered: false, severity: 'safe' } };
    const more = { content_filter_results: safe, citations: ['https://a.example'] };
    const events = [...times(chunk({ content_filter_results: safe }, more)), ...end];
    const { output, metadata } = await stepOfCall({ events }, chat);
    assert.equal(output, 'ha'.repeat(REPEATED));
    assert.deepEqual(metadata.content_filter_results, safe);
    assert.deepEqual(metadata.citations, ['https://a.example']);
  });
});
