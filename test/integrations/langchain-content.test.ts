/** What LangChain's models say in other forms than a text: blocks of every version, pieces of streams, several answers. */

import assert from 'node:assert/strict';
import { ChatAnthropic } from '@langchain/anthropic';
import { CallbackManager, type CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { LLM } from '@langchain/core/language_models/llms';
import { AIMessage, AIMessageChunk, type BaseMessage, ToolMessage } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import { tool } from '@langchain/core/tools';
import { AzureChatOpenAI, ChatOpenAI } from '@langchain/openai';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { z } from 'zod';
import { type Reply, read, stepOfCall } from './answering.ts';
import { rowsOf } from './stage.ts';

/** What a message is made of, as far as it is used here. */
interface Fields {
  readonly content: string | readonly object[];
  readonly id?: string;
  readonly tool_calls?: readonly object[];
  readonly invalid_tool_calls?: readonly object[];
  readonly tool_call_chunks?: readonly object[];
  readonly additional_kwargs?: object;
  readonly response_metadata?: object;
}

/** Answers with what it was given: whole, or piece by piece. */
class Own extends BaseChatModel {
  readonly #answers: readonly Fields[];
  readonly #infos: readonly object[];

  constructor(answers: readonly Fields[], infos: readonly object[] = []) {
    super({});
    this.#answers = answers;
    this.#infos = infos;
  }

  override _llmType(): string {
    return 'own';
  }

  override async _generate(): Promise<ChatResult> {
    return {
      generations: this.#answers.map((fields, i) => ({
        text: typeof fields.content === 'string' ? fields.content : '',
        message: new AIMessage(fields as never),
        generationInfo: { ...this.#infos[i] },
      })),
    };
  }

  override async *_streamResponseChunks(
    _messages: BaseMessage[],
    _options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    for (const [i, fields] of this.#answers.entries()) {
      const chunk = new ChatGenerationChunk({
        text: typeof fields.content === 'string' ? fields.content : '',
        message: new AIMessageChunk(fields as never),
        generationInfo: { ...this.#infos[i] },
      });
      yield chunk;
      const index = this.#infos[i] as { prompt: number; completion: number } | undefined;
      await run?.handleLLMNewToken(chunk.text, index, undefined, undefined, undefined, { chunk });
    }
    if (this.#answers.some(({ id }) => id === 'broken')) throw new Error('cut off');
  }
}

const PICTURE = `data:image/png;base64,${'QUJD'.repeat(100)}`;
const CALL = { id: 'call_1', name: 'weather', args: { city: 'Oslo' } };
const called = [{ name: 'weather', arguments: { city: 'Oslo' }, id: 'call_1' }];

/** A message, and what is recorded of it. */
const messages: Readonly<Record<string, readonly [Fields, unknown, object?]>> = {
  'a text': [{ content: 'A cat.' }, 'A cat.'],
  'texts in blocks': [
    {
      content: [
        { type: 'text', text: 'A cat' },
        { type: 'text', text: ' sat.' },
      ],
    },
    'A cat sat.',
  ],
  'a picture and a text': [
    {
      content: [
        { type: 'image_url', image_url: { url: PICTURE } },
        { type: 'text', text: 'A cat.' },
      ],
    },
    {
      content: 'A cat.',
      parts: [{ type: 'image_url', image_url: { url: '[image/png, 300 bytes]' } }],
    },
  ],
  'sound and a file of version 1': [
    {
      content: [
        { type: 'audio', mimeType: 'audio/wav', url: 'https://sound.example/a' },
        { type: 'file', fileId: 'file_1', mimeType: 'application/pdf' },
      ],
    },
    {
      parts: [
        { type: 'audio', mimeType: 'audio/wav', url: 'https://sound.example/a' },
        { type: 'file', fileId: 'file_1', mimeType: 'application/pdf' },
      ],
    },
  ],
  'thoughts of Anthropic': [
    {
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 's' },
        { type: 'text', text: 'Yes.' },
      ],
    },
    'Yes.',
    { reasoning: 'Hm.' },
  ],
  'thoughts of version 1': [
    {
      content: [
        { type: 'reasoning', reasoning: 'Hm.' },
        { type: 'text', text: 'Yes.' },
      ],
    },
    'Yes.',
    { reasoning: 'Hm.' },
  ],
  'thoughts of Bedrock': [
    {
      content: [
        { type: 'reasoning_content', reasoningText: { text: 'Hm.', signature: 's' } },
        { type: 'text', text: 'Yes.' },
      ],
    },
    'Yes.',
    { reasoning: 'Hm.' },
  ],
  'thoughts beside the content': [
    { content: 'Yes.', additional_kwargs: { reasoning_content: 'Hm.' } },
    'Yes.',
    { reasoning: 'Hm.' },
  ],
  'thoughts as a summary beside the content': [
    {
      content: 'Yes.',
      additional_kwargs: { reasoning: { summary: [{ type: 'summary_text', text: 'Hm.' }] } },
    },
    'Yes.',
    { reasoning: 'Hm.' },
  ],
  'a call beside its block': [
    { content: [{ type: 'tool_use', ...CALL, input: CALL.args }], tool_calls: [CALL] },
    { tool_calls: called },
  ],
  'a call that stands in a block alone': [
    { content: [{ type: 'tool_use', id: 'call_1', name: 'weather', input: CALL.args }] },
    { tool_calls: called },
  ],
  'a call without arguments': [
    { content: '', tool_calls: [{ id: 'c', name: 'now', args: {} }] },
    { tool_calls: [{ name: 'now', arguments: {}, id: 'c' }] },
  ],
  'a call whose arguments are no JSON': [
    {
      content: '',
      invalid_tool_calls: [{ id: 'call_1', name: 'weather', args: '{"ci', error: 'no JSON' }],
    },
    { tool_calls: [{ name: 'weather', arguments: '{"ci', id: 'call_1', error: 'no JSON' }] },
  ],
  'a legacy function call': [
    {
      content: '',
      additional_kwargs: { function_call: { name: 'weather', arguments: '{"city":"Oslo"}' } },
    },
    { tool_calls: [{ name: 'weather', arguments: { city: 'Oslo' } }] },
  ],
  'a refusal': [
    { content: '', additional_kwargs: { refusal: 'I will not.' } },
    { refusal: 'I will not.' },
  ],
  sound: [
    {
      content: '',
      additional_kwargs: { audio: { id: 'a', transcript: 'Hello.', data: 'QUJD'.repeat(100) } },
    },
    {
      parts: [
        { type: 'audio', audio: { id: 'a', transcript: 'Hello.', data: '[base64, 300 bytes]' } },
      ],
    },
  ],
  'what a hosted tool did': [
    {
      content: [
        { type: 'server_tool_call', id: 's', name: 'web_search', args: { q: 'cats' } },
        { type: 'server_tool_call_result', toolCallId: 's', status: 'success' },
        {
          type: 'text',
          text: 'Cats.',
          annotations: [{ type: 'citation', url: 'https://cats.example' }],
        },
      ],
    },
    {
      content: 'Cats.',
      parts: [
        { type: 'server_tool_call', id: 's', name: 'web_search', args: { q: 'cats' } },
        { type: 'server_tool_call_result', toolCallId: 's', status: 'success' },
      ],
      citations: [{ type: 'citation', url: 'https://cats.example' }],
    },
  ],
  'a block of no standard': [
    { content: [{ type: 'non_standard', value: { type: 'dance', steps: 3 } }] },
    { parts: [{ type: 'dance', steps: 3 }] },
  ],
  'what providers say beside it': [
    {
      content: 'Yes.',
      response_metadata: {
        finish_reason: 'stop',
        model_name: 'm-1',
        safety: [{ category: 'harm' }],
        usage: { service_tier: 'priority' },
        empty: {},
      },
    },
    'Yes.',
    {
      finishReason: 'stop',
      safety: [{ category: 'harm' }],
      billed: { serviceTier: 'priority' },
    },
  ],
};

