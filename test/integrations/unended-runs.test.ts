/** Runs of frameworks whose end is never reported, because somebody stopped reading: nothing stays of them in memory. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { openlayerTracing } from '@openlayer-tracing/express';
import { traceAISDK } from '@openlayer-tracing/integrations/ai-sdk';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { mastraBridge } from '@openlayer-tracing/integrations/mastra';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import express from 'express';
import request from 'supertest';
import { bytesInUse } from '../support/memory.ts';
import { rowsOf } from './stage.ts';

type Listener = (...args: unknown[]) => void;
type Listeners = Readonly<Record<string, Listener>>;

/** Objects that must not be kept. */
class Watched {
  readonly #refs: WeakRef<object>[] = [];

  add<T extends object>(object: T): T {
    this.#refs.push(new WeakRef(object));
    return object;
  }

  /** The numbers of those that are still reachable, in order of their addition. */
  async kept(): Promise<readonly number[]> {
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      bytesInUse();
    }
    return this.#refs.flatMap((ref, i) => (ref.deref() === undefined ? [] : [i]));
  }
}

/** Starts runs in the trace of a request, which ends before them. */
async function inEndedTrace(start: () => Promise<unknown> | unknown): Promise<void> {
  using captured = captureTraces({ logLevel: 'off' });
  const app = express();
  app.use(openlayerTracing({ maxAgeMs: 20 }));
  app.get('/', async (_req, res) => {
    await start();
    res.json('done');
  });
  await request(app).get('/').expect(200);
  await rowsOf(captured, 1);
  // The next call of a model forgets what was announced for calls that are over.
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
  const send = tracedFetch({ fetch: async () => Response.json({}) });
  await send('https://api.openai.com/v1/chat/completions', { method: 'POST', body });
}

function langChainHandler(): Listeners {
  traceLangChain(CallbackManager);
  const configured = CallbackManager._configureSync();
  const handler = configured?.handlers.find(({ name }) => name === 'openlayer_tracing');
  assert.ok(handler);
  return handler as unknown as Listeners;
}

function aiTelemetry(): Listeners {
  traceAISDK();
  const registry = globalThis as unknown as { AI_SDK_TELEMETRY_INTEGRATIONS?: Listeners[] };
  const telemetry = registry.AI_SDK_TELEMETRY_INTEGRATIONS?.at(-1);
  assert.ok(telemetry);
  return telemetry;
}

const HIDDEN = ['langsmith:hidden'];
const chain = { id: ['langchain', 'RunnableSequence'] };

/** Each starts runs of every kind, and ends none of them. */
const frameworks: Readonly<Record<string, (watched: Watched) => Promise<void>>> = {
  LangChain: (watched) => {
    const { handleChainStart } = langChainHandler();
    return inEndedTrace(() => {
      const run = watched.add({});
      const hidden = watched.add({});
      const deeper = watched.add({});
      const alone = watched.add({});
      handleChainStart?.(chain, {}, run, undefined, []);
      handleChainStart?.(chain, {}, hidden, run, HIDDEN);
      handleChainStart?.(chain, {}, deeper, hidden, HIDDEN);
      handleChainStart?.(chain, {}, watched.add({}), deeper, []);
      handleChainStart?.(chain, {}, alone, undefined, HIDDEN);
    });
  },
  Mastra: async (watched) => {
    const bridge = mastraBridge();
    const start = (span: object) =>
      bridge.exportTracingEvent({ type: 'span_started', exportedSpan: watched.add(span) });
    await inEndedTrace(async () => {
      await start({ id: 'run', type: 'agent_run' });
      await start({ id: 'generation', parentSpanId: 'run', type: 'model_generation' });
      await start({ id: 'step', parentSpanId: 'generation', type: 'model_step' });
      await start({ id: 'inference', parentSpanId: 'step', type: 'model_inference' });
    });
    lasting.push(bridge);
  },
  "OpenAI's Agents SDK": async (watched) => {
    const processor = agentsTraceProcessor();
    await inEndedTrace(async () => {
      const traceId = watched.add({});
      const start = async (type: string, parentId: unknown) => {
        const spanId = watched.add({});
        await processor.onSpanStart({ traceId, spanId, parentId, spanData: { type } });
        return spanId;
      };
      await processor.onTraceStart({ traceId, name: 'workflow' });
      const turn = await start('turn', null);
      await start('generation', await start('agent', turn));
      await start('task', turn);
    });
    lasting.push(processor);
  },
  'the AI SDK': async (watched) => {
    const { onStart } = aiTelemetry();
    const about = () => ({ runtimeContext: watched.add({}), modelId: 'm', provider: 'p' });
    await inEndedTrace(() => {
      onStart?.({ ...about(), callId: 'a', operationId: 'ai.streamText' });
      onStart?.({ ...about(), callId: 'b', operationId: 'ai.rerank', query: 'q' });
    });
  },
};

/** What the app keeps for as long as it runs. */
const lasting: unknown[] = [];

describe('a run whose end is never reported', () => {
  for (const [framework, start] of Object.entries(frameworks)) {
    it(`is forgotten with its trace: ${framework}`, async () => {
      const watched = new Watched();
      await start(watched);
      assert.deepEqual(await watched.kept(), []);
    });
  }

  it('is forgotten after 10,000 others if it has no step: embeddings of the AI SDK', async () => {
    const { onStart } = aiTelemetry();
    const watched = new Watched();
    const embed = (callId: string, runtimeContext: object) =>
      onStart?.({ callId, operationId: 'ai.embedMany', runtimeContext, modelId: 'm' });
    embed('first', watched.add({}));
    embed('second', watched.add({}));
    for (let i = 0; i < 9_999; i++) embed(`other ${i}`, {});
    assert.deepEqual(await watched.kept(), [1]);
  });
});
