/** Calls of the AI SDK, version 7, that are retried, aborted, or run out of time. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAISDK } from '@openlayer-tracing/integrations/ai-sdk';
import * as ai from 'ai7';
import { createOpenAI } from 'ai7-openai';
import { z } from 'zod';
import { json, type Reply, stepsOf } from './far-end.ts';
import { rowsOf } from './stage.ts';

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];
const modelsIn = (root: WireStep | undefined) =>
  flat(root as WireStep).filter(({ type }) => type === 'chat_completion' || type === 'embedding');
const outcomeOf = ({ metadata }: WireStep) => [
  metadata?.ended,
  metadata?.error === undefined ? undefined : String(metadata.error),
];

/** The root step of a request that does this. */
async function rootOf(
  reply: Reply,
  run: (provider: ReturnType<typeof createOpenAI>) => Promise<unknown>,
): Promise<WireStep | undefined> {
  const [root] = await stepsOf(reply, (url) =>
    trace(
      async () => {
        await run(createOpenAI({ apiKey: 'k', baseURL: `${url}/v1` })).catch(() => {});
      },
      { name: 'request' },
    )(),
  );
  return root;
}

const chunk = (delta: object, reason: string | null = null) => ({
  ...{ id: 'c', model: 'm', object: 'chat.completion.chunk', created: 1 },
  choices: [{ index: 0, delta, finish_reason: reason }],
});
const answer: Reply = (res, req, body) => {
  const { stream, input } = JSON.parse(body) as { stream?: boolean; input?: string[] };
  if (req.url?.endsWith('/embeddings')) {
    const data = (input ?? []).map((_, index) => ({ index, embedding: [1, 2] }));
    json({ model: 'm', data, usage: { prompt_tokens: 2, total_tokens: 2 } })(res, req, body);
  } else if (stream !== true) {
    const message = { role: 'assistant', content: '{"a":"b"}' };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    json({ id: 'c', model: 'm', created: 1, choices })(res, req, body);
  } else {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const each of [chunk({ content: '{"a":"b"}' }), chunk({}, 'stop')]) {
      res.write(`data: ${JSON.stringify(each)}\n\n`);
    }
    res.end('data: [DONE]\n\n');
  }
};

/** Refuses the first attempts of each request with status 503. */
function refusing(times: number): Reply {
  const attempts = new Map<string, number>();
  return (res, req, body) => {
    const attempt = attempts.get(body) ?? 0;
    attempts.set(body, attempt + 1);
    if (attempt >= times) {
      answer(res, req, body);
      return;
    }
    res.writeHead(503, { 'content-type': 'application/json', 'retry-after-ms': '5' });
    res.end('{"error":{"message":"try again"}}');
  };
}

/** An embedding model that takes so many values in a request. */
function limited(provider: ReturnType<typeof createOpenAI>, isParallel: boolean) {
  const model = provider.embedding('m');
  return new Proxy(model, {
    get: (target, key) =>
      key === 'maxEmbeddingsPerCall'
        ? 1
        : key === 'supportsParallelCalls'
          ? isParallel
          : Reflect.get(target, key, target),
  });
}

const prompt = 'hi';
const schema = z.object({ a: z.string() });
type Provider = ReturnType<typeof createOpenAI>;
/** How many requests succeed in the end, and what is asked. */
const asks: Readonly<Record<string, readonly [number, (provider: Provider) => Promise<unknown>]>> =
  {
    generateText: [1, async (p) => ai.generateText({ model: p.chat('m'), prompt })],
    streamText: [1, async (p) => ai.streamText({ model: p.chat('m'), prompt, onError() {} }).text],
    generateObject: [1, async (p) => ai.generateObject({ model: p.chat('m'), schema, prompt })],
    streamObject: [
      1,
      async (p) => {
        const { partialObjectStream } = ai.streamObject({
          ...{ model: p.chat('m'), schema, prompt, onError() {} },
        });
        for await (const _ of partialObjectStream);
      },
    ],
    embed: [1, async (p) => ai.embed({ model: p.embedding('m'), value: 'a' })],
    embedMany: [1, async (p) => ai.embedMany({ model: p.embedding('m'), values: ['a', 'b'] })],
    'embedMany in several requests': [
      3,
      async (p) => ai.embedMany({ model: limited(p, true), values: ['a', 'b', 'c'] }),
    ],
    'embedMany in one request after the other': [
      2,
      async (p) => ai.embedMany({ model: limited(p, false), values: ['a', 'b'] }),
    ],
  };

