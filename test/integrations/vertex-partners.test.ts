/** Models of others on Vertex AI: of Google's partners, whose one path is that of all requests, and of the app itself. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { HTTPClient, Mistral } from 'mistral2';
import { read } from './answering.ts';
import { rowsOf } from './stage.ts';

const HOST = 'https://us-central1-aiplatform.googleapis.com';
const MODELS = `${HOST}/v1/projects/p/locations/us-central1/publishers`;

const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
const base = { id: 'x', created: 1, model: 'mistral-small-2503', usage };
const whole = {
  ...{ ...base, object: 'chat.completion' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
};
const chunk = {
  ...{ ...base, object: 'chat.completion.chunk' },
  choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }],
};

const json = (value: unknown) => async () => Response.json(value);
const events = (...values: readonly object[]) => {
  const lines = [...values.map((each) => JSON.stringify(each)), '[DONE]'];
  const body = lines.map((line) => `data: ${line}\n\n`).join('');
  return async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
};

interface CreateRequestHooks {
  registerBeforeCreateRequestHook(hook: {
    beforeCreateRequest(context: unknown, input: { url: URL; options?: RequestInit }): unknown;
  }): void;
}

/** Mistral's client as its package for Google Cloud makes it: a hook changes the paths. */
function onGoogleCloud(respond: () => Promise<Response>): Mistral {
  const client = new Mistral({
    apiKey: 'k',
    serverURL: HOST,
    httpClient: new HTTPClient({ fetcher: respond }),
  });
  const { hooks } = (client as unknown as { _options: { hooks: CreateRequestHooks } })._options;
  hooks.registerBeforeCreateRequestHook({
    beforeCreateRequest: (_context, input) => {
      const { model, stream } = JSON.parse(String(input.options?.body));
      const verb = stream === true ? 'streamRawPredict' : 'rawPredict';
      input.url.pathname = new URL(`${MODELS}/mistralai/models/${model}:${verb}`).pathname;
      return input;
    },
  });
  return traceMistral(client);
}

async function stepOf(call: () => Promise<unknown>): Promise<WireStep> {
  using captured = captureTraces();
  await call();
  const [row] = await rowsOf(captured, 1);
  return row?.steps[0] as WireStep;
}

const facts = ({ name, provider, model, output, tokens }: WireStep) => ({
  ...{ name, provider, model, output, tokens },
});
const messages = [{ role: 'user' as const, content: 'hello' }];

describe('a model of others on Vertex AI', () => {
  const model = 'mistral-small-2503';
  const expected = { provider: 'google', model, output: 'hi', tokens: 4 };

  it("is recorded by Mistral's client: a chat, whole and streamed", async () => {
    const step = await stepOf(() => onGoogleCloud(json(whole)).chat.complete({ model, messages }));
    assert.deepEqual(facts(step), { name: 'Mistral Chat Completion', ...expected });
    const streamed = await stepOf(() =>
      read(onGoogleCloud(events(chunk)).chat.stream({ model, messages })),
    );
    assert.deepEqual(facts(streamed), { name: 'Mistral Chat Completion', ...expected });
  });

  it("is recorded by Mistral's client: a completion, whole and streamed", async () => {
    const params = { model, prompt: 'one, two', suffix: 'four' };
    const step = await stepOf(() => onGoogleCloud(json(whole)).fim.complete(params));
    assert.deepEqual(facts(step), { name: 'Mistral Completion', ...expected });
    assert.deepEqual(step.inputs, {
      prompt: [{ role: 'user', content: 'one, two' }],
      suffix: 'four',
    });
    const streamed = await stepOf(() => read(onGoogleCloud(events(chunk)).fim.stream(params)));
    assert.deepEqual(facts(streamed), { name: 'Mistral Completion', ...expected });
  });

  for (const [what, path, params, answer, name] of [
    ['a chat of AI21', 'ai21/models/jamba-1.5', { messages }, whole, 'LLM Chat Completion'],
    [
      'a document of Mistral',
      'mistralai/models/mistral-ocr-2505',
      { document: { type: 'document_url', document_url: 'https://example.com/a.pdf' } },
      { model: 'mistral-ocr-2505', pages: [{ index: 0, markdown: 'hi' }] },
      'LLM OCR',
    ],
    [
      'a model that the app has deployed',
      '../endpoints/99',
      { instances: [{ prompt: 'hello' }] },
      { predictions: ['hi'], deployedModelId: '1' },
      'LLM Prediction',
    ],
  ] as const) {
    it(`is recorded by a traced fetch: ${what}`, async () => {
      const send = tracedFetch({ fetch: json(answer) });
      const step = await stepOf(async () => {
        const init = { method: 'POST', body: JSON.stringify(params) };
        await (
          await send(`${MODELS}/${path}:${'instances' in params ? 'predict' : 'rawPredict'}`, init)
        ).text();
      });
      assert.equal(step.name, name);
      assert.match(JSON.stringify(step.output), /hi/);
      assert.match(JSON.stringify(step.metadata.billed), /"region":"us-central1"/);
    });
  }
});
