/** A batch costs what its lines cost, one by one: half of what they cost outside, where providers halve it. */

import assert from 'node:assert/strict';
import type { Usage } from '@openlayer-tracing/core';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { prices } from '@openlayer-tracing/integrations/pricing';
import Anthropic from 'anthropic1';
import { GoogleGenAI } from 'genai3';
import OpenAI from 'openai7';
import { read } from './answering.ts';
import { usageOf } from './usage-of.ts';

/** Numbers that differ from test to test: a result is recorded once in a process. */
let nth = 0;

type Answer = Readonly<Record<string, unknown>>;

interface Provider {
  readonly single: (answer: Answer) => Promise<unknown>;
  readonly batch: (answers: readonly Answer[]) => Promise<unknown>;
  /** Answers of which each may be in a batch with each. */
  readonly answers: Readonly<Record<string, Answer>>;
}

const json = (value: unknown) => async () => Response.json(value);

const openAI = (fetch: () => Promise<Response>) =>
  traceOpenAI(new OpenAI({ apiKey: 'k', maxRetries: 0, fetch }));
const openAIBatch = (answers: readonly Answer[]) => {
  const lines = answers.map((body, i) => ({
    ...{ custom_id: `c${i}`, error: null, response: { status_code: 200, body } },
  }));
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const headers = { 'content-type': 'application/octet-stream' };
  const { files } = openAI(async () => new Response(text, { headers }));
  return files.content(`file-batch-price-${nth++}`).then((content) => content.text());
};

const chat = (model: string, prompt_tokens: number, more: object = {}): Answer => ({
  ...{ id: 'c', object: 'chat.completion', created: 1, model },
  choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
  usage: { prompt_tokens, completion_tokens: 100, total_tokens: prompt_tokens + 100 },
  ...more,
});
const response = (output: readonly object[], more: object = {}): Answer => ({
  ...{ id: 'r', object: 'response', status: 'completed', model: 'gpt-5-mini' },
  usage: { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 },
  output: [
    ...output,
    { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: 'x' }] },
  ],
  ...more,
});
const message = (input_tokens: number, usage: object = {}, model = 'claude-opus-4-6'): Answer => ({
  ...{ id: 'm', type: 'message', role: 'assistant', model },
  ...{ content: [{ type: 'text', text: 'x' }], stop_reason: 'end_turn', stop_sequence: null },
  usage: { input_tokens, output_tokens: 100, service_tier: 'standard', ...usage },
});
const content = (promptTokenCount: number, candidate: object = {}, usage: object = {}): Answer => ({
  candidates: [
    { index: 0, finishReason: 'STOP', content: { parts: [{ text: 'x' }] }, ...candidate },
  ],
  usageMetadata: {
    ...{ promptTokenCount, candidatesTokenCount: 100, totalTokenCount: promptTokenCount + 100 },
    ...usage,
  },
  ...{ modelVersion: 'gemini-2.5-pro', responseId: 'r' },
});

