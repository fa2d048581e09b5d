import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createTracer } from '@openlayer-tracing/hono';
import { type LocalServer, renderTrace, startLocalServer } from '@openlayer-tracing/local';
import { createApp } from 'example-hono-streaming';
import { connectModel, LOCAL_BROKEN, LOCAL_MODEL } from 'example-local-model';

interface RunningChat extends AsyncDisposable {
  readonly traces: LocalServer;
  /** Asks as a client does. The request id becomes the inference ID. */
  ask(id: string, question: string, signal?: AbortSignal): Promise<Response>;
}

async function runChat(name = LOCAL_MODEL): Promise<RunningChat> {
  const traces = await startLocalServer();
  const tracer = createTracer({
    apiKey: 'test',
    inferencePipelineId: '2b3c1b6e-51f4-4c8e-9d0a-000000000001',
    baseUrl: traces.url,
    publish: true,
    batch: { maxDelayMs: 0 },
  });
  const model = await connectModel({});
  const { fetch: handle } = createApp({ model: { ...model, name }, tracer });
  const server = createAdaptorServer({ fetch: handle }) as Server;
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    traces,
    ask: (id, question, signal) =>
      fetch(`http://127.0.0.1:${port}/chat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': id },
        body: JSON.stringify({ question, user: 'ada', session: 's1' }),
        ...(signal && { signal }),
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await tracer.shutdown();
      await model[Symbol.asyncDispose]();
      await traces.close();
    },
  };
}

async function treesOf(chat: RunningChat, count: number): Promise<string[]> {
  const rows = await chat.traces.waitForRows(count);
  assert.deepEqual(chat.traces.problems, []);
  return rows.map((row) => renderTrace(row, { timings: false }));
}

describe('the hono chat', () => {
  it('streams an answer, as one trace', async () => {
    await using chat = await runChat();
    const response = await chat.ask('steps', 'How many steps is the climb?');
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(response.headers.get('x-request-id'), 'steps');
    assert.match(await response.text(), /data: \{"type":"finish","inferenceId":"steps"\}\n\n$/);
    assert.deepEqual(await treesOf(chat, 1), [
      `
steps  completed  200
└─ POST /chat [user_call]  → "“The climb is 187 steps.”"
   ├─ build_prompt [chain]  → [{"role":"system","content":"You are the guide of a lighthouse. Answer f…
   └─ OpenAI Chat Completion [chat_completion]  local-extractive  159+7 tokens  → "“The climb is 187 steps.”"
`.trim(),
    ]);
    const row = chat.traces.row('steps');
    assert.deepEqual([row?.user_id, row?.session_id], ['ada', 's1']);
    assert.equal(row?._question, 'How many steps is the climb?');
  });

  it('keeps the trace of an answer whose reader leaves', async () => {
    await using chat = await runChat();
    const leaving = new AbortController();
    const response = await chat.ask('left', 'What does a ticket cost?', leaving.signal);
    await response.body?.getReader().read();
    leaving.abort();
    const [tree = ''] = await treesOf(chat, 1);
    assert.match(tree, /^left {2}aborted {2}200\n└─ POST \/chat \[user_call\]/);
    assert.match(tree, /└─ OpenAI Chat Completion \[chat_completion\]/);
  });

  it('sends an event with the error if the model fails', async () => {
    await using chat = await runChat(LOCAL_BROKEN);
    const response = await chat.ask('broken', 'What does a ticket cost?');
    assert.match(await response.text(), /data: \{"type":"error","inferenceId":"broken"\}\n\n$/);
    const [tree = ''] = await treesOf(chat, 1);
    assert.match(tree, /└─ OpenAI Chat Completion \[chat_completion\].* ✗ /);
  });

  it('refuses a body without a question', async () => {
    await using chat = await runChat();
    const response = await chat.ask('empty', ' ');
    assert.equal(response.status, 400);
    assert.match(await response.text(), /send JSON with a question/);
    assert.deepEqual(await treesOf(chat, 1), [
      `
empty  completed  400
└─ POST /chat [user_call]  → "send JSON with a question: { \\"question\\": \\"...\\" }"
`.trim(),
    ]);
  });
});
