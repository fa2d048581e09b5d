/** A response may name another model than the request, such as its version: the step keeps both. */

import assert from 'node:assert/strict';
import { traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import * as ai6 from 'ai6';
import { createOpenAI } from 'ai6-openai';
import Anthropic from 'anthropic1';
import { Mistral } from 'mistral2';
import OpenAI from 'openai7';
import { stepOfCall } from './answering.ts';

const messages = [{ role: 'user' as const, content: 'hi' }];
const settings = (baseURL: string) => ({ apiKey: 'k', baseURL, maxRetries: 0 });
const chat = (model: string) => ({
  ...{ id: 'c', object: 'chat.completion', created: 1, model },
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const message = (model: string) => ({
  ...{ id: 'm', type: 'message', role: 'assistant', model, stop_reason: 'end_turn' },
  content: [{ type: 'text', text: 'hi' }],
  usage: { input_tokens: 1, output_tokens: 1 },
});

type Call = readonly [
  reply: (model: string) => object,
  call: (url: string, model: string) => Promise<unknown>,
];

const CALLS: Readonly<Record<string, Call>> = {
  OpenAI: [
    chat,
    (url, model) =>
      traceOpenAI(new OpenAI(settings(url))).chat.completions.create({ model, messages }),
  ],
  Anthropic: [
    message,
    (url, model) =>
      traceAnthropic(new Anthropic(settings(url))).messages.create({
        ...{ model, messages, max_tokens: 9 },
      }),
  ],
  Mistral: [
    chat,
    (url, model) =>
      traceMistral(new Mistral({ apiKey: 'k', serverURL: url })).chat.complete({ model, messages }),
  ],
  'the AI SDK': [
    chat,
    (url, name) => {
      const model = traceModel(createOpenAI({ apiKey: 'k', baseURL: url }).chat(name));
      return ai6.generateText({ model, prompt: 'hi', maxRetries: 0 });
    },
  ],
};

describe('the model of a request', () => {
  for (const [name, [reply, call]] of Object.entries(CALLS)) {
    it(`is kept beside the model of the response: ${name}`, async () => {
      const step = await stepOfCall({ json: reply('m-2026-01-01') }, (url) => call(url, 'm'));
      assert.deepEqual([step.model, step.metadata.requestModel], ['m-2026-01-01', 'm']);
    });

    it(`is not repeated if the response names the same: ${name}`, async () => {
      const step = await stepOfCall({ json: reply('m') }, (url) => call(url, 'm'));
      assert.deepEqual([step.model, step.metadata.requestModel], ['m', undefined]);
    });
  }
});
