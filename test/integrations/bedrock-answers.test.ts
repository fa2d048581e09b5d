/** What steps keep of the answers of Bedrock's models, whole and streamed. */

import assert from 'node:assert/strict';
import { announceRequest, startCall } from '@openlayer-tracing/core/integration';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import {
  ApplyGuardrailCommand,
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  CountTokensCommand,
  GetAsyncInvokeCommand,
  InvokeGuardrailChecksCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  StartAsyncInvokeCommand,
} from 'bedrock3';
import { chunkFrame, eventFrame } from '../support/llm-server/bedrock.ts';
import { drain, frames, json, type Reply, stepOf, stepsOf } from './far-end.ts';

type Json = Record<string, unknown>;
type Options = Parameters<typeof traceBedrock>[1];

const NOVA = 'amazon.nova-lite-v1:0';

function clientAt(endpoint: string, options?: Options): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({
    region: 'eu-west-1',
    endpoint,
    token: { token: 't' },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: 1,
  });
  return traceBedrock(client, options);
}

/** The step of one command. */
function sent(
  reply: Reply,
  send: (client: BedrockRuntimeClient) => Promise<unknown>,
  options?: Options,
): Promise<WireStep> {
  return stepOf({ reply, isHttp2: true }, (url) => send(clientAt(url, options)));
}

const HELLO = [{ role: 'user' as const, content: [{ text: 'Hello' }] }];
const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };

function converse(content: readonly Json[], over: Json = {}): Json {
  return {
    output: { message: { role: 'assistant', content } },
    stopReason: 'end_turn',
    usage,
    metrics: { latencyMs: 7 },
    ...over,
  };
}

/** The events that tell the same as the whole answer. */
function eventsOf({ output, stopReason, usage, metrics, ...whole }: Json): Buffer[] {
  const { trace, performanceConfig, serviceTier, additionalModelResponseFields } = whole;
  const { content } = (output as { message: { content: Json[] } }).message;
  const blocks = content.flatMap((part, contentBlockIndex): [string, Json][] => {
    const delta = (piece: Json): [string, Json] => [
      'contentBlockDelta',
      { contentBlockIndex, delta: piece },
    ];
    const start = (begun: Json): [string, Json] => [
      'contentBlockStart',
      { contentBlockIndex, start: begun },
    ];
    const stop: [string, Json] = ['contentBlockStop', { contentBlockIndex }];
    const [key, value] = Object.entries(part)[0] as [string, Json];
    if (key === 'text') {
      const text = String(value);
      return [delta({ text: text.slice(0, 2) }), delta({ text: text.slice(2) }), stop];
    }
    if (key === 'toolUse') {
      const { input, ...rest } = value;
      const said = JSON.stringify(input);
      const pieces = said === '{}' ? [] : [said.slice(0, 2), said.slice(2)];
      return [
        start({ toolUse: rest }),
        ...pieces.map((each) => delta({ toolUse: { input: each } })),
        stop,
      ];
    }
    if (key === 'reasoningContent') {
      const { reasoningText, redactedContent } = value;
      const { text, signature } = (reasoningText ?? {}) as Json;
      const pieces =
        redactedContent === undefined ? [{ text }, { signature }] : [{ redactedContent }];
      return [...pieces.map((reasoningContent) => delta({ reasoningContent })), stop];
    }
    if (key === 'citationsContent') {
      const { content: said, citations } = value as { content: Json[]; citations: Json[] };
      return [
        ...said.map(({ text }) => delta({ text })),
        ...citations.map((citation) => delta({ citation })),
        stop,
      ];
    }
    if (key === 'toolResult') {
      const { content: results, ...rest } = value;
      return [start({ toolResult: rest }), delta({ toolResult: results }), stop];
    }
    return [delta(part), stop];
  });
  return [
    ['messageStart', { role: 'assistant' }] as const,
    ...blocks,
    ['messageStop', { stopReason, additionalModelResponseFields }] as const,
    ['metadata', { usage, metrics, trace, performanceConfig, serviceTier }] as const,
  ].map(([type, payload]) => eventFrame(type, payload));
}

function ask(reply: Reply, isStream: boolean, options?: Options): Promise<WireStep> {
  return sent(
    reply,
    async (client) => {
      const input = { modelId: NOVA, messages: HELLO };
      if (!isStream) return client.send(new ConverseCommand(input));
      return drain((await client.send(new ConverseStreamCommand(input))).stream);
    },
    options,
  );
}

