/** Responses, embeddings, images, audio, moderations, other clients and other ways to ask. */

import type OpenAI from 'openai7';
import { type Check, classesOf, drained } from './check.ts';
import { ask, JSON_FORMAT, type OpenAIKit } from './openai-kit.ts';

const respond = (input = 'hi there') => ({ model: 'gpt-5-mini', input, instructions: 'Be brief.' });
const SEARCH = {
  type: 'function' as const,
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
};

export const otherChecks: readonly Check<OpenAIKit>[] = [
  {
    name: 'responses.create',
    run: (kit) => kit.client().responses.create({ ...respond(), temperature: 0.3 }),
  },
  {
    name: 'responses.create with tools',
    run: (kit) => kit.client().responses.create({ ...respond('weather?'), tools: [SEARCH] }),
  },
  {
    name: 'responses.create as a stream',
    async run(kit) {
      return drained(await kit.client().responses.create({ ...respond(), stream: true }));
    },
  },
  {
    name: 'responses.create with tools as a stream',
    async run(kit) {
      const params = { ...respond('weather?'), tools: [SEARCH], stream: true as const };
      return drained(await kit.client().responses.create(params));
    },
  },
  {
    name: 'responses.create as a stream that is left',
    async run(kit) {
      const stream = await kit
        .client()
        .responses.create({ ...respond(), stream: true }, kit.scenario('halt-6'));
      const types: string[] = [];
      for await (const event of stream) {
        types.push(event.type);
        if (types.length === 6) break;
      }
      return types;
    },
  },
  {
    name: 'responses.parse',
    async run(kit) {
      const { name, schema } = JSON_FORMAT.json_schema;
      const format = { type: 'json_schema' as const, name, schema };
      return kit.client().responses.parse({ ...respond(), text: { format } });
    },
  },
  {
    name: 'responses.stream()',
    async run(kit) {
      const stream = kit.client().responses.stream(respond());
      const types: string[] = [];
      for await (const event of stream) types.push(event.type);
      return { types, final: await stream.finalResponse() };
    },
  },
  {
    name: 'responses withResponse',
    async run(kit) {
      const { data, response } = await kit.client().responses.create(respond()).withResponse();
      return { data, status: response.status };
    },
  },
  {
    name: 'embeddings',
    run: (kit) => kit.client().embeddings.create({ model: 'text-embedding-4', input: 'one text' }),
  },
  {
    name: 'embeddings as numbers',
    run: (kit) =>
      kit.client().embeddings.create({
        model: 'text-embedding-4',
        input: ['one text', 'another one'],
        dimensions: 4,
        encoding_format: 'float',
      }),
  },
  {
    name: 'images',
    run: (kit) => kit.client().images.generate({ model: 'gpt-image-2', prompt: 'a fox', n: 2 }),
  },
  {
    name: 'speech',
    async run(kit) {
      const response = await kit
        .client()
        .audio.speech.create({ model: 'tts-2', voice: 'alloy', input: 'read this' });
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { status: response.status, length: bytes.length, last: bytes.at(-1) };
    },
  },
  {
    name: 'transcription',
    async run(kit) {
      const file = await kit.module.toFile(new Uint8Array(500), 'said.wav', { type: 'audio/wav' });
      return kit.client().audio.transcriptions.create({ model: 'whisper-2', file, language: 'en' });
    },
  },
  {
    name: 'moderation',
    run: (kit) =>
      kit.client().moderations.create({ model: 'omni-moderation', input: 'let us fight' }),
  },
  { name: 'Azure', run: (kit) => kit.azure().chat.completions.create(ask()) },
  {
    name: 'a copy of the client with other options',
    async run(kit) {
      const openai = kit.client();
      if (typeof openai.withOptions !== 'function') return 'this version has none';
      const copy = openai.withOptions({ maxRetries: 1 });
      const completion = await copy.chat.completions.create(ask(), kit.scenario('once-503'));
      return { completion, class: copy.constructor.name, maxRetries: copy.maxRetries };
    },
  },
  {
    name: 'a request by its path',
    run: (kit) => kit.client().post('/chat/completions', { body: ask() }),
  },
  {
    name: 'a request that asks no model',
    run: (kit) => kit.client().models.list(),
  },
  {
    name: 'options of one call',
    async run(kit) {
      const options = { query: { a: '1' }, idempotencyKey: 'idem', headers: { 'x-extra': 'yes' } };
      return kit.client().chat.completions.create(ask(), options);
    },
  },
  {
    name: "a fetch of the app's own",
    async run(kit) {
      const calls: unknown[] = [];
      const own = async (input: string | URL | Request, init?: RequestInit) => {
        calls.push([typeof input, init?.method, typeof init?.body, Object.keys(init ?? {}).sort()]);
        return fetch(input, init);
      };
      const completion = await kit.client({ fetch: own }).chat.completions.create(ask());
      return { calls, completion };
    },
  },
  {
    name: 'the client itself',
    async run(kit) {
      const openai: OpenAI = kit.client();
      return {
        classes: classesOf(openai),
        keys: Object.keys(openai),
        isOfTheClass: openai instanceof kit.module.OpenAI,
        maxRetries: openai.maxRetries,
      };
    },
  },
];
