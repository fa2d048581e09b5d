import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/express';
import { renderTrace, startLocalServer } from '@openlayer-tracing/local';
import { createApp } from 'example-ai-sdk-chat';
import { connectModel } from 'example-local-model';

describe('the AI SDK chat', () => {
  const QUESTION = { question: 'When is the kiln fired?', user: 'ada' };

  /** Asks the app on a path. @returns the response's text and the printed trace */
  async function ask(path: string): Promise<{ text: string; trace: string }> {
    await using model = await connectModel({});
    const traces = await startLocalServer();
    const tracer = createTracer({
      apiKey: 'test',
      inferencePipelineId: '2b3c1b6e-51f4-4c8e-9d0a-000000000002',
      baseUrl: traces.url,
      publish: true,
      batch: { maxDelayMs: 0 },
    });
    const server = createApp({ model, tracer }).listen(0);
    try {
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': 'kiln' },
        body: JSON.stringify(QUESTION),
      });
      const text = await response.text();
      const [row] = await traces.waitForRows(1);
      assert.ok(row);
      assert.deepEqual(traces.problems, []);
      return { text, trace: renderTrace(row, { timings: false }) };
    } finally {
      server.closeAllConnections();
      server.close();
      await tracer.shutdown();
      await traces.close();
    }
  }

  it('answers, as one trace', async () => {
    const { text, trace } = await ask('/chat');
    assert.match(text, /The kiln is fired on Fridays/);
    assert.equal(
      trace,
      `
kiln  completed  200
└─ POST /chat [user_call]  → {"answer":"“The kiln is fired on Fridays.”"}
   └─ AI SDK generateText [chain]  → "“The kiln is fired on Fridays.”"
      └─ AI SDK Chat Completion [chat_completion]  local-extractive  67+7 tokens  → "“The kiln is fired on Fridays.”"
`.trim(),
    );
  });

  it('streams, as one trace', async () => {
    const { text, trace } = await ask('/chat/stream');
    assert.match(text, /The kiln is fired on Fridays/);
    assert.equal(
      trace,
      `
kiln  completed  200
└─ POST /chat/stream [user_call]  → "“The kiln is fired on Fridays.”"
   └─ AI SDK streamText [chain]  → "“The kiln is fired on Fridays.”"
      └─ AI SDK Chat Completion [chat_completion]  local-extractive  67+7 tokens  → "“The kiln is fired on Fridays.”"
`.trim(),
    );
  });
});
