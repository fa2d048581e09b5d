/** Anthropic's clients for the clouds that offer its models, and its older text completions. */

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import AnthropicBedrock, { AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import Anthropic60 from 'anthropic0-60';
import { chunkFrame } from '../support/llm-server/bedrock.ts';
import { drain, json, sse, stepOf, stepsOf } from './far-end.ts';

type Vertex = ConstructorParameters<typeof AnthropicVertex>[0];

const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 20 };
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-6',
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  usage,
};
const EVENTS = [
  { type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } },
];
const STOP = { type: 'message_stop' };
const asked = (model: string) => ({
  model,
  max_tokens: 9,
  messages: [{ role: 'user' as const, content: 'Hello' }],
});

function frames(res: ServerResponse): void {
  const metrics = { inputTokenCount: 10, outputTokenCount: 5, firstByteLatency: 7 };
  const last = { ...STOP, 'amazon-bedrock-invocationMetrics': metrics };
  res.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  for (const event of [...EVENTS, last]) res.write(chunkFrame(event));
  res.end();
}

const auth = {
  projectId: 'p',
  getRequestHeaders: async () => new Headers({ authorization: 'Bearer t' }),
} as unknown as NonNullable<Vertex>['authClient'];

/** Each client asks for one whole answer, or for a stream. */
const clouds = {
  Bedrock: {
    model: 'us.anthropic.claude-sonnet-4-6-v1:0',
    provider: 'bedrock',
    region: 'us',
    client: (baseURL: string) => new AnthropicBedrock({ baseURL, skipAuth: true }),
    stream: frames,
  },
  'Bedrock by its newer path': {
    model: 'claude-sonnet-4-6',
    provider: 'bedrock',
    region: undefined,
    client: (baseURL: string) => new AnthropicBedrockMantle({ baseURL, skipAuth: true }),
    stream: sse([...EVENTS, STOP]),
  },
  'Vertex AI': {
    model: 'claude-sonnet-4-6',
    provider: 'google',
    region: 'us-east5',
    client: (url: string) =>
      new AnthropicVertex({ baseURL: `${url}/v1`, region: 'us-east5', authClient: auth }),
    stream: sse([...EVENTS, STOP]),
  },
};

describe("Anthropic's client for a cloud", () => {
  for (const [name, { model, provider, region, client, stream }] of Object.entries(clouds)) {
    for (const isStream of [false, true]) {
      it(`records its calls: ${name}, ${isStream ? 'streamed' : 'whole'}`, async () => {
        let text = '';
        const step = await stepOf(isStream ? stream : json(MESSAGE), async (url) => {
          const traced = traceAnthropic(client(url));
          if (isStream) {
            for await (const event of await traced.messages.create({
              ...asked(model),
              stream: true,
            })) {
              if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
                text += event.delta.text;
              }
            }
          } else {
            const answer = await traced.messages.create(asked(model));
            text = answer.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
          }
        });
        assert.equal(text, 'Hi');
        assert.deepEqual(
          [step.name, step.type, step.provider, step.model, step.output],
          ['Anthropic Chat Completion', 'chat_completion', provider, model, 'Hi'],
        );
        assert.deepEqual([step.promptTokens, step.completionTokens], [30, 5]);
        assert.deepEqual((step.metadata.billed as { region?: string } | undefined)?.region, region);
        assert.deepEqual(step.inputs, { prompt: [{ role: 'user', content: 'Hello' }] });
        assert.equal(step.metadata.partial, undefined);
        assert.equal(step.metadata.finishReason, 'end_turn');
      });
    }
  }

  it('does not record requests that only count tokens', async () => {
    const steps = await stepsOf(
      json({ input_tokens: 3 }),
      async (url) => {
        const client = traceAnthropic(clouds['Vertex AI'].client(url)) as AnthropicVertex;
        const { model, messages } = asked('claude-sonnet-4-6');
        await client.messages.countTokens({ model, messages });
      },
      0,
    );
    assert.deepEqual(steps, []);
  });

  it('has requests that tracedFetch recognises by their paths', async () => {
    const step = await stepOf(json(MESSAGE), async (url) => {
      const fetch = tracedFetch({ client: 'Gateway' });
      const path = '/model/eu.anthropic.claude-sonnet-4-6-v1%3A0/invoke';
      const body = JSON.stringify({ ...asked('x'), anthropic_version: 'bedrock-2023-05-31' });
      await (await fetch(url + path, { method: 'POST', body })).json();
    });
    assert.deepEqual(
      [step.name, step.provider, step.model],
      ['Gateway Chat Completion', 'bedrock', 'eu.anthropic.claude-sonnet-4-6-v1:0'],
    );
  });
});

describe("Anthropic's older completions", () => {
  const COMPLETION = {
    id: 'compl_1',
    type: 'completion',
    completion: ' Hello there',
    stop_reason: 'stop_sequence',
    stop: '\n\nHuman:',
    model: 'claude-2.1',
    log_id: 'l1',
  };
  const params = { model: 'claude-2.1', prompt: '\n\nHuman: hi', max_tokens_to_sample: 9 };

  for (const stream of [false, true]) {
    it(`are recorded ${stream ? 'streamed' : 'whole'}`, async () => {
      const pieces = [
        { ...COMPLETION, completion: ' Hello', stop_reason: null, stop: null },
        { type: 'ping' },
        { ...COMPLETION, completion: ' there' },
      ];
      const step = await stepOf(stream ? sse(pieces) : json(COMPLETION), async (baseURL) => {
        const client = traceAnthropic(new Anthropic60({ apiKey: 'k', baseURL }));
        if (stream) await drain(await client.completions.create({ ...params, stream }));
        else await client.completions.create(params);
      });
      assert.deepEqual(
        [step.name, step.model, step.output],
        ['Anthropic Completion', 'claude-2.1', ' Hello there'],
      );
      const { finishReason, stopSequence, responseId, log_id, partial } = step.metadata;
      assert.deepEqual(
        [finishReason, stopSequence, responseId, partial],
        ['stop_sequence', '\n\nHuman:', 'compl_1', undefined],
      );
      assert.match(String(log_id), /^l1/);
    });
  }
});
