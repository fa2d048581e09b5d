/** What gateways make over several requests, and what is recognised by the host of its provider. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { instrumentFetch, tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import Together from 'together-ai';
import { rowsOf } from './stage.ts';

const JSON_HEAD = { 'content-type': 'application/json' };

function post(body: object): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: JSON_HEAD };
}

interface Job {
  readonly made: readonly [url: string, body: object];
  readonly asked: string;
  readonly answers: readonly object[];
  readonly model: string | undefined;
  readonly output: unknown;
  readonly cost?: number;
}

const VIDEO = 'https://media.example/a.mp4';
const JOBS: Readonly<Record<string, Job>> = {
  "OpenRouter's videos": {
    made: ['https://openrouter.ai/api/v1/videos', { model: 'google/veo-3.1', prompt: 'a cat' }],
    asked: 'https://openrouter.ai/api/v1/videos/gen-vid-1',
    answers: [
      { id: 'gen-vid-1', polling_url: '/api/v1/videos/gen-vid-1', status: 'pending' },
      { id: 'gen-vid-1', polling_url: '/api/v1/videos/gen-vid-1', status: 'in_progress' },
      { id: 'gen-vid-1', status: 'completed', unsigned_urls: [VIDEO], usage: { cost: 0.5 } },
    ],
    model: 'google/veo-3.1',
    output: { unsigned_urls: [VIDEO] },
    cost: 0.5,
  },
  "Novita's videos": {
    made: [
      'https://router.huggingface.co/novita/v3/async/wan-t2v',
      { model_name: 'wan-t2v', prompt: 'a cat' },
    ],
    asked: 'https://router.huggingface.co/novita/v3/async/task-result?task_id=n1',
    answers: [
      { task_id: 'n1' },
      { task: { task_id: 'n1', status: 'TASK_STATUS_PROCESSING' } },
      { task: { task_id: 'n1', status: 'TASK_STATUS_SUCCEED' }, videos: [{ video_url: VIDEO }] },
    ],
    model: 'wan-t2v',
    output: { videos: [{ video_url: VIDEO }] },
  },
  "WaveSpeed's pictures": {
    made: ['https://router.huggingface.co/wavespeed/api/v3/org/flux', { prompt: 'a cat' }],
    asked: 'https://router.huggingface.co/wavespeed/api/v3/predictions/w1/result',
    answers: [
      { code: 200, data: { id: 'w1', status: 'created', urls: { get: 'https://a.example' } } },
      { code: 200, data: { id: 'w1', status: 'processing' } },
      { code: 200, data: { id: 'w1', status: 'completed', outputs: [VIDEO] } },
    ],
    model: 'org/flux',
    output: [VIDEO],
  },
  "Z.ai's pictures": {
    made: [
      'https://router.huggingface.co/zai-org/api/paas/v4/async/images/generations',
      { model: 'glm-image', prompt: 'a cat' },
    ],
    asked: 'https://router.huggingface.co/zai-org/api/paas/v4/async-result/z1',
    answers: [
      { id: 'z1', task_status: 'PROCESSING' },
      { id: 'z1', task_status: 'SUCCESS', image_result: [{ url: VIDEO }] },
    ],
    model: 'glm-image',
    output: { image_result: [{ url: VIDEO }] },
  },
  "Together's videos": {
    made: ['https://router.huggingface.co/together/v2/videos', { model: 'wan', prompt: 'a cat' }],
    asked: 'https://router.huggingface.co/together/v2/videos/t1',
    answers: [
      { id: 't1', status: 'queued' },
      { id: 't1', status: 'completed', outputs: { cost: 0.25, video_url: VIDEO } },
    ],
    model: 'wan',
    output: { cost: 0.25, video_url: VIDEO },
    cost: 0.25,
  },
};

/** The steps of what is sent, by a fetch to which the answers come one after another. */
async function stepsOf(
  work: (send: typeof fetch) => Promise<void>,
  answers: readonly object[],
): Promise<readonly (readonly WireStep[])[]> {
  const all: (readonly WireStep[])[] = [];
  for (const isGlobal of [false, true]) {
    let nth = 0;
    const below: typeof fetch = async () => Response.json(answers[nth++]);
    using captured = captureTraces();
    const real = globalThis.fetch;
    globalThis.fetch = below;
    const undo = isGlobal ? instrumentFetch() : () => {};
    try {
      await work(isGlobal ? globalThis.fetch : tracedFetch({ fetch: below }));
      all.push((await captured.rows()).flatMap(({ steps }) => steps));
    } finally {
      undo();
      globalThis.fetch = real;
    }
  }
  return all;
}

