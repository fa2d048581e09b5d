/** What a tool returns is followed to its end, with what it does below its step, whichever version of the AI SDK calls it. */

import assert from 'node:assert/strict';
import { step, trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAISDK, traceModel, traceTools } from '@openlayer-tracing/integrations/ai-sdk';
import type * as ai7 from 'ai7';
import type * as openai7 from 'ai7-openai';
import { z } from 'zod';
import { type LlmServer, startLlmServer } from '../support/llm-server/index.ts';
import { rowsOf } from './stage.ts';

const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

const measure = () =>
  step('measure', async () => {
    await turn();
    return { status: 'done', degrees: 21 };
  });

async function* measuring(): AsyncGenerator<unknown> {
  yield { status: 'loading' };
  await turn();
  yield await measure();
}

async function* breaking(): AsyncGenerator<unknown> {
  yield { status: 'loading' };
  await turn();
  await step('measure', turn);
  throw new RangeError('no weather');
}

/** Starts when it is awaited. */
const lazily = (make: () => Promise<unknown>) => ({
  // biome-ignore lint/suspicious/noThenProperty: query builders are like that
  then: (onValue: (value: unknown) => unknown, onError: (error: unknown) => unknown) =>
    make().then(onValue, onError),
});

const DONE = { status: 'done', degrees: 21 };
const kinds: readonly (readonly [string, () => unknown, unknown, unknown?, string?])[] = [
  ['a value', () => step('measure', () => DONE), DONE],
  ['a promise', measure, DONE],
  ['a lazy thenable', () => lazily(measure), DONE],
  ['an async generator', measuring, DONE],
  ['an iterable of its own', () => ({ [Symbol.asyncIterator]: measuring }), DONE],
  ['a generator that fails', breaking, undefined, { status: 'loading' }, 'no weather'],
  [
    'a generator that is given up',
    async function* () {
      yield* measuring();
      throw new DOMException('given up', 'AbortError');
    },
    undefined,
    DONE,
  ],
];

describe('a tool of the AI SDK that returns', () => {
  let llm: LlmServer;
  before(async () => {
    llm = await startLlmServer();
    traceAISDK();
  });
  after(() => llm[Symbol.asyncDispose]());

  for (const version of [5, 6, 7]) {
    for (const [kind, execute, output, partial, failure] of kinds) {
      it(`${kind}, version ${version}`, async () => {
        using captured = captureTraces();
        const ai = (await import(`ai${version}`)) as typeof ai7;
        const { createOpenAI } = (await import(`ai${version}-openai`)) as typeof openai7;
        const provider = createOpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1` });
        const run = (isTraced: boolean) => async () => {
          const inputSchema = z.object({ city: z.string() });
          const tools = { weather: ai.tool({ inputSchema, execute: execute as never }) };
          const model = provider.chat('gpt-5-mini');
          const { fullStream } = ai.streamText({
            model: isTraced && version < 7 ? traceModel(model) : model,
            tools: isTraced ? traceTools(tools) : tools,
            prompt: 'hi there',
            stopWhen: ai.stepCountIs(3),
            ...(!isTraced && { telemetry: { isEnabled: false } }),
          });
          const seen: unknown[] = [];
          for await (const part of fullStream) {
            if (/^tool-(call|result|error)$/.test(part.type)) {
              const { output, preliminary, error } = part as unknown as Record<string, unknown>;
              seen.push([part.type, output, preliminary, String(error)]);
            }
          }
          return seen;
        };
        const bare = await run(false)();
        assert.deepEqual(await trace(run(true), { name: 'request' })(), bare);
        const rows = await rowsOf(captured, 1);
        const steps = rows.flatMap((row) => row.steps).flatMap(recordedTree);
        const tools = steps.filter(({ type }) => type === 'tool');
        assert.equal(tools.length, 2, 'the model asks for two');
        // Version 7 does not say what a tool that failed had brought before.
        const before = version === 7 ? undefined : partial;
        const expected = partial === undefined ? output : before;
        for (const tool of tools) {
          assert.deepEqual(tool.output ?? undefined, expected);
          assert.equal(tool.metadata.error, failure);
          assert.deepEqual(
            tool.steps.map(({ name }) => name),
            ['measure'],
          );
          assert.ok((tool.steps[0]?.endTime ?? 0) <= tool.endTime);
        }
      });
    }
  }
});

function recordedTree(each: WireStep): WireStep[] {
  return [each, ...each.steps.flatMap(recordedTree)];
}
