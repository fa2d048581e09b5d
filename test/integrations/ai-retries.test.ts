/** Requests that the AI SDK retries, with a traced model and without the SDK's telemetry: versions 5 to 7. */

import assert from 'node:assert/strict';
import { getTracer } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import type * as ai7 from 'ai7';
import { rowsOf } from './stage.ts';

type AI = typeof ai7;
type Facts = Record<string, unknown>;

const VERSIONS = [
  [5, 'v2'],
  [6, 'v3'],
  [7, 'v4'],
] as const;

interface Provider {
  readonly ai: AI;
  readonly specificationVersion: string;
  /** Throws if the request with this content is to fail. */
  readonly receive: (content: unknown) => void;
}

const usageOf = (version: string): Facts =>
  version === 'v2'
    ? { inputTokens: 3, outputTokens: 2, totalTokens: 5 }
    : { inputTokens: { total: 3 }, outputTokens: { total: 2 } };

const languageOf = ({ specificationVersion, receive }: Provider): Facts => ({
  ...{ specificationVersion, provider: 'test.chat', modelId: 'm', supportedUrls: {} },
  async doGenerate({ prompt }: { prompt: unknown }) {
    receive(JSON.stringify(prompt));
    return {
      content: [{ type: 'text', text: 'hi' }],
      finishReason: specificationVersion === 'v2' ? 'stop' : { unified: 'stop', raw: 'stop' },
      usage: usageOf(specificationVersion),
      warnings: [],
    };
  },
});

const embeddingOf = ({ specificationVersion, receive }: Provider, maxPerCall = 100): Facts => ({
  ...{ specificationVersion, provider: 'test.embedding', modelId: 'm' },
  ...{ maxEmbeddingsPerCall: maxPerCall, supportsParallelCalls: true },
  async doEmbed({ values }: { values: readonly string[] }) {
    receive(values.join());
    return { embeddings: values.map(() => [1, 2]), usage: { tokens: 3 }, warnings: [] };
  },
});

const telemetry = { isEnabled: false };

/** How many requests succeed in the end, and what is asked. */
const asks: Readonly<Record<string, readonly [number, (provider: Provider) => Promise<unknown>]>> =
  {
    generateText: [
      1,
      (p) => p.ai.generateText({ model: traced(languageOf(p)), prompt: 'q', telemetry }),
    ],
    embed: [1, (p) => p.ai.embed({ model: traced(embeddingOf(p)), value: 'a', telemetry })],
    embedMany: [
      1,
      (p) => p.ai.embedMany({ model: traced(embeddingOf(p)), values: ['a', 'b'], telemetry }),
    ],
    'embedMany in several requests': [
      3,
      (p) =>
        p.ai.embedMany({
          ...{ model: traced(embeddingOf(p, 1)), values: ['a', 'b', 'c'] },
          telemetry,
        }),
    ],
  };

/** The model, whose type the SDK cannot see. */
function traced(model: Facts): never {
  return traceModel(model) as never;
}

describe('a request of a traced model that the AI SDK retries', () => {
  before(() => {
    Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  });

  for (const [version, specificationVersion] of VERSIONS) {
    /** The rows of what is asked, and what was reported. */
    async function recorded(
      what: string,
      failures: number,
      where: (ask: () => Promise<unknown>) => Promise<unknown>,
      isRetryable = true,
    ): Promise<readonly [readonly WireRow[], readonly string[]]> {
      const [requests, ask] = asks[what] ?? assert.fail();
      const ai = (await import(`ai${version}`)) as AI;
      const counts = new Map<unknown, number>();
      const receive = (content: unknown) => {
        const before = counts.get(content) ?? 0;
        counts.set(content, before + 1);
        if (before >= failures) return;
        throw new ai.APICallError({
          ...{ message: `overloaded: ${String(content)}`, url: 'http://x', statusCode: 503 },
          ...{ requestBodyValues: {}, responseHeaders: { 'retry-after-ms': '5' }, isRetryable },
        });
      };
      const reasons: string[] = [];
      using captured = captureTraces({
        logLevel: 'debug',
        onDiagnostic: ({ reason }) => reasons.push(reason),
      });
      await where(() => ask({ ai, specificationVersion, receive }).catch(() => {}));
      const rows = await rowsOf(captured, where === outside ? requests : 1);
      return [rows, reasons];
    }

    const outside = (ask: () => Promise<unknown>) => ask();
    const inside = async (ask: () => Promise<unknown>) => {
      using request = getTracer().startTrace('request');
      await request.run(ask);
    };
    const facts = ({ metadata }: WireStep): unknown[] => [
      (metadata.failedAttempts as unknown[] | undefined)?.length,
      metadata.error,
    ];

    for (const [what, [requests]] of Object.entries(asks)) {
      it(`is one step: version ${version}, ${what}`, async () => {
        const expected = Array.from({ length: requests }, () => [2, undefined]);
        const [[row], reasons] = await recorded(what, 2, inside);
        assert.deepEqual(row?.steps[0]?.steps.map(facts), expected);
        assert.deepEqual(reasons, []);
      });

      it(`is one trace outside a request: version ${version}, ${what}`, async () => {
        const expected = Array.from({ length: requests }, () => [2, undefined]);
        const [rows, reasons] = await recorded(what, 2, outside);
        assert.deepEqual(
          rows.map(({ steps }) => facts(steps[0] as WireStep)),
          expected,
        );
        assert.deepEqual(reasons, []);
      });
    }

    it(`is published at once if it is not retried: version ${version}`, async () => {
      const startedMs = performance.now();
      const [[row]] = await recorded('generateText', 9, outside, false);
      assert.match(String(row?.steps[0]?.metadata.error), /overloaded/);
      assert.ok(performance.now() - startedMs < 2000);
    });
  }

  it('is published with its error if all attempts fail', async () => {
    using captured = captureTraces();
    const ai = (await import('ai6')) as unknown as AI;
    const receive = () => {
      throw new ai.APICallError({
        ...{ message: 'overloaded', url: 'http://x', statusCode: 503, requestBodyValues: {} },
        ...{ responseHeaders: { 'retry-after-ms': '5' }, isRetryable: true },
      });
    };
    const model = traced(languageOf({ ai, specificationVersion: 'v3', receive }));
    await assert.rejects(ai.generateText({ model, prompt: 'q', maxRetries: 1 }));
    const [row, ...others] = await rowsOf(captured, 1);
    assert.deepEqual([row?.steps[0]?.metadata.error, others], ['overloaded', []]);
  }).timeout(30_000);
});