async function modelStep(run: () => Promise<unknown>): Promise<WireStep> {
  using captured = captureTraces();
  await run().catch(() => {});
  const [row] = await rowsOf(captured, 1);
  return row?.steps[0] as WireStep;
}

const TIMES = ['timeToFirstToken', 'responseId'];
const told = (metadata: object) =>
  Object.fromEntries(
    Object.entries(metadata).filter(([key, value]) => !TIMES.includes(key) && value !== undefined),
  );

describe('the output of a model of LangChain', () => {
  before(() => traceLangChain(CallbackManager));

  for (const [name, [fields, output, metadata = {}]] of Object.entries(messages)) {
    it(`is kept: ${name}, whole and streamed`, async () => {
      const whole = await modelStep(() => new Own([fields]).invoke('hi'));
      assert.deepEqual(whole.output, output);
      assert.deepEqual(told(whole.metadata), metadata);
      const streamed = await modelStep(async () => read(new Own([fields]).stream('hi')));
      // Chunks have no calls but those of which their pieces are made.
      if (fields.tool_calls === undefined && fields.invalid_tool_calls === undefined) {
        assert.deepEqual(streamed.output, output);
        assert.deepEqual(told(streamed.metadata), metadata);
      }
    });
  }

  it('is an array of several answers', async () => {
    const step = await modelStep(() =>
      new Own([{ content: 'one' }, { content: 'two' }]).invoke('hi'),
    );
    assert.deepEqual(step.output, ['one', 'two']);
  });

  it('is an array of several streamed answers', async () => {
    const index = (completion: number) => ({ prompt: 0, completion });
    const model = new Own(
      [{ content: 'one' }, { content: 'zwei' }, { content: ' more' }, { content: ' mehr' }],
      [index(0), index(1), index(0), index(1)],
    );
    const step = await modelStep(async () => read(model.stream('hi')));
    assert.deepEqual(step.output, ['one more', 'zwei mehr']);
  });

  it('is the received part if its stream breaks', async () => {
    const piece = (args: string, id?: string) => ({
      content: '',
      tool_call_chunks: [{ index: 0, args, ...(id !== undefined && { id, name: 'weather' }) }],
    });
    const model = new Own([
      { content: [{ type: 'thinking', thinking: 'ha', index: 0 }] },
      { content: [{ type: 'thinking', thinking: 'ha', index: 0 }] },
      { content: [{ type: 'text', text: 'Let me', index: 1 }] },
      piece('{"city":"Os', 'call_1'),
      piece('lo"}'),
      piece('{"city":"Bergen"}', 'call_2'),
      { content: '', id: 'broken' },
    ]);
    const step = await modelStep(async () => read(model.stream('hi')));
    assert.deepEqual(step.output, {
      content: 'Let me',
      tool_calls: [
        { name: 'weather', arguments: { city: 'Oslo' }, id: 'call_1' },
        { name: 'weather', arguments: { city: 'Bergen' }, id: 'call_2' },
      ],
    });
    assert.equal(step.metadata.reasoning, 'haha');
    assert.equal(step.metadata.partial, true);
    assert.match(String(step.metadata.errorMessage ?? JSON.stringify(step.metadata)), /cut off/);
  });

  it('is a text with its tokens for a model that is no chat model', async () => {
    class Plain extends LLM {
      override _llmType(): string {
        return 'plain';
      }
      override async _call(prompt: string): Promise<string> {
        return `You said: ${prompt}`;
      }
    }
    const step = await modelStep(() => new Plain({}).invoke('hi'));
    assert.equal(step.output, 'You said: hi');
  });

  it('is kept beside the artifact of a tool', async () => {
    const artifacts = tool(async () => ['seen', { page: 7 }], {
      name: 'look',
      description: 'Looks',
      schema: z.object({}),
      responseFormat: 'content_and_artifact',
    });
    const step = await modelStep(() =>
      artifacts.invoke({ type: 'tool_call', id: 'c', name: 'look', args: {} }),
    );
    assert.equal(step.output, 'seen');
    assert.deepEqual(step.metadata.artifact, { page: 7 });
  });

  it('is a failure for a tool whose result is an error', async () => {
    const failing = tool(
      async () => new ToolMessage({ content: 'no weather', status: 'error', tool_call_id: 'c' }),
      { name: 'weather', description: 'None', schema: z.object({}) },
    );
    const step = await modelStep(() =>
      failing.invoke({ type: 'tool_call', id: 'c', name: 'weather', args: {} }),
    );
    assert.equal(step.output, 'no weather');
    assert.match(JSON.stringify(step.metadata), /no weather/);
  });
});

