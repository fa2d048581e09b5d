/** The promise in one test: a traced client, a request, and the step that it became. */

import assert from 'node:assert/strict';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import { express5 } from '../contract/express/frameworks.ts';
import { printed, stageOf, stepsOf } from '../contract/harness/stage.ts';
import { startLlmServer } from '../support/llm-server/index.ts';

it('a call made inside a request is a step of its trace', async () => {
  await using llm = await startLlmServer();
  const openai = traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: `${llm.url}/v1` }), {
    provider: 'openai',
  });
  await using stage = await stageOf(express5, {
    define: (app) =>
      app.route('GET', '/ask', async () => {
        const completion = await openai.chat.completions.create({
          model: 'gpt-5-mini',
          messages: [{ role: 'user', content: 'hi' }],
          temperature: 0.5,
        });
        return { json: { answer: completion.choices[0]?.message.content } };
      }),
  });
  await fetch(`${stage.url}/ask`, { headers: { 'x-request-id': 'r1' } });
  const row = await stage.only();
  assert.equal(
    stepsOf(row),
    printed(`
r1  completed  200
└─ GET /ask [user_call]  → {"answer":"You said: hi — ça va?"}
   └─ OpenAI Chat Completion [chat_completion]  gpt-5-mini-2026  4+6 tokens  → "You said: hi — ça va?"
`),
  );
});
