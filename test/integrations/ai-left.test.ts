/** Streams of the AI SDK that nobody reads to their end: their traces do not wait for what does not come. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceAISDK, traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import type * as ai7 from 'ai7';
import type * as openai7 from 'ai7-openai';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { rowsOf } from './stage.ts';

type Streamed = ReturnType<typeof ai7.streamText>;

const ways: Readonly<Record<string, (streamed: Streamed) => Promise<unknown>>> = {
  'is left': async ({ textStream }) => {
    let pieces = 0;
    for await (const _ of textStream) if (++pieces === 3) break;
  },
  'is cancelled': async ({ fullStream }) => {
    const reader = (fullStream as ReadableStream).getReader();
    // The first parts come before the model is asked.
    for (let parts = 0; parts < 5; parts++) await reader.read();
    await reader.cancel();
  },
  'is not read': () => new Promise((resolve) => setTimeout(resolve, 50)),
};

for (const version of [5, 6, 7]) {
  describe(`a stream of the AI SDK, version ${version}`, () => {
    let llm: LlmServer;
    before(async () => {
      llm = await startLlmServer();
      traceAISDK();
    });
    after(() => llm[Symbol.asyncDispose]());

    for (const [way, read] of Object.entries(ways)) {
      // Otherwise it would be a minute.
      it(`ends with its trace in a few seconds if it ${way}`, async () => {
        using captured = captureTraces();
        const ai = (await import(`ai${version}`)) as typeof ai7;
        const { createOpenAI } = (await import(`ai${version}-openai`)) as typeof openai7;
        const model = createOpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1` }).chat('gpt-5-mini');
        const traced = version < 7 ? traceModel(model) : model;
        await trace(
          async () => void (await read(ai.streamText({ model: traced, prompt: '50 words' }))),
          {
            name: 'request',
          },
        )();
        const [row] = await rowsOf(captured, 1);
        assert.equal(row?.steps[0]?.steps.length, 1);
      });
    }
  });
}