async function bothWays(whole: Json, options?: Options): Promise<readonly WireStep[]> {
  const atOnce = await ask(json(whole), false, options);
  return [atOnce, await ask(frames(eventsOf(whole)), true, options)];
}

const SECRET = Buffer.alloc(75_000, 'q7').toString('base64');
const said = { text: 'It is so.' };

describe('the parts of a response of Converse', () => {
  const citation = { title: 'T', location: { web: { url: 'https://e.x' } } };
  const cases: Record<string, [content: Json[], output: unknown]> = {
    'a text': [[said], 'It is so.'],
    'a tool without arguments': [
      [{ toolUse: { toolUseId: 'a', name: 'now', input: {} } }],
      { tool_calls: [{ name: 'now', arguments: {}, id: 'a' }] },
    ],
    'a tool of the provider, and its result': [
      [
        {
          toolUse: {
            toolUseId: 'a',
            name: 'nova_grounding',
            input: { q: 'x' },
            type: 'server_tool_use',
          },
        },
        { toolResult: { toolUseId: 'a', status: 'success', content: [{ text: 'found' }] } },
        said,
      ],
      {
        content: 'It is so.',
        tool_calls: [
          { name: 'nova_grounding', arguments: { q: 'x' }, id: 'a', type: 'server_tool_use' },
        ],
        parts: [
          { toolResult: { toolUseId: 'a', status: 'success', content: [{ text: 'found' }] } },
        ],
      },
    ],
    'a text that cites': [
      [{ citationsContent: { content: [said], citations: [citation] } }],
      { content: 'It is so.', citations: [citation] },
    ],
    'a redacted thought': [
      [{ reasoningContent: { redactedContent: SECRET } }, said],
      {
        content: 'It is so.',
        parts: [
          { reasoningContent: { redactedContent: `[encrypted, ${SECRET.length} characters]` } },
        ],
      },
    ],
    'a picture': [
      [{ image: { format: 'png', source: { bytes: SECRET } } }],
      { parts: [{ image: { format: 'png', source: { bytes: '[base64, 75000 bytes]' } } }] },
    ],
    'a part that nobody knows': [
      [{ hologram: { light: { green: 3 } } }, said],
      { content: 'It is so.', parts: [{ hologram: { light: { green: 3 } } }] },
    ],
  };
  for (const [name, [content, output]] of Object.entries(cases)) {
    it(`are kept: ${name}`, async () => {
      for (const step of await bothWays(converse(content))) {
        assert.deepEqual(step.output, output);
        assert.ok(JSON.stringify(step).length < 5000);
      }
    });
  }

  it('are kept: reasoning, with a name in place of its signature', async () => {
    const thought = { reasoningContent: { reasoningText: { text: 'Hm.', signature: SECRET } } };
    for (const { output, metadata } of await bothWays(converse([thought, said]))) {
      assert.equal(output, 'It is so.');
      assert.equal(metadata.reasoning, 'Hm.');
      assert.equal(metadata.thinkingSignature, `[encrypted, ${SECRET.length} characters]`);
    }
  });
});