const THOUGHT = { type: 'thinking', thinking: 'I should look.', signature: 'sig' };
const SAID = { type: 'text', text: 'Let me check.' };
const USE = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } };
const message = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5' },
  ...{ stop_reason: 'tool_use', stop_sequence: null },
};
const usage = {
  input_tokens: 11,
  cache_read_input_tokens: 5,
  cache_creation_input_tokens: 4,
  cache_creation: { ephemeral_1h_input_tokens: 4, ephemeral_5m_input_tokens: 0 },
  service_tier: 'priority',
  server_tool_use: { web_search_requests: 2 },
};
const anthropicWhole: Reply = {
  json: { ...message, content: [THOUGHT, SAID, USE], usage: { ...usage, output_tokens: 9 } },
};
const block = (index: number, content_block: object, ...deltas: readonly object[]) => [
  { event: 'content_block_start', type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({
    event: 'content_block_delta',
    type: 'content_block_delta',
    index,
    delta,
  })),
  { event: 'content_block_stop', type: 'content_block_stop', index },
];
const anthropicEvents: Reply = {
  events: [
    {
      event: 'message_start',
      type: 'message_start',
      message: {
        ...message,
        content: [],
        stop_reason: null,
        usage: { ...usage, output_tokens: 0 },
      },
    },
    ...block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: 'I should ' },
      { type: 'thinking_delta', thinking: 'look.' },
      { type: 'signature_delta', signature: 'sig' },
    ),
    ...block(
      1,
      { type: 'text', text: '' },
      { type: 'text_delta', text: 'Let me ' },
      { type: 'text_delta', text: 'check.' },
    ),
    ...block(
      2,
      { ...USE, input: {} },
      { type: 'input_json_delta', partial_json: '{"city":' },
      { type: 'input_json_delta', partial_json: '"Oslo"}' },
    ),
    {
      event: 'message_delta',
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 9 },
    },
    { event: 'message_stop', type: 'message_stop' },
  ],
};

