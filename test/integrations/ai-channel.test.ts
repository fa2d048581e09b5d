/** Calls of the AI SDK with integrations of their own, of which the registered ones are not told. */

import assert from 'node:assert/strict';
import { tracingChannel } from 'node:diagnostics_channel';
import { step, trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceAISDK } from '@openlayer-tracing/integrations/ai-sdk';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { renderTrace } from '@openlayer-tracing/local';
import * as ai from 'ai7';
import { createOpenAI } from 'ai7-openai';
import { z } from 'zod';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { rowsOf } from './stage.ts';

const own = { integrations: [{ onStart() {}, onEnd() {} }] };
const registered = {};

describe('a call of the AI SDK with its own telemetry integrations', () => {
  let llm: LlmServer;
  before(async () => {
    llm = await startLlmServer();
    traceAISDK();
  });
  after(() => llm[Symbol.asyncDispose]());

  /** What the SDK records is not recorded once more by its provider. */
  const provider = (scenario = '') =>
    createOpenAI({
      apiKey: 'k',
      baseURL: `${llm.url}/v1`,
      headers: { 'x-scenario': scenario },
      fetch: tracedFetch({ provider: 'openai' }),
    });
  const weather = ai.tool({
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => step('look out', async () => `sunny in ${city}`),
  });
  const speech = {
    ...{ specificationVersion: 'v4', provider: 'acme.speech', modelId: 'say' },
    doGenerate: async () => ({
      audio: new Uint8Array(10),
      warnings: [],
      response: { timestamp: new Date(0), modelId: 'say' },
    }),
  };
  const rank = {
    ...{ specificationVersion: 'v4', provider: 'acme.rank', modelId: 'rank' },
    doRerank: async () => ({ ranking: [{ index: 0, relevanceScore: 1 }] }),
  };

  const prompt = 'hi there';
  const calls: Readonly<Record<string, (telemetry: object) => Promise<unknown>>> = {
    generateText: async (telemetry) =>
      ai.generateText({ model: provider().chat('gpt-5-mini'), prompt, telemetry }),
    'generateText with tools': async (telemetry) =>
      ai.generateText({
        model: provider().chat('gpt-5-mini'),
        prompt,
        tools: { weather },
        stopWhen: ai.isStepCount(3),
        telemetry,
      }),
    streamText: async (telemetry) =>
      ai.streamText({ model: provider().chat('gpt-5-mini'), prompt, telemetry }).text,
    'streamText with tools': async (telemetry) =>
      ai.streamText({
        model: provider().chat('gpt-5-mini'),
        prompt,
        tools: { weather },
        stopWhen: ai.isStepCount(3),
        telemetry,
      }).text,
    'generateText after status 503': async (telemetry) =>
      ai.generateText({ model: provider('once-503').chat('gpt-5-mini'), prompt, telemetry }),
    'generateText that is refused': async (telemetry) =>
      ai
        .generateText({
          model: provider('status-400').chat('gpt-5-mini'),
          prompt,
          maxRetries: 0,
          telemetry,
        })
        .catch(() => {}),
    embed: async (telemetry) =>
      ai.embed({ model: provider().embedding('text-embedding-3-small'), value: prompt, telemetry }),
    embedMany: async (telemetry) =>
      ai.embedMany({
        model: provider().embedding('text-embedding-3-small'),
        values: [prompt, 'and you'],
        telemetry,
      }),
    rerank: async (telemetry) =>
      ai.rerank({ model: rank as never, query: 'q', documents: ['a', 'b'], telemetry }),
    generateSpeech: async (telemetry) =>
      ai.generateSpeech({ model: speech as never, text: 'Hello.', telemetry }),
  };

  async function treesOf(run: () => Promise<unknown>): Promise<readonly string[]> {
    using captured = captureTraces();
    await trace(run, { name: 'request', output: () => null })();
    const rows = await rowsOf(captured, 1);
    return rows.map((row) => renderTrace(row, { timings: false }).split('\n').slice(1).join('\n'));
  }

  for (const [name, call] of Object.entries(calls)) {
    it(`is recorded like a call without them: ${name}`, async () => {
      const trees = await treesOf(() => call(own));
      assert.deepEqual(trees, await treesOf(() => call(registered)));
      assert.match(String(trees[0]), /AI SDK/);
    });

    it(`is recorded once if ours is one of them: ${name}`, async () => {
      const { AI_SDK_TELEMETRY_INTEGRATIONS: ours } = globalThis as unknown as {
        AI_SDK_TELEMETRY_INTEGRATIONS: object[];
      };
      const integrations = [...own.integrations, ...ours];
      const trees = await treesOf(() => call({ integrations }));
      assert.deepEqual(trees, await treesOf(() => call(registered)));
    });
  }

  it('is recorded in tests whose microtasks are fake, as those of Jest', async () => {
    const { generateSpeech } = calls;
    const [expected] = await treesOf(() => generateSpeech?.(own) ?? assert.fail());
    const { queueMicrotask } = globalThis;
    globalThis.queueMicrotask = () => {};
    try {
      const [tree] = await treesOf(() => generateSpeech?.(own) ?? assert.fail());
      assert.equal(tree, expected);
      assert.match(String(tree), /AI SDK/);
    } finally {
      globalThis.queueMicrotask = queueMicrotask;
    }
  });

  it('is not recorded if its telemetry is off', async () => {
    const model = createOpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1` }).chat('gpt-5-mini');
    const off = { isEnabled: false };
    const [tree] = await treesOf(() => ai.generateText({ model, prompt, telemetry: off }));
    assert.equal(tree?.trim(), '└─ request [user_call]');
  });

  it('that both the channel and the telemetry announce is recorded from the telemetry', async () => {
    const { AI_SDK_TELEMETRY_INTEGRATIONS: ours } = globalThis as unknown as {
      AI_SDK_TELEMETRY_INTEGRATIONS: Readonly<Record<string, (event: object) => void>>[];
    };
    const channel = tracingChannel('ai:telemetry');
    const decision = { provider: 'acme.decide', modelId: 'decide', state: 'It purrs.' };
    const starts = {
      experimental_decide: ['experimental_onDecideStart', 'experimental_onDecideEnd'],
      streamTranscribe: [
        'experimental_onStreamTranscriptionStart',
        'experimental_onStreamTranscriptionEnd',
      ],
    } as const;
    for (const [type, [start, end]] of Object.entries(starts)) {
      using captured = captureTraces();
      await trace(
        async () => {
          const event = { ...decision, callId: `call of ${type}`, operationId: `ai.${type}` };
          channel.start.runStores({ type, event }, () => {
            for (const each of ours) each[start]?.(event);
          });
          await Promise.resolve();
          // The channel's end is not read: it would fail the step.
          channel.asyncEnd.publish({ type, event, error: new Error('of the channel') });
          for (const each of ours) each[end]?.({ ...event, text: 'a cat', answers: { cat: 1 } });
        },
        { name: 'request' },
      )();
      const [row] = await rowsOf(captured, 1);
      assert.deepEqual(
        row?.steps[0]?.steps.map(({ metadata }) => metadata.error),
        [undefined],
        type,
      );
    }
  });

  it('is kept apart from concurrent calls', async () => {
    const texts = ['one', 'two', 'three', 'four', 'five'];
    using captured = captureTraces();
    await Promise.all(
      texts.map((each) =>
        trace(
          async () =>
            ai.generateText({
              model: provider().chat('gpt-5-mini'),
              prompt: each,
              telemetry: own,
            }),
          { name: each, output: () => each },
        )(),
      ),
    );
    const rows = await rowsOf(captured, texts.length);
    for (const row of rows) {
      const [root] = row.steps;
      assert.equal(root?.steps.length, 1);
      assert.match(JSON.stringify(root?.steps[0]?.output), new RegExp(`You said: ${root?.output}`));
    }
  });
});
