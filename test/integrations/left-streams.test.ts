/** Streams that the app leaves, of clients that do not cancel the body of the response then. */

import assert from 'node:assert/strict';
import { getTracer } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { GoogleGenAI as GoogleGenAI2 } from 'genai2';
import { GoogleGenAI } from 'genai3';
import { Ollama } from 'ollama0-6';
import { openServer } from './answering.ts';

type Stream = AsyncIterable<unknown>;

interface Streamed {
  readonly stream: (url: string, isTraced: boolean) => Promise<Stream>;
  readonly contentType: string;
  readonly chunk: string;
}

const gemini = (client: GoogleGenAI, isTraced: boolean) =>
  isTraced ? traceGoogleGenAI(client) : client;
const event = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'word ' }] }, index: 0 }],
};
const events = { contentType: 'text/event-stream', chunk: `data: ${JSON.stringify(event)}\n\n` };
const settings = (url: string) => ({ apiKey: 'k', httpOptions: { baseUrl: url } });
const ask = { model: 'gemini-3-flash', contents: 'hi' };
const ollama = (url: string, isTraced: boolean) => {
  const client = new Ollama({ host: url });
  return isTraced ? traceOllama(client) : client;
};
const line = (more: object) =>
  `${JSON.stringify({ model: 'm', created_at: '2026-01-01T00:00:00Z', done: false, ...more })}\n`;
const lines = { contentType: 'application/x-ndjson' };

const STREAMED: Readonly<Record<string, Streamed>> = {
  'Gemini 2': {
    stream: (url, isTraced) =>
      gemini(
        new GoogleGenAI2(settings(url)) as unknown as GoogleGenAI,
        isTraced,
      ).models.generateContentStream(ask),
    ...events,
  },
  'Gemini 3': {
    stream: (url, isTraced) =>
      gemini(new GoogleGenAI(settings(url)), isTraced).models.generateContentStream(ask),
    ...events,
  },
  "Gemini 3's chats": {
    stream: (url, isTraced) =>
      gemini(new GoogleGenAI(settings(url)), isTraced)
        .chats.create({ model: 'gemini-3-flash' })
        .sendMessageStream({ message: 'hi' }),
    ...events,
  },
  "Gemini 3's interactions": {
    stream: (url, isTraced) =>
      gemini(new GoogleGenAI(settings(url)), isTraced).interactions.create({
        model: 'gemini-3-flash',
        input: 'hi',
        stream: true,
      }),
    contentType: 'text/event-stream',
    chunk: [
      { event_type: 'step.start', index: 0, step: { type: 'model_output' } },
      { event_type: 'step.delta', index: 0, delta: { type: 'text', text: 'word ' } },
    ]
      .map((data) => `event: ${data.event_type}\ndata: ${JSON.stringify(data)}\n\n`)
      .join(''),
  },
  "Ollama's chats": {
    stream: (url, isTraced) =>
      ollama(url, isTraced).chat({
        model: 'm',
        messages: [{ role: 'user', content: 'hi' }],
        stream: true,
      }),
    ...lines,
    chunk: line({ message: { role: 'assistant', content: 'word ' } }),
  },
  "Ollama's texts": {
    stream: (url, isTraced) =>
      ollama(url, isTraced).generate({ model: 'm', prompt: 'hi', stream: true }),
    ...lines,
    chunk: line({ response: 'word ' }),
  },
};

const thrown = new Error('of the app');
const LEAVING: Readonly<Record<string, (stream: Stream) => Promise<unknown>>> = {
  async 'by break'(stream) {
    for await (const _ of stream) break;
  },
  async 'by an error of its own'(stream) {
    for await (const _ of stream) throw thrown;
  },
  async 'by return()'(stream) {
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    assert.deepEqual(await iterator.return?.('x'), { done: true, value: 'x' });
  },
};

/** Sends one chunk of a stream that stays open. */
function openStream({ contentType, chunk }: Streamed) {
  return openServer((res) => {
    res.writeHead(200, { 'content-type': contentType });
    res.write(chunk);
  });
}

/** What the app can see of an object, with its prototypes. */
function seenOf(object: object): unknown[] {
  const seen: unknown[] = [];
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    seen.push([at.constructor?.name, Object.keys(at)]);
  }
  return seen;
}

describe('a stream that the app leaves', () => {
  for (const [name, streamed] of Object.entries(STREAMED)) {
    for (const [how, leave] of Object.entries(LEAVING)) {
      it(`of ${name}, ${how}, is recorded at once, outside a request`, async () => {
        await using server = await openStream(streamed);
        using captured = captureTraces();
        const leaving = leave(await streamed.stream(server.url, true));
        if (how === 'by an error of its own') await assert.rejects(leaving, thrown);
        else await leaving;
        assert.equal(getTracer().stats().open, 0);
        const [row] = await captured.rows();
        const [step] = row?.steps ?? [];
        assert.equal(step?.output, 'word ');
        const { partial, ended, unfinished, error } = step?.metadata ?? {};
        assert.deepEqual(
          { partial, ended, unfinished, error },
          { partial: true, ended: 'left', unfinished: undefined, error: undefined },
        );
      });
    }

    it(`of ${name} has left its step in a trace that goes on`, async () => {
      await using server = await openStream(streamed);
      using captured = captureTraces();
      const trace = getTracer().startTrace('job');
      await trace.run(async () => {
        for await (const _ of await streamed.stream(server.url, true)) break;
      });
      trace.end();
      const [row] = await captured.rows();
      const [step] = row?.steps ?? [];
      const { ended, unfinished } = step?.steps[0]?.metadata ?? step?.metadata ?? {};
      assert.deepEqual({ ended, unfinished }, { ended: 'left', unfinished: undefined });
    });

    it(`of ${name} looks as it does without tracing`, async () => {
      await using server = await openStream(streamed);
      using _captured = captureTraces();
      const seen = await Promise.all(
        [false, true].map(async (isTraced) => {
          const stream = await streamed.stream(server.url, isTraced);
          const iterator = stream[Symbol.asyncIterator]();
          const first = await iterator.next();
          const all = [first, seenOf(stream), seenOf(iterator)];
          await iterator.return?.();
          return all;
        }),
      );
      assert.deepEqual(seen[1], seen[0]);
    });
  }
});