describe('a call of the AI SDK, version 7', () => {
  before(() => {
    Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
    traceAISDK();
  });

  for (const [name, [requests, ask]] of Object.entries(asks)) {
    it(`is one step if the SDK retries it: ${name}`, async () => {
      const root = await rootOf(refusing(2), ask);
      const models = modelsIn(root);
      assert.deepEqual(
        models.map(({ metadata }) => [
          (metadata?.failedAttempts as unknown[] | undefined)?.length,
          metadata?.error,
          metadata?.ended,
        ]),
        // The SDK reports no attempts of objects.
        Array.from({ length: requests }, () => [
          /Object/.test(name) ? undefined : 2,
          undefined,
          undefined,
        ]),
      );
    }).timeout(10_000);

    it(`shows what is known of the attempts that failed: ${name}`, async () => {
      const root = await rootOf(refusing(1), ask);
      for (const { metadata } of modelsIn(root)) {
        const [attempt = {}] = (metadata?.failedAttempts ?? []) as Record<string, unknown>[];
        if (/Object/.test(name)) assert.deepEqual(attempt, {});
        // The SDK reports only that an embedding is requested again.
        else if (/embed/.test(name)) assert.deepEqual(attempt, { error: 'the call failed' });
        else {
          const { latencyMs, ...facts } = attempt;
          assert.deepEqual(facts, { status: 503, error: 'try again' });
          assert.ok(Number(latencyMs) < 5000);
        }
      }
    }).timeout(10_000);

    it(`is one failed step if all attempts fail: ${name}`, async () => {
      const root = await rootOf(refusing(9), ask);
      const models = modelsIn(root);
      // The SDK gives up the other requests with the first one that failed.
      assert.ok(models.length >= 1 && models.length <= requests, `${models.length}`);
      for (const { metadata } of models) assert.match(String(metadata?.error), /try again|failed/i);
    }).timeout(10_000);
  }

  it('keeps two equal requests at a time apart', async () => {
    const root = await rootOf(answer, (p) =>
      ai.embedMany({ model: limited(p, true), values: ['a', 'a'] }),
    );
    assert.deepEqual(
      modelsIn(root).map(({ metadata }) => metadata?.failedAttempts),
      [undefined, undefined],
    );
  });

  it('fails an embedding whose attempts cannot be told apart, and ends it with its operation', async () => {
    const telemetry = { recordInputs: false };
    const root = await rootOf(refusing(1), (p) =>
      ai.embedMany({ model: p.embedding('m'), values: ['a', 'b'], telemetry }),
    );
    assert.deepEqual(modelsIn(root).map(outcomeOf), [
      [undefined, 'the call failed'],
      [undefined, undefined],
    ]);
  }).timeout(10_000);
});

/** Sends a part of an answer, or nothing, and never ends. */
const hanging =
  (isBegun: boolean): Reply =>
  (res) => {
    if (!isBegun) return;
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(`data: ${JSON.stringify(chunk({ content: 'So' }))}\n\n`);
  };

