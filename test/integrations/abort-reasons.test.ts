/** An app may abort a stream with a reason of its own: it has left then, and nothing has failed. A timeout is a failure. */

import assert from 'node:assert/strict';
import { traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import * as ai6 from 'ai6';
import { createOpenAI } from 'ai6-openai';
import { GoogleGenAI } from 'genai3';
import OpenAI from 'openai7';
import { type Reply, stepOf } from './far-end.ts';

/** Sends this much, and never ends. */
const unfinished =
  (...events: readonly object[]): Reply =>
  (res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) res.write(`data: ${JSON.stringify(event)}\n\n`);
  };

const chunk = { id: 'c', model: 'm', choices: [{ index: 0, delta: { content: 'So' } }] };
const candidate = { candidates: [{ content: { parts: [{ text: 'So' }] } }] };

type Ask = (url: string, signal: AbortSignal, received: () => void) => Promise<unknown>;

const clients: Readonly<Record<string, readonly [Reply, Ask]>> = {
  fetch: [
    unfinished(chunk),
    async (url, signal, received) => {
      const body = JSON.stringify({ model: 'm', stream: true, messages: [] });
      const request = { method: 'POST', body, signal };
      const response = await tracedFetch()(`${url}/v1/chat/completions`, request);
      for await (const _ of response.body ?? []) received();
    },
  ],
  'fetch of a Request': [
    unfinished(chunk),
    async (url, signal, received) => {
      const body = JSON.stringify({ model: 'm', stream: true, messages: [] });
      const headers = { 'content-type': 'application/json' };
      const request = new Request(`${url}/v1/chat/completions`, {
        ...{ method: 'POST', body, headers, signal },
      });
      const response = await tracedFetch()(request);
      for await (const _ of response.body ?? []) received();
    },
  ],
  'the AI SDK': [
    unfinished(chunk),
    async (url, abortSignal, received) => {
      const model = traceModel(createOpenAI({ apiKey: 'k', baseURL: `${url}/v1` }).chat('m'));
      const { fullStream } = ai6.streamText({ model, prompt: 'hi', abortSignal, onError() {} });
      for await (const part of fullStream) if (part.type === 'text-delta') received();
    },
  ],
  "Google's client": [
    unfinished(candidate),
    async (url, abortSignal, received) => {
      const ai = traceGoogleGenAI(new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }));
      const request = { model: 'm', contents: 'hi', config: { abortSignal } };
      for await (const _ of await ai.models.generateContentStream(request)) received();
    },
  ],
  'a job of fal': [
    unfinished({ output: 'So', partial: true }),
    async (url, signal, received) => {
      const toServer: typeof fetch = (_input, init) => fetch(url, init);
      const request = { method: 'POST', body: '{"prompt":"hi"}', signal };
      const send = tracedFetch({ fetch: toServer });
      const response = await send('https://fal.run/fal-ai/any-llm/stream', request);
      for await (const _ of response.body ?? []) received();
    },
  ],
};

describe('a stream that the app aborts with its own reason', () => {
  for (const [client, [reply, ask]] of Object.entries(clients)) {
    for (const [kind, reason] of Object.entries({
      'an error': new RangeError('the user left'),
      'a string': 'the user left',
    })) {
      it(`is left, and has not failed: ${client}, ${kind}`, async () => {
        const controller = new AbortController();
        const step = await stepOf(reply, (url) =>
          ask(url, controller.signal, () => controller.abort(reason)),
        );
        assert.deepEqual([step.metadata?.ended, step.metadata?.error], ['left', undefined]);
        assert.match(JSON.stringify(step.output), /So/);
      });
    }

    // Google's client aborts its fetch without the reason.
    if (client === "Google's client") continue;
    it(`has failed if its time is over: ${client}`, async () => {
      const controller = new AbortController();
      const reason = new DOMException('too slow', 'TimeoutError');
      const step = await stepOf(reply, (url) =>
        ask(url, controller.signal, () => controller.abort(reason)),
      );
      assert.match(JSON.stringify(step.metadata?.error), /too slow/);
    });
  }
});

describe('a call that is a trace of its own and that the app aborts before a response', () => {
  it('has its row at once, since the client does not retry it', async () => {
    const silent: Reply = () => {};
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const before = performance.now();
    const step = await stepOf(silent, (url) =>
      traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: `${url}/v1` })).chat.completions.create(
        { model: 'm', messages: [] },
        { signal: controller.signal },
      ),
    );
    assert.ok(performance.now() - before < 3000);
    assert.notEqual(step.metadata?.error, undefined);
  }).timeout(15_000);
});
