/** A step that became a span is the same step again. */

import assert from 'node:assert/strict';
import {
  type RequestFacts,
  type SpanData,
  type SpanStep,
  type StepData,
  spanOfStep,
  stepOfSpan,
} from '@openlayer-tracing/otel/dialects';
import { RandomValues } from '../integrations/random-values.ts';
import { RECORDINGS, recordingOf, spanWith } from './recordings.ts';

const START = 1_790_000_000_000;

/** The step after it was a span, whose attributes were sent as JSON. */
function again(step: StepData, request?: RequestFacts): SpanStep {
  const span = JSON.parse(JSON.stringify(spanOfStep(step, request))) as SpanData;
  return stepOfSpan(spanWith({ ...span, startMs: step.startTime, endMs: step.endTime }));
}

const stepWith = (step: Partial<StepData> & Pick<StepData, 'type'>): StepData => ({
  name: 'a step',
  startTime: START,
  endTime: START + 250.125,
  metadata: {},
  ...step,
});

/** One step of each type, with all its fields. */
const STEPS: Readonly<Record<string, StepData>> = {
  'a request': stepWith({
    type: 'user_call',
    name: 'POST /chat/:id',
    inputs: { body: { question: 'Why?' }, query: {}, params: { id: '7' } },
    output: { answer: 'Because.' },
    metadata: {
      plan: 'pro',
      http: {
        method: 'POST',
        route: '/chat/:id',
        path: '/chat/7',
        status: 200,
        outcome: 'completed',
        timeToFirstByteMs: 12.5,
        bytes: 42,
      },
    },
  }),
  'a chat': stepWith({
    type: 'chat_completion',
    name: 'OpenAI Chat Completion',
    inputs: {
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', name: 'weather', arguments: { city: 'Oslo' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: '{"degrees":12}' },
      ],
      tools: [{ type: 'function', function: { name: 'weather' } }],
    },
    output: { content: 'Let me look.', tool_calls: [{ id: 'c2', name: 'weather', arguments: {} }] },
    provider: 'google',
    model: 'gemini-3',
    modelParameters: {
      temperature: 0.2,
      stop_sequences: ['a', 'b'],
      seed: 'seven',
      response_format: { type: 'json' },
      label: '{"a":1}',
    },
    promptTokens: 120,
    completionTokens: 30,
    tokens: 150,
    usageDetails: { input_tokens: 20, output_tokens: 30, cached_tokens: 100 },
    cost: 0.0125,
    rawOutput: { id: 'r1', choices: [] },
    metadata: {
      responseId: 'r1',
      requestId: 'req_1',
      finishReason: 'tool_calls',
      timeToFirstToken: 123.4,
      reasoningTokens: 5,
      reasoning: 'Let me see.',
      attempts: [{ status: 503 }, { status: 200 }],
    },
  }),
  'a chat with a text and odd counts': stepWith({
    type: 'chat_completion',
    inputs: { prompt: 'hi', instructions: 'Be brief.' },
    output: '{"looks":"like JSON"}',
    tokens: 10,
    usageDetails: { search_units: 3 },
    metadata: { finishReason: ['stop', 'length'], reasoningTokens: 0, timeToFirstToken: 'soon' },
  }),
  'a chat with an object': stepWith({
    type: 'chat_completion',
    output: { city: 'Oslo', degrees: 12 },
  }),
  'a chat with several answers': stepWith({ type: 'chat_completion', output: ['one', 'two'] }),
  'a chat with one of an array': stepWith({ type: 'chat_completion', output: ['one'] }),
  'a chat with nothing': stepWith({ type: 'chat_completion', inputs: { prompt: [] }, output: '' }),
  'an embedding': stepWith({
    type: 'embedding',
    inputs: { input: ['one', 'two'] },
    provider: 'openai',
    model: 'text-embedding-4',
    modelParameters: { dimensions: 256 },
    promptTokens: 2,
    tokens: 2,
    embeddingDimensions: 256,
    embeddingCount: 2,
  }),
  'an agent': stepWith({
    type: 'agent',
    inputs: { task: 'look' },
    output: 'done',
    agentType: 'react',
    tool: 'weather',
    action: { call: 'weather' },
    metadata: { usage: { input: 5 } },
  }),
  'a tool': stepWith({
    type: 'tool',
    functionName: 'weather',
    arguments: { city: 'Oslo' },
    inputs: { city: 'Oslo' },
    output: { degrees: 12 },
    metadata: { toolCallId: 'c1' },
  }),
  'a tool with texts': stepWith({
    type: 'tool',
    arguments: '{"city":"Oslo"}',
    inputs: { given: 1 },
    output: '[12]',
  }),
  'a retriever': stepWith({
    type: 'retriever',
    inputs: { query: 'spans' },
    output: [{ id: 'd1', content: 'About spans' }],
    documents: [{ id: 'd1', content: 'About spans' }],
  }),
  'a retriever of texts': stepWith({
    type: 'retriever',
    inputs: { query: '["spans"]', topK: 3 },
    output: ['d1'],
    documents: ['About spans', 7],
  }),
  'a chain': stepWith({ type: 'chain', inputs: 'text', output: null, groundTruth: 'right' }),
  'a handoff': stepWith({
    type: 'handoff',
    fromComponent: 'a',
    toComponent: 'b',
    handoffData: { x: 1 },
  }),
  'a guardrail': stepWith({
    type: 'guardrail',
    action: 'block',
    blockedEntities: ['email'],
    confidenceThreshold: 0.5,
    reason: 'an address',
  }),
  'a call that got a status': stepWith({
    type: 'function_call',
    inputs: { url: 'https://a.test' },
    error: { name: 'HTTP 404', message: '404 Not Found' },
  }),
  'a chat with the parameters of a client': stepWith({
    type: 'chat_completion',
    modelParameters: { max_completion_tokens: 5, stop: 'a', n: 2, topP: 'high', topK: 3 },
    metadata: { finishReason: ['stop'] },
  }),
  'a chat with parameters that repeat each other': stepWith({
    type: 'chat_completion',
    modelParameters: { max_tokens: 5, maxTokens: 6, stop: ['a'], stop_sequences: ['b'], n: 1 },
  }),
  'a call that failed': stepWith({
    type: 'function_call',
    inputs: { url: 'https://a.test' },
    error: { name: 'RangeError', message: 'too far', stack: 'RangeError: too far\n    at app' },
  }),
};

