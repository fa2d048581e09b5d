/** Streams that a client stops reading by an error of its own, while the provider's response stays open. */

import assert from 'node:assert/strict';
import AnthropicBedrock from '@anthropic-ai/bedrock-sdk';
import { getTracer } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import Anthropic from 'anthropic1';
import { CohereClient, CohereClientV2 } from 'cohere8';
import { GoogleGenAI as GoogleGenAI2 } from 'genai2';
import { GoogleGenAI } from 'genai3';
import Groq from 'groq-sdk';
import { Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI from 'openai7';
import Together from 'together-ai';
import { later } from '../contract/harness/pause.ts';
import { chunkFrame, exceptionFrame } from '../support/llm-server/bedrock.ts';
import { openServer, read } from './answering.ts';

interface Streamed {
  readonly type: string;
  readonly first: readonly (string | Uint8Array)[];
  /** What makes the client throw. Only `an error` states what failed. */
  readonly failures: Readonly<Record<string, string | Uint8Array>>;
  readonly read: (url: string) => Promise<unknown>;
}

const messages = [{ role: 'user' as const, content: 'hi' }];
const settings = (baseURL: string) => ({
  ...{ apiKey: 'k', baseURL, maxRetries: 0, logLevel: 'off' as const },
});
const sse = (data: object | string, name?: string) =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const SSE = 'text/event-stream';
const chunk = {
  ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' },
  choices: [{ index: 0, delta: { role: 'assistant', content: 'word ' }, finish_reason: null }],
};
const error = { message: 'broke off', type: 'server_error', code: 'overloaded' };
const openAILike = {
  type: SSE,
  first: [sse(chunk)],
  failures: { 'an error': sse({ error }), 'no JSON': sse('{"broke off') },
};
const message = {
  ...{ id: 'm', type: 'message', role: 'assistant', model: 'claude', content: [] },
  ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } },
};
const claude = [
  { type: 'message_start', message },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'word ' } },
];
const candidate = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'word ' }] }, index: 0 }],
};
const geminiError = { error: { code: 503, message: 'broke off', status: 'UNAVAILABLE' } };
const gemini = {
  type: SSE,
  first: [sse(candidate)],
  failures: { 'an error': JSON.stringify(geminiError), 'no JSON': sse('{"broke off') },
};
const google = (url: string) => ({ apiKey: 'k', httpOptions: { baseUrl: url } });
const toGemini = { model: 'gemini-3-flash', contents: 'hi' };
const line = (fields: object) => `${JSON.stringify(fields)}\n`;
const asked = { model: 'm', messages };