describe('the other fields of a response of Converse', () => {
  it('are recorded as metadata', async () => {
    const trace = {
      guardrail: { inputAssessment: { g1: { wordPolicy: { customWords: [] } } } },
      promptRouter: { invokedModelId: `arn:aws:bedrock:eu-west-1::foundation-model/${NOVA}` },
    };
    const whole = converse([said], {
      trace,
      performanceConfig: { latency: 'optimized' },
      serviceTier: { type: 'flex' },
      additionalModelResponseFields: { stop_sequence: 'END' },
      usage: {
        inputTokens: 10,
        outputTokens: 5,
        totalTokens: 275,
        cacheReadInputTokens: 12,
        cacheWriteInputTokens: 248,
        cacheDetails: [
          { ttl: '5m', inputTokens: 148 },
          { ttl: '1h', inputTokens: 100 },
        ],
      },
    });
    for (const { model, metadata, promptTokens, completionTokens, tokens } of await bothWays(
      whole,
    )) {
      assert.equal(model, NOVA);
      assert.deepEqual([promptTokens, completionTokens, tokens], [270, 5, 275]);
      assert.deepEqual(metadata.trace, trace);
      assert.deepEqual(metadata.metrics, { latencyMs: 7 });
      assert.deepEqual(metadata.performanceConfig, { latency: 'optimized' });
      assert.equal(metadata.serviceTier, 'flex');
      assert.deepEqual(metadata.additionalModelResponseFields, { stop_sequence: 'END' });
      const parts = { cacheCreationHour: 100 };
      assert.deepEqual(metadata.billed, { serviceTier: 'flex', speed: 'optimized', tokens: parts });
    }
  });

  const ends: Record<string, [trace: Json | undefined, error: string | undefined]> = {
    guardrail_intervened: [undefined, 'a guardrail intervened'],
    malformed_model_output: [undefined, 'the model failed: malformed model output'],
    malformed_tool_use: [undefined, 'the model failed: malformed tool use'],
    content_filtered: [undefined, undefined],
    max_tokens: [undefined, undefined],
    model_context_window_exceeded: [undefined, undefined],
    new_one: [undefined, undefined],
  };
  for (const [stopReason, [trace, error]] of Object.entries(ends)) {
    it(`have the stop reason ${stopReason}`, async () => {
      for (const { output, metadata } of await bothWays(converse([said], { stopReason, trace }))) {
        assert.equal(output, 'It is so.');
        assert.equal(metadata.finishReason, stopReason);
        assert.equal(metadata.error, error);
        assert.equal(metadata.partial, undefined);
      }
    });
  }

  it('are no failure if a guardrail has only masked parts', async () => {
    const trace = { guardrail: { actionReason: 'Guardrail masked.' } };
    const whole = converse([said], { stopReason: 'guardrail_intervened', trace });
    for (const { metadata } of await bothWays(whole)) assert.equal(metadata.error, undefined);
  });

  it('have no content with content: false', async () => {
    const whole = converse([{ text: 'SAID' }, { hologram: 'SAID' }], {
      trace: { guardrail: { modelOutput: ['SAID'] } },
      additionalModelResponseFields: { aside: 'SAID' },
    });
    for (const step of await bothWays(whole, { content: false })) {
      assert.doesNotMatch(JSON.stringify(step), /SAID/);
      assert.equal(step.promptTokens, 10);
    }
  });

  it('have the variables of a stored prompt', async () => {
    const step = await sent(json(converse([said])), (client) =>
      client.send(
        new ConverseCommand({
          modelId: 'arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT12345:1',
          promptVariables: { city: { text: 'Oslo' } },
        } as ConverseCommandInput),
      ),
    );
    assert.equal(step.output, 'It is so.');
    assert.equal(step.model, 'PROMPT12345:1');
    assert.deepEqual(step.inputs, { promptVariables: { city: { text: 'Oslo' } } });
    assert.deepEqual(step.metadata.billed, { region: 'us-east-1' });
  });
});

/** What a model of each maker is asked, what it answers, and the step of it. */
interface Invoked {
  readonly model: string;
  readonly asked: Json;
  readonly answer: Json;
  readonly output: unknown;
  readonly pieces?: readonly Json[];
  readonly finishReason?: string;
  readonly type?: string;
}

