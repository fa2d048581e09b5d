/** What is known of a call is in its step, however many unknown fields the response has: of those, a step keeps the first. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage } from '@langchain/core/messages';
import { setTraceProcessors, withResponseSpan, withTrace } from '@openai/agents';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import { rowsOf } from './stage.ts';

type Json = Readonly<Record<string, unknown>>;

const others: Json = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`other_${i}`, i]));

class Model extends BaseChatModel {
  readonly #about: Json;

  constructor(about: Json) {
    super({});
    this.#about = about;
  }

  override _llmType() {
    return 'own';
  }

  override async _generate() {
    const message = new AIMessage({ content: 'So.', response_metadata: this.#about });
    return { generations: [{ text: 'So.', message }] };
  }
}

const bodyOf = (url: string, body: Json) =>
  tracedFetch({ fetch: async () => Response.json(body) })(url, {
    method: 'POST',
    body: JSON.stringify({ prompt: 'hi', requests: [{ content: { parts: [{ text: 'hi' }] } }] }),
  }).then((response) => response.text());

const failed = { code: 'server_error', message: 'no', param: 'input' };
const CASES: Readonly<
  Record<string, readonly [fact: string, value: unknown, call: () => unknown]>
> = {
  'what Bedrock added to a response': [
    'trace',
    { guardrail: { coverage: 1 } },
    () =>
      bodyOf('https://bedrock-runtime.eu-west-1.amazonaws.com/model/mistral.large/invoke', {
        ...{ ...others, outputs: [{ text: 'So.', stop_reason: 'stop' }] },
        'amazon-bedrock-trace': { guardrail: { coverage: 1 } },
      }),
  ],
  "a stop sequence of LangChain's": [
    'stopSequence',
    'END',
    () => new Model({ ...others, stop_sequence: 'END' }).invoke('hi'),
  ],
  "an error of OpenAI's agents": [
    'errorDetails',
    { code: 'server_error', param: 'input' },
    () =>
      withTrace('workflow', () =>
        withResponseSpan(async ({ spanData }) => {
          const response = { ...others, id: 'r', status: 'failed', error: failed, output: [] };
          Object.assign(spanData, { _input: 'hi', _response: response });
        }),
      ),
  ],
};

describe('a step with more unknown fields than it keeps', () => {
  before(() => {
    traceLangChain(CallbackManager);
    setTraceProcessors([agentsTraceProcessor()]);
  });

  const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];

  for (const [name, [fact, value, call]] of Object.entries(CASES)) {
    it(`has ${name}`, async () => {
      using captured = captureTraces();
      await call();
      const [row] = await rowsOf(captured, 1);
      const steps = row?.steps.flatMap(flat) ?? [];
      const model = steps.find(({ type }) => type === 'chat_completion');
      assert.deepEqual(model?.metadata[fact], value);
      const kept = Object.keys(model?.metadata ?? {}).filter((key) => key.startsWith('other_'));
      assert.ok(kept.length > 80, `${kept.length}`);
    });
  }
});
