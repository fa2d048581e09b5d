/** Whatever a model says, and in whichever pieces it comes: its step says the same of it whole and streamed. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import { Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import { type Reply, read, stepOfCall } from './answering.ts';

/** What a model said, in order. */
type Said =
  | { readonly text: string }
  | { readonly thought: string }
  | { readonly call: string; readonly args: object }
  | { readonly picture: string };

interface Provider {
  whole(said: readonly Said[]): Reply;
  streamed(said: readonly Said[]): Reply;
  ask(url: string, isStream: boolean): Promise<unknown>;
  /** Whether its models make pictures. */
  readonly makesPictures?: boolean;
}

const messages = [{ role: 'user' as const, content: 'hi' }];
const request = { model: 'm', messages };

const providers: Readonly<Record<string, Provider>> = {
  Google: {
    makesPictures: true,
    whole: (said) => ({ json: candidate(said, true) }),
    streamed: (said) => ({
      events: said.map((each, i) => candidate([each], i === said.length - 1)),
    }),
    async ask(url, isStream) {
      const client = traceGoogleGenAI(
        new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }),
      );
      const asked = { model: 'm', contents: 'hi' };
      if (isStream) await read(client.models.generateContentStream(asked));
      else await client.models.generateContent(asked);
    },
  },
  Mistral: {
    whole: (said) => ({ json: { ...choice('message', said), usage: USAGE } }),
    streamed: (said) => ({
      events: [
        ...said.map((each) => choice('delta', [each])),
        { ...choice('delta', []), usage: USAGE },
        '[DONE]',
      ],
    }),
    async ask(url, isStream) {
      const client = traceMistral(new Mistral({ apiKey: 'k', serverURL: url }));
      if (isStream) await read(await client.chat.stream(request));
      else await client.chat.complete(request);
    },
  },
  Cohere: {
    whole: (said) => ({
      json: {
        id: 'c',
        finish_reason: 'COMPLETE',
        message: {
          role: 'assistant',
          content: said.flatMap((each) => cohereParts(each)),
          tool_calls: said.flatMap((each) => openAICalls(each)),
        },
      },
    }),
    streamed: (said) => ({
      events: [
        ...said.flatMap((each, index) => [
          ...cohereParts(each).map((content) => ({
            type: 'content-delta',
            index,
            delta: { message: { content } },
          })),
          ...openAICalls(each).map((tool_calls) => ({
            type: 'tool-call-start',
            index,
            delta: { message: { tool_calls } },
          })),
        ]),
        { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
      ],
    }),
    async ask(url, isStream) {
      const client = traceCohere(new CohereClientV2({ token: 'k', environment: url }));
      if (isStream) await read(await client.chatStream(request));
      else await client.chat(request);
    },
  },
  Ollama: {
    whole: (said) => ({ json: { ...ollamaChunk(said), done: true, done_reason: 'stop' } }),
    streamed: (said) => ({
      lines: [
        ...said.map((each) => ({ ...ollamaChunk([each]), done: false })),
        { ...ollamaChunk([]), done: true, done_reason: 'stop' },
      ],
    }),
    async ask(url, isStream) {
      const client = traceOllama(new Ollama({ host: url }));
      if (isStream) await read(await client.chat({ ...request, stream: true }));
      else await client.chat(request);
    },
  },
};

const USAGE = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };

function candidate(said: readonly Said[], isLast: boolean): object {
  const parts = said.map((each) => {
    if ('thought' in each) return { text: each.thought, thought: true };
    if ('call' in each) return { functionCall: { name: each.call, args: each.args } };
    if ('picture' in each) return { inlineData: { mimeType: 'image/png', data: each.picture } };
    return each;
  });
  return {
    candidates: [
      { content: { role: 'model', parts }, index: 0, ...(isLast && { finishReason: 'STOP' }) },
    ],
  };
}

let calls = 0;

function openAICalls(said: Said): object[] {
  if (!('call' in said)) return [];
  const called = { name: said.call, arguments: JSON.stringify(said.args) };
  return [{ id: `c${calls++}`, type: 'function', function: called }];
}

function choice(key: 'message' | 'delta', said: readonly Said[]): object {
  const content = said.flatMap((each): object[] => {
    if ('thought' in each) {
      return [{ type: 'thinking', thinking: [{ type: 'text', text: each.thought }] }];
    }
    return 'text' in each ? [{ type: 'text', text: each.text }] : [];
  });
  const tool_calls = said.flatMap((each) => openAICalls(each));
  const isOver = key === 'message' || said.length === 0;
  return {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, [key]: { content, tool_calls }, finish_reason: isOver ? 'stop' : null }],
  };
}

function cohereParts(said: Said): object[] {
  if ('thought' in said) return [{ type: 'thinking', thinking: said.thought }];
  return 'text' in said ? [{ type: 'text', text: said.text }] : [];
}

function ollamaChunk(said: readonly Said[]): object {
  const join = (texts: readonly string[]) => texts.join('');
  return {
    model: 'm',
    message: {
      role: 'assistant',
      content: join(said.map((each) => ('text' in each ? each.text : ''))),
      thinking: join(said.map((each) => ('thought' in each ? each.thought : ''))),
      tool_calls: said.flatMap((each) =>
        'call' in each ? [{ function: { name: each.call, arguments: each.args } }] : [],
      ),
    },
  };
}

/** Numbers below one, the same for one seed. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const WORDS = ['Hi', ' there', ' — ça va?', '\n', ' "quoted"', ' \\', ' 😀', '{"a":', '[DONE]'];

function randomSaid(random: () => number, makesPictures: boolean): readonly Said[] {
  const pick = (n: number) => Math.floor(random() * n);
  return Array.from({ length: 1 + pick(8) }, (): Said => {
    const word = WORDS[pick(WORDS.length)] as string;
    switch (pick(makesPictures ? 6 : 5)) {
      case 0:
        return { thought: word };
      case 1:
        return { call: `f${pick(3)}`, args: pick(2) === 0 ? {} : { [`k${pick(3)}`]: word } };
      case 5:
        return { picture: Buffer.alloc(1 + pick(400), word).toString('base64') };
      default:
        return { text: word };
    }
  });
}

describe('the output of a model is the same, whole and streamed', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));
  for (const [name, provider] of Object.entries(providers)) {
    it(`of ${name}, seed ${seed}`, async () => {
      const random = chance(seed);
      for (let i = 0; i < 25; i++) {
        const said = randomSaid(random, provider.makesPictures === true);
        calls = 0;
        const whole = await stepOfCall(provider.whole(said), (url) => provider.ask(url, false));
        calls = 0;
        const streamed = await stepOfCall(provider.streamed(said), (url) =>
          provider.ask(url, true),
        );
        const facts = ({ output, metadata, tokens }: WireStep) => [
          output,
          metadata.reasoning,
          metadata.finishReason,
          tokens,
        ];
        assert.deepEqual(facts(streamed), facts(whole), JSON.stringify(said));
      }
    });
  }
});