describe('a step that became a span', () => {
  for (const [name, step] of Object.entries(STEPS)) {
    it(`is the same again: ${name}`, () => {
      assert.deepEqual(again(step).step, withoutUnknown(step));
    });
  }

  it('is the same again, whatever its values', () => {
    const types = [
      'user_call',
      'chain',
      'function_call',
      'chat_completion',
      'tool',
      'retriever',
    ] as const;
    for (let seed = 1; seed <= 300; seed++) {
      const random = new RandomValues(seed);
      const type = types[seed % types.length] ?? 'chain';
      const step = stepWith({
        type,
        inputs: random.object(),
        output: random.object(),
        metadata: random.object(),
        ...(type === 'tool' && { arguments: random.object() }),
        ...(type === 'chat_completion' && { modelParameters: { x: 1, ...random.object() } }),
      });
      assert.deepEqual(again(step).step, withoutUnknown(step), `seed ${seed}`);
    }
  });

  it('has the id, the session, the user and the tags of its request', () => {
    const request = { inferenceId: 'req-1', sessionId: 's-1', userId: 'ada', tags: ['a', 'b'] };
    const {
      step: _,
      dialects: __,
      isPending: ___,
      ...about
    } = again(STEPS['a request'] as StepData, request);
    assert.deepEqual(about, request);
    assert.deepEqual(again(STEPS['a request'] as StepData, request).step, STEPS['a request']);
  });

  for (const recording of RECORDINGS) {
    it(`is the same again: those of ${recording}`, () => {
      for (const span of recordingOf(recording).spans) {
        const { step } = stepOfSpan(span);
        // Messages and results are the only content that is converted.
        assert.deepEqual(again(step).step, withoutUnknown(step), step.name);
      }
    });
  }
});