const messages = [{ role: 'user', content: 'Hello' }];
const MAKERS: Record<string, Invoked> = {
  "Anthropic's messages": {
    model: 'eu.anthropic.claude-sonnet-4-6-v1:0',
    asked: { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages },
    answer: { id: 'm', content: [{ type: 'text', text: 'Hi there' }], stop_reason: 'end_turn' },
    pieces: [
      { type: 'message_start', message: { id: 'm', content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi there' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ],
    output: 'Hi there',
    finishReason: 'end_turn',
  },
  "Anthropic's completions": {
    model: 'anthropic.claude-v2:1',
    asked: { prompt: '\n\nHuman: Hello\n\nAssistant:', max_tokens_to_sample: 9 },
    answer: { completion: 'Hi there', stop_reason: 'stop_sequence', stop: '\n\nHuman:' },
    pieces: [
      { completion: 'Hi ', stop_reason: null },
      { completion: 'there', stop_reason: 'stop_sequence', stop: '\n\nHuman:' },
    ],
    output: 'Hi there',
    finishReason: 'stop_sequence',
  },
  Nova: {
    model: NOVA,
    asked: { messages: HELLO },
    answer: {
      output: { message: { role: 'assistant', content: [{ text: 'Hi there' }] } },
      stopReason: 'end_turn',
    },
    pieces: [
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi there' } } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'end_turn' } },
    ],
    output: 'Hi there',
    finishReason: 'end_turn',
  },
  Llama: {
    model: 'meta.llama3-8b-instruct-v1:0',
    asked: { prompt: 'Hello', max_gen_len: 9 },
    answer: { generation: 'Hi there', stop_reason: 'stop' },
    pieces: [
      { generation: 'Hi ', stop_reason: null },
      { generation: 'there', stop_reason: 'stop' },
    ],
    output: 'Hi there',
    finishReason: 'stop',
  },
  "Mistral's completions": {
    model: 'mistral.mistral-7b-instruct-v0:2',
    asked: { prompt: '<s>[INST] Hello [/INST]', max_tokens: 9 },
    answer: { outputs: [{ text: 'Hi there', stop_reason: 'stop' }] },
    pieces: [
      { outputs: [{ text: 'Hi ', stop_reason: null }] },
      { outputs: [{ text: 'there', stop_reason: 'stop' }] },
    ],
    output: 'Hi there',
    finishReason: 'stop',
  },
  "Mistral's chats": {
    model: 'mistral.mistral-large-2402-v1:0',
    asked: { messages, max_tokens: 9 },
    answer: {
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Hi there' }, stop_reason: 'stop' },
      ],
    },
    output: 'Hi there',
    finishReason: 'stop',
  },
  "Cohere's completions, two of them": {
    model: 'cohere.command-text-v14',
    asked: { prompt: 'Hello', num_generations: 2 },
    answer: {
      id: 'g',
      prompt: 'Hello',
      generations: [
        { id: '1', text: 'Hi there', finish_reason: 'COMPLETE' },
        { id: '2', text: 'Hey', finish_reason: 'MAX_TOKENS' },
      ],
    },
    pieces: [
      { text: 'Hi ', index: 0, is_finished: false },
      { text: 'Hey', index: 1, is_finished: false },
      { text: 'there', index: 0, is_finished: true, finish_reason: 'COMPLETE' },
      { index: 1, is_finished: true, finish_reason: 'MAX_TOKENS' },
    ],
    output: ['Hi there', 'Hey'],
    finishReason: 'COMPLETE',
  },
  "Cohere's chats": {
    model: 'cohere.command-r-v1:0',
    asked: { message: 'Hello', max_tokens: 9 },
    answer: { response_id: 'r', text: 'Hi there', generation_id: 'g', finish_reason: 'COMPLETE' },
    pieces: [
      { event_type: 'text-generation', text: 'Hi ', is_finished: false },
      { event_type: 'text-generation', text: 'there', is_finished: false },
      {
        event_type: 'stream-end',
        is_finished: true,
        finish_reason: 'COMPLETE',
        response: { response_id: 'r' },
      },
    ],
    output: 'Hi there',
    finishReason: 'COMPLETE',
  },
  Titan: {
    model: 'amazon.titan-text-express-v1',
    asked: { inputText: 'Hello', textGenerationConfig: { maxTokenCount: 9 } },
    answer: { results: [{ outputText: 'Hi there', completionReason: 'FINISH' }] },
    pieces: [
      { outputText: 'Hi ', index: 0, completionReason: null },
      { outputText: 'there', index: 0, completionReason: 'FINISH' },
    ],
    output: 'Hi there',
    finishReason: 'FINISH',
  },
  "AI21's completions": {
    model: 'ai21.j2-mid-v1',
    asked: { prompt: 'Hello', maxTokens: 9 },
    answer: {
      id: 1,
      prompt: { text: 'Hello', tokens: [] },
      completions: [
        { data: { text: 'Hi there', tokens: [] }, finishReason: { reason: 'endoftext' } },
      ],
    },
    output: 'Hi there',
    finishReason: 'endoftext',
  },
  "DeepSeek's completions": {
    model: 'us.deepseek.r1-v1:0',
    asked: { prompt: 'Hello', max_tokens: 9 },
    answer: { choices: [{ text: 'Hi there', stop_reason: 'stop' }] },
    output: 'Hi there',
    finishReason: 'stop',
  },
  'Pegasus, which watches films': {
    model: 'twelvelabs.pegasus-1-2-v1:0',
    asked: { inputPrompt: 'Hello', mediaSource: { s3Location: { uri: 's3://b/film.mp4' } } },
    answer: { message: 'Hi there', finishReason: 'stop' },
    output: 'Hi there',
    finishReason: 'stop',
  },
  'a model that nobody knows': {
    model: 'new.maker-v1:0',
    asked: { question: 'Hello' },
    answer: { reply: { words: ['Hi', 'there'] } },
    output: { reply: { words: ['Hi', 'there'] } },
  },
  'a reranker': {
    model: 'cohere.rerank-v3-5:0',
    asked: { query: 'Hello', documents: ['a', 'b'], api_version: 2 },
    answer: { results: [{ index: 1, relevance_score: 0.9 }] },
    output: [{ index: 1, relevance_score: 0.9 }],
    type: 'retriever',
  },
  'a painter': {
    model: 'amazon.nova-canvas-v1:0',
    asked: { taskType: 'TEXT_IMAGE', textToImageParams: { text: 'Hello' } },
    answer: { images: [SECRET, SECRET] },
    output: { images: ['[base64, 75000 bytes]', '[base64, 75000 bytes]'] },
  },
};

const COUNTS = {
  'x-amzn-bedrock-input-token-count': '12',
  'x-amzn-bedrock-output-token-count': '3',
};

describe('a response of InvokeModel', () => {
  for (const [name, { model, asked, answer, output, pieces, finishReason, type }] of Object.entries(
    MAKERS,
  )) {
    const check = (step: WireStep) => {
      assert.deepEqual(step.output, output);
      assert.equal(step.type, type ?? 'chat_completion');
      assert.equal(step.metadata.finishReason, finishReason);
      assert.match(JSON.stringify(step.inputs), /Hello/);
      assert.equal(step.metadata.partial, undefined);
      if (type === 'retriever') assert.equal(step.metadata.model, model);
      else {
        assert.equal(step.model, model);
        assert.deepEqual([step.promptTokens, step.completionTokens], [12, 3]);
      }
    };

    it(`is read, with its tokens from the headers: ${name}`, async () => {
      const body = JSON.stringify(asked);
      check(
        await sent(json(answer, COUNTS), (client) =>
          client.send(new InvokeModelCommand({ modelId: model, body })),
        ),
      );
    });

    if (pieces === undefined) continue;
    it(`is read from a stream, with its tokens from the metrics: ${name}`, async () => {
      const body = JSON.stringify(asked);
      const metrics = { inputTokenCount: 12, outputTokenCount: 3, invocationLatency: 7 };
      const events = pieces.map((piece, i) =>
        i === pieces.length - 1 ? { ...piece, 'amazon-bedrock-invocationMetrics': metrics } : piece,
      );
      const step = await sent(frames(events.map(chunkFrame)), async (client) => {
        const command = new InvokeModelWithResponseStreamCommand({ modelId: model, body });
        return drain((await client.send(command)).body);
      });
      check(step);
      assert.deepEqual(step.metadata.metrics, { invocationLatency: 7 });
    });
  }

  const vectors: Record<string, [model: string, asked: Json, answer: Json]> = {
    "Titan's": ['amazon.titan-embed-text-v2:0', { inputText: 'a' }, { embedding: [1, 2, 3] }],
    "Titan's by type": [
      'amazon.titan-embed-text-v2:0',
      { inputText: 'a', embeddingTypes: ['binary'] },
      { embeddingsByType: { binary: [1, 0, 1] } },
    ],
    "Cohere's": ['cohere.embed-english-v3', { texts: ['a'] }, { embeddings: [[1, 2, 3]] }],
    "Cohere's by type": [
      'cohere.embed-v4:0',
      { texts: ['a'] },
      { embeddings: { int8: [[1, 2, 3]] } },
    ],
    "Nova's": [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      { taskType: 'SINGLE_EMBEDDING', singleEmbeddingParams: { text: { value: 'a' } } },
      { embeddings: [{ embeddingType: 'TEXT', embedding: [1, 2, 3] }] },
    ],
    "Marengo's": [
      'twelvelabs.marengo-embed-3-0-v1:0',
      { inputType: 'text', text: { inputText: 'a' } },
      { data: [{ embedding: [1, 2, 3] }] },
    ],
  };
  for (const [name, [modelId, asked, answer]] of Object.entries(vectors)) {
    it(`has the number of vectors: ${name}`, async () => {
      const body = JSON.stringify(asked);
      const counts = { 'x-amzn-bedrock-input-token-count': '9' };
      const step = await sent(json(answer, counts), (client) =>
        client.send(new InvokeModelCommand({ modelId, body })),
      );
      assert.deepEqual(
        [step.type, step.promptTokens, step.tokens, step.embeddingCount, step.embeddingDimensions],
        ['embedding', 9, 9, 1, 3],
      );
    });
  }

  it('has the number of vectors of more than a MiB', async () => {
    const vector = Array.from({ length: 1024 }, (_, i) => i / 7);
    const answer = { embeddings: { float: Array.from({ length: 96 }, () => vector) } };
    const body = JSON.stringify({ texts: Array.from({ length: 96 }, () => 'a') });
    const step = await sent(json(answer, COUNTS), (client) =>
      client.send(new InvokeModelCommand({ modelId: 'cohere.embed-v4:0', body })),
    );
    assert.deepEqual([step.embeddingCount, step.embeddingDimensions], [96, 1024]);
  });

  it('has the counts of its body, and else those of its headers', async () => {
    const answer = { generation: 'Hi', prompt_token_count: 4, stop_reason: 'stop' };
    const body = JSON.stringify({ prompt: 'Hello' });
    const step = await sent(json(answer, COUNTS), (client) =>
      client.send(new InvokeModelCommand({ modelId: 'meta.llama3-8b-instruct-v1:0', body })),
    );
    assert.deepEqual([step.promptTokens, step.completionTokens], [4, 3]);
  });

  it('fails if a guardrail intervened, or no image was created', async () => {
    const cases: [string, Json, Json, string][] = [
      [
        'meta.llama3-8b-instruct-v1:0',
        { prompt: 'Hello' },
        { generation: 'Sorry.', 'amazon-bedrock-guardrailAction': 'INTERVENED' },
        'a guardrail intervened',
      ],
      [
        'amazon.nova-canvas-v1:0',
        { taskType: 'TEXT_IMAGE' },
        { images: [], error: 'blocked by our policy' },
        'blocked by our policy',
      ],
      [
        'stability.stable-image-core-v1:1',
        { prompt: 'Hello' },
        { images: [], seeds: [], finish_reasons: ['Filter reason: prompt'] },
        'Filter reason: prompt',
      ],
    ];
    for (const [modelId, asked, answer, error] of cases) {
      const step = await sent(json(answer), (client) =>
        client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(asked) })),
      );
      assert.equal(step.metadata.error, error);
    }
  });

  it('has the tier and the region that change its price', async () => {
    const head = {
      'x-amzn-bedrock-service-tier': 'priority',
      'x-amzn-bedrock-performanceconfig-latency': 'optimized',
      'x-amzn-bedrock-invocation-latency': '12',
    };
    const cases = [
      ['global.anthropic.claude-sonnet-4-6-v1:0', 'global'],
      ['arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-sonnet-4-6-v1:0', 'eu'],
      ['arn:aws:bedrock:us-west-2:1:application-inference-profile/abc123', 'us-west-2'],
      ['anthropic.claude-sonnet-4-6-v1:0', undefined],
      // A vendor, and no profile.
      ['openai.gpt-5.5', undefined],
    ] as const;
    for (const [modelId, region] of cases) {
      const { answer, asked } = MAKERS["Anthropic's messages"] as Invoked;
      const step = await sent(json(answer, head), (client) =>
        client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(asked) })),
      );
      assert.deepEqual(step.metadata.billed, {
        serviceTier: 'priority',
        speed: 'optimized',
        ...(region !== undefined && { region }),
      });
      assert.equal(step.metadata.invocationLatency, 12);
    }
  });
});

