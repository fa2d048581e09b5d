/** Agents and workflows of Mastra, whose observability tells our bridge. */

import assert from 'node:assert/strict';
import { createApp } from './apps.ts';

/** Answers as OpenAI does: first by a call of a tool, then by a text. */
const PROVIDER = `
  import { createServer } from 'node:http';
  const usage = {
    input_tokens: 10, output_tokens: 5, total_tokens: 15,
    input_tokens_details: { cached_tokens: 4 }, output_tokens_details: { reasoning_tokens: 2 },
  };
  const head = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5-mini-2026' };
  const call = {
    id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'weather',
    arguments: '{"city":"Oslo"}', status: 'completed',
  };
  const said = {
    id: 'msg_1', type: 'message', role: 'assistant', status: 'completed',
    content: [{ type: 'output_text', text: 'Sunny.', annotations: [], logprobs: [] }],
  };
  export const provider = createServer(async (req, res) => {
    let asked = '';
    for await (const chunk of req) asked += chunk;
    if (asked.includes('please fail')) {
      res.writeHead(400, { 'content-type': 'application/json' });
      res.end('{"error":{"message":"it is 400","type":"invalid_request_error"}}');
      return;
    }
    const item = asked.includes('function_call_output') ? said : call;
    const response = { ...head, status: 'completed', output: [item], usage, service_tier: 'flex' };
    if (!JSON.parse(asked).stream) {
      res.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'req_1' });
      res.end(JSON.stringify(response));
      return;
    }
    const at = { output_index: 0 };
    const delta = item === call
      ? { type: 'response.function_call_arguments.delta', item_id: 'fc_1', delta: call.arguments }
      : { type: 'response.output_text.delta', item_id: 'msg_1', content_index: 0, delta: 'Sunny.' };
    const empty = item === call ? { ...call, arguments: '' } : { ...said, content: [] };
    const events = [
      { type: 'response.created', response: { ...head, status: 'in_progress', output: [] } },
      { type: 'response.output_item.added', ...at, item: { ...empty, status: 'in_progress' } },
      { ...delta, ...at },
      { type: 'response.output_item.done', ...at, item },
      { type: 'response.completed', response },
    ];
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const each of events) {
      res.write('event: ' + each.type + '\\ndata: ' + JSON.stringify(each) + '\\n\\n');
    }
    res.end();
  });
`;

const APP = `
  import { createOpenAI } from '@ai-sdk/openai';
  import { Mastra } from '@mastra/core';
  import { Agent } from '@mastra/core/agent';
  import { createTool } from '@mastra/core/tools';
  import { createStep, createWorkflow } from '@mastra/core/workflows';
  import { Observability } from '@mastra/observability';
  import { step, trace } from '@openlayer-tracing/core';
  import { captureTraces } from '@openlayer-tracing/core/testing';
  import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
  import { mastraBridge } from '@openlayer-tracing/integrations/mastra';
  import { renderTrace } from '@openlayer-tracing/local';
  import { z } from 'zod';
  import { provider } from './provider.mjs';

  await new Promise((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const baseURL = 'http://127.0.0.1:' + provider.address().port + '/v1';
  // The client of the models is traced as well.
  const openai = createOpenAI({ apiKey: 'k', baseURL, fetch: tracedFetch() });
  const weather = createTool({
    id: 'weather',
    description: 'The weather in a city',
    inputSchema: z.object({ city: z.string() }),
    outputSchema: z.any(),
    execute: () => step('look out', async () => ({ sky: 'sunny' })),
  });
  const helper = new Agent({
    id: 'helper', name: 'Helper', instructions: 'Be brief.',
    model: openai('gpt-5-mini'), tools: { weather }, maxRetries: 0,
  });
  const shape = z.object({ city: z.string() });
  const find = createStep({
    id: 'find', inputSchema: shape, outputSchema: shape,
    execute: ({ inputData }) => step('inner', async () => inputData),
  });
  const travel = createWorkflow({ id: 'travel', inputSchema: shape, outputSchema: shape })
    .then(find)
    .commit();
  const observability = new Observability({
    configs: { app: { serviceName: 'app', bridge: mastraBridge() } },
  });
  const mastra = new Mastra({
    logger: false, agents: { helper }, workflows: { travel }, observability,
  });
  const agent = mastra.getAgent('helper');
  const drained = async ({ textStream }) => {
    let text = '';
    for await (const piece of textStream) text += piece;
    return text;
  };
  const show = async (name, run) => {
    const captured = captureTraces();
    await trace(run, { name, output: () => null })().catch(() => {});
    for (const row of await captured.rows()) {
      console.log(renderTrace(row, { timings: false }).split('\\n').slice(1).join('\\n'));
    }
    captured.restore();
  };
  await show('generate', () => agent.generate('hi there'));
  await show('stream', async () => drained(await agent.stream('hi there')));
  await show('fail', () => agent.generate('please fail'));
  await show('workflow', async () => {
    const run = await mastra.getWorkflow('travel').createRun();
    return run.start({ inputData: { city: 'Oslo' } });
  });
  const captured = captureTraces();
  const ask = (i) =>
    trace(() => agent.generate('number ' + i), { name: 'number ' + i, output: () => null })();
  await Promise.all(Array.from({ length: 20 }, (_, i) => ask(i)));
  const rows = await captured.rows();
  const isApart = ({ steps: [root] }) => JSON.stringify(root.steps).includes('"' + root.name + '"');
  console.log(rows.length + ' at once, ' + rows.filter(isApart).length + ' apart');
  process.exit();
`;

const answered = (name: string) => `\
└─ ${name} [user_call]
   └─ Helper [agent]  → {"text":"Sunny.","files":[]}
      ├─ Mastra Chat Completion [chat_completion]  gpt-5-mini-2026  10+5 tokens  → {"tool_calls":[{"name":"weather","arguments":{"city":"Oslo"},"id":"call_…
      ├─ weather [tool]  → {"sky":"sunny"}
      │  └─ look out [user_call]  → {"sky":"sunny"}
      └─ Mastra Chat Completion [chat_completion]  gpt-5-mini-2026  10+5 tokens  → "Sunny."
`;

const PRINTED = `\
${answered('generate')}${answered('stream')}\
└─ fail [user_call]  ✗ it is 400
   └─ Helper [agent]  ✗ it is 400
      └─ Mastra Chat Completion [chat_completion]  gpt-5-mini  ✗ it is 400
└─ workflow [user_call]
   └─ workflow run: 'travel' [chain]  → {"city":"Oslo"}
      └─ workflow step: 'find' [chain]  → {"city":"Oslo"}
         └─ inner [user_call]  → {"city":"Oslo"}
20 at once, 20 apart
`;

describe('in an app of Mastra', function () {
  this.timeout(300_000);

  it('agents and workflows are recorded, each call of a model once', async () => {
    await using app = await createApp('mastra', { type: 'module' });
    await app.write({ 'provider.mjs': PROVIDER, 'app.mjs': APP });
    assert.equal(await app.script('app.mjs'), PRINTED);
  });
});
