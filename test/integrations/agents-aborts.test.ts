/** Runs of OpenAI's agents that the app aborts, or stops reading, are left and have not failed. */

import assert from 'node:assert/strict';
import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  run,
  setTraceProcessors,
} from '@openai/agents';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import OpenAI from 'openai7';
import { type Reply, stepOf } from './far-end.ts';

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];

/** Begins a stream, and never ends. */
const hanging: Reply = (res, req, body) => {
  if (!/"stream":true/.test(body)) return;
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const isChat = req.url?.endsWith('/chat/completions');
  const events = isChat
    ? [{ id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: 'So' } }] }]
    : [
        { type: 'response.created', response: { id: 'r', output: [] } },
        { type: 'response.output_text.delta', delta: 'So', item_id: 'm', output_index: 0 },
      ];
  for (const event of events) res.write(`data: ${JSON.stringify(event)}\n\n`);
};

const models = {
  'the Responses API': (client: OpenAI) => new OpenAIResponsesModel(client as never, 'm'),
  'the Chat Completions API': (client: OpenAI) =>
    new OpenAIChatCompletionsModel(client as never, 'm'),
};

describe("a run of OpenAI's agents", () => {
  before(() => setTraceProcessors([agentsTraceProcessor()]));

  for (const [api, modelOf] of Object.entries(models)) {
    const agentAt = (url: string) => {
      const client = new OpenAI({ apiKey: 'k', baseURL: url, maxRetries: 0 });
      return new Agent({ name: 'helper', instructions: 'help', model: modelOf(client) });
    };

    for (const stream of [false, true]) {
      const how = stream ? 'streamed' : 'whole';
      it(`is left if the app aborts it: ${how}, by ${api}`, async () => {
        const root = await stepOf(hanging, async (url) => {
          const controller = new AbortController();
          setTimeout(() => controller.abort(), 200);
          const { signal } = controller;
          if (!stream) return run(agentAt(url), 'hi', { signal });
          const result = await run(agentAt(url), 'hi', { signal, stream: true });
          for await (const _ of result);
          return result.completed;
        });
        const steps = flat(root);
        assert.ok(steps.length >= 3);
        for (const { name, type, metadata } of steps) {
          assert.equal(metadata?.error, undefined, name);
          if (type === 'chat_completion') assert.equal(metadata?.ended, 'left');
        }
      });
    }

    it(`has a model call that was left if the app stops reading: ${api}`, async () => {
      const root = await stepOf(hanging, async (url) => {
        const result = await run(agentAt(url), 'hi', { stream: true });
        for await (const { type } of result) if (type === 'raw_model_stream_event') break;
      });
      const model = flat(root).find(({ type }) => type === 'chat_completion');
      assert.deepEqual([model?.metadata?.ended, model?.metadata?.error], ['left', undefined]);
    });
  }

  it('has failed if its provider refuses it', async () => {
    const refusing: Reply = (res) => {
      res.writeHead(400, { 'content-type': 'application/json' });
      res.end('{"error":{"message":"no such model"}}');
    };
    const root = await stepOf(refusing, (url) => {
      const client = new OpenAI({ apiKey: 'k', baseURL: url, maxRetries: 0 });
      const model = new OpenAIResponsesModel(client as never, 'm');
      return run(new Agent({ name: 'helper', instructions: 'help', model }), 'hi');
    });
    for (const { metadata } of flat(root)) assert.match(String(metadata?.error), /no such model/);
  });
});
