/** Answers and requests of any size: what they say is recorded, and what is kept of them is bounded. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { boundedTest } from '../support/bounded-test.ts';
import { bytesInUse, MEGABYTE } from '../support/memory.ts';
import { asEvents, asJson, type Body, factsOf, stepOfBody } from './chunked.ts';
import { RandomValues } from './random-values.ts';
import { ask, rowsOf } from './stage.ts';

const CHAT = '/v1/chat/completions';
const USAGE = { prompt_tokens: 7, completion_tokens: 20, total_tokens: 27 };
const picture = (bytes: number) => Buffer.alloc(bytes, 'opqrs').toString('base64');
/** As servers send: some of 64 KB. */
const AS_SENT = () => 65_536;
/** What makes an answer one of those that are not kept as a whole. */
const PADDING = { padding: 'x'.repeat(1_100_000) };

const chat = (message: object, more: object = {}) =>
  asJson(CHAT, ask(), {
    id: 'c1',
    model: 'm1',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: USAGE,
    ...more,
  });

describe('a response', () => {
  const sizes = [100, 200, 100_000, 5_000_000];
  for (const bytes of sizes) {
    const data = picture(bytes);
    const size = `${bytes} bytes`;
    const ITEM = { type: 'image_generation_call', id: 'ig', output_format: 'png', result: data };
    const response = {
      model: 'm1',
      status: 'completed',
      output: [
        ITEM,
        { type: 'message', content: [{ type: 'output_text', text: 'Here is your cat.' }] },
      ],
      usage: { input_tokens: 7, output_tokens: 20, total_tokens: 27 },
    };
    const mcp = {
      type: 'mcp_call',
      output: JSON.stringify({ content: [{ type: 'image', data, mimeType: 'image/png' }] }),
    };
    const kinds: Record<string, [body: Body, named: string]> = {
      'with a picture in a chat': [
        chat({
          content: 'Here is your cat.',
          images: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }],
        }),
        `[image/png, ${size}]`,
      ],
      'that is spoken': [
        chat({ content: null, audio: { id: 'a', transcript: 'Here is your cat.', data } }),
        `[audio, ${size}]`,
      ],
      'with a picture that a hosted tool made': [
        asJson('/v1/responses', { input: 'cat' }, response),
        `[image/png, ${size}]`,
      ],
      'with a picture that a hosted tool made, in a stream': [
        asEvents('/v1/responses', { input: 'cat' }, [
          { type: 'response.output_item.done', output_index: 0, item: ITEM },
          { type: 'response.completed', response },
        ]),
        `[image/png, ${size}]`,
      ],
      ...(bytes > 1000 && {
        'with what a hosted tool returned': [
          asJson(
            '/v1/responses',
            { input: 'cat' },
            {
              ...response,
              output: [mcp, ...response.output.slice(1)],
            },
          ),
          bytes < 1_000_000 ? `${size}]` : 'more characters]',
        ],
      }),
    };
    for (const [kind, [body, named]] of Object.entries(kinds)) {
      it(`${kind}, of ${size}, keeps its text, model and tokens, and has names in place of the rest`, async () => {
        const { output, ...step } = await stepOfBody(body, AS_SENT);
        const text = JSON.stringify(output);
        assert.ok(text.includes('Here is your cat.'), text.slice(0, 500));
        assert.ok(text.includes(named), text.slice(0, 500));
        assert.ok(!text.includes(data.slice(0, 64)), text.slice(0, 500));
        assert.deepEqual([step.model, step.promptTokens, step.completionTokens], ['m1', 7, 20]);
      });
    }

    it(`that is an image, of ${size}, has a name in its place`, async () => {
      const usage = { input_tokens: 7, output_tokens: 20, total_tokens: 27 };
      const whole = { data: [{ b64_json: data }], output_format: 'webp', usage };
      const params = { model: 'm1', prompt: 'cat' };
      for (const body of [
        asJson('/v1/images/generations', params, whole),
        asEvents('/v1/images/generations', params, [
          { type: 'image_generation.partial_image', b64_json: data, output_format: 'webp' },
          { type: 'image_generation.completed', b64_json: data, output_format: 'webp', usage },
        ]),
      ]) {
        const { output, completionTokens } = await stepOfBody(body, AS_SENT);
        assert.deepEqual([output, completionTokens], [[{ b64_json: `[image/webp, ${size}]` }], 20]);
      }
    });
  }

  for (const [form, vector] of Object.entries({
    numbers: Array.from({ length: 3072 }, (_, i) => (i % 2 ? 1 : -1) / (i + 1.5)),
    base64: Buffer.alloc(3072 * 4, 'vector').toString('base64'),
  })) {
    it(`of 512 vectors as ${form} has their number and dimensions`, async () => {
      const data = Array.from({ length: 512 }, (_, index) => ({ index, embedding: vector }));
      const body = asJson(
        '/v1/embeddings',
        { model: 'e', input: 'hi' },
        {
          object: 'list',
          data,
          model: 'e1',
          usage: { prompt_tokens: 9, total_tokens: 9 },
        },
      );
      assert.ok(body.text.length > 4 * MEGABYTE);
      const step = await stepOfBody(body, AS_SENT);
      assert.deepEqual(
        [step.model, step.embeddingCount, step.embeddingDimensions, step.promptTokens],
        ['e1', 512, 3072, 9],
      );
    });
  }

  it('of a long text keeps its beginning and says how much is missing', async () => {
    const text = 'ça va? '.repeat(500_000);
    for (const body of [chat({ content: text }), chat({ content: 'short' }, { text })]) {
      const { output, metadata } = await stepOfBody(body, AS_SENT);
      const said = String(body.text.includes('short') ? metadata.text : output);
      const [mark = '', missing] = /… \[cut: (\d+) more characters\]$/.exec(said) ?? [];
      const kept = said.slice(0, said.length - mark.length);
      assert.ok(text.startsWith(kept) && kept.length > 60_000);
      // JSON needs no more characters for it than it has.
      assert.equal(Number(missing), text.length - kept.length);
    }
  });
});

