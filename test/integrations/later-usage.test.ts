/** Usage that comes more than once in a stream: what a later event lacks, or has as 0, stays as it was. */

import assert from 'node:assert/strict';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import { read, stepOfCall } from './answering.ts';

interface Stream {
  /** The events of a stream whose usage is told so, one after another. */
  readonly events: (usages: readonly (object | undefined)[]) => readonly object[];
  readonly ask: (url: string) => Promise<void>;
  /** The names of its counts: those of the input and of the output. */
  readonly names: readonly [input: string, output: string];
  /** Where its counts stand. */
  readonly usage: (counts: object) => object;
}

const streams: Readonly<Record<string, Stream>> = {
  Gemini: {
    names: ['promptTokenCount', 'candidatesTokenCount'],
    usage: (counts) => ({ usageMetadata: counts }),
    events: (usages) =>
      usages.map((usage, i) => ({
        candidates: [
          {
            ...{ index: 0, content: { role: 'model', parts: [{ text: 'x' }] } },
            ...(i === usages.length - 1 && { finishReason: 'STOP' }),
          },
        ],
        ...usage,
      })),
    ask: async (url) => {
      const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } });
      const { models } = traceGoogleGenAI(client);
      await read(models.generateContentStream({ model: 'gemini-2.5-flash', contents: 'hi' }));
    },
  },
  "Google's interactions": {
    names: ['total_input_tokens', 'total_output_tokens'],
    usage: (counts) => ({ usage: counts }),
    events: (usages) =>
      usages.map((usage, i) => ({
        event_type: i === usages.length - 1 ? 'interaction.completed' : 'interaction.created',
        interaction: { id: 'v1_i', model: 'gemini-2.5-flash', status: 'completed', ...usage },
      })),
    ask: async (url) => {
      const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } });
      const { interactions } = traceGoogleGenAI(client);
      const given = { model: 'gemini-2.5-flash', input: 'hi', stream: true as const };
      await read(interactions.create(given));
    },
  },
  Mistral: {
    names: ['prompt_tokens', 'completion_tokens'],
    usage: (counts) => ({ usage: counts }),
    events: (usages) =>
      usages.map((usage, i) => ({
        ...{ id: 'c', object: 'chat.completion.chunk', model: 'mistral-small-2603', created: 1 },
        choices: [
          {
            ...{ index: 0, delta: { role: 'assistant', content: 'x' } },
            finish_reason: i === usages.length - 1 ? 'stop' : null,
          },
        ],
        ...usage,
      })),
    ask: async (url) => {
      const fetch = tracedFetch({ provider: 'mistral' });
      const messages = [{ role: 'user', content: 'hi' }];
      const asked = await fetch(`${url}/v1/chat/completions`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({ model: 'mistral-small-2603', messages, stream: true }),
      });
      await asked.text();
    },
  },
  Cohere: {
    names: ['input_tokens', 'output_tokens'],
    usage: (counts) => ({ usage: { billed_units: counts } }),
    events: (usages) =>
      usages.map((usage) => ({
        type: 'message-end',
        delta: { finish_reason: 'COMPLETE', ...usage },
      })),
    ask: async (url) => {
      const client = traceCohere(new CohereClientV2({ token: 'k', environment: url }));
      const messages = [{ role: 'user' as const, content: 'hi' }];
      await read(client.chatStream({ model: 'command-a-03-2025', messages }));
    },
  },
};

for (const [name, { events, ask, names, usage }] of Object.entries(streams)) {
  describe(`the usage of a stream by ${name}`, () => {
    const [input, output] = names;
    const whole = usage({ [input]: 10, [output]: 5 });
    const laters: Readonly<Record<string, readonly (object | undefined)[]>> = {
      'is told once': [whole],
      'is told before its end': [whole, undefined],
      'is 0 later': [whole, usage({ [input]: 0, [output]: 0 })],
      'is null later': [whole, usage({ [input]: null, [output]: null })],
      'has another count each time': [usage({ [input]: 10 }), usage({ [output]: 5 })],
      'has 0 for what the other has': [
        usage({ [input]: 10, [output]: 0 }),
        usage({ [input]: 0, [output]: 5 }),
      ],
      grows: [usage({ [input]: 10, [output]: 1 }), whole],
    };
    for (const [what, usages] of Object.entries(laters)) {
      it(`is complete if it ${what}`, async () => {
        const step = await stepOfCall({ events: events(usages) }, ask);
        assert.deepEqual([step.promptTokens, step.completionTokens], [10, 5]);
      });
    }
  });
}