const reasoningItem = {
  ...{ id: 'rs_1', type: 'reasoning' },
  summary: [{ type: 'summary_text', text: 'I should look.' }],
};
const messageItem = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' },
  content: [{ type: 'output_text', text: 'Let me check.', annotations: [], logprobs: [] }],
};
const callItem = {
  ...{ id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'weather' },
  ...{ arguments: '{"city":"Oslo"}', status: 'completed' },
};
const response = {
  ...{ id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'gpt-5-mini' },
  output: [reasoningItem, messageItem, callItem],
  usage: {
    ...{ input_tokens: 11, output_tokens: 9, total_tokens: 20 },
    input_tokens_details: { cached_tokens: 5 },
    output_tokens_details: { reasoning_tokens: 4 },
  },
  ...{ incomplete_details: null, error: null, instructions: 'a secret', tools: [], metadata: {} },
  ...{ parallel_tool_calls: true, tool_choice: 'auto', service_tier: 'default' },
};
const at = (output_index: number, rest: object) => ({ output_index, ...rest });
const responseEvents: Reply = {
  events: [
    {
      type: 'response.created',
      response: { ...response, status: 'in_progress', output: [], usage: null },
    },
    at(0, { type: 'response.output_item.added', item: { ...reasoningItem, summary: [] } }),
    at(0, {
      ...{ type: 'response.reasoning_summary_text.delta', item_id: 'rs_1', summary_index: 0 },
      delta: 'I should look.',
    }),
    at(0, { type: 'response.output_item.done', item: reasoningItem }),
    at(1, { type: 'response.output_item.added', item: { ...messageItem, content: [] } }),
    at(1, {
      ...{ type: 'response.output_text.delta', item_id: 'msg_1', content_index: 0 },
      delta: 'Let me check.',
    }),
    at(1, { type: 'response.output_item.done', item: messageItem }),
    at(2, { type: 'response.output_item.added', item: { ...callItem, arguments: '' } }),
    at(2, {
      ...{ type: 'response.function_call_arguments.delta', item_id: 'fc_1' },
      delta: '{"city":"Oslo"}',
    }),
    at(2, { type: 'response.output_item.done', item: callItem }),
    { type: 'response.completed', response },
  ],
};

const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'The weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};

const clients = {
  ChatAnthropic: (url: string, outputVersion: 'v0' | 'v1') =>
    new ChatAnthropic({
      model: 'claude-sonnet-4-5',
      apiKey: 'k',
      anthropicApiUrl: url,
      maxTokens: 2048,
      maxRetries: 0,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      outputVersion,
    }).bindTools([weather]),
  ChatOpenAI: (url: string, outputVersion: 'v0' | 'v1') =>
    new ChatOpenAI({
      model: 'gpt-5-mini',
      apiKey: 'k',
      configuration: { baseURL: `${url}/v1` },
      useResponsesApi: true,
      maxRetries: 0,
      outputVersion,
    }).bindTools([weather]),
};

