/** Words beside an answer that may repeat what was sent: where content is not recorded, they are not either. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { rerank as rerank6 } from 'ai6';
import { rerank as rerank7 } from 'ai7';
import { BedrockAgentRuntimeClient, InvokeAgentCommand } from 'bedrock-agent3';
import { BedrockRuntimeClient, InvokeModelCommand } from 'bedrock3';
import { CohereClient, CohereClientV2 } from 'cohere8';
import { eventFrame } from '../support/llm-server/bedrock.ts';
import { drain, type FarEnd, frames, json, type Reply, sse, stepsOf } from './far-end.ts';

const WORDS = 'canary-41c7';

interface Options {
  readonly content?: boolean;
  readonly redact?: () => string;
}
interface Told {
  readonly farEnd: Reply | FarEnd;
  readonly call: (url: string, options: Options) => Promise<unknown>;
}

const meta = {
  warnings: [WORDS],
  billed_units: { input_tokens: 1 },
  api_version: { version: '2' },
};
const old = (url: string, options: Options) =>
  traceCohere(new CohereClient({ token: 'k', environment: url, maxRetries: 0 }), options);
const cohere = (url: string, options: Options) =>
  traceCohere(new CohereClientV2({ token: 'k', environment: url, maxRetries: 0 }), options);
const messages = [{ role: 'user' as const, content: 'hi' }];
const answer = { role: 'assistant', content: [{ type: 'text', text: 'hi' }] };

const ranking = (rerank: typeof rerank7, specificationVersion: string): Told => ({
  farEnd: json({}),
  call: async (_, options) => {
    const model = {
      ...{ specificationVersion, provider: 'acme', modelId: 'rank' },
      doRerank: async () => ({ ranking: [{ index: 0, relevanceScore: 1 }] }),
    };
    await rerank({
      model: traceModel(model as never, options) as never,
      query: 'q',
      documents: ['d'],
      providerOptions: { acme: { user: WORDS, instruction: WORDS } },
      // Telemetry that is registered for the whole process has options of its own.
      telemetry: { isEnabled: false },
    });
  },
});

const CASES: Readonly<Record<string, Told>> = {
  'the warnings of a chat of Cohere': {
    farEnd: json({ id: 'x', finish_reason: 'COMPLETE', message: answer, usage: meta }),
    call: (url, options) => cohere(url, options).chat({ model: 'm', messages }),
  },
  'the warnings of a stream of Cohere': {
    farEnd: sse([
      { type: 'content-delta', delta: { message: { content: { text: 'hi' } } } } as never,
      { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: meta } } as never,
    ]),
    call: async (url, options) =>
      drain(await cohere(url, options).chatStream({ model: 'm', messages })),
  },
  "the warnings of Cohere's first chat": {
    farEnd: json({ text: 'hi', generation_id: 'g', meta }),
    call: (url, options) => old(url, options).chat({ message: 'hi' }),
  },
  "the warnings of Cohere's embeddings": {
    farEnd: json({ id: 'x', embeddings: { float: [[0.1]] }, meta }),
    call: (url, options) =>
      cohere(url, options).embed({ model: 'm', texts: ['a'], inputType: 'search_query' }),
  },
  "the warnings of Cohere's rankings": {
    farEnd: json({ id: 'x', results: [{ index: 0, relevance_score: 1 }], meta }),
    call: (url, options) =>
      cohere(url, options).rerank({ model: 'm', query: 'q', documents: ['d'] }),
  },
  "the warnings of Cohere's texts": {
    farEnd: json({ id: 'x', generations: [{ id: 'g', text: 'hi' }], meta }),
    call: (url, options) => old(url, options).generate({ prompt: 'p' }),
  },
  "the warnings of Cohere's summaries": {
    farEnd: json({ id: 'x', summary: 'hi', meta }),
    call: (url, options) => old(url, options).summarize({ text: 'p' }),
  },
  "the warnings of Cohere's classes": {
    farEnd: json({ id: 'x', classifications: [{ id: 'c', prediction: 'a' }], meta }),
    call: (url, options) => old(url, options).classify({ inputs: ['a'] }),
  },
  'the options of a ranking of AI SDK 6': ranking(rerank6 as never, 'v3'),
  'the options of a ranking of AI SDK 7': ranking(rerank7, 'v4'),
  'the reason for which an image of Bedrock was not created': {
    farEnd: { isHttp2: true, reply: json({ images: [], finish_reasons: [WORDS] }) },
    call: (endpoint, options) => {
      const client = new BedrockRuntimeClient({
        ...{ region: 'eu-west-1', endpoint, maxAttempts: 1 },
        credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      });
      const body = JSON.stringify({ prompt: 'hi' });
      const modelId = 'stability.stable-image-core-v1:1';
      return traceBedrock(client, options).send(new InvokeModelCommand({ modelId, body }));
    },
  },
  "the error of a tool that Bedrock's agent ran": {
    farEnd: {
      isHttp2: true,
      reply: frames([
        eventFrame('trace', {
          trace: {
            orchestrationTrace: {
              invocationInput: {
                traceId: 't',
                codeInterpreterInvocationInput: { code: 'f()' },
              },
            },
          },
        }),
        eventFrame('trace', {
          trace: {
            orchestrationTrace: {
              observation: {
                traceId: 't',
                type: 'ACTION_GROUP',
                codeInterpreterInvocationOutput: { executionError: WORDS },
              },
            },
          },
        }),
        eventFrame('chunk', { bytes: Buffer.from('hi').toString('base64') }),
      ]),
    },
    call: async (endpoint, options) => {
      const client = new BedrockAgentRuntimeClient({
        region: 'eu-west-1',
        endpoint,
        credentials: { accessKeyId: 'a', secretAccessKey: 's' },
        maxAttempts: 1,
      });
      const asked = { agentId: 'A', agentAliasId: 'B', sessionId: 's', inputText: 'hi' };
      const command = new InvokeAgentCommand(asked);
      const { completion } = await traceBedrock(client, options).send(command);
      await drain(completion);
    },
  },
};

describe('the other fields of a response', () => {
  for (const [what, { farEnd, call }] of Object.entries(CASES)) {
    const toldOf = async (options: Options): Promise<string> => {
      const steps: readonly WireStep[] = await stepsOf(farEnd, (url) => call(url, options));
      assert.ok(steps.length > 0);
      return JSON.stringify(steps);
    };

    it(`${what} are recorded`, async () => {
      assert.match(await toldOf({}), new RegExp(WORDS));
    });

    it(`${what} are not recorded with content: false`, async () => {
      assert.doesNotMatch(await toldOf({ content: false }), new RegExp(WORDS));
    });
  }

  it('the error of a tool is redacted', async () => {
    const { farEnd, call } = CASES["the error of a tool that Bedrock's agent ran"] as Told;
    const steps = await stepsOf(farEnd, (url) => call(url, { redact: () => 'redacted' }));
    assert.doesNotMatch(JSON.stringify(steps), new RegExp(WORDS));
    assert.match(JSON.stringify(steps), /"error":"redacted"/);
  });
});
