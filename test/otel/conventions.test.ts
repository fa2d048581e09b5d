/** What no recording shows: names of other versions, precedence, types by kind, and what a span says about usage. */

import assert from 'node:assert/strict';
import { type SpanData, type StepData, stepOfSpan } from '@openlayer-tracing/otel/dialects';
import { spanOf, spanWith } from './recordings.ts';

const stepWith = (attributes: SpanData['attributes']): StepData =>
  stepOfSpan(spanOf(attributes)).step;

/** The type by one attribute. */
const TYPES: readonly (readonly [attribute: string, value: string, type: string])[] = [
  ['gen_ai.operation.name', 'chat', 'chat_completion'],
  ['gen_ai.operation.name', 'generate_content', 'chat_completion'],
  ['gen_ai.operation.name', 'embeddings', 'embedding'],
  ['gen_ai.operation.name', 'create_agent', 'agent'],
  ['gen_ai.operation.name', 'invoke_workflow', 'chain'],
  ['gen_ai.operation.name', 'execute_tool', 'tool'],
  ['gen_ai.operation.name', 'retrieval', 'retriever'],
  ['gen_ai.operation.name', 'search_memory', 'retriever'],
  ['gen_ai.operation.name', 'update_memory', 'function_call'],
  ['gen_ai.operation.name', 'guard', 'guardrail'],
  ['openinference.span.kind', 'LLM', 'chat_completion'],
  ['openinference.span.kind', 'RERANKER', 'retriever'],
  ['openinference.span.kind', 'EVALUATOR', 'chain'],
  ['openinference.span.kind', 'GUARDRAIL', 'guardrail'],
  ['traceloop.span.kind', 'task', 'chain'],
  ['traceloop.span.kind', 'agent', 'agent'],
  ['llm.request.type', 'completion', 'chat_completion'],
  ['ai.operationId', 'ai.streamObject.doStream', 'chat_completion'],
  ['ai.operationId', 'ai.streamObject', 'chain'],
  ['ai.operationId', 'ai.embed.doEmbed', 'embedding'],
  ['langfuse.observation.type', 'generation', 'chat_completion'],
  ['langfuse.observation.type', 'guardrail', 'guardrail'],
  ['langsmith.span.kind', 'parser', 'chain'],
  ['mcp.method.name', 'tools/call', 'tool'],
  ['mcp.method.name', 'resources/read', 'retriever'],
  ['mcp.method.name', 'ping', 'function_call'],
  ['db.vector.query.top_k', '3', 'retriever'],
  ['db.system', 'redis', 'function_call'],
];

describe('the type of a step', () => {
  for (const [attribute, value, type] of TYPES) {
    it(`is ${type} by ${attribute} ${value}`, () => {
      assert.equal(stepWith({ [attribute]: value }).type, type);
    });
  }

  it('is that of the kind of a span that says nothing', () => {
    const typeOf = (kind: SpanData['kind']) => stepOfSpan(spanWith({ kind })).step.type;
    assert.deepEqual(
      (['internal', 'server', 'client', 'producer', 'consumer'] as const).map(typeOf),
      ['chain', 'user_call', 'function_call', 'function_call', 'user_call'],
    );
  });

  it('is a model call of a provider before it has answered, also without an operation', () => {
    const attributes = { 'gen_ai.request.model': 'nova', 'gen_ai.provider.name': 'aws.bedrock' };
    const typeOf = (facts: Partial<SpanData>) => stepOfSpan(spanWith(facts)).step.type;
    assert.equal(typeOf({ kind: 'client', attributes }), 'chat_completion');
    assert.equal(typeOf({ kind: 'internal', attributes }), 'chain');
    const { 'gen_ai.provider.name': _, ...others } = attributes;
    assert.equal(typeOf({ kind: 'client', attributes: others }), 'function_call');
  });

  it('keeps the word of the convention where it says more, and a word that it does not know', () => {
    assert.equal(
      stepWith({ 'gen_ai.operation.name': 'create_agent' }).metadata.kind,
      'create_agent',
    );
    assert.equal(stepWith({ 'gen_ai.operation.name': 'chat' }).metadata.kind, undefined);
    assert.deepEqual(stepWith({ 'gen_ai.operation.name': 'dream' }).metadata.attributes, {
      'gen_ai.operation.name': 'dream',
    });
  });
});

