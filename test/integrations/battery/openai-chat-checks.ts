/** Chat completions: whole, streamed, and by the client's helpers. */

import type OpenAI from 'openai7';
import { type Check, classesOf, drained, failureOf, textOf } from './check.ts';
import { ask, helpersOf, JSON_FORMAT, type OpenAIKit, WEATHER } from './openai-kit.ts';

const streamed = (content?: string) => ({ ...ask(content), stream: true as const });

/** Tools that the client runs by itself. */
function runnable(called: unknown[]) {
  const run = (args: { city: string }) => {
    called.push(args);
    return `fine in ${args.city}`;
  };
  return {
    ...ask('what is the weather?'),
    tools: [
      {
        type: 'function' as const,
        function: { ...WEATHER.function, function: run, parse: JSON.parse },
      },
    ],
  };
}

export const chatChecks: readonly Check<OpenAIKit>[] = [
  {
    name: 'create',
    run: (kit) =>
      kit
        .client()
        .chat.completions.create({ ...ask(), temperature: 0.2, max_completion_tokens: 50 }),
  },
  {
    name: 'the promise of create',
    async run(kit) {
      const promise = kit.client().chat.completions.create(ask());
      const seen = {
        classes: classesOf(promise),
        isOfTheClass: promise instanceof (kit.module.APIPromise ?? Promise),
        keys: Object.keys(promise),
        methods: ['withResponse', 'asResponse', '_thenUnwrap', 'finally'].map(
          (name) => typeof (promise as unknown as Record<string, unknown>)[name],
        ),
      };
      await promise;
      return seen;
    },
  },
  {
    name: 'withResponse',
    async run(kit) {
      const found = await kit.client().chat.completions.create(ask()).withResponse();
      const { data, response, request_id } = found;
      return {
        data,
        request_id,
        keys: Object.keys(found),
        status: response.status,
        ok: response.ok,
        statusText: response.statusText,
        type: response.headers.get('content-type'),
        path: new URL(response.url).pathname,
        bodyUsed: response.bodyUsed,
      };
    },
  },
  {
    name: 'asResponse',
    async run(kit) {
      const response = await kit.client().chat.completions.create(ask()).asResponse();
      const before = response.bodyUsed;
      const { redirected, type, status } = response;
      const names = [...response.headers.keys()].sort();
      const text = await response.text();
      const again = await failureOf(() => response.text());
      const seen = { before, after: response.bodyUsed, redirected, type, status, names, text };
      return { ...seen, classes: classesOf(response), again };
    },
  },
  {
    name: 'a clone of the response',
    async run(kit) {
      const response = await kit.client().chat.completions.create(ask()).asResponse();
      const clone = response.clone();
      return [await clone.json(), await response.json()];
    },
  },
  {
    name: 'then, catch and finally',
    async run(kit) {
      const order: string[] = [];
      const text = await kit
        .client()
        .chat.completions.create(ask())
        .then((completion) => completion.choices[0]?.message.content)
        .catch(() => order.push('catch'))
        .finally(() => order.push('finally'));
      return { text, order };
    },
  },
  {
    name: 'create with tools',
    run: (kit) =>
      kit
        .client()
        .chat.completions.create({ ...ask('weather?'), tools: [WEATHER], tool_choice: 'auto' }),
  },
  { name: 'three choices', run: (kit) => kit.client().chat.completions.create({ ...ask(), n: 3 }) },
  {
    name: 'messages with media',
    run: (kit) =>
      kit.client().chat.completions.create({
        model: 'gpt-5-mini',
        messages: [
          { role: 'system', content: 'Be brief.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'what is this?' },
              {
                type: 'image_url',
                image_url: { url: `data:image/png;base64,${'QUJD'.repeat(500)}` },
              },
            ],
          },
        ],
      }),
  },
  {
    name: 'an answer in sound',
    run: (kit) =>
      kit.client().chat.completions.create({
        ...ask(),
        modalities: ['text', 'audio'],
        audio: { voice: 'alloy', format: 'wav' },
      }),
  },
  {
    name: 'a stream',
    async run(kit) {
      return drained(await kit.client().chat.completions.create(streamed()));
    },
  },
  {
    name: 'the object of a stream',
    async run(kit) {
      const stream = await kit.client().chat.completions.create(streamed());
      const seen = {
        classes: classesOf(stream),
        keys: Object.keys(stream),
        controller: stream.controller instanceof AbortController,
      };
      await drained(stream);
      return seen;
    },
  },
  {
    name: 'a stream with tools',
    async run(kit) {
      const params = { ...streamed('weather?'), tools: [WEATHER] };
      return drained(await kit.client().chat.completions.create(params));
    },
  },
  {
    name: 'a stream that was asked for its usage',
    async run(kit) {
      const params = { ...streamed(), stream_options: { include_usage: true } };
      return drained(await kit.client().chat.completions.create(params));
    },
  },
  {
    name: 'a stream in small pieces',
    async run(kit) {
      return drained(await kit.client().chat.completions.create(streamed(), kit.scenario('split')));
    },
  },
  {
    name: 'tee',
    async run(kit) {
      const [one, two] = (await kit.client().chat.completions.create(streamed())).tee();
      return Promise.all([drained(one), drained(two)]);
    },
  },
  {
    name: 'toReadableStream',
    async run(kit) {
      const stream = await kit.client().chat.completions.create(streamed());
      return textOf(stream.toReadableStream() as ReadableStream<Uint8Array>);
    },
  },
  {
    name: 'a stream that is left',
    async run(kit) {
      const stream = await kit
        .client()
        .chat.completions.create(streamed('50 words'), kit.scenario('halt-3'));
      const seen: unknown[] = [];
      for await (const chunk of stream) {
        seen.push(chunk.choices[0]?.delta.content);
        if (seen.length === 3) break;
      }
      return { seen, aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'a stream that is read twice',
    async run(kit) {
      const stream = await kit.client().chat.completions.create(streamed());
      await drained(stream);
      return drained(stream);
    },
  },
  {
    name: 'a stream that is aborted by its controller',
    async run(kit) {
      const stream = await kit
        .client()
        .chat.completions.create(streamed('50 words'), kit.scenario('halt-3'));
      let count = 0;
      const seen = await drained(
        (async function* () {
          for await (const chunk of stream) {
            if (++count === 3) stream.controller.abort();
            yield chunk.choices[0]?.delta.content;
          }
        })(),
      );
      return { seen, aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'a stream that is aborted by a signal',
    async run(kit) {
      const controller = new AbortController();
      const { signal } = controller;
      const options = { signal, ...kit.scenario('halt-3') };
      const stream = await kit.client().chat.completions.create(streamed('50 words'), options);
      let count = 0;
      return drained(
        (async function* () {
          for await (const chunk of stream) {
            if (++count === 3) controller.abort();
            yield chunk.choices[0]?.delta.content;
          }
        })(),
      );
    },
  },
  {
    name: 'a stream as a response',
    async run(kit) {
      const response = await kit.client().chat.completions.create(streamed()).asResponse();
      return response.text();
    },
  },
  {
    name: 'a stream with its response',
    async run(kit) {
      const { data, response } = await kit
        .client()
        .chat.completions.create(streamed())
        .withResponse();
      return { status: response.status, chunks: await drained(data) };
    },
  },
  {
    name: 'a stream that nobody reads',
    async run(kit) {
      const stream = await kit.client().chat.completions.create(streamed());
      return classesOf(stream)[0];
    },
  },
  {
    name: 'parse',
    async run(kit) {
      const completions = helpersOf(kit, kit.client());
      const format = parseable(JSON_FORMAT);
      return completions.parse({ ...ask(), response_format: format });
    },
  },
  {
    name: 'stream()',
    async run(kit) {
      const stream = helpersOf(kit, kit.client()).stream(streamed());
      const events: string[] = [];
      for (const name of ['connect', 'chunk', 'content', 'message', 'end', 'error'] as const) {
        stream.on(name, () => events.push(name));
      }
      const final = await stream.finalChatCompletion();
      return { final, events, content: await stream.finalContent(), aborted: stream.aborted };
    },
  },
  {
    name: 'stream() as an iterable',
    run: (kit) => drained(helpersOf(kit, kit.client()).stream(streamed())),
  },
  {
    name: 'stream() that is aborted',
    async run(kit) {
      const helpers = helpersOf(kit, kit.client());
      const stream = helpers.stream(streamed('50 words'), kit.scenario('halt-4'));
      let count = 0;
      stream.on('content', () => {
        if (++count === 3) stream.abort();
      });
      return failureOf(() => stream.finalContent());
    },
  },
  {
    name: 'stream() over a readable stream',
    async run(kit) {
      const stream = helpersOf(kit, kit.client()).stream(streamed());
      return textOf(stream.toReadableStream() as ReadableStream<Uint8Array>);
    },
  },
  {
    name: 'runTools',
    async run(kit) {
      const called: unknown[] = [];
      const runner = helpersOf(kit, kit.client()).runTools(runnable(called));
      return { content: await runner.finalContent(), called, messages: runner.messages };
    },
  },
  {
    name: 'runTools as a stream',
    async run(kit) {
      const called: unknown[] = [];
      const params = { ...runnable(called), stream: true as const };
      const runner = helpersOf(kit, kit.client()).runTools(params);
      return { content: await runner.finalContent(), called };
    },
  },
  {
    name: 'calls at once',
    async run(kit) {
      const openai = kit.client();
      const texts = Array.from({ length: 8 }, (_, i) => `number ${i}`);
      const completions = await Promise.all(
        texts.map((text) => openai.chat.completions.create(ask(text))),
      );
      return completions.map(({ choices }) => choices[0]?.message.content);
    },
  },
  {
    name: 'two calls of one promise',
    async run(kit) {
      const promise = kit.client().chat.completions.create(ask());
      const [first, second] = [await promise, await promise];
      return { same: first === second };
    },
  },
];

/** What the client's helper for zod makes of a schema. */
function parseable(format: object): OpenAI.ResponseFormatJSONSchema {
  const parsed = { ...format };
  Object.defineProperties(parsed, {
    $brand: { value: 'auto-parseable-response-format', enumerable: false },
    $parseRaw: { value: (content: string) => JSON.parse(content), enumerable: false },
  });
  return parsed as OpenAI.ResponseFormatJSONSchema;
}