/** Without undefined and null, which both say that a value is not known, in the form of JSON. */
function withoutUnknown(step: StepData): unknown {
  const known = Object.entries(step).filter(([, value]) => value !== undefined && value !== null);
  return JSON.parse(JSON.stringify(Object.fromEntries(known)));
}

describe('the span of a step', () => {
  const of = (name: string, request?: RequestFacts) => spanOfStep(STEPS[name] as StepData, request);

  it('has the name and the kind of the conventions', () => {
    const named = (name: string) => [of(name).name, of(name).kind];
    assert.deepEqual(named('a chat'), ['chat gemini-3', 'client']);
    assert.deepEqual(named('an embedding'), ['embeddings text-embedding-4', 'client']);
    assert.deepEqual(named('a tool'), ['execute_tool weather', 'internal']);
    assert.deepEqual(named('an agent'), ['invoke_agent a step', 'internal']);
    assert.deepEqual(named('a retriever'), ['retrieval a step', 'client']);
    assert.deepEqual(named('a chain'), ['a step', 'internal']);
  });

  it('of a request is a server span with the attributes of HTTP', () => {
    const { name, kind, attributes, status } = of('a request', { inferenceId: 'req-1' });
    assert.deepEqual([name, kind, status], ['POST /chat/:id', 'server', { code: 'unset' }]);
    assert.equal(attributes['http.request.method'], 'POST');
    assert.equal(attributes['http.route'], '/chat/:id');
    assert.equal(attributes['url.path'], '/chat/7');
    assert.equal(attributes['http.response.status_code'], 200);
    assert.equal(attributes['openlayer.inference_id'], 'req-1');
    assert.equal(attributes['gen_ai.input.messages'], undefined);
  });

  it('of a request has its question and answer as messages, if that is asked for', () => {
    const { attributes } = of('a request', { asConversation: true });
    assert.deepEqual(JSON.parse(String(attributes['gen_ai.input.messages'])), [
      { role: 'user', parts: [{ type: 'text', content: 'Why?' }] },
    ]);
    assert.deepEqual(JSON.parse(String(attributes['gen_ai.output.messages'])), [
      { role: 'assistant', parts: [{ type: 'text', content: '{"answer":"Because."}' }] },
    ]);
    const { step } = again(STEPS['a request'] as StepData, { asConversation: true });
    assert.deepEqual(step, STEPS['a request']);
  });

  it('of a chat whose response names another model has the models of both', () => {
    const step = stepWith({
      type: 'chat_completion',
      model: 'm-2026-01-01',
      metadata: { requestModel: 'm' },
    });
    const { attributes } = spanOfStep(step);
    assert.equal(attributes['gen_ai.request.model'], 'm');
    assert.equal(attributes['gen_ai.response.model'], 'm-2026-01-01');
    assert.deepEqual(again(step).step, step);
  });

  it('of a chat has what the conventions define, by their names and types', () => {
    const { attributes } = of('a chat');
    const expected: Readonly<Record<string, unknown>> = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'gcp.gemini',
      'gen_ai.request.model': 'gemini-3',
      'gen_ai.request.temperature': 0.2,
      'gen_ai.request.stop_sequences': ['a', 'b'],
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.usage.output_tokens': 30,
      'gen_ai.usage.cache_read.input_tokens': 100,
      'gen_ai.usage.reasoning.output_tokens': 5,
      'gen_ai.response.id': 'r1',
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'gen_ai.response.time_to_first_chunk': 0.1234,
    };
    for (const [key, value] of Object.entries(expected))
      assert.deepEqual(attributes[key], value, key);
    assert.equal(attributes['gen_ai.request.seed'], undefined, 'a seed is a number there');
  });

  const SPELLINGS: Readonly<Record<string, readonly [value: unknown, spellings: string]>> = {
    max_tokens: [
      5,
      'max_tokens max_completion_tokens max_output_tokens maxOutputTokens maxTokens num_predict',
    ],
    temperature: [0.5, 'temperature'],
    top_p: [0.5, 'top_p topP p'],
    top_k: [5, 'top_k topK k'],
    frequency_penalty: [0.5, 'frequency_penalty frequencyPenalty'],
    presence_penalty: [0.5, 'presence_penalty presencePenalty'],
    seed: [5, 'seed random_seed randomSeed'],
    stream: [true, 'stream'],
    stop_sequences: [['a', 'b'], 'stop_sequences stopSequences stop'],
    encoding_formats: [['float'], 'encoding_formats encoding_format'],
    'choice.count': [2, 'n candidateCount num_generations'],
  };
  for (const [name, [value, spellings]] of Object.entries(SPELLINGS)) {
    it(`has gen_ai.request.${name}, however the client spells it`, () => {
      for (const spelling of spellings.split(' ')) {
        const step = stepWith({ type: 'chat_completion', modelParameters: { [spelling]: value } });
        assert.deepEqual(spanOfStep(step).attributes[`gen_ai.request.${name}`], value, spelling);
        assert.deepEqual(again(step).step.modelParameters, step.modelParameters, spelling);
        const wrong = stepWith({
          type: 'chat_completion',
          modelParameters: { [spelling]: { a: 1 } },
        });
        assert.equal(spanOfStep(wrong).attributes[`gen_ai.request.${name}`], undefined, spelling);
      }
    });
  }

  it('has the name of the conventions where a call has both, and one stop sequence as an array', () => {
    const requestOf = (modelParameters: StepData['modelParameters']) =>
      spanOfStep(stepWith({ type: 'chat_completion', modelParameters })).attributes;
    const both = requestOf({ maxTokens: 6, max_tokens: 5, n: 1 });
    assert.equal(both['gen_ai.request.max_tokens'], 5);
    assert.equal(both['gen_ai.request.choice.count'], undefined);
    assert.deepEqual(requestOf({ stop: 'a' })['gen_ai.request.stop_sequences'], ['a']);
  });

  it('has the finish reasons of all choices', () => {
    const reasonsOf = (finishReason: unknown) =>
      spanOfStep(stepWith({ type: 'chat_completion', metadata: { finishReason } })).attributes[
        'gen_ai.response.finish_reasons'
      ];
    assert.deepEqual(reasonsOf('stop'), ['stop']);
    assert.deepEqual(reasonsOf(['stop', 'length']), ['stop', 'length']);
    for (const wrong of [[], '', ['stop', 7], {}]) assert.equal(reasonsOf(wrong), undefined);
  });

  it('that got a status as its error has it as its type, and no exception', () => {
    const { status, attributes, events } = of('a call that got a status');
    assert.deepEqual(status, { code: 'error', message: '404 Not Found' });
    assert.equal(attributes['error.type'], '404');
    assert.deepEqual(events, []);
  });

  it('that failed has the status, the type and the exception', () => {
    const { status, attributes, events } = of('a call that failed');
    assert.deepEqual(status, { code: 'error', message: 'too far' });
    assert.equal(attributes['error.type'], 'RangeError');
    assert.deepEqual(events, [
      {
        name: 'exception',
        timeMs: START + 250.125,
        attributes: {
          'exception.type': 'RangeError',
          'exception.message': 'too far',
          'exception.stacktrace': 'RangeError: too far\n    at app',
        },
      },
    ]);
  });

  it('has attributes of the types that OpenTelemetry takes', () => {
    for (const name of Object.keys(STEPS)) {
      for (const [key, value] of Object.entries(of(name).attributes)) {
        const items = Array.isArray(value) ? value : [value];
        for (const item of items) assert.match(typeof item, /^(string|number|boolean)$/, key);
      }
    }
  });
});
