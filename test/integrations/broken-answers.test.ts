/**
 * Answers under a status of success that have no output, or not all of it. The client gets what it gets without us; the
 * step has an error, or says that it is partial.
 */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOllama } from '@openlayer-tracing/integrations/ollama';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import { traceTogether } from '@openlayer-tracing/integrations/together';
import Anthropic from 'anthropic1';
import { CohereClientV2 } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import Groq from 'groq-sdk';
import { Mistral } from 'mistral2';
import { Ollama } from 'ollama0-6';
import OpenAI from 'openai7';
import Together from 'together-ai';
import { type Reply, stepsOfCalls } from './answering.ts';

interface Options {
  readonly content?: boolean;
}
/** Calls the client, traced or not. @returns what the app gets */
type Ask = (url: string, options: Options | undefined) => Promise<unknown>;

const messages = [{ role: 'user' as const, content: 'hi' }];
const settings = (url: string) => ({
  apiKey: 'k',
  baseURL: url,
  maxRetries: 0,
  logLevel: 'off' as const,
});
const openai = (url: string, options: Options | undefined) => {
  const client = new OpenAI(settings(url));
  return options === undefined ? client : traceOpenAI(client, options);
};
const anthropic = (url: string, options: Options | undefined) => {
  const client = new Anthropic(settings(url));
  return options === undefined ? client : traceAnthropic(client, options);
};
const gemini = (url: string, options: Options | undefined) => {
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } });
  return options === undefined ? client : traceGoogleGenAI(client, options);
};
const cohere = (url: string, options: Options | undefined) => {
  const client = new CohereClientV2({ token: 'k', environment: url, maxRetries: 0 });
  return options === undefined ? client : traceCohere(client, options);
};
const mistral = (url: string, options: Options | undefined) => {
  const client = new Mistral({ apiKey: 'k', serverURL: url });
  return options === undefined ? client : traceMistral(client, options);
};
const ollama = (url: string, options: Options | undefined) => {
  const client = new Ollama({ host: url });
  return options === undefined ? client : traceOllama(client, options);
};