describe('a stream of the AI SDK, version 7', () => {
  before(() => traceAISDK());

  const timeouts = { total: 100, step: { stepMs: 100 }, chunk: { chunkMs: 100 } } as const;
  for (const [kind, timeout] of Object.entries(timeouts)) {
    for (const isBegun of [false, true]) {
      // The SDK counts the time between two chunks from the first one on.
      if (kind === 'chunk' && !isBegun) continue;
      const when = isBegun ? 'within the response' : 'before the response';
      it(`has failed if its own timeout ends it: ${kind}, ${when}`, async () => {
        const root = await rootOf(hanging(isBegun), async (p) => {
          const { fullStream } = ai.streamText({
            ...{ model: p.chat('m'), prompt, maxRetries: 0, onError() {} },
            timeout,
          });
          for await (const _ of fullStream);
        });
        const [run] = root?.steps ?? [];
        for (const step of flat(run as WireStep)) {
          assert.match(JSON.stringify(step.metadata?.error), /timeout/i, step.name);
          assert.equal(step.metadata?.ended, undefined, step.name);
        }
      });
    }
  }

  const reasons = { 'an error': new RangeError('the user left'), 'a string': 'the user left' };
  for (const [kind, reason] of Object.entries(reasons)) {
    for (const isBegun of [false, true]) {
      const when = isBegun ? 'within the response' : 'before the response';
      it(`is left, and has not failed, if the app aborts it with its own reason: ${kind}, ${when}`, async () => {
        const root = await rootOf(hanging(isBegun), async (p) => {
          const controller = new AbortController();
          const { fullStream } = ai.streamText({
            ...{ model: p.chat('m'), prompt, maxRetries: 0, onError() {} },
            abortSignal: controller.signal,
          });
          setTimeout(() => controller.abort(reason), 100);
          for await (const _ of fullStream);
        });
        const [run] = root?.steps ?? [];
        for (const step of flat(run as WireStep)) {
          assert.deepEqual(outcomeOf(step), ['left', undefined], step.name);
          assert.equal(step.output, isBegun ? 'So' : null, step.name);
        }
      });
    }
  }

  it('has failed if an event of the provider states an error', async () => {
    const reply: Reply = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(`data: ${JSON.stringify(chunk({ content: 'So' }))}\n\n`);
      res.end(`data: ${JSON.stringify({ error: { message: 'overloaded', type: 'busy' } })}\n\n`);
    };
    const root = await rootOf(reply, async (p) => {
      const request = { model: p.chat('m'), prompt, maxRetries: 0, onError() {} };
      for await (const _ of ai.streamText(request).fullStream);
    });
    const steps = flat(root?.steps[0] as WireStep);
    assert.deepEqual(
      steps.map(({ metadata, output }) => [metadata?.error, output]),
      [
        ['overloaded', 'So'],
        ['overloaded', 'So'],
      ],
    );
  });

  for (const [how, integrations] of Object.entries({
    telemetry: undefined,
    channel: [{ onStart() {} }],
  })) {
    for (const end of ['answers', 'throws'] as const) {
      it(`ends a tool that goes on after the app aborted it: ${end}, ${how}`, async () => {
        const controller = new AbortController();
        const reported: string[] = [];
        using captured = captureTraces({
          logLevel: 'warn',
          onDiagnostic: ({ reason }) => reported.push(reason),
        });
        const parts = [
          { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: '{}' },
          {
            type: 'finish',
            finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
            usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
          },
        ];
        const model = {
          ...{ specificationVersion: 'v4', provider: 'acme', modelId: 'm', supportedUrls: {} },
          doStream: async () => ({ stream: ReadableStream.from(parts) }),
        };
        const look = ai.tool({
          inputSchema: z.object({}),
          async execute() {
            controller.abort();
            await new Promise((resolve) => setTimeout(resolve, 200));
            if (end === 'throws') throw new Error('interrupted');
            return 'sunny';
          },
        });
        await trace(
          async () => {
            const { fullStream } = ai.streamText({
              ...{ model: model as never, prompt, tools: { look }, onError() {} },
              abortSignal: controller.signal,
              ...(integrations && { telemetry: { integrations } }),
            });
            for await (const _ of fullStream);
          },
          { name: 'request' },
        )();
        const before = performance.now();
        const [row] = await rowsOf(captured, 1);
        assert.ok(performance.now() - before < 5000);
        const tool = flat(row?.steps[0] as WireStep).find(({ type }) => type === 'tool');
        if (end === 'answers') assert.equal(tool?.output, 'sunny');
        assert.notEqual(tool?.metadata?.ended, 'unfinished');
        assert.deepEqual(reported, []);
      }).timeout(10_000);
    }
  }
});