describe('tokens', () => {
  const chat = { 'gen_ai.operation.name': 'chat' };

  it('of parts are parts and never added, by the names of each version', () => {
    for (const [read, created, reasoning] of [
      ['cache_read.input_tokens', 'cache_creation.input_tokens', 'reasoning.output_tokens'],
      ['cache_read_input_tokens', 'cache_creation_input_tokens', 'reasoning_tokens'],
      ['cache_read.input_tokens', 'cache_write.input_tokens', 'reasoning.output_tokens'],
    ]) {
      const step = stepWith({
        ...chat,
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 50,
        [`gen_ai.usage.${read}`]: 40,
        [`gen_ai.usage.${created}`]: 10,
        [`gen_ai.usage.${reasoning}`]: 30,
      });
      assert.deepEqual(
        [step.promptTokens, step.completionTokens, step.tokens, step.metadata.reasoningTokens],
        [100, 50, 150, 30],
      );
      assert.deepEqual(step.usageDetails, {
        input_tokens: 50,
        output_tokens: 50,
        cached_tokens: 40,
        cache_creation_tokens: 10,
      });
    }
  });

  it('of an agent are in its metadata, so that those of its calls are counted alone', () => {
    const step = stepWith({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 50,
    });
    assert.equal(step.promptTokens, undefined);
    assert.equal(step.tokens, undefined);
    assert.deepEqual(step.metadata.usage, { input: 100, output: 50 });
  });

  it('are read if they are written as strings, and not if they are no counts', () => {
    const of = (value: unknown) =>
      stepWith({ ...chat, 'gen_ai.usage.input_tokens': value }).promptTokens;
    assert.deepEqual(['12', 12n, 12].map(of), [12, 12, 12]);
    for (const value of ['twelve', '', -1, Number.NaN, {}, [12], true]) {
      assert.equal(of(value), undefined, String(value));
    }
  });

  it('of Langfuse are added up where its parts stand beside the whole', () => {
    const usage = (counts: object) =>
      stepWith({
        'langfuse.observation.type': 'generation',
        'langfuse.observation.usage_details': JSON.stringify(counts),
        'langfuse.observation.cost_details': '{"input":0.25,"output":0.5}',
      });
    const beside = usage({
      input: 6,
      input_cached_tokens: 4,
      output: 3,
      output_reasoning_tokens: 2,
      total: 15,
    });
    assert.deepEqual([beside.promptTokens, beside.completionTokens, beside.tokens], [10, 5, 15]);
    const within = usage({
      input: 10,
      input_cached_tokens: 4,
      output: 5,
      output_reasoning_tokens: 2,
      total: 15,
    });
    assert.deepEqual([within.promptTokens, within.completionTokens, within.tokens], [10, 5, 15]);
    assert.equal(within.cost, 0.75);
  });
});