/** The calls, and an answer to each that is cut in its middle. */
const WHOLE: Readonly<Record<string, { readonly ask: Ask; readonly cut: string }>> = {
  'OpenAI chat': {
    ask: async (url, options) =>
      openai(url, options).chat.completions.create({ model: 'm', messages }),
    cut: '{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"half of',
  },
  'OpenAI completions': {
    ask: async (url, options) =>
      openai(url, options).completions.create({ model: 'm', prompt: 'p' }),
    cut: '{"id":"x","object":"text_completion","model":"m","choices":[{"index":0,"text":"half of',
  },
  'OpenAI responses': {
    ask: async (url, options) => openai(url, options).responses.create({ model: 'm', input: 'p' }),
    cut: '{"id":"r","object":"response","status":"completed","model":"m","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"half of',
  },
  'OpenAI embeddings': {
    ask: async (url, options) =>
      openai(url, options).embeddings.create({ model: 'm', input: 'p', encoding_format: 'float' }),
    cut: '{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[0.1,0.2',
  },
  'OpenAI images': {
    ask: async (url, options) => openai(url, options).images.generate({ model: 'm', prompt: 'p' }),
    cut: '{"created":1,"data":[{"url":"https://a.example/1',
  },
  'OpenAI moderations': {
    ask: async (url, options) => openai(url, options).moderations.create({ input: 'p' }),
    cut: '{"id":"x","model":"m","results":[{"flagged":fal',
  },
  Anthropic: {
    ask: async (url, options) =>
      anthropic(url, options).messages.create({ model: 'm', max_tokens: 9, messages }),
    cut: '{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"half of',
  },
  Gemini: {
    ask: async (url, options) =>
      gemini(url, options).models.generateContent({ model: 'm', contents: 'p' }),
    cut: '{"candidates":[{"content":{"parts":[{"text":"half of',
  },
  'Gemini embeddings': {
    ask: async (url, options) =>
      gemini(url, options).models.embedContent({ model: 'm', contents: 'p' }),
    cut: '{"embeddings":[{"values":[0.1,0.2',
  },
  Cohere: {
    ask: async (url, options) => cohere(url, options).chat({ model: 'm', messages }),
    cut: '{"id":"x","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text","text":"half of',
  },
  'Cohere rerank': {
    ask: async (url, options) =>
      cohere(url, options).rerank({ model: 'm', query: 'q', documents: ['d'] }),
    cut: '{"id":"x","results":[{"index":0,"relevance_score":0.5',
  },
  Mistral: {
    ask: async (url, options) => mistral(url, options).chat.complete({ model: 'm', messages }),
    cut: '{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"half of',
  },
  Groq: {
    ask: async (url, options) => {
      const client = new Groq(settings(url));
      const used = options === undefined ? client : traceGroq(client, options);
      return used.chat.completions.create({ model: 'm', messages });
    },
    cut: '{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"half of',
  },
  Together: {
    ask: async (url, options) => {
      const client = new Together(settings(url));
      const used = options === undefined ? client : traceTogether(client, options);
      return used.chat.completions.create({ model: 'm', messages });
    },
    cut: '{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"half of',
  },
  Ollama: {
    ask: async (url, options) => ollama(url, options).chat({ model: 'm', messages }),
    cut: '{"model":"m","done":true,"message":{"role":"assistant","content":"half of',
  },
  fetch: {
    ask: async (url, options) => {
      const used = options === undefined ? fetch : tracedFetch({ ...options });
      const response = await used(`${url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', messages }),
      });
      return response.text();
    },
    cut: '{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"half of',
  },
};

/** What came of the call: what the client returns, or its error. */
async function gotOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return { value: JSON.stringify(await call) };
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message };
  }
}

/** The step of a call, and whether the client does what it does without us. */
async function stepOf(
  reply: Parameters<typeof stepsOfCalls>[0],
  ask: Ask,
  options: Options = {},
): Promise<WireStep> {
  const got: unknown[] = [];
  const { steps } = await stepsOfCalls(reply, async (url) => {
    got.push(await gotOf(ask(url, undefined)), await gotOf(ask(url, options)));
  });
  assert.deepEqual(got[1], got[0]);
  assert.equal(steps.length, 1);
  return steps[0] as WireStep;
}

const errorOf = (step: WireStep) => step.metadata?.error;
const isPartial = (step: WireStep) => step.metadata?.partial === true;
const body = (said: string, type = 'application/json'): Reply => ({
  bytes: new TextEncoder().encode(said),
  type,
});

/** Whole answers, and what the error of their step says. */
const EMPTY: readonly (readonly [what: string, reply: Reply, error: RegExp])[] = [
  ['nothing', body(''), /no output/],
  ['an empty object', body('{}'), /no output/],
  ['null', body('null'), /no output/],
  ['an empty list', body('[]'), /no output/],
  ['a page', body('<html>Bad gateway</html>', 'text/html'), /Bad gateway/],
  ['a page that is called JSON', body('<html>Bad gateway</html>'), /Bad gateway/],
  ['a text', body('upstream timed out', 'text/plain'), /upstream timed out/],
  [
    'a code and a message',
    body('{"code":"Wrong","message":"bad things","request_id":"r"}'),
    /bad things/,
  ],
  ['a number and a message', body('{"code":500,"message":"bad things"}'), /bad things/],
  ['a detail', body('{"detail":"model overloaded"}'), /model overloaded/],
  ['complaints', body('{"detail":[{"loc":["body","n"],"msg":"too big"}]}'), /body\.n: too big/],
  ['an error', body('{"error":{"message":"bad things","code":429}}'), /bad things/],
  ['the text of an error', body('{"error":"bad things"}'), /bad things/],
  ['several errors', body('{"success":false,"errors":[{"code":7,"message":"no GPU"}]}'), /no GPU/],
  ['a message by a shorter name', body('{"ok":false,"msg":"bad things"}'), /bad things/],
  ['an error as the object', body('{"object":"error","message":"bad things"}'), /bad things/],
];

describe('a broken response that is no stream', () => {
  for (const [client, { ask, cut }] of Object.entries(WHOLE)) {
    it(`of ${client} that is cut off is a failure, with the received part`, async () => {
      const step = await stepOf(body(cut), ask);
      assert.match(String(errorOf(step)), /JSON/);
      assert.equal(isPartial(step), true);
      if (cut.includes('half of')) assert.match(JSON.stringify(step.output), /half of/);
    });

    for (const [what, reply, error] of EMPTY) {
      it(`of ${client} that is ${what} is a failure with its text`, async () => {
        assert.match(String(errorOf(await stepOf(reply, ask))), error);
      });
    }

    it(`of ${client} is recorded without its text with content: false`, async () => {
      for (const said of ['{"code":"Wrong","message":"canary-41c7"}', '<html>canary-41c7</html>']) {
        const type = said.startsWith('<') ? 'text/html' : 'application/json';
        const step = await stepOf(body(said, type), ask, { content: false });
        assert.notEqual(errorOf(step), undefined);
        assert.doesNotMatch(JSON.stringify(step), /canary-41c7/);
      }
    });
  }

  it('that is longer than a megabyte, and cut off, is a failure', async () => {
    const long = `{"choices":[{"index":0,"message":{"content":"${'word '.repeat(300_000)}`;
    const step = await stepOf(body(long), WHOLE['OpenAI chat']?.ask as Ask);
    assert.match(String(errorOf(step)), /JSON/);
    assert.equal(isPartial(step), true);
  });
});

const chunk = (delta: object, finish_reason: string | null = null, index = 0) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index, delta, finish_reason }],
});
const spoken = (text: string, finish_reason: string | null = null, index = 0) => ({
  id: 'c',
  object: 'text_completion',
  model: 'm',
  choices: [{ index, text, finish_reason }],
});
const counted = {
  id: 'c',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};
