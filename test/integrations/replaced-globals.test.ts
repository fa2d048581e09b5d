/** Servers that replace the global `Request` and `Response`, as Hono's on Node does, beside clients that are traced. */

import assert from 'node:assert/strict';
import { getRequestListener } from '@hono/node-server';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { HTTPClient, Mistral } from 'mistral2';
import OpenAI from 'openai7';

const { Request: OwnRequest, Response: OwnResponse } = globalThis;
const answer: typeof fetch = async () => OwnResponse.json({ choices: [] });
const asked = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };
const URL = 'https://api.openai.com/v1/chat/completions';
const init = () => ({
  method: 'POST',
  body: JSON.stringify(asked),
  headers: { 'content-type': 'application/json' },
});

const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  'a client that makes requests of a class of its own': () =>
    traceMistral(
      new Mistral({ apiKey: 'k', httpClient: new HTTPClient({ fetcher: answer as never }) }),
    ).chat.complete(asked),
  'a client that gives an address and what to send': () =>
    traceOpenAI(new OpenAI({ apiKey: 'k', fetch: answer })).chat.completions.create(asked),
  "a fetch that is given one of Node's requests": () =>
    tracedFetch({ fetch: answer })(new OwnRequest(URL, init())).then((said) => said.text()),
  "a fetch that is given one of the server's requests": () =>
    tracedFetch({ fetch: answer })(new Request(URL, init())).then((said) => said.text()),
};

describe('a server that has replaced the global Request and Response', () => {
  before(() => {
    getRequestListener(() => new Response('x'));
    assert.notEqual(Request, OwnRequest);
  });
  after(() => Object.assign(globalThis, { Request: OwnRequest, Response: OwnResponse }));

  for (const [way, ask] of Object.entries(ways)) {
    it(`hides no call of ${way}`, async () => {
      using captured = captureTraces();
      await ask().catch(() => {});
      const rows = await captured.rows();
      assert.deepEqual(
        rows.map(({ steps }) => [steps[0]?.type, steps[0]?.model]),
        [['chat_completion', 'm']],
      );
    });
  }
});
