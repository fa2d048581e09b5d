/**
 * A call that the app aborts, or whose request's client leaves, is left, and nothing has failed. A timeout is a failure, whether the
 * app or the client has set it.
 */

import assert from 'node:assert/strict';
import { traceModel } from '@openlayer-tracing/integrations/ai-sdk';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import * as ai6 from 'ai6';
import { createOpenAI } from 'ai6-openai';
import { GoogleGenAI } from 'genai3';
import OpenAI from 'openai7';
import { forgetControllers, keepControllers } from '../support/kept-controllers.ts';
import { CLIENTS, traceFrameworks } from './abort-clients.ts';
import { type Cell, cellsOf, endOf, expectedEnd } from './abort-table.ts';
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

before(keepControllers);
after(forgetControllers);

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

describe('a call that does not run to its end', () => {
  before(traceFrameworks);

  for (const [name, client] of Object.entries(CLIENTS)) {
    for (const where of ['inside', 'outside'] as const) {
      it(`is left if it was aborted, and has failed if its time was over: ${name}, ${where} a request`, async () => {
        const cells = await cellsOf(client, where);
        const told = (cell: Cell, ends: readonly string[]) =>
          `${cell.place}, ${cell.way}: ${[...new Set(ends)].join('; ')}`;
        assert.deepEqual(
          cells.map((cell) => told(cell, cell.steps.map(endOf))),
          cells.map((cell) => told(cell, [expectedEnd(client, cell)])),
        );
        const { timeoutError } = client;
        if (timeoutError === undefined) return;
        for (const { way, steps, thrown } of cells) {
          if (way !== "the client's own timeout") continue;
          const [{ metadata = {} } = {}] = steps;
          assert.deepEqual([metadata.errorType, metadata.error], timeoutError);
          const { message, constructor: Thrown } = thrown as Error;
          assert.deepEqual([Thrown.name, message], timeoutError);
        }
      }).timeout(30_000);
    }
  }
});

describe('a client of OpenAI that sends its requests by a traced fetch', () => {
  it('has a call that failed if the timeout that its headers state is over', async () => {
    const step = await stepOf(
      () => {},
      (url) =>
        new OpenAI({
          ...{ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 },
          fetch: tracedFetch(),
        }).chat.completions.create({ model: 'm', messages: [] }, { timeout: 1100 }),
    );
    assert.equal(endOf(step), 'timed out');
  }).timeout(20_000);
});