describe('a job of a gateway', () => {
  for (const [what, { made, asked, answers, model, output, cost }] of Object.entries(JOBS)) {
    it(`is one step, from the request that creates it to the response that ends it: ${what}`, async () => {
      const all = await stepsOf(async (send) => {
        const [url, body] = made;
        await (await send(url, post(body))).text();
        for (const _answer of answers.slice(1)) await (await send(asked)).text();
      }, answers);
      for (const [step, ...others] of all) {
        assert.deepEqual(others, []);
        assert.deepEqual([step?.name, step?.model, step?.output], ['LLM Inference', model, output]);
        assert.deepEqual(step?.inputs, { prompt: [{ role: 'user', content: 'a cat' }] });
        assert.equal(step?.cost, cost ?? null);
      }
    });

    it(`fails with the stated error: ${what}`, async () => {
      const [first] = answers;
      const failed = JSON.parse(
        JSON.stringify({ status: 'failed', error: 'too dark', id: 'x' }).replace(
          'x',
          String(/"(?:id|task_id)":"([^"]+)"/.exec(JSON.stringify(first))?.[1]),
        ),
      ) as object;
      const all = await stepsOf(
        async (send) => {
          const [url, body] = made;
          await (await send(url, post(body))).text();
          await (await send(asked)).text();
        },
        [first as object, failed],
      );
      for (const [step, ...others] of all) {
        assert.deepEqual(others, []);
        assert.equal(step?.metadata?.error, 'too dark');
      }
    });
  }
});

describe('a request to a known host', () => {
  const cases: readonly [url: string, body: object, name: string][] = [
    ['https://openrouter.ai/api/v1/images', { model: 'm', prompt: 'a cat' }, 'LLM Image'],
    ['https://api.openai.com/v1/videos', { model: 'm', prompt: 'a cat' }, 'LLM Video'],
    ['https://api.openai.com/v1/threads/t/runs', { assistant_id: 'a' }, 'LLM Assistant Run'],
    ['https://api.together.xyz/v1/tci/execute', { code: '1' }, 'LLM Code Execution'],
    [
      'https://generativelanguage.googleapis.com/v1beta/interactions',
      { model: 'm', input: 'hi' },
      'LLM Interaction',
    ],
  ];
  for (const [url, body, name] of cases) {
    it(`is recorded: ${url}`, async () => {
      const all = await stepsOf(
        async (send) => void (await (await send(url, post(body))).text()),
        [{ id: 'i' }],
      );
      for (const steps of all) assert.deepEqual([steps.length, steps[0]?.name], [1, name]);
    });
  }
});

describe('a video of Together', () => {
  it('has the cost that the fetched result states, once', async () => {
    let asked = 0;
    const done = { id: 'v1', model: 'wan', status: 'completed', seconds: '5', size: '1x1' };
    const together = traceTogether(
      new Together({
        apiKey: 'k',
        fetch: async () => {
          asked++;
          if (asked < 3) return Response.json({ ...done, status: 'in_progress' });
          return Response.json({ ...done, outputs: { cost: 0.25, video_url: VIDEO } });
        },
      }),
    );
    using captured = captureTraces();
    await together.videos.create({ model: 'wan', prompt: 'a cat' });
    for (let i = 0; i < 3; i++) await together.videos.retrieve('v1');
    const steps = (await rowsOf(captured, 2)).flatMap((row) => row.steps);
    assert.deepEqual(
      steps.map(({ name, model, cost, metadata }) => [name, model, cost, metadata?.billed]),
      [
        ['Together Video', 'wan', null, undefined],
        ['Together Video Result', 'wan', 0.25, { statedCost: 0.25 }],
      ],
    );
    assert.deepEqual(steps[1]?.output, { cost: 0.25, video_url: VIDEO });
  });
});