describe('a response that is parsed while it is received', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  const random = new RandomValues(seed);

  it(`has the same value as if it were parsed at once, SEED=${seed}`, async () => {
    for (let i = 0; i < 40; i++) {
      const value = random.object();
      const small = factsOf(await stepOfBody(chat({ content: 'hi', ...value }), AS_SENT));
      const large = chat({ content: 'hi', ...value }, PADDING);
      const length = [1000, 3001, 65_536, 1e9][i % 4] as number;
      const { metadata, ...facts } = factsOf(await stepOfBody(large, () => length));
      const { padding, ...others } = metadata;
      assert.ok(String(padding).endsWith('more characters]'), `no. ${i}`);
      assert.deepEqual({ ...facts, metadata: others }, small, `no. ${i}`);
    }
  });

  it('is recorded equally, however its bytes are divided', async () => {
    const odd = {
      'a"quote': 'back\\slash \\" 👋 é \u2028',
      numbers: Array.from({ length: 200 }, (_, i) => i / 3),
      mixed: [...Array.from({ length: 100 }, (_, i) => -i), 'text', { key: null }, [1e21]],
      empty: [{}, [], '', null, true],
      words: 'word '.repeat(20_000),
    };
    const body = chat({ content: 'é👋'.repeat(40_000) }, { ...PADDING, odd });
    const expected = factsOf(await stepOfBody(body, () => 1e9));
    assert.deepEqual((expected.metadata.odd as Record<string, unknown>).numbers, '[200 numbers]');
    for (let i = 0; i < 5; i++) {
      const longest = [5, 100, 5000, 70_000, 1e6][i] as number;
      // Cut finely where something else than padding is.
      const cut = () => Math.ceil(random.next() * Math.max(longest, 1000));
      assert.deepEqual(factsOf(await stepOfBody(body, cut)), expected, `no. ${i}`);
    }
  });

  it('is the received part if it is cut off', async () => {
    const body = chat({ content: 'Hello' }, PADDING);
    const cut = { ...body, text: body.text.slice(0, body.text.length - 5) };
    assert.equal((await stepOfBody(cut, AS_SENT)).output, 'Hello');
    const short = chat({ content: 'Hello there' });
    const begun = { ...short, text: short.text.slice(0, short.text.indexOf(' there')) };
    assert.equal((await stepOfBody(begun, AS_SENT)).output, 'Hello');
  });

  boundedTest('needs little memory, whatever it contains', async () => {
    const kinds: Record<string, string> = {
      'one text': 'a long text that goes on ',
      objects: '"},{"key":{"deep":[1,2]},"text":"',
      'lists in lists': '",[[["x"]]],"',
      'keys of one object': '"}],"k',
    };
    for (const [kind, piece] of Object.entries(kinds)) {
      using captured = captureTraces();
      const bytes = new TextEncoder().encode(piece.repeat(Math.ceil(65_536 / piece.length)));
      let sent = 0;
      let before = 0;
      let grown = 0;
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            if (sent === 0) controller.enqueue(new TextEncoder().encode('{"data":["'));
            if (sent > 8 * MEGABYTE) return controller.close();
            if (before === 0 && sent > 4 * MEGABYTE) before = bytesInUse();
            controller.enqueue(bytes);
            sent += bytes.length;
            if (sent > 8 * MEGABYTE) grown = bytesInUse() - before;
          },
        },
        { highWaterMark: 0 },
      );
      const headers = { 'content-type': 'application/json' };
      const traced = tracedFetch({ fetch: async () => new Response(body, { headers }) });
      const response = await traced(`http://local${CHAT}`, {
        method: 'POST',
        body: JSON.stringify(ask()),
      });
      for await (const _ of response.body ?? []);
      await rowsOf(captured, 1);
      assert.ok(grown < 3 * MEGABYTE, `${kind}: ${grown} bytes are kept`);
    }
  });
});

describe('a request', () => {
  const content = [
    { type: 'text', text: 'What is this?' },
    { type: 'file', file: { file_data: picture(13_000_000) } },
  ];
  const params = { model: 'm', messages: [{ role: 'user', content }], temperature: 0.5 };
  const forms: Record<string, () => unknown> = {
    'a text': () => JSON.stringify(params),
    bytes: () => new TextEncoder().encode(JSON.stringify(params)),
  };

  for (const [form, body] of Object.entries(forms)) {
    it(`of 17 MB as ${form} is recorded, and sent unchanged`, async () => {
      using captured = captureTraces();
      const sent = body();
      let seen: unknown;
      const answer = { model: 'm1', choices: [{ message: { content: 'A cat.' } }], usage: USAGE };
      const traced = tracedFetch({
        streamUsage: true,
        fetch: async (_input, init) => {
          seen = init?.body;
          return Response.json(answer);
        },
      });
      const init = { method: 'POST', body: sent as string };
      await (await traced(`http://local${CHAT}`, init)).text();
      assert.equal(seen, sent);
      const [row] = await rowsOf(captured, 1);
      const step = row?.steps[0];
      assert.deepEqual(
        [step?.model, step?.output, step?.modelParameters],
        ['m1', 'A cat.', { temperature: 0.5 }],
      );
      assert.match(
        JSON.stringify(step?.inputs),
        /What is this\?.*"file_data":"\[base64, 13000000 bytes\]"/,
      );
    });
  }
});