describe('counts of any form', () => {
  const chat = { 'gen_ai.operation.name': 'chat' };

  it('are read from the details of an object of counts', () => {
    for (const [input, output] of [
      ['input_token_details', 'output_token_details'],
      ['input_tokens_details', 'output_tokens_details'],
      ['prompt_tokens_details', 'completion_tokens_details'],
      ['inputTokenDetails', 'outputTokenDetails'],
    ] as const) {
      const step = stepWith({
        'langsmith.span.kind': 'llm',
        'langsmith.usage_metadata': JSON.stringify({
          ...{ input_tokens: 100, output_tokens: 20, total_tokens: 120 },
          [input]: { cache_read: 60, cache_creation: 10, audio: 5, image: 3, dreams: 2 },
          [output]: { reasoning: 8, audio: 4 },
        }),
      });
      assert.deepEqual(
        [step.promptTokens, step.completionTokens, step.usageDetails],
        [
          100,
          20,
          {
            input_tokens: 25,
            output_tokens: 16,
            cached_tokens: 60,
            cache_creation_tokens: 10,
            audio_input_tokens: 5,
            audio_output_tokens: 4,
          },
        ],
      );
      const { reasoningTokens, imageInputTokens, otherUsage } = step.metadata;
      assert.deepEqual([reasoningTokens, imageInputTokens], [8, 3]);
      assert.deepEqual(otherUsage, { [input]: { dreams: 2 } });
    }
  });

  it('are metadata where no field of the step has them', () => {
    const counted = {
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.image.input_tokens': 30,
      'gen_ai.usage.video.input_tokens': 20,
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.usage.image.output_tokens': 10,
      'gen_ai.usage.video.output_tokens': 5,
    };
    const { metadata, usageDetails } = stepWith({ ...chat, ...counted });
    assert.deepEqual(usageDetails, { input_tokens: 100, output_tokens: 50 });
    const { imageInputTokens, videoInputTokens, imageOutputTokens, videoOutputTokens } = metadata;
    assert.deepEqual(
      [imageInputTokens, videoInputTokens, imageOutputTokens, videoOutputTokens],
      [30, 20, 10, 5],
    );
    const embedding = stepWith({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.usage.input_tokens': 9,
      'gen_ai.usage.cache_read.input_tokens': 4,
      'gen_ai.usage.image.input_tokens': 3,
    });
    assert.equal(embedding.promptTokens, 9);
    assert.deepEqual(
      [embedding.metadata.cachedTokens, embedding.metadata.imageInputTokens],
      [4, 3],
    );
  });
});

describe('further fields of a step of ours', () => {
  it('never replace what the span says, nor have another type than the field', () => {
    const fields = {
      ...{ type: 'nonsense', name: 5, startTime: 'x', endTime: null, inputs: 1, output: 2 },
      ...{ metadata: 'm', error: 'e', steps: 7, provider: {}, model: 3, promptTokens: '9' },
      ...{ tokens: -1, cost: 'free', usageDetails: [], documents: 'd', agentType: 'planner' },
      ...{ custom: [1] },
    };
    const step = stepWith({
      'openlayer.step.type': 'agent',
      'openlayer.step.name': 'Planner',
      'openlayer.step.fields': JSON.stringify(fields),
    });
    const { metadata: _, ...kept } = step;
    assert.deepEqual(kept, {
      ...{ name: 'Planner', type: 'agent', agentType: 'planner', custom: [1] },
      ...{ startTime: 1_790_000_000_000, endTime: 1_790_000_000_250 },
    });
  });

  it('are kept if they fit', () => {
    const fields = { cost: 0.5, tokens: 9, usageDetails: { a: 1 }, arguments: [1], agentType: 'x' };
    const step = stepWith({
      'openlayer.step.type': 'chat_completion',
      'openlayer.step.fields': JSON.stringify(fields),
    });
    for (const [name, value] of Object.entries(fields)) assert.deepEqual(step[name], value);
  });
});

