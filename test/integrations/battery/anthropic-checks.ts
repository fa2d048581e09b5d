/** What is seen of Anthropic's client: messages whole and streamed, its helpers, and what goes wrong. */

import type * as anthropic1 from 'anthropic1';
import type Anthropic from 'anthropic1';
import { type Check, classesOf, drained, failureOf, rejected, textOf } from './check.ts';

export interface AnthropicKit {
  readonly module: typeof anthropic1;
  client(options?: Readonly<Record<string, unknown>>): Anthropic;
  scenario(name: string): { headers: Record<string, string> };
}

const ask = (content = 'hi there') => ({
  model: 'claude-test-1',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content }],
});
const streamed = (content?: string) => ({ ...ask(content), stream: true as const });
const never = { maxRetries: 0 };
const WEATHER = {
  name: 'weather',
  description: 'The weather in a city',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
};

const refused =
  (scenario: string): Check<AnthropicKit>['run'] =>
  (kit) =>
    failureOf(() => kit.client().messages.create(ask(), { ...never, ...kit.scenario(scenario) }));

export const anthropicChecks: readonly Check<AnthropicKit>[] = [
  {
    name: 'create',
    run: (kit) =>
      kit.client().messages.create({ ...ask(), system: 'Be brief.', stop_sequences: ['END'] }),
  },
  {
    name: 'the promise of create',
    async run(kit) {
      const promise = kit.client().messages.create(ask());
      const seen = { classes: classesOf(promise), keys: Object.keys(promise) };
      await promise;
      return seen;
    },
  },
  {
    name: 'withResponse',
    async run(kit) {
      const { data, response } = await kit.client().messages.create(ask()).withResponse();
      return { data, status: response.status, path: new URL(response.url).pathname };
    },
  },
  {
    name: 'asResponse',
    async run(kit) {
      const response = await kit.client().messages.create(ask()).asResponse();
      return { text: await response.text(), used: response.bodyUsed };
    },
  },
  {
    name: 'create with tools',
    run: (kit) => kit.client().messages.create({ ...ask('weather?'), tools: [WEATHER] }),
  },
  {
    name: 'a message with an image',
    run: (kit) =>
      kit.client().messages.create({
        ...ask(),
        messages: [
          {
            role: 'user',
            content: [
              {
                type: 'image',
                source: { type: 'base64', media_type: 'image/png', data: 'QUJD'.repeat(500) },
              },
              { type: 'text', text: 'what is this?' },
            ],
          },
        ],
      }),
  },
  {
    name: 'a stream',
    run: async (kit) => drained(await kit.client().messages.create(streamed())),
  },
  {
    name: 'a stream with tools',
    async run(kit) {
      const params = { ...streamed('weather?'), tools: [WEATHER] };
      return drained(await kit.client().messages.create(params));
    },
  },
  {
    name: 'a stream in small pieces',
    run: async (kit) =>
      drained(await kit.client().messages.create(streamed(), kit.scenario('split'))),
  },
  {
    name: 'the object of a stream',
    async run(kit) {
      const stream = await kit.client().messages.create(streamed());
      const seen = { classes: classesOf(stream), keys: Object.keys(stream) };
      await drained(stream);
      return seen;
    },
  },
  {
    name: 'tee',
    async run(kit) {
      const [one, two] = (await kit.client().messages.create(streamed())).tee();
      return Promise.all([drained(one), drained(two)]);
    },
  },
  {
    name: 'toReadableStream',
    async run(kit) {
      const stream = await kit.client().messages.create(streamed());
      return textOf(stream.toReadableStream() as ReadableStream<Uint8Array>);
    },
  },
  {
    name: 'a stream that is left',
    async run(kit) {
      const stream = await kit
        .client()
        .messages.create(streamed('50 words'), kit.scenario('halt-6'));
      const types: string[] = [];
      for await (const event of stream) {
        types.push(event.type);
        if (types.length === 5) break;
      }
      return { types, aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'stream()',
    async run(kit) {
      const stream = kit.client().messages.stream(ask());
      const events: string[] = [];
      for (const name of ['connect', 'text', 'message', 'finalMessage', 'end'] as const) {
        stream.on(name, () => events.push(name));
      }
      return { final: await stream.finalMessage(), text: await stream.finalText(), events };
    },
  },
  {
    name: 'stream() that is aborted',
    async run(kit) {
      const stream = kit.client().messages.stream(ask('50 words'), kit.scenario('halt-6'));
      let count = 0;
      stream.on('text', () => {
        if (++count === 3) stream.abort();
      });
      return failureOf(() => stream.finalMessage());
    },
  },
  {
    name: 'beta messages',
    async run(kit) {
      const { beta } = kit.client();
      if (beta.messages === undefined) return 'this version has none';
      return beta.messages.create(ask());
    },
  },
  {
    name: 'the tool runner',
    async run(kit) {
      const messages = kit.client().beta.messages;
      if (typeof messages?.toolRunner !== 'function') return 'this version has none';
      const called: unknown[] = [];
      const run = (input: unknown) => {
        called.push(input);
        return 'fine';
      };
      const tool = { ...WEATHER, type: 'custom' as const, run, parse: (input: unknown) => input };
      const final = await messages.toolRunner({ ...ask('weather?'), tools: [tool] });
      return { final, called };
    },
  },
  {
    name: 'a copy of the client with other options',
    async run(kit) {
      const anthropic = kit.client();
      if (typeof anthropic.withOptions !== 'function') return 'this version has none';
      return anthropic.withOptions({ maxRetries: 1 }).messages.create(ask());
    },
  },
  {
    name: 'the client itself',
    async run(kit) {
      const anthropic = kit.client();
      return { classes: classesOf(anthropic), keys: Object.keys(anthropic) };
    },
  },
  { name: 'status 400', run: refused('status-400') },
  { name: 'status 401', run: refused('status-401') },
  { name: 'status 529', run: refused('status-529') },
  {
    name: 'status 429, then an answer',
    run: (kit) => kit.client().messages.create(ask(), kit.scenario('once-429')),
  },
  {
    name: 'status 503, then a stream',
    run: async (kit) =>
      drained(await kit.client().messages.create(streamed(), kit.scenario('once-503'))),
  },
  {
    name: 'a stream that dies',
    async run(kit) {
      const stream = await kit.client().messages.create(streamed('50 words'), kit.scenario('dies'));
      return drained(stream);
    },
  },
  {
    name: 'a stream that tells of an error',
    run: async (kit) =>
      drained(await kit.client().messages.create(streamed(), kit.scenario('error-event'))),
  },
  { name: 'a connection that is reset', run: refused('reset') },
  {
    name: 'a call that is aborted',
    async run(kit, arrival) {
      const controller = new AbortController();
      void arrival().then(() => controller.abort());
      const options = { signal: controller.signal, ...kit.scenario('hang') };
      return failureOf(() => kit.client().messages.create(ask(), options));
    },
  },
  {
    name: 'a call that nobody awaits',
    async run(kit) {
      void kit.client().messages.create(ask(), { ...never, ...kit.scenario('status-400') });
      return rejected();
    },
  },
  {
    name: 'a rejection of withResponse',
    run: (kit) =>
      failureOf(() =>
        kit
          .client()
          .messages.create(ask(), { ...never, ...kit.scenario('status-401') })
          .withResponse(),
      ),
  },
  {
    name: 'calls at once',
    async run(kit) {
      const anthropic = kit.client();
      const messages = await Promise.all(
        Array.from({ length: 5 }, (_, i) => anthropic.messages.create(ask(`number ${i}`))),
      );
      return messages.map(({ content }) => content);
    },
  },
];
