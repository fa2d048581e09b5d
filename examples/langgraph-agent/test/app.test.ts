import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/express';
import { renderTrace, startLocalServer } from '@openlayer-tracing/local';
import { createApp } from 'example-langgraph-agent';
import { connectModel } from 'example-local-model';

describe('the LangGraph agent', () => {
  /** Asks the app. @returns the response's text and the printed trace */
  async function ask(question: string): Promise<{ text: string; trace: string }> {
    await using model = await connectModel({});
    const traces = await startLocalServer();
    const tracer = createTracer({
      apiKey: 'test',
      inferencePipelineId: '2b3c1b6e-51f4-4c8e-9d0a-000000000003',
      baseUrl: traces.url,
      publish: true,
      batch: { maxDelayMs: 0 },
    });
    const server = createApp({ model, tracer }).listen(0);
    try {
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const response = await fetch(`${url}/ask`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': 'kiln' },
        body: JSON.stringify({ question, user: 'ada' }),
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

  it('answers from the rules that it found, as one trace', async () => {
    const { text, trace } = await ask('When is the kiln fired?');
    assert.match(text, /The kiln is fired on Fridays/);
    assert.equal(
      trace,
      `
kiln  completed  200
└─ POST /ask [user_call]  → {"answer":"“The kiln is fired on Fridays.”"}
   └─ house_rules [agent]  → {"question":"When is the kiln fired?","rules":["The kiln is fired on Fri…
      ├─ research [chain]  → {"rules":["The kiln is fired on Fridays."]}
      │  ├─ look_up [tool]  → ["The kiln is fired on Fridays."]
      │  └─ RunnableLambda [chain]  → {"output":"respond"}
      └─ respond [chain]  → {"answer":"“The kiln is fired on Fridays.”"}
         └─ LangChain Chat Completion [chat_completion]  local-extractive  38+7 tokens  → "“The kiln is fired on Fridays.”"
`.trim(),
    );
  });

  it('responds without the model if it finds no rule', async () => {
    const { text, trace } = await ask('Who won?');
    assert.match(text, /say nothing of that/);
    assert.equal(
      trace,
      `
kiln  completed  200
└─ POST /ask [user_call]  → {"answer":"The rules of the house say nothing of that."}
   └─ house_rules [agent]  → {"question":"Who won?","rules":[],"answer":"The rules of the house say n…
      ├─ research [chain]  → {"rules":[]}
      │  ├─ look_up [tool]  → []
      │  └─ RunnableLambda [chain]  → {"output":"give_up"}
      └─ give_up [chain]  → {"answer":"The rules of the house say nothing of that."}
`.trim(),
    );
  });
});
