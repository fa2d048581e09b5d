import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/express';
import { renderTrace, startLocalServer } from '@openlayer-tracing/local';
import { connectModel, createApp } from 'example-langgraph-agent';

describe('the LangGraph agent', () => {
  /** Asks the app, and gives what it said and the printed trace. */
  async function ask(question: string): Promise<{ said: string; trace: string }> {
    await using connected = await connectModel({});
    const traces = await startLocalServer();
    const tracer = createTracer({
      apiKey: 'test',
      inferencePipelineId: '2b3c1b6e-51f4-4c8e-9d0a-000000000003',
      baseUrl: traces.url,
      publish: true,
      batch: { maxDelayMs: 0 },
    });
    const server = createApp({ ...connected, tracer }).listen(0);
    try {
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const response = await fetch(`${url}/ask`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': 'kiln' },
        body: JSON.stringify({ question, user: 'ada' }),
      });
      const said = await response.text();
      const [row] = await traces.waitForRows(1);
      assert.ok(row);
      assert.deepEqual(traces.problems, []);
      return { said, trace: renderTrace(row, { timings: false }) };
    } finally {
      server.closeAllConnections();
      server.close();
      await tracer.shutdown();
      await traces.close();
    }
  }

  it('answers from what it looked up, as one trace', async () => {
    const { said, trace } = await ask('When is the kiln fired?');
    assert.match(said, /The kiln is fired on Fridays/);
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

  it('says that it found nothing, and asks no model', async () => {
    const { said, trace } = await ask('Who won?');
    assert.match(said, /say nothing of that/);
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