const replies = {
  ChatAnthropic: { whole: anthropicWhole, streamed: anthropicEvents },
  ChatOpenAI: { whole: { json: response }, streamed: responseEvents },
};
const facts = {
  ChatAnthropic: { id: 'toolu_1', tokens: [20, 9, 29], responseId: 'msg_1' },
  ChatOpenAI: { id: 'call_1', tokens: [11, 9, 20], responseId: 'resp_1' },
};

describe('a client of LangChain', () => {
  before(() => traceLangChain(CallbackManager));

  for (const name of ['ChatAnthropic', 'ChatOpenAI'] as const) {
    for (const version of ['v0', 'v1'] as const) {
      for (const way of ['whole', 'streamed'] as const) {
        it(`${name} is recorded as by its own client, ${way}, content of ${version}`, async () => {
          const { id, tokens, responseId } = facts[name];
          const step = await stepOfCall(replies[name][way], async (url) => {
            const model = clients[name](url, version);
            if (way === 'whole') await model.invoke('weather?');
            else await read(model.stream('weather?'));
          });
          assert.deepEqual(step.output, {
            content: 'Let me check.',
            tool_calls: [{ name: 'weather', arguments: { city: 'Oslo' }, id }],
          });
          assert.equal(step.metadata.reasoning, 'I should look.');
          assert.equal(step.metadata.responseId, responseId);
          assert.equal(
            step.metadata.finishReason,
            name === 'ChatOpenAI' ? 'completed' : 'tool_use',
          );
          const { promptTokens, completionTokens, usageDetails } = step;
          assert.deepEqual([promptTokens, completionTokens, step.tokens], tokens);
          assert.equal((usageDetails as { cached_tokens?: number }).cached_tokens, 5);
          assert.ok(!JSON.stringify(step).includes('a secret'), 'the request is not repeated');
        });
      }
    }
  }
});

describe("the provider of a LangChain model's step", () => {
  before(() => traceLangChain(CallbackManager));

  const chat: Reply = {
    json: {
      ...{ id: 'c', model: 'gpt-5-mini', object: 'chat.completion' },
      choices: [
        { index: 0, message: { role: 'assistant', content: 'So.' }, finish_reason: 'stop' },
      ],
    },
  };
  const azure = (url: string, more: object = {}) =>
    new AzureChatOpenAI({
      ...{ azureOpenAIApiKey: 'k', azureOpenAIEndpoint: url, maxRetries: 0 },
      ...{ azureOpenAIApiDeploymentName: 'ours', azureOpenAIApiVersion: '2024-10-21' },
      ...more,
    });
  /** A class of another package that uses the converters of OpenAI's. */
  class Stated extends Own {
    readonly #provider: string;

    constructor(provider: string) {
      super([{ content: 'So.', response_metadata: { model_provider: 'openai' } }]);
      this.#provider = provider;
    }

    override getLsParams(options: this['ParsedCallOptions']) {
      return { ...super.getLsParams(options), ls_provider: this.#provider };
    }
  }
  class ChatMistralAI extends Own {}

  const models: Readonly<Record<string, readonly [string, (url: string) => BaseChatModel]>> = {
    AzureChatOpenAI: ['azure', azure],
    'AzureChatOpenAI with the Responses API': [
      'azure',
      (url) => azure(url, { useResponsesApi: true }),
    ],
    'a model that states its provider': ['deepseek', () => new Stated('deepseek')],
    'a model that states it in other letters': ['google', () => new Stated('Google_GenAI')],
    'a model that states it in its response alone': [
      'openai',
      () => new Own([{ content: 'So.', response_metadata: { model_provider: 'openai' } }]),
    ],
    'a model that states it in its name alone': [
      'mistral',
      () => new ChatMistralAI([{ content: 'So.' }]),
    ],
  };
  for (const [name, [provider, modelOf]] of Object.entries(models)) {
    it(`is ${provider}: ${name}`, async () => {
      const answer = (asked: { readonly path: string }) =>
        asked.path.includes('/responses') ? { json: response } : chat;
      const step = await stepOfCall(answer as never, (url) => modelOf(url).invoke('hi'));
      assert.equal(step.provider, provider);
    });
  }
});