const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [] };
const block = { index: 0, content_block: { type: 'text', text: '' } };

/** Streams of each client: how it is asked, an event with some of an answer, and one that is its last. */
interface Streamed {
  readonly ask: Ask;
  readonly begins: readonly object[];
}
const STREAMED: Readonly<Record<string, Streamed>> = {
  'a fetch': {
    ask: async (url, options) => {
      const send = options === undefined ? fetch : tracedFetch({ ...options });
      const response = await send(`${url}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages, stream: true }),
      });
      return response.text();
    },
    begins: [chunk({ content: 'half of' })],
  },
  'OpenAI chat': {
    ask: async (url, options) =>
      itemsOf(openai(url, options).chat.completions.create({ model: 'm', messages, stream: true })),
    begins: [chunk({ content: 'half of' })],
  },
  'OpenAI completions': {
    ask: async (url, options) =>
      itemsOf(openai(url, options).completions.create({ model: 'm', prompt: 'p', stream: true })),
    begins: [spoken('half of')],
  },
  'OpenAI responses': {
    ask: async (url, options) =>
      itemsOf(openai(url, options).responses.create({ model: 'm', input: 'p', stream: true })),
    begins: [
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'half of' },
    ],
  },
  Anthropic: {
    ask: async (url, options) =>
      itemsOf(
        anthropic(url, options).messages.create({
          ...{ model: 'm', max_tokens: 9, messages },
          stream: true,
        }),
      ),
    begins: [
      { type: 'message_start', message },
      { type: 'content_block_start', ...block },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'half of' } },
    ].map((event) => ({ event: event.type, ...event })),
  },
  Gemini: {
    ask: async (url, options) =>
      itemsOf(gemini(url, options).models.generateContentStream({ model: 'm', contents: 'p' })),
    begins: [{ candidates: [{ content: { role: 'model', parts: [{ text: 'half of' }] } }] }],
  },
  Cohere: {
    ask: async (url, options) => itemsOf(cohere(url, options).chatStream({ model: 'm', messages })),
    begins: [
      { type: 'message-start', id: 'c', delta: { message: { role: 'assistant' } } },
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'half of' } } } },
    ],
  },
  Mistral: {
    ask: async (url, options) =>
      itemsOf(mistral(url, options).chat.stream({ model: 'm', messages })),
    begins: [chunk({ content: 'half of' })],
  },
};

/** What the app reads of a stream, up to its end or error. */
async function itemsOf(stream: Promise<AsyncIterable<unknown>>): Promise<unknown> {
  const items: unknown[] = [];
  try {
    for await (const item of await stream) items.push(item);
    return items;
  } catch (error) {
    const { name, message } = error as Error;
    return { items, name, message };
  }
}

describe('a broken stream', () => {
  for (const [client, { ask, begins }] of Object.entries(STREAMED)) {
    it(`of ${client} without its end is partial`, async () => {
      const step = await stepOf({ events: begins }, ask);
      assert.equal(isPartial(step), true);
      assert.match(JSON.stringify(step.output), /half of/);
    });

    it(`of ${client} without any event is a failure`, async () => {
      assert.match(String(errorOf(await stepOf({ events: [] }, ask))), /no output/);
    });

    for (const [what, event] of [
      ['a message and a code', { event: 'error', message: 'overloaded', code: 529 }],
      ['an error', { event: 'error', type: 'error', error: { message: 'overloaded' } }],
      ['an error alone', { event: 'error', error: { message: 'overloaded', code: 529 } }],
    ] as const) {
      it(`of ${client} with an event named error that has ${what} is a failure`, async () => {
        const step = await stepOf({ events: [...begins, event] }, ask);
        assert.match(String(errorOf(step)), /overloaded/);
        assert.equal(isPartial(step), true);
        assert.match(JSON.stringify(step.output), /half of/);
      });
    }

    it(`of ${client} with an event named error that is no JSON is a failure`, async () => {
      const told = begins.map((each) => eventText(each)).join('');
      const reply = body(`${told}event: error\ndata: overloaded\n\n`, 'text/event-stream');
      const step = await stepOf(reply, ask);
      assert.match(String(errorOf(step)), /overloaded/);
      const hidden = await stepOf(reply, ask, { content: false });
      assert.notEqual(errorOf(hidden), undefined);
      assert.doesNotMatch(JSON.stringify(hidden), /overloaded/);
    });

    const error = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } };
    const told = begins.map((each) => eventText(each)).join('');
    for (const [how, text, isPart] of [
      ['after events', `${told}${JSON.stringify(error)}`, true],
      ['on several lines', `${told}${JSON.stringify(error, null, 2)}\n`, true],
      ['between events', `${told}${JSON.stringify(error)}\n\ndata: {}\n\n`, true],
      ['after a comment', `${told}: ping\n\n${JSON.stringify(error)}`, true],
      ['alone', JSON.stringify(error), false],
      ['that is a string', `${told}{"error":"overloaded"}`, true],
    ] as const) {
      it(`of ${client} with an error that is no event is a failure: ${how}`, async () => {
        const step = await stepOf(body(text, 'text/event-stream'), ask);
        assert.match(String(errorOf(step)), /overloaded/);
        if (isPart) assert.match(JSON.stringify(step.output), /half of/);
      });
    }

    it(`of ${client} with JSON that is neither an event nor an error is none`, async () => {
      const text = `${told}{"type":"note"}\n\n`;
      const step = await stepOf(body(text, 'text/event-stream'), ask);
      assert.equal(errorOf(step), undefined);
      assert.equal(isPartial(step), true);
    });

    it(`of ${client} that is a JSON error instead is a failure`, async () => {
      const step = await stepOf({ json: { code: 'quota', message: 'no more' } }, ask);
      assert.match(String(errorOf(step)), /no more/);
    });
  }

  const chat = STREAMED['OpenAI chat']?.ask as Ask;
  for (const [what, event] of [
    ['an object that is an error', { object: 'error', message: 'boom', code: 500 }],
    ['a type that is an error', { type: 'error', message: 'boom' }],
    ['a code and a message', { code: 'InternalError', message: 'boom' }],
  ] as const) {
    it(`of chunks of which the last has ${what} is a failure`, async () => {
      const step = await stepOf({ events: [chunk({ content: 'hi' }), event, '[DONE]'] }, chat);
      assert.match(String(errorOf(step)), /boom/);
    });
  }

  const withParams =
    (params: object): Ask =>
    async (url, options) =>
      itemsOf(
        openai(url, options).chat.completions.create({
          ...{ model: 'm', messages, ...params },
          stream: true,
        }),
      );
  const withPrompt =
    (params: object): Ask =>
    async (url, options) =>
      itemsOf(
        openai(url, options).completions.create({
          ...{ model: 'm', prompt: 'p', ...params },
          stream: true,
        }),
      );
  const usage = { stream_options: { include_usage: true } };
  const ends = [chunk({ content: 'hi' }), chunk({}, 'stop')];
  const second = [chunk({ content: 'hi' }, null, 1), chunk({}, 'stop', 1)];
  const texts = [spoken('hi'), spoken('', 'stop')];
  const secondText = [spoken('hi', 'stop', 1)];
  const ENDS: readonly (readonly [string, Ask, readonly object[], boolean])[] = [
    ['chat that says why it ended', withParams({}), ends, false],
    ['chat without the usage that was asked for', withParams(usage), ends, true],
    ['chat with the usage that was asked for', withParams(usage), [...ends, counted], false],
    ['chat with one answer of two', withParams({ n: 2 }), ends, true],
    ['chat with both answers', withParams({ n: 2 }), [...ends, ...second], false],
    ['completion that says why it ended', withPrompt({}), texts, false],
    ['completion without the usage that was asked for', withPrompt(usage), texts, true],
    ['completion with the usage that was asked for', withPrompt(usage), [...texts, counted], false],
    ['completion with one answer of two', withPrompt({ n: 2 }), texts, true],
    ['completion with both', withPrompt({ n: 2 }), [...texts, ...secondText], false],
    ['completion of one prompt of two', withPrompt({ prompt: ['a', 'b'] }), texts, true],
  ];
  for (const [what, ask, events, partial] of ENDS) {
    it(`of a ${what} is ${partial ? 'partial' : 'complete'}, if the stream has no last event`, async () => {
      const step = await stepOf({ events }, ask);
      assert.equal(isPartial(step), partial);
      assert.equal(errorOf(step), undefined);
    });
  }
});

function eventText({ event, ...data }: { event?: string }): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

describe('an answer that was filtered', () => {
  const whole = (choices: readonly object[], usage: object = {}): Reply => ({
    json: { id: 'x', object: 'chat.completion', model: 'm', choices, usage },
  });
  const filtered = { finish_reason: 'content_filter' };
  const none = { role: 'assistant', content: null };
  const some = { role: 'assistant', content: 'hi' };
  const refused = { role: 'assistant', content: null, refusal: 'no' };
  const chat = WHOLE['OpenAI chat']?.ask as Ask;
  const streamed = STREAMED['OpenAI chat']?.ask as Ask;
  const text = WHOLE['OpenAI completions']?.ask as Ask;
  const CASES: readonly (readonly [what: string, reply: Reply, ask: Ask, isFailure: boolean])[] = [
    ['with nothing left', whole([{ index: 0, message: none, ...filtered }]), chat, true],
    ['with an empty text', whole([{ message: { content: '' }, ...filtered }]), chat, true],
    ['with a part of it left', whole([{ index: 0, message: some, ...filtered }]), chat, false],
    ['with a refusal', whole([{ index: 0, message: refused, ...filtered }]), chat, false],
    [
      'beside one that was not',
      whole([
        { index: 0, message: none, ...filtered },
        { index: 1, message: some, finish_reason: 'stop' },
      ]),
      chat,
      false,
    ],
    [
      'as were all others',
      whole([
        { index: 0, message: none, ...filtered },
        { index: 1, message: none, ...filtered },
      ]),
      chat,
      true,
    ],
    ['of a stream', { events: [chunk({}, 'content_filter'), '[DONE]'] }, streamed, true],
    [
      'in the middle of a stream',
      { events: [chunk({ content: 'hi' }), chunk({}, 'content_filter'), '[DONE]'] },
      streamed,
      false,
    ],
    ['of a text', whole([{ index: 0, text: '', ...filtered }]), text, true],
    ['of a text with a part left', whole([{ index: 0, text: 'hi', ...filtered }]), text, false],
    [
      'of Mistral',
      whole([{ index: 0, message: none, ...filtered }]),
      WHOLE.Mistral?.ask as Ask,
      true,
    ],
    [
      'of Bedrock or the like',
      { json: { id: 'x', type: 'message', content: [], stop_reason: 'content_filtered' } },
      WHOLE.Anthropic?.ask as Ask,
      true,
    ],
  ];
  for (const [what, reply, ask, isFailure] of CASES) {
    it(`${what} is ${isFailure ? 'a failure' : 'an answer'}`, async () => {
      const step = await stepOf(reply, ask);
      if (isFailure) assert.match(String(errorOf(step)), /content_filter/);
      else assert.equal(errorOf(step), undefined);
    });
  }
});

describe('a batch', () => {
  let nth = 0;
  const lines = (all: readonly object[]): Reply => ({
    bytes: new TextEncoder().encode(all.map((line) => `${JSON.stringify(line)}\n`).join('')),
    type: 'application/octet-stream',
  });
  const file = async (url: string, options: Options | undefined) =>
    (await openai(url, options).files.content(`file-broken-${nth}`)).text();
  const answered = {
    custom_id: 'a',
    response: { status_code: 200, body: { id: 'r', model: 'm', choices: [] } },
    error: null,
  };
  const refused = {
    custom_id: 'b',
    response: { status_code: 400, body: { error: { type: 'invalid', message: 'bad things' } } },
    error: null,
  };
  const expired = {
    custom_id: 'c',
    response: null,
    error: { code: 'batch_expired', message: 'bad things' },
  };
  const results = async (url: string, options: Options | undefined) => {
    const client = anthropic(url, options);
    return itemsOf(client.messages.batches.results(`msgbatch_broken_${nth}`) as never);
  };
  const claude = (all: readonly object[]) => (asked: { readonly path: string }) =>
    asked.path.endsWith('/results')
      ? lines(all.map((result, i) => ({ custom_id: `c${i}`, result })))
      : {
          json: {
            id: `msgbatch_broken_${nth}`,
            results_url: `/v1/messages/batches/msgbatch_broken_${nth}/results`,
          },
        };
  const errored = {
    type: 'errored',
    error: { type: 'error', error: { type: 'invalid', message: 'bad things' } },
  };
  const succeeded = { type: 'succeeded', message: { model: 'm', content: [], usage: {} } };
  const google = async (url: string, options: Options | undefined) =>
    gemini(url, options).batches.get({ name: `batches/broken${nth}` });
  const inlined = (all: readonly object[]) => () => ({
    json: {
      name: `batches/broken${nth}`,
      metadata: { model: 'models/m', state: 'BATCH_STATE_SUCCEEDED' },
      done: true,
      response: { inlinedResponses: { inlinedResponses: all } },
    },
  });
  const failed = { error: { code: 3, message: 'bad things' } };

  const CASES: readonly (readonly [
    what: string,
    reply: Parameters<typeof stepsOfCalls>[0],
    ask: Ask,
    error: RegExp | undefined,
  ])[] = [
    ["of OpenAI's of which all failed", lines([refused, expired]), file, /all 2 .*bad things/],
    ["of OpenAI's of which some failed", lines([refused, answered]), file, undefined],
    ["of Anthropic's of which all failed", claude([errored]), results, /all 1 .*bad things/],
    [
      "of Anthropic's of which all expired",
      claude([{ type: 'expired' }, { type: 'canceled' }]),
      results,
      /all 2 /,
    ],
    ["of Anthropic's of which some failed", claude([errored, succeeded]), results, undefined],
    ["of Google's of which all failed", inlined([failed, failed]), google, /all 2 .*bad things/],
    ["of Google's of which some failed", inlined([failed, { response: {} }]), google, undefined],
  ];
  for (const [what, reply, ask, error] of CASES) {
    it(`${what} is ${error === undefined ? 'an answer' : 'a failure'}`, async () => {
      nth++;
      const step = await stepOf(reply, ask);
      if (error === undefined) assert.equal(errorOf(step), undefined);
      else assert.match(String(errorOf(step)), error);
      nth++;
      const hidden = await stepOf(reply, ask, { content: false });
      assert.doesNotMatch(JSON.stringify(hidden), /bad things/);
      assert.equal(errorOf(hidden) === undefined, error === undefined);
    });
  }
});

describe('a video of OpenAI', () => {
  let nth = 0;
  const film = (status: string, more: object = {}) => ({
    ...{ id: `video_broken_${nth}`, object: 'video', model: 'sora-2', status },
    ...{ seconds: '4', size: '720x1280', ...more },
  });
  const stepsAfter = async (...polled: readonly object[]) => {
    let polls = 0;
    const { steps } = await stepsOfCalls(
      ({ method }) => ({ json: method === 'POST' ? film('queued') : polled[polls++] }),
      async (url) => {
        const client = traceOpenAI(new OpenAI(settings(url)));
        const { id } = await client.videos.create({ prompt: 'a cat', model: 'sora-2' });
        for (let i = 0; i < polled.length; i++) await client.videos.retrieve(id);
      },
    );
    return steps;
  };

  it('that fails after it was queued is a failure, once', async () => {
    nth++;
    const failed = film('failed', { error: { code: 'moderation_blocked', message: 'blocked' } });
    const [asked, result, ...others] = await stepsAfter(film('in_progress'), failed, failed);
    assert.equal(others.length, 0);
    assert.equal(errorOf(asked as WireStep), undefined);
    assert.deepEqual([result?.name, result?.metadata.error], ['OpenAI Video Result', 'blocked']);
  });

  it('that succeeds is only the step of its request', async () => {
    nth++;
    assert.equal((await stepsAfter(film('in_progress'), film('completed'))).length, 1);
  });
});