const STREAMED: Readonly<Record<string, Streamed>> = {
  OpenAI: {
    ...openAILike,
    read: (url) =>
      read(
        traceOpenAI(new OpenAI(settings(url))).chat.completions.create({ ...asked, stream: true }),
      ),
  },
  "OpenAI's responses": {
    type: SSE,
    first: [
      sse({ type: 'response.created', response: { id: 'r', model: 'm', output: [] } }),
      sse({
        ...{ type: 'response.output_text.delta', item_id: 'i', delta: 'word ' },
        ...{ output_index: 0, content_index: 0 },
      }),
    ],
    failures: { 'an error': sse({ error }), 'no JSON': sse('{"broke off') },
    read: (url) =>
      read(
        traceOpenAI(new OpenAI(settings(url))).responses.create({
          ...{ model: 'm', input: 'hi', stream: true },
        }),
      ),
  },
  Groq: {
    ...openAILike,
    read: (url) =>
      read(traceGroq(new Groq(settings(url))).chat.completions.create({ ...asked, stream: true })),
  },
  Together: {
    ...openAILike,
    read: (url) =>
      read(
        traceTogether(new Together(settings(url))).chat.completions.create({
          ...asked,
          stream: true,
        }),
      ),
  },
  Anthropic: {
    type: SSE,
    first: claude.map((event) => sse(event, event.type)),
    failures: {
      'an error': sse(
        { type: 'error', error: { type: 'overloaded_error', message: 'broke off' } },
        'error',
      ),
      'no JSON': sse('{"broke off', 'content_block_delta'),
    },
    read: (url) =>
      read(
        traceAnthropic(new Anthropic(settings(url))).messages.create({
          ...{ model: 'm', max_tokens: 9, messages, stream: true },
        }),
      ),
  },
  "Anthropic's client for Bedrock": {
    type: 'application/vnd.amazon.eventstream',
    first: claude.map(chunkFrame),
    failures: { 'an error': exceptionFrame('throttlingException') },
    read: (url) =>
      read(
        traceAnthropic(
          new AnthropicBedrock({ baseURL: url, skipAuth: true, maxRetries: 0 }),
        ).messages.create({
          ...{ model: 'anthropic.claude-haiku-4-5', max_tokens: 9, messages, stream: true },
        }),
      ),
  },
  Mistral: {
    type: SSE,
    first: [sse(chunk)],
    failures: { 'no JSON': sse('{"broke off'), 'another shape': sse({ choices: 'broke off' }) },
    read: async (url) =>
      read(await traceMistral(new Mistral({ apiKey: 'k', serverURL: url })).chat.stream(asked)),
  },
  Cohere: {
    type: SSE,
    first: [
      sse(
        { type: 'content-delta', index: 0, delta: { message: { content: { text: 'word ' } } } },
        'content-delta',
      ),
    ],
    failures: { 'no JSON': sse('{"broke off') },
    read: async (url) => {
      const client = new CohereClientV2({ token: 'k', environment: url, maxRetries: 0 });
      return read(await traceCohere(client).chatStream(asked));
    },
  },
  "Cohere's first API": {
    type: 'application/stream+json',
    first: [line({ event_type: 'text-generation', text: 'word ', is_finished: false })],
    failures: { 'no JSON': '{"broke off\n' },
    read: async (url) => {
      const client = new CohereClient({ token: 'k', environment: url, maxRetries: 0 });
      return read(await traceCohere(client).chatStream({ message: 'hi' }));
    },
  },
  'Gemini 2': {
    ...gemini,
    read: (url) => {
      const client = traceGoogleGenAI(new GoogleGenAI2(google(url)));
      return read(client.models.generateContentStream(toGemini));
    },
  },
  'Gemini 3': {
    ...gemini,
    read: (url) => {
      const client = traceGoogleGenAI(new GoogleGenAI(google(url)));
      return read(client.models.generateContentStream(toGemini));
    },
  },
  Ollama: {
    type: 'application/x-ndjson',
    first: [
      line({
        ...{ model: 'm', created_at: '2026-01-01T00:00:00Z', done: false },
        message: { role: 'assistant', content: 'word ' },
      }),
    ],
    failures: { 'an error': line({ error: 'broke off' }) },
    read: async (url) =>
      read(await traceOllama(new Ollama({ host: url })).chat({ ...asked, stream: true })),
  },
};

/** Longer than a step may take to be recorded when its client has thrown. */
const SOON_MS = 600;

describe('a stream that fails while its response stays open', () => {
  for (const [name, streamed] of Object.entries(STREAMED)) {
    for (const [what, failure] of Object.entries(streamed.failures)) {
      for (const isWithin of [false, true]) {
        it(`of ${name}, by ${what}, is recorded at once ${isWithin ? 'in' : 'outside'} a trace`, async () => {
          await using server = await openServer(async (res) => {
            res.writeHead(200, { 'content-type': streamed.type });
            for (const bytes of [...streamed.first, failure]) {
              res.write(bytes);
              // Gemini's clients recognize an error only in a chunk of its own.
              await later(100);
            }
          });
          const reports: string[] = [];
          using captured = captureTraces({
            onDiagnostic: ({ reason, message }) => reports.push(`${reason}: ${message}`),
          });
          const trace = isWithin ? getTracer().startTrace('job') : undefined;
          const call = () => streamed.read(server.url);
          let thrown: unknown;
          try {
            await (trace === undefined ? call() : trace.run(call));
          } catch (error) {
            thrown = error;
          }
          assert.ok(thrown, 'the app gets an error');
          trace?.end();
          for (let waited = 0; (await captured.rows()).length === 0; waited += 10) {
            assert.ok(waited < SOON_MS, `nothing is recorded after ${SOON_MS} ms`);
            await later(10);
          }
          const [row] = await captured.rows();
          const step = isWithin ? row?.steps[0]?.steps[0] : row?.steps[0];
          const { error, unfinished, ended, partial } = step?.metadata ?? {};
          const isStated = what === 'an error';
          assert.deepEqual(
            { unfinished, ended, partial },
            { unfinished: undefined, ended: isStated ? undefined : 'left', partial: true },
          );
          if (isStated) assert.match(JSON.stringify(error), /broke off/);
          else assert.equal(error, undefined);
          assert.match(JSON.stringify(step?.output), /word /);
          await later(20);
          assert.deepEqual(reports, []);
        });
      }
    }
  }
});