const providers: Readonly<Record<string, Provider>> = {
  "OpenAI's chat": {
    single: (answer) =>
      openAI(json(answer)).chat.completions.create({
        ...{ model: 'gpt-5.4', messages: [{ role: 'user', content: 'x' }] },
      }),
    batch: openAIBatch,
    answers: {
      short: chat('gpt-5.4', 1000),
      'as long as the usual price goes': chat('gpt-5.4', 271_999),
      'a little longer': chat('gpt-5.4', 272_000),
      'much longer': chat('gpt-5.4', 500_000),
      'of another model': chat('gpt-4o-mini-2024-07-18', 1000),
      'of an unknown model': chat('gpt-0', 1000),
      'at another tier': chat('gpt-5.4', 1000, { service_tier: 'priority' }),
      'at the usual tier': chat('gpt-5.4', 1000, { service_tier: 'default' }),
      'without counts': chat('gpt-5.4', 1000, { usage: null }),
    },
  },
  "OpenAI's responses": {
    single: (answer) => openAI(json(answer)).responses.create({ model: 'gpt-5-mini', input: 'x' }),
    batch: openAIBatch,
    answers: {
      plain: response([]),
      'with a search': response([
        { type: 'web_search_call', id: 'w', status: 'completed', action: { type: 'search' } },
      ]),
      'with code that ran': response([
        { type: 'code_interpreter_call', id: 'c', status: 'completed', code: '1' },
      ]),
      'at another tier': response([], { service_tier: 'priority' }),
    },
  },
  Anthropic: {
    single: (answer) =>
      traceAnthropic(new Anthropic({ apiKey: 'k', fetch: json(answer) })).messages.create({
        ...{ model: 'claude-opus-4-6', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] },
      }),
    batch: async (answers) => {
      const id = `msgbatch_price_${nth++}`;
      const results_url = `https://api.anthropic.com/v1/messages/batches/${id}/results`;
      const lines = answers.map((each, i) => ({
        ...{ custom_id: `c${i}`, result: { type: 'succeeded', message: each } },
      }));
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      const client = new Anthropic({
        apiKey: 'k',
        fetch: async (input) =>
          String(input).endsWith('/results')
            ? new Response(text, { headers: { 'content-type': 'application/x-jsonl' } })
            : Response.json({ id, processing_status: 'ended', results_url }),
      });
      await read(traceAnthropic(client).messages.batches.results(id));
    },
    answers: {
      short: message(1000),
      long: message(300_000),
      'with searches': message(1000, { server_tool_use: { web_search_requests: 2 } }),
      'in one place': message(1000, { inference_geo: 'us' }),
      'at a higher speed': message(1000, { speed: 'fast' }),
      'at another tier': message(1000, { service_tier: 'priority' }),
      'of another model': message(1000, {}, 'claude-sonnet-4-5-20250929'),
      'with a cache': message(1000, { cache_read_input_tokens: 500 }),
      'with an advisor': message(1000, {
        iterations: [{ type: 'advisor_message', model: 'claude-haiku-4-5', input_tokens: 50 }],
      }),
    },
  },
  Gemini: {
    single: (answer) => {
      const client = new GoogleGenAI({
        apiKey: 'k',
        httpOptions: { fetch: json(answer) } as object,
      });
      const given = { model: 'gemini-2.5-pro', contents: 'x' };
      return traceGoogleGenAI(client).models.generateContent(given);
    },
    batch: async (answers) => {
      const name = `batches/price${nth++}`;
      const inlinedResponses = { inlinedResponses: answers.map((each) => ({ response: each })) };
      const metadata = { model: 'models/gemini-2.5-pro', state: 'BATCH_STATE_SUCCEEDED' };
      const fetch = json({ name, metadata, done: true, response: { inlinedResponses } });
      const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch } as object });
      await traceGoogleGenAI(client).batches.get({ name });
    },
    answers: {
      short: content(1000),
      'as long as the usual price goes': content(200_000),
      'a little longer': content(200_001),
      'with a search': content(1000, { groundingMetadata: { webSearchQueries: ['q'] } }),
      'at another tier': content(1000, {}, { serviceTier: 'flex' }),
      'with sound': content(
        1000,
        {},
        {
          promptTokensDetails: [
            { modality: 'TEXT', tokenCount: 400 },
            { modality: 'AUDIO', tokenCount: 600 },
          ],
        },
      ),
    },
  },
};

/** Dollars, or why there are none. */
const told = ({ estimatedCost, unpriced }: Usage) => ({
  cost: Object.keys(unpriced).length > 0 ? undefined : estimatedCost?.toFixed(9),
  reasons: Object.keys(unpriced).sort(),
});

/** What each costs in a batch of its own. */
function summed(ones: readonly Usage[]): ReturnType<typeof told> {
  const reasons = new Set(ones.flatMap(({ unpriced }) => Object.keys(unpriced)));
  // A call of which nothing is known is not looked at further.
  const known = reasons.has('usage') ? ['usage'] : [...reasons].sort();
  const cost = ones.reduce((sum, { estimatedCost = 0 }) => sum + estimatedCost, 0);
  return { cost: known.length > 0 ? undefined : cost.toFixed(9), reasons: known };
}

it("a batch costs the app's own price for each of its lines", async () => {
  const own = prices({
    models: { 'gpt-5.4': { input: 1, tiers: { batch: { input: 1, perCall: 0.1 } } } },
  });
  const lines = Array.from({ length: 30 }, () => chat('gpt-5.4', 1000));
  const usage = await usageOf(() => openAIBatch(lines), own);
  assert.equal(usage.estimatedCost?.toFixed(9), (30 * 0.101).toFixed(9));
});

for (const [name, { single, batch, answers }] of Object.entries(providers)) {
  describe(`the price of a batch by ${name}`, () => {
    for (const [what, answer] of Object.entries(answers)) {
      it(`is the price of a single response, ${what}, or half of it`, async () => {
        const [alone, one] = [
          await usageOf(() => single(answer)),
          await usageOf(() => batch([answer])),
        ];
        assert.deepEqual(
          [one.promptTokens, one.completionTokens],
          [alone.promptTokens, alone.completionTokens],
        );
        const reasons = Object.keys(one.unpriced).filter((reason) => reason !== 'batch');
        assert.deepEqual(reasons.sort(), Object.keys(alone.unpriced).sort());
        if (one.estimatedCost !== undefined) {
          assert.ok(one.estimatedCost <= (alone.estimatedCost ?? 0));
          assert.ok(one.estimatedCost >= (alone.estimatedCost ?? 0) / 2 - 1e-12);
        }
      });
    }

    for (const [first, one] of Object.entries(answers)) {
      for (const [second, other] of Object.entries(answers)) {
        it(`is the sum of its lines, some ${first} and some ${second}`, async () => {
          const lines = [one, other, one, ...Array.from({ length: 300 }, () => other)];
          const ones = [await usageOf(() => batch([one])), await usageOf(() => batch([other]))];
          const [ofOne, ofOther] = ones as [Usage, Usage];
          const whole = await usageOf(() => batch(lines));
          assert.deepEqual(
            told(whole),
            summed(lines.map((each) => (each === one ? ofOne : ofOther))),
          );
        });
      }
    }
  });
}