describe('attributes of one fact', () => {
  it('of several conventions: the first convention wins', () => {
    const { step, dialects } = stepOfSpan(
      spanOf({
        'llm.model_name': 'by-openinference',
        'gen_ai.response.model': 'by-genai',
        'langfuse.observation.model.name': 'by-langfuse',
        'openinference.span.kind': 'LLM',
      }),
    );
    assert.equal(step.model, 'by-langfuse');
    assert.deepEqual([...dialects].sort(), ['gen_ai', 'langfuse', 'openinference']);
  });

  it('that are numbered become the messages again, in the order of their numbers', () => {
    const { inputs, output } = stepWith({
      'llm.request.type': 'chat',
      'gen_ai.prompt.10.role': 'user',
      'gen_ai.prompt.10.content': 'last',
      'gen_ai.prompt.2.role': 'assistant',
      'gen_ai.prompt.2.tool_calls.0.id': 'c1',
      'gen_ai.prompt.2.tool_calls.0.name': 'weather',
      'gen_ai.prompt.2.tool_calls.0.arguments': '{"city":"Oslo"}',
      'gen_ai.prompt.0.role': 'system',
      'gen_ai.prompt.0.content': 'Be brief.',
      'gen_ai.completion.0.role': 'assistant',
      'gen_ai.completion.0.content': 'hi',
      'gen_ai.completion.0.finish_reason': 'stop',
    });
    assert.deepEqual(inputs, {
      prompt: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', name: 'weather', arguments: { city: 'Oslo' } }],
        },
        { role: 'user', content: 'last' },
      ],
    });
    assert.equal(output, 'hi');
  });

  it('that are numbered in an event are read after those of the span', () => {
    const numbered = (content: string, system: string): SpanData['attributes'] => ({
      'gen_ai.prompt.0.role': 'user',
      'gen_ai.prompt.0.content': content,
      [system]: '[{"role":"user","content":"of the span"}]',
    });
    const promptOf = (own: SpanData['attributes'], event: SpanData['attributes']) =>
      stepOfSpan(
        spanWith({
          attributes: { 'gen_ai.operation.name': 'chat', ...own },
          events: [{ name: 'gen_ai.content.prompt', timeMs: 0, attributes: event }],
        }),
      ).step.inputs;
    const expected = { prompt: [{ role: 'user', content: 'of the span' }] };
    const list = numbered('of the event', 'other');
    assert.deepEqual(promptOf(numbered('of the span', 'other'), list), expected);
    assert.deepEqual(
      // The convention of the event comes before that of the span.
      promptOf({ 'input.value': '[{"role":"user","content":"of the span"}]' }, {}),
      expected,
    );
    assert.deepEqual(
      promptOf(
        {
          'llm.input_messages.0.message.role': 'user',
          'llm.input_messages.0.message.content': 'of the span',
        },
        list,
      ),
      expected,
    );
  });

  it('in events are read after those of the span', () => {
    const event = (name: string, attributes: SpanData['attributes']) => ({
      name,
      timeMs: 0,
      attributes,
    });
    const { step } = stepOfSpan(
      spanWith({
        attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5' },
        events: [
          event('gen_ai.system.message', { content: 'Be brief.' }),
          event('gen_ai.user.message', { content: 'hi' }),
          event('gen_ai.choice', {
            index: 0,
            finish_reason: 'stop',
            message: '{"content":"Hello!"}',
          }),
          event('deployed', { version: 3 }),
        ],
      }),
    );
    assert.deepEqual(step.inputs, {
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hi' },
      ],
    });
    assert.equal(step.output, 'Hello!');
    assert.deepEqual(step.metadata.events, [
      { name: 'deployed', timeMs: 0, attributes: { version: 3 } },
    ]);
  });
});

describe('errors', () => {
  const exception = {
    name: 'exception',
    timeMs: 0,
    attributes: { 'exception.type': 'RangeError', 'exception.message': 'too far' },
  };

  it('are those of the status, with the name and the message of the exception', () => {
    const { step } = stepOfSpan(spanWith({ status: { code: 'error' }, events: [exception] }));
    assert.deepEqual(step.error, { name: 'RangeError', message: 'too far' });
    assert.equal(step.metadata.events, undefined);
  });

  it('that were handled are events', () => {
    const { step } = stepOfSpan(spanWith({ events: [exception] }));
    assert.equal(step.error, undefined);
    assert.deepEqual(step.metadata.events, [exception]);
  });

  it('are named by error.type, by the level, and by nothing', () => {
    const errorOf = (facts: Partial<SpanData>) => stepOfSpan(spanWith(facts)).step.error;
    assert.deepEqual(errorOf({ attributes: { 'error.type': 'timeout' } }), {
      name: 'timeout',
      message: 'timeout',
    });
    assert.equal(
      errorOf({ attributes: { 'error.type': 'timeout' }, status: { code: 'ok' } }),
      undefined,
    );
    assert.deepEqual(
      errorOf({
        attributes: {
          'langfuse.observation.level': 'ERROR',
          'langfuse.observation.status_message': 'it broke',
        },
      }),
      { name: 'Error', message: 'it broke' },
    );
    assert.deepEqual(errorOf({ status: { code: 'error', message: 'no' } }), {
      name: 'Error',
      message: 'no',
    });
    assert.equal(errorOf({ status: { code: 'error' } })?.name, 'Error');
  });
});