describe('other calls of a Bedrock client', () => {
  it('are guardrail steps if they apply a guardrail', async () => {
    const answer = {
      usage: { topicPolicyUnits: 1, wordPolicyUnits: 0 },
      action: 'GUARDRAIL_INTERVENED',
      actionReason: 'Guardrail blocked.',
      outputs: [{ text: 'Sorry.' }],
      assessments: [
        {
          topicPolicy: { topics: [{ name: 'Weapons', type: 'DENY', action: 'BLOCKED' }] },
          sensitiveInformationPolicy: {
            piiEntities: [{ type: 'EMAIL', match: 'a@b.c', action: 'ANONYMIZED' }],
            regexes: [],
          },
        },
      ],
    };
    const step = await sent(json(answer), (client) =>
      client.send(
        new ApplyGuardrailCommand({
          guardrailIdentifier: 'g1',
          guardrailVersion: '1',
          source: 'INPUT',
          content: [{ text: { text: 'Hello' } }],
        }),
      ),
    );
    assert.deepEqual(
      [step.name, step.type, step.action, step.reason, step.dataType, step.output],
      ['Bedrock Guardrail', 'guardrail', 'block', 'Guardrail blocked.', 'input', 'Sorry.'],
    );
    assert.deepEqual(step.detectedEntities, ['Weapons', 'EMAIL']);
    assert.deepEqual(step.metadata.billed, { units: { topicPolicyUnits: 1 } });
    assert.deepEqual(step.metadata.assessments, answer.assessments);
    assert.match(JSON.stringify(step.inputs), /Hello/);
  });

  it('are guardrail steps if they run guardrail checks', async () => {
    const results = { promptAttack: { results: [{ category: 'JAILBREAK', severityScore: 0.9 }] } };
    const usage = { promptAttack: { textUnits: 2 } };
    const step = await sent(json({ results, usage }), (client) =>
      client.send(
        new InvokeGuardrailChecksCommand({
          messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
          checks: { promptAttack: { categories: [{ category: 'JAILBREAK' }] } },
        }),
      ),
    );
    assert.deepEqual([step.type, step.output], ['guardrail', results]);
    assert.deepEqual(step.metadata.billed, { units: { promptAttack: 2 } });
  });

  it('are steps if their result is written to a bucket', async () => {
    const invocationArn = 'arn:aws:bedrock:us-east-1:1:async-invoke/i1';
    const step = await sent(json({ invocationArn }), (client) =>
      client.send(
        new StartAsyncInvokeCommand({
          modelId: 'amazon.nova-reel-v1:0',
          modelInput: { taskType: 'TEXT_VIDEO', textToVideoParams: { text: 'Hello' } },
          outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket' } },
        }),
      ),
    );
    assert.deepEqual(
      [step.name, step.model, step.output],
      ['Bedrock Async Invoke', 'amazon.nova-reel-v1:0', { invocationArn }],
    );
  });

  it('are not recorded if they are free', async () => {
    const reply: Reply = (res) => res.end(JSON.stringify({ inputTokens: 3 }));
    const steps = await stepsOf(
      { reply, isHttp2: true },
      async (url) => {
        const client = clientAt(url);
        const input = { converse: { messages: HELLO } };
        await client.send(new CountTokensCommand({ modelId: NOVA, input }));
        await client.send(new GetAsyncInvokeCommand({ invocationArn: 'i1' }));
      },
      0,
    );
    assert.deepEqual(steps, []);
  });
});

describe('a call of Bedrock that a framework records', () => {
  it('is recorded once', async () => {
    const steps = await stepsOf(
      { reply: json({ output: { message: { content: [{ text: 'Hi' }] } } }), isHttp2: true },
      async (url) => {
        const call = startCall({ name: 'Framework', type: 'chat_completion' });
        assert.ok(call);
        announceRequest(call, { model: NOVA, lastText: 'hi' });
        const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
        await clientAt(url).send(new ConverseCommand({ modelId: NOVA, messages }));
        call.end();
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      steps.map(({ name }) => name),
      ['Framework'],
    );
  });
});

describe('a call of a Bedrock client whose middleware throws after the response', () => {
  it('ends, although the client does not read the response', async () => {
    const step = await sent(json(converse([{ text: 'Hi' }])), (client) => {
      client.middlewareStack.add(
        (next) => async (args) => {
          await next(args);
          throw new Error('refused by the app');
        },
        { step: 'deserialize' },
      );
      return client.send(new ConverseCommand({ modelId: NOVA, messages: HELLO }));
    });
    assert.deepEqual([step.name, step.output], ['Bedrock Chat Completion', null]);
  });
});
