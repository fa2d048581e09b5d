import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { trace } from '@openlayer-tracing/core';
import { record, rootOf } from './support.ts';

const WORDS = ['Hello', ' from', ' the', ' model', '.'] as const;
const ANSWER = WORDS.join('');

const openAi = (content: string) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});
const anthropic = (text: string) => ({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text },
});

/** The items that a stream yields for the words of an answer. */
const STREAMS: readonly (readonly [what: string, items: readonly unknown[]])[] = [
  ['objects with a token', WORDS.map((token) => ({ token }))],
  [
    'tokens with a type and a number',
    WORDS.map((token, index) => ({ type: 'token', token, index })),
  ],
  ['tokens with their probabilities', WORDS.map((token, i) => ({ token, logprob: -i }))],
  ['objects with a delta of one letter', [...ANSWER].map((delta) => ({ delta }))],
  ['objects with a text', WORDS.map((text) => ({ text }))],
  ['objects with a type and content', WORDS.map((content) => ({ type: 'text', content }))],
  ['the whole text so far', WORDS.map((_, i) => ({ text: WORDS.slice(0, i + 1).join('') }))],
  [
    'tokens in an object',
    WORDS.map((text, id) => ({ token: { id, text, special: false }, generated_text: null })),
  ],
  [
    'chunks of OpenAI',
    [
      { id: 'c1', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
      ...WORDS.map(openAi),
      { id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { id: 'c1', choices: [], usage: { prompt_tokens: 3, completion_tokens: 5 } },
    ],
  ],
  [
    'events of OpenAI responses',
    [
      { type: 'response.created', response: { id: 'r1' } },
      ...WORDS.map((delta) => ({ type: 'response.output_text.delta', delta })),
      { type: 'response.completed', response: { id: 'r1' } },
    ],
  ],
  [
    'events of Anthropic',
    [
      { type: 'message_start', message: { id: 'm1', content: [] } },
      ...WORDS.map(anthropic),
      { type: 'message_stop' },
    ],
  ],
  [
    'chunks of Gemini',
    WORDS.map((text) => ({ candidates: [{ content: { role: 'model', parts: [{ text }] } }] })),
  ],
  ['server-sent events as strings', WORDS.map((token) => `data: ${JSON.stringify({ token })}\n\n`)],
  [
    'server-sent events of OpenAI as bytes',
    [...WORDS.map((word) => `data: ${JSON.stringify(openAi(word))}\n\n`), 'data: [DONE]\n\n'].map(
      (text) => new TextEncoder().encode(text),
    ),
  ],
  ['lines of JSON as strings', WORDS.map((word) => `${JSON.stringify(openAi(word))}\n`)],
];

type Run = (items: readonly unknown[]) => Promise<unknown[]>;

/** Functions that return a stream of the items, each read to its end. */
const FUNCTIONS: readonly (readonly [what: string, run: Run])[] = [
  [
    'an async generator',
    async (items) => {
      const read: unknown[] = [];
      const stream = trace(async function* stream() {
        yield* items;
      });
      for await (const item of stream()) read.push(item);
      return read;
    },
  ],
  [
    'a generator',
    async (items) => [
      ...trace(function* stream() {
        yield* items;
      })(),
    ],
  ],
  [
    'a web stream',
    async (items) => {
      const read: unknown[] = [];
      const reader = trace(async function stream() {
        const source = items[Symbol.iterator]();
        return new ReadableStream<unknown>({
          pull(controller) {
            const { done, value } = source.next();
            if (done) controller.close();
            else controller.enqueue(value);
          },
        });
      });
      const stream = (await reader()).getReader();
      for (let next = await stream.read(); !next.done; next = await stream.read())
        read.push(next.value);
      return read;
    },
  ],
  [
    'a Node stream',
    async (items) => {
      const read: unknown[] = [];
      const stream = trace(function stream() {
        return Readable.from(items, { objectMode: true });
      });
      for await (const item of stream()) read.push(item);
      return read;
    },
  ],
];

async function outputOf(items: readonly unknown[], run: Run = FUNCTIONS[0]?.[1] as Run) {
  using traces = record();
  assert.deepEqual(await run(items), items);
  return rootOf(await traces.row()).output;
}

describe('the output of a traced stream', () => {
  for (const [what, items] of STREAMS) {
    for (const [name, run] of FUNCTIONS) {
      it(`is the joined text of ${what} from ${name}`, async () => {
        assert.equal(await outputOf(items, run), ANSWER);
      });
    }
  }

  it('is the text and then the events that are no part of it', async () => {
    const search = { type: 'search', query: 'a b', hits: 3 };
    assert.equal(
      await outputOf([search, ...WORDS.map((token) => ({ type: 'token', token }))]),
      `${ANSWER}\n${JSON.stringify(search)}`,
    );
  });

  it('is the whole text of a stream whose chunks are many times longer', async () => {
    const words = Array.from({ length: 5000 }, (_, i) => ` word${i}`);
    assert.equal(await outputOf(words.map(openAi)), words.join(''));
    assert.equal(await outputOf(words.map((token) => ({ type: 'token', token }))), words.join(''));
    const events = words.map((token) => `data: ${JSON.stringify({ type: 'token', token })}\n\n`);
    assert.equal(await outputOf(events), words.join(''));
  });

  it('shows how much of a long text is missing', async () => {
    const words = Array.from({ length: 40 }, (_, i) => ` word${i} ${'x'.repeat(3000)}`);
    const output = (await outputOf(words.map((token) => ({ token })))) as string;
    assert.ok(words.join('').startsWith(output.slice(0, 60_000)));
    assert.match(output, /… \[cut: \d+ more characters\]$/);
  });

  it('is what came before a failure', async () => {
    using traces = record();
    const stream = trace(async function* stream() {
      yield* WORDS.map((token) => ({ token }));
      throw new Error('broke off');
    });
    await assert.rejects(async () => {
      for await (const _ of stream());
    }, /broke off/);
    assert.equal(rootOf(await traces.row()).output, ANSWER);
  });

  const RECORDS: readonly (readonly [what: string, items: readonly unknown[]])[] = [
    [
      'documents',
      [
        { id: 1, text: 'The first document.' },
        { id: 2, text: 'The second document.' },
      ],
    ],
    [
      'chunks of documents with their scores',
      [
        { chunk: 'The first document.', score: 0.9 },
        { chunk: 'The second document.', score: 0.8 },
      ],
    ],
    ['colours', [{ text: 'red' }, { text: 'green' }]],
    [
      'records',
      [
        { name: 'Ada ', city: 'London' },
        { name: 'Emmy', city: 'Erlangen' },
      ],
    ],
    ['numbers', [{ n: 1 }, { n: 2 }]],
    ['states', [{ status: 'starting ' }, { status: 'done' }]],
    ['one object', [{ text: 'a b' }]],
    ['mixed items', [1, { text: 'a ' }, { text: 'b' }]],
  ];
  for (const [what, items] of RECORDS) {
    it(`is the list of ${what}`, async () => {
      assert.deepEqual(await outputOf(items), items);
    });
  }

  it('has no secret', async () => {
    const secret = 'sk-live-4f9a8b7c6d5e4f3a2b1c';
    const [first, ...others] = WORDS;
    for (const items of [
      [{ token: secret }, { apiKey: 'a b' }],
      [{ token: first, api_key: secret }, ...others.map((token) => ({ token, api_key: secret }))],
      [...WORDS.map((token) => ({ token })), { type: 'done', password: secret }],
      [`data: {"token":"${secret}"}\n\n`, 'data: {"token":"a"}\n\n'],
      [{ text: 'See ' }, { text: `postgres://user:${secret}` }, { text: '@host/' }],
    ]) {
      const output = JSON.stringify(await outputOf(items));
      assert.ok(!output.includes(secret) && !output.includes('a b'), output);
    }
  });

  it('is passed item by item to `output`', async () => {
    using traces = record();
    const items = WORDS.map((token) => ({ token }));
    const stream = trace(
      async function* stream() {
        yield* items;
      },
      { output: (all) => (all as unknown as readonly unknown[]).length },
    );
    for await (const _ of stream());
    assert.equal(rootOf(await traces.row()).output, 5);
  });

  it('is replaced by redact.text once', async () => {
    using traces = record({ redact: { text: (text) => text.replaceAll('model', 'model model') } });
    const stream = trace(async function* stream() {
      yield* WORDS.map((token) => ({ token }));
    });
    for await (const _ of stream());
    assert.equal(rootOf(await traces.row()).output, 'Hello from the model model.');
  });
});