describe('other facts', () => {
  it('of the trace are handed out beside the step', () => {
    const { sessionId, userId, tags } = stepOfSpan(
      spanOf({
        'session.id': 's-1',
        'gen_ai.conversation.id': 'c-1',
        'user.id': 'ada',
        'tag.tags': ['a', 'b'],
      }),
    );
    assert.deepEqual(
      { sessionId, userId, tags },
      { sessionId: 's-1', userId: 'ada', tags: ['a', 'b'] },
    );
  });

  it('say when the first token came, in milliseconds', () => {
    const ms = (attributes: SpanData['attributes']) =>
      stepWith(attributes).metadata.timeToFirstToken;
    assert.equal(ms({ 'gen_ai.response.time_to_first_chunk': 0.25 }), 250);
    assert.equal(ms({ 'ai.response.msToFirstChunk': 250 }), 250);
    const at = new Date(spanOf({}).startMs + 250).toISOString();
    assert.equal(ms({ 'langfuse.observation.completion_start_time': JSON.stringify(at) }), 250);
    assert.equal(
      ms({ 'langfuse.observation.completion_start_time': '1999-01-01T00:00:00Z' }),
      undefined,
    );
  });

  it('say that a span is a provisional copy', () => {
    assert.equal(stepOfSpan(spanOf({ 'logfire.span_type': 'pending_span' })).isPending, true);
    assert.equal(stepOfSpan(spanOf({ 'logfire.span_type': 'span' })).isPending, false);
  });

  it('are documents with their metadata', () => {
    const step = stepWith({
      'openinference.span.kind': 'RETRIEVER',
      'input.value': 'spans',
      'retrieval.documents.0.document.id': 'd1',
      'retrieval.documents.0.document.content': 'About spans',
      'retrieval.documents.0.document.metadata': '{"page":3}',
    });
    assert.deepEqual(step.inputs, { query: 'spans' });
    assert.deepEqual(step.documents, [{ id: 'd1', content: 'About spans', metadata: { page: 3 } }]);
  });
});

describe('the model that a request names', () => {
  /** The attributes of both models, and what else makes the span a model call, by convention. */
  const PAIRS: readonly (readonly [
    asked: string,
    answered: string,
    call: SpanData['attributes'],
  ])[] = [
    ['gen_ai.request.model', 'gen_ai.response.model', { 'gen_ai.operation.name': 'chat' }],
    ['gen_ai.request.model', 'gen_ai.response.model', { 'gen_ai.operation.name': 'embeddings' }],
    ['llm.request.model_name', 'llm.model_name', { 'openinference.span.kind': 'LLM' }],
    ['ai.model.id', 'ai.response.model', { 'ai.operationId': 'ai.streamText.doStream' }],
  ];
  for (const [asked, answered, call] of PAIRS) {
    it(`is in the metadata if another one answered: ${asked}, ${JSON.stringify(call)}`, () => {
      const both = stepWith({ ...call, [asked]: 'm', [answered]: 'm-2026-01-01' });
      assert.equal(both.model, 'm-2026-01-01');
      assert.equal(both.metadata?.requestModel, 'm');
      for (const models of [
        { [asked]: 'm', [answered]: 'm' },
        { [asked]: 'm' },
        { [answered]: 'm' },
      ]) {
        const one = stepWith({ ...call, ...models });
        assert.equal(one.model, 'm');
        assert.ok(!('requestModel' in (one.metadata ?? {})));
      }
    });
  }

  it('is no other one because of what Google puts before it', () => {
    const { metadata } = stepWith({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'models/m',
      'gen_ai.response.model': 'm',
    });
    assert.ok(!('requestModel' in (metadata ?? {})));
  });
});
