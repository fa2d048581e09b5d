/** Work that a response only accepts, and whose result the app fetches later: it is billed once. */

import assert from 'node:assert/strict';
import { getTracer, type Usage } from '@openlayer-tracing/core';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { prices } from '@openlayer-tracing/integrations/pricing';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import { GoogleGenAI } from 'genai3';
import OpenAI from 'openai7';
import Together from 'together-ai';
import { type Reply, read, stepsOfCalls } from './answering.ts';

interface Work {
  /** The response to the request, and to each fetch until it is done. */
  readonly accepted: (id: string) => Reply;
  readonly done: (id: string) => object;
  readonly request: (url: string) => Promise<unknown>;
  readonly fetch: (url: string, id: string) => Promise<unknown>;
  readonly cost: number;
}

const openai = (url: string) =>
  traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: `${url}/v1` }), { provider: 'openai' });
const together = (url: string) => traceTogether(new Together({ apiKey: 'k', baseURL: url }));
const gemini = (url: string) =>
  traceGoogleGenAI(new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }));
const response = (id: string, status: string) => ({
  id,
  object: 'response',
  model: 'gpt-5-mini',
  status,
  background: true,
  output: [],
});
const run = (id: string, status: string) => ({
  id,
  object: 'thread.run',
  thread_id: 't',
  model: 'gpt-4o-2024-08-06',
  status,
});
const message = (text: string) => ({
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [] }],
});

const WORK: Readonly<Record<string, Work>> = {
  'a response of OpenAI': {
    accepted: (id) => ({ json: { ...response(id, 'queued'), usage: null } }),
    done: (id) => ({
      ...response(id, 'completed'),
      output: [message('Hi')],
      usage: { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 },
    }),
    request: (url) =>
      openai(url).responses.create({ model: 'gpt-5-mini', input: 'hi', background: true }),
    fetch: (url, id) => openai(url).responses.retrieve(id),
    cost: (1000 * 0.25 + 100 * 2) / 1e6,
  },
  'a response of OpenAI whose stream ends early': {
    accepted: (id) => ({
      events: [
        { type: 'response.created', response: { ...response(id, 'queued'), usage: null } },
        { type: 'response.in_progress', response: response(id, 'in_progress') },
      ],
    }),
    done: (id) => ({
      ...response(id, 'completed'),
      output: [message('Hi')],
      usage: { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 },
    }),
    request: async (url) =>
      read(
        openai(url).responses.create({
          ...{ model: 'gpt-5-mini', input: 'hi', background: true },
          stream: true,
        }),
      ),
    fetch: (url, id) => openai(url).responses.retrieve(id),
    cost: (1000 * 0.25 + 100 * 2) / 1e6,
  },
  'a run of an assistant': {
    accepted: (id) => ({ json: { ...run(id, 'queued'), usage: null } }),
    done: (id) => ({
      ...run(id, 'completed'),
      usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
    }),
    request: (url) => openai(url).beta.threads.runs.create('t', { assistant_id: 'a' }),
    fetch: (url, id) => openai(url).beta.threads.runs.retrieve(id, { thread_id: 't' }),
    cost: (1000 * 2.5 + 100 * 10) / 1e6,
  },
  'a video of Together': {
    accepted: (id) => ({ json: { id, object: 'video', model: 'm', status: 'queued' } }),
    done: (id) => ({
      ...{ id, object: 'video', model: 'm', status: 'completed' },
      outputs: { cost: 0.2, video_url: 'https://a.example/v' },
    }),
    request: (url) => together(url).videos.create({ model: 'm', prompt: 'a cat' }),
    fetch: (url, id) => together(url).videos.retrieve(id),
    cost: 0.2,
  },
  'a turn of Gemini': {
    accepted: (id) => ({ json: { id, status: 'in_progress' } }),
    done: (id) => ({
      id,
      model: 'gemini-2.5-flash',
      status: 'completed',
      steps: [{ type: 'model_output', content: [{ type: 'text', text: 'Hi' }] }],
      usage: { total_input_tokens: 1000, total_output_tokens: 100, total_tokens: 1100 },
    }),
    request: (url) =>
      gemini(url).interactions.create({ model: 'gemini-2.5-flash', input: 'hi', background: true }),
    fetch: (url, id) => gemini(url).interactions.get(id),
    cost: (1000 * 0.3 + 100 * 2.5) / 1e6,
  },
};

let nth = 0;

/** The usage of a trace in which the work is requested and fetched, after each request. */
async function usagesOf(work: Work, fetches: readonly ('pending' | 'done')[]): Promise<Usage[]> {
  const id = `accepted_${nth++}`;
  const usages: Usage[] = [];
  const pricing = prices();
  await pricing.ready?.();
  const left = [...fetches];
  await stepsOfCalls(
    ({ method }) => {
      const isDone = method === 'GET' && left.shift() === 'done';
      return isDone ? { json: work.done(id) } : work.accepted(id);
    },
    async (url) => {
      const trace = getTracer().startTrace('job');
      await trace.run(async () => {
        await work.request(url);
        usages.push(trace.usage);
        for (const _ of fetches) {
          await work.fetch(url, id);
          usages.push(trace.usage);
        }
      });
      trace.end();
    },
    { pricing },
  );
  return usages;
}

describe('work that a response only accepts', () => {
  for (const [name, work] of Object.entries(WORK)) {
    it(`has a price once its result is recorded: ${name}`, async () => {
      const fetches = name.includes('stream')
        ? (['done'] as const)
        : (['pending', 'done'] as const);
      const usages = await usagesOf(work, fetches);
      const last = usages.pop();
      for (const { unpricedCalls, unpriced, estimatedCost } of usages) {
        assert.deepEqual([unpricedCalls, unpriced, estimatedCost], [1, { usage: 1 }, undefined]);
      }
      assert.deepEqual([last?.unpricedCalls, last?.unpriced], [0, {}]);
      assert.equal(last?.estimatedCost?.toFixed(9), work.cost.toFixed(9));
    });
  }
});
