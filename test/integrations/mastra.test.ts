/** Events as Mastra's observability sends them, and what becomes of them. */

import assert from 'node:assert/strict';
import { step, trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { type MastraOptions, mastraBridge } from '@openlayer-tracing/integrations/mastra';
import { rowsOf } from './stage.ts';

type Span = Readonly<Record<string, unknown>>;

const start = new Date(1000);
const asked = { messages: [{ role: 'user', content: 'hi there' }] };
const run: Span = { id: 'run', type: 'agent_run', entityName: 'Helper', input: 'hi there' };
const generation: Span = {
  ...{ id: 'generation', parentSpanId: 'run', type: 'model_generation', input: asked },
};
const around: Span = { id: 'step', parentSpanId: 'generation', type: 'model_step' };
const inference: Span = {
  ...{ id: 'inference', parentSpanId: 'step', type: 'model_inference', startTime: start },
  attributes: { model: 'gpt-5-mini', provider: 'openai.responses', parameters: { topP: 0.5 } },
};
const answered: Span = {
  ...inference,
  output: {
    text: 'Let me look.',
    toolCalls: [{ toolCallId: 'call_1', toolName: 'weather', args: { city: 'Oslo' } }],
    object: { sky: 'unknown' },
  },
  attributes: {
    ...(inference.attributes as object),
    availableTools: ['weather'],
    usage: {
      inputTokens: 20,
      outputTokens: 9,
      inputDetails: { cacheRead: 5, cacheWrite: 4, cacheWrite1h: 4 },
      outputDetails: { reasoning: 2 },
    },
    finishReason: 'tool-calls',
    responseModel: 'gpt-5-mini-2026',
    completionStartTime: new Date(1250),
    novelty: 'kept',
  },
};
const stepDone: Span = {
  ...around,
  attributes: { stepIndex: 0 },
  metadata: {
    headers: { 'x-request-id': 'req_1' },
    body: { id: 'resp_1', service_tier: 'flex', output: ['not repeated'] },
  },
};
const generationDone: Span = {
  ...generation,
  output: { text: 'Let me look.', reasoningText: 'Hm.', sources: [{ url: 'https://a.example' }] },
  // All calls together, which are counted one by one.
  attributes: { usage: { inputTokens: 20, outputTokens: 9 } },
};

/** Has spans begin and end in this order; a span that ended begins with what it was begun with. */
async function rowOf(
  events: readonly (readonly ['span_started' | 'span_ended', Span])[],
  options: MastraOptions = {},
): Promise<WireRow> {
  using captured = captureTraces();
  const bridge = mastraBridge(options);
  await trace(
    async () => {
      for (const [type, exportedSpan] of events) {
        await bridge.exportTracingEvent({ type, exportedSpan });
      }
    },
    { name: 'request' },
  )();
  return (await rowsOf(captured, 1))[0] as WireRow;
}

const CALL = [
  ['span_started', run],
  ['span_started', generation],
  ['span_started', around],
  ['span_started', inference],
  ['span_ended', answered],
  ['span_ended', stepDone],
  ['span_ended', generationDone],
  ['span_ended', { ...run, output: { text: 'Let me look.' } }],
] as const;

const OTHERS = 'a request of other texts is not a part of it';
/** What Mastra embeds, and the inputs of the requests that are sent. */
const EMBEDDINGS: readonly (readonly [what: string, input: unknown, requests: string[][]])[] = [
  ['one text', 'cats', [['cats']]],
  ['two requests', ['cats', 'dogs', 'birds'], [['cats', 'dogs'], ['birds']]],
  ['texts that are not stated', undefined, [['cats', 'dogs'], ['birds']]],
  [OTHERS, ['cats'], [['cats'], ['cows']]],
];

describe('a run of a Mastra agent', () => {
  it('has its model calls as children, with the facts of the spans around them', async () => {
    const [root] = (await rowOf(CALL)).steps;
    const [agent] = root?.steps ?? [];
    assert.deepEqual([agent?.name, agent?.type, agent?.steps.length], ['Helper', 'agent', 1]);
    const call = agent?.steps[0] as WireStep;
    assert.deepEqual(call.inputs, { prompt: asked.messages, tools: ['weather'] });
    assert.deepEqual(call.output, {
      content: 'Let me look.',
      tool_calls: [{ name: 'weather', arguments: { city: 'Oslo' }, id: 'call_1' }],
      parts: [{ object: { sky: 'unknown' } }],
    });
    assert.deepEqual(
      [call.provider, call.model, call.promptTokens, call.completionTokens, call.tokens],
      ['openai', 'gpt-5-mini-2026', 20, 9, 29],
    );
    const { cached_tokens, cache_creation_tokens } = call.usageDetails as Record<string, number>;
    assert.deepEqual([cached_tokens, cache_creation_tokens], [5, 4]);
    const { requestId, responseId, reasoning, timeToFirstToken, sources, novelty } =
      call.metadata as Span;
    assert.deepEqual(
      { requestId, responseId, reasoning, timeToFirstToken, sources, novelty },
      {
        requestId: 'req_1',
        responseId: 'resp_1',
        reasoning: 'Hm.',
        timeToFirstToken: 250,
        sources: [{ url: 'https://a.example' }],
        novelty: 'kept',
      },
    );
    assert.ok(!JSON.stringify(root).includes('not repeated'));
  });

  it('has the facts of a span that ends after the spans around it', async () => {
    const task: Span = { id: 'task', parentSpanId: 'run', type: 'workflow_step' };
    const below: Span = { ...generation, parentSpanId: 'task' };
    const [root] = (
      await rowOf([
        ['span_started', run],
        ['span_started', task],
        ['span_started', below],
        ['span_started', around],
        ['span_started', inference],
        ['span_ended', answered],
        ['span_ended', task],
        ['span_ended', below],
        ['span_ended', stepDone],
        ['span_ended', run],
      ])
    ).steps;
    const call = root?.steps[0]?.steps[0]?.steps[0] as WireStep;
    assert.equal(call.metadata.requestId, 'req_1');
  });

  const search = { type: 'web_search_call', status: 'completed', action: { type: 'search' } };
  const grounding = { webSearchQueries: ['a'], groundingChunks: [{ maps: { uri: 'u' } }] };
  const googleUses = { google_search: 1, google_maps: 1 };
  const bills: Readonly<Record<string, readonly [metadata: Span, billed: Span]>> = {
    'a tier': [{ body: { service_tier: 'flex' } }, { serviceTier: 'flex' }],
    'a tier of Google': [
      { body: { usageMetadata: { serviceTier: 'flex' } } },
      { serviceTier: 'flex' },
    ],
    "tools of OpenAI's": [
      { body: { object: 'response', service_tier: 'default', output: [search, search] } },
      { toolUses: { web_search: 2 } },
    ],
    "tools of Anthropic's": [
      { body: { usage: { server_tool_use: { web_search_requests: 2 } } } },
      { toolUses: { web_search: 2 } },
    ],
    "tools of Google's": [
      { body: { candidates: [{ groundingMetadata: grounding }] } },
      { toolUses: googleUses },
    ],
    "tools of Google's, streamed": [
      { providerMetadata: { google: { groundingMetadata: grounding } } },
      { toolUses: googleUses },
    ],
    'the bill of a gateway': [
      { providerMetadata: { gateway: { cost: '0.5' } } },
      { statedCost: 0.5 },
    ],
  };
  for (const [what, [metadata, billed]] of Object.entries(bills)) {
    it(`bills ${what}`, async () => {
      const events = CALL.map((event) =>
        event[1] === stepDone ? ([event[0], { ...stepDone, metadata }] as const) : event,
      );
      const [root] = (await rowOf(events)).steps;
      const call = root?.steps[0]?.steps[0] as WireStep;
      const { tokens: _, ...told } = call.metadata.billed as Span;
      assert.deepEqual(told, billed);
    });
  }

  it('has no content with content: false', async () => {
    const row = await rowOf(CALL, { content: false });
    assert.equal(row.tokens, 29);
    assert.doesNotMatch(
      JSON.stringify(row.steps[0]?.steps),
      /hi there|Let me look|Hm\.|a\.example|Oslo/,
    );
  });

  it('has steps that are created in a span as children of that span', async () => {
    using captured = captureTraces();
    const bridge = mastraBridge();
    const tool = { id: 'tool', parentSpanId: 'run', type: 'tool_call', entityName: 'weather' };
    await trace(
      async () => {
        await bridge.exportTracingEvent({ type: 'span_started', exportedSpan: run });
        await bridge.exportTracingEvent({ type: 'span_started', exportedSpan: tool });
        await bridge.executeInContext('tool', async () => step('look out', () => 'sunny'));
        bridge.executeInContextSync('unknown', () => step('elsewhere', () => null));
        await bridge.exportTracingEvent({ type: 'span_ended', exportedSpan: tool });
        await bridge.exportTracingEvent({ type: 'span_ended', exportedSpan: run });
      },
      { name: 'request' },
    )();
    const [root] = (await rowsOf(captured, 1))[0]?.steps ?? [];
    assert.deepEqual(
      root?.steps.map(({ name, steps }) => [name, steps.map((each) => each.name)]),
      [
        ['Helper', ['weather']],
        ['elsewhere', []],
      ],
    );
    assert.equal(root?.steps[0]?.steps[0]?.steps[0]?.name, 'look out');
  });

  it('has the error of a model call', async () => {
    const failed = { ...answered, output: {}, attributes: { finishReason: 'error' } };
    const [root] = (
      await rowOf([
        ...CALL.slice(0, 4),
        ['span_ended', failed],
        ['span_ended', stepDone],
        ['span_ended', generation],
        ['span_ended', { ...run, errorInfo: { name: 'APIError', message: 'it is 400' } }],
      ])
    ).steps;
    const [agent] = root?.steps ?? [];
    assert.equal(agent?.metadata.error, 'it is 400');
    assert.equal(agent?.steps[0]?.metadata.error, 'it is 400');
  });

  it('that was aborted keeps its known facts', async () => {
    const aborted = { ...answered, errorInfo: { name: 'AbortError', message: 'aborted' } };
    const [root] = (await rowOf([...CALL.slice(0, 4), ['span_ended', aborted], ...CALL.slice(5)]))
      .steps;
    const call = root?.steps[0]?.steps[0];
    assert.equal(call?.metadata.ended, 'left');
    assert.equal(call?.metadata.novelty, 'kept');
  });

  it('has retrieval and embeddings as steps', async () => {
    const query = { id: 'query', parentSpanId: 'run', type: 'rag_vector_operation', name: 'query' };
    const embed = { id: 'embed', parentSpanId: 'run', type: 'rag_embedding', name: 'embed' };
    const about = { model: 'text-embedding-3-small', provider: 'openai' };
    const [root] = (
      await rowOf([
        ['span_started', run],
        ['span_started', { ...embed, attributes: about }],
        [
          'span_ended',
          {
            ...embed,
            attributes: { ...about, dimensions: 3, inputCount: 1, usage: { inputTokens: 2 } },
          },
        ],
        ['span_started', { ...query, attributes: { operation: 'query' }, input: 'cats' }],
        ['span_ended', { ...query, attributes: { operation: 'query' }, output: [{ id: 'a' }] }],
        ['span_ended', run],
      ])
    ).steps;
    const [embedding, retriever] = root?.steps[0]?.steps ?? [];
    assert.deepEqual(
      [embedding?.type, embedding?.promptTokens, embedding?.embeddingDimensions],
      ['embedding', 2, 3],
    );
    assert.deepEqual([retriever?.type, retriever?.documents], ['retriever', [{ id: 'a' }]]);
  });

  for (const [what, input, requests] of EMBEDDINGS)
    it(`records an embedding once, whose client is traced as well: ${what}`, async () => {
      using captured = captureTraces();
      const bridge = mastraBridge();
      const embed = {
        ...{ id: 'embed', parentSpanId: 'run', type: 'rag_embedding', input },
        attributes: { model: 'text-embedding-3-small', provider: 'openai' },
      };
      const vectors = { data: [{ embedding: [0, 1] }], usage: { prompt_tokens: 2 } };
      const send = tracedFetch({ fetch: async () => Response.json(vectors) });
      await trace(async () => {
        for (const span of [run, embed]) {
          await bridge.exportTracingEvent({ type: 'span_started', exportedSpan: span });
        }
        for (const asked of requests) {
          const body = JSON.stringify({ model: 'text-embedding-3-small', input: asked });
          await (
            await send('https://api.openai.com/v1/embeddings', { method: 'POST', body })
          ).json();
        }
        for (const span of [embed, run]) {
          await bridge.exportTracingEvent({ type: 'span_ended', exportedSpan: span });
        }
      })();
      const flat = (each: WireStep): WireStep[] => [each, ...each.steps.flatMap(flat)];
      const steps = ((await rowsOf(captured, 1))[0]?.steps ?? []).flatMap(flat);
      assert.deepEqual(
        steps.filter(({ type }) => type === 'embedding').map(({ name }) => name),
        ['Mastra Embedding', ...(what === OTHERS ? ['LLM Embedding'] : [])],
      );
    });

  it('never throws', async () => {
    const bridge = mastraBridge();
    for (const event of [undefined, null, 1, {}, { type: 'span_ended' }, { exportedSpan: null }]) {
      await bridge.exportTracingEvent(event);
    }
    assert.throws(() => mastraBridge({ contents: false } as never), /contents/);
  });

  it('has evaluations of a classifier as model calls', async () => {
    const span = {
      ...{ id: 'c', parentSpanId: 'run', type: 'classifier_evaluation', name: 'is it spam?' },
      attributes: { modelId: 'judge-1', provider: 'acme', questionCount: 2 },
    };
    const usage = { inputTokens: 20, outputTokens: 3 };
    const row = await rowOf([
      ['span_started', run],
      ['span_started', span],
      ['span_ended', { ...span, output: { q: true }, attributes: { ...span.attributes, usage } }],
      ['span_ended', run],
    ]);
    const call = row.steps[0]?.steps[0]?.steps[0];
    assert.deepEqual(
      [call?.type, call?.model, call?.provider, call?.promptTokens, call?.completionTokens],
      ['chat_completion', 'judge-1', 'acme', 20, 3],
    );
    assert.equal(call?.metadata.questionCount, 2);
  });

  it('has model calls within tools, which Mastra does not show', async () => {
    const internalUsage = { inputTokens: 7, outputTokens: 3 };
    const row = await rowOf([
      ['span_started', run],
      ['span_ended', { ...run, attributes: { internalUsage }, tags: ['beta'] }],
    ]);
    const metadata = row.steps[0]?.steps[0]?.metadata ?? {};
    assert.deepEqual([metadata.internalUsage, metadata.tags], [internalUsage, ['beta']]);
  });

  it('has the definitions of the tools, and the cost of the answer', async () => {
    const tools = [{ type: 'function', name: 'weather', description: 'The weather.' }];
    const begun = { ...generation, attributes: { tools } };
    const costContext = { estimatedCost: 0.5, costUnit: 'usd' };
    const done = { ...generationDone, attributes: { tools, costContext } };
    const row = await rowOf([
      ...CALL.slice(0, 1),
      ['span_started', begun],
      ...CALL.slice(2, 6),
      ['span_ended', done],
      ['span_ended', run],
    ]);
    const call = row.steps[0]?.steps[0]?.steps[0] as WireStep;
    assert.deepEqual((call.inputs as Span).tools, tools);
    assert.equal((call.metadata.billed as Span).estimatedCost, 0.5);
  });
});
