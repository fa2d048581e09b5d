import assert from 'node:assert/strict';
import type { Answer, Framework } from '../harness/frameworks.ts';
import { later } from '../harness/pause.ts';
import { httpOf, stageOf } from '../harness/stage.ts';

export function output(framework: Framework): void {
  /** The output of a trace whose request is answered so. */
  const outputOf = async (answer: () => Answer, capture?: { maxBytes?: number }) => {
    await using stage = await stageOf(framework, {
      define: (app) => app.route('GET', '/', answer),
      options: { capture },
    });
    await (await fetch(stage.url)).arrayBuffer();
    return (await stage.only()).output;
  };

  describe('the output', () => {
    for (const json of [
      { answer: 'Because.', sources: [1, 'b', null], 'a "key"': { ü: true } },
      [],
    ]) {
      it(`is JSON as its value: ${JSON.stringify(json)}`, async () => {
        assert.deepEqual(await outputOf(() => ({ json })), json);
      });
    }

    it('is text as text', async () => {
      assert.equal(await outputOf(() => ({ text: 'Grüße, 世界 🎉' })), 'Grüße, 世界 🎉');
    });

    for (const [name, type, lines] of streams) {
      it(`of ${name} is the text that the user saw`, async () => {
        const answer = () => ({ stream: slowly(lines), headers: { 'content-type': type } });
        assert.equal(await outputOf(answer), 'Tea is 🍵, ümlaut too.');
      });
    }

    it('of events of no known shape is their data lines', async () => {
      const lines = ['data: one\n\n', ': comment\n\n', 'event: x\ndata: {"n":2}\n\n'];
      const headers = { 'content-type': 'text/event-stream' };
      assert.equal(await outputOf(() => ({ stream: slowly(lines), headers })), 'one\n{"n":2}');
    });

    for (const [encoding, encoded] of compressed) {
      it(`is readable where the app sends it as ${encoding}`, async () => {
        const headers = { 'content-encoding': encoding, 'content-type': 'application/json' };
        const answer = () => ({ bytes: bytesOf(encoded), headers });
        assert.deepEqual(await outputOf(answer), { answer: 'Because.' });
      });
    }

    it('names a binary body and does not copy it', async () => {
      const bytes = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3);
      const answer = () => ({ bytes, headers: { 'content-type': 'image/png' } });
      assert.equal(await outputOf(answer), '[image/png: 8 bytes]');
    });

    for (const [method, output, bytes] of [
      ['GET', '[image/png: 8 bytes]', 8],
      ['HEAD', null, 0],
    ] as const) {
      it(`names a file, with the bytes that ${method} sends of it`, async () => {
        await using stage = await stageOf(framework, {
          define: (app) =>
            app.route('GET', '/', () => ({
              file: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3),
              type: 'image/png',
            })),
        });
        const response = await fetch(stage.url, { method });
        assert.equal((await response.arrayBuffer()).byteLength, bytes);
        const row = await stage.only();
        assert.deepEqual([row.output, httpOf(row).bytes], [output, bytes]);
      });
    }

    for (const [what, maxBytes, seen] of [
      ['whole at the limit', 100, 'a'.repeat(100)],
      ['cut visibly one byte above', 99, `${'a'.repeat(99)}… [cut: 100 bytes in all]`],
    ] as const) {
      it(`is ${what}`, async () => {
        const text = 'a'.repeat(100);
        assert.equal(await outputOf(() => ({ text }), { maxBytes }), seen);
      });
    }

    it('is cut between characters', async () => {
      const cut = await outputOf(() => ({ text: '🎉'.repeat(10) }), { maxBytes: 10 });
      assert.equal(cut, '🎉🎉… [cut: 40 bytes in all]');
    });

    it('leaves a long answer the length that it goes out with', async () => {
      await using stage = await stageOf(framework, {
        define: (app) => app.route('GET', '/', () => ({ text: 'a'.repeat(3_000_000) })),
      });
      const response = await fetch(stage.url);
      assert.equal((await response.arrayBuffer()).byteLength, 3_000_000);
      assert.equal(response.headers.get('content-length'), '3000000');
      assert.equal(httpOf(await stage.only()).bytes, 3_000_000);
    });

    it('of a long stream is bounded', async () => {
      const lines = Array.from({ length: 2000 }, (_, n) => `line ${n} ${'-'.repeat(90)}\n`);
      const headers = { 'content-type': 'text/plain' };
      const text = String(await outputOf(() => ({ stream: atOnce(lines), headers })));
      assert.match(text, /… \[cut: \d+ bytes in all\]$/);
      assert.ok(text.length <= 65_600);
    });

    for (const [what, answer, seen, bytes] of [
      ['a value', () => ({ json: { n: 1 } }), { n: 1 }, 7],
      ['text', () => ({ text: 'Grüße' }), 'Grüße', 7],
      [
        'a stream',
        () => ({ stream: slowly(['one ', 'two']), headers: { 'content-type': 'text/plain' } }),
        'one two',
        7,
      ],
      [
        'events',
        () => ({
          stream: slowly(['data: one\n\n', 'data: two\n\n']),
          headers: { 'content-type': 'text/event-stream' },
        }),
        'one\ntwo',
        22,
      ],
    ] as const satisfies readonly (readonly [string, () => Answer, unknown, number])[]) {
      it(`is ${what} once, however often the middleware is mounted`, async () => {
        await using stage = await stageOf(framework, {
          define: (app) => app.route('GET', '/', answer),
          mounts: ['tracing', 'tracing', 'tracing'],
        });
        await (await fetch(stage.url)).arrayBuffer();
        const row = await stage.only();
        assert.deepEqual([row.output, httpOf(row).bytes], [seen, bytes]);
      });
    }

    it('is what the option output makes of the body', async () => {
      await using stage = await stageOf(framework, {
        define: (app) => {
          app.route('GET', '/json', () => ({ json: { answer: 'Because.', debug: 1 } }));
          app.route('GET', '/text', () => ({ text: 'Because.' }));
        },
        options: {
          output: (body) =>
            typeof body === 'object' && body !== null && 'answer' in body
              ? body.answer
              : `${body}!`,
        },
      });
      for (const path of ['/json', '/text']) {
        const headers = { 'x-request-id': path.slice(1) };
        await (await fetch(`${stage.url}${path}`, { headers })).text();
      }
      assert.equal((await stage.row('json')).output, 'Because.');
      assert.equal((await stage.row('text')).output, 'Because.!');
    });

    it('is what the handler says', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/', (call) => {
            call.trace.update({ output: { said: 'this' } });
            return { text: 'that' };
          }),
      });
      assert.equal(await (await fetch(stage.url)).text(), 'that');
      assert.deepEqual((await stage.only()).output, { said: 'this' });
    });

    it('is not taken where capture.response is off', async () => {
      await using stage = await stageOf(framework, {
        define: (app) => app.route('GET', '/', () => ({ text: 'for your eyes only' })),
        options: { capture: { response: false } },
      });
      await (await fetch(stage.url)).text();
      const row = await stage.only();
      assert.equal(row.output, null);
      assert.equal(httpOf(row).bytes, 18);
    });
  });

  describe('the latency', () => {
    it('runs to the last byte', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/', () => ({
            stream: tenTimes(),
            headers: { 'content-type': 'text/plain' },
          })),
      });
      assert.equal(await (await fetch(stage.url)).text(), 'tick '.repeat(10));
      const row = await stage.only();
      assert.ok(row.latency >= 290, `latency is ${row.latency}`);
      assert.ok(row.latency - Number(httpOf(row).timeToFirstByteMs) >= 290);
      const [root] = row.steps;
      assert.ok(root !== undefined && Math.abs(root.endTime - root.startTime - row.latency) <= 2);
    });
  });
}

const said = ['Tea ', 'is 🍵', ', üml', 'aut too.'];
const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const typed = (data: { readonly type: string }) => `event: ${data.type}\n${event(data)}`;

const streams: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "OpenAI's chat events",
    'text/event-stream',
    [
      event({ id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }),
      ...said.map((content) => event({ id: 'c', choices: [{ index: 0, delta: { content } }] })),
      event({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
      event({ id: 'c', choices: [], usage: { prompt_tokens: 1 } }),
      'data: [DONE]\n\n',
    ],
  ],
  [
    "OpenAI's response events",
    'text/event-stream; charset=utf-8',
    [
      typed({ type: 'response.created' }),
      ...said.map((delta) => event({ type: 'response.output_text.delta', delta })),
      event({ type: 'response.completed', response: { output: said } }),
    ],
  ],
  [
    "Anthropic's events",
    'text/event-stream',
    [
      typed({ type: 'message_start' }),
      typed({ type: 'content_block_start' }),
      'event: ping\ndata: {"type": "ping"}\n\n',
      ...said.map((text) =>
        event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
      ),
      typed({ type: 'content_block_stop' }),
      typed({ type: 'message_stop' }),
    ],
  ],
  [
    "the AI SDK's events",
    'text/event-stream',
    [
      event({ type: 'start' }),
      event({ type: 'text-start', id: '0' }),
      ...said.map((delta) => event({ type: 'text-delta', id: '0', delta })),
      event({ type: 'text-end', id: '0' }),
      event({ type: 'finish' }),
      'data: [DONE]\n\n',
    ],
  ],
  [
    'one plain data line',
    'text/event-stream',
    [`data: ${said.join('').slice(0, 5)}`, `${said.join('').slice(5)}\n\n`],
  ],
  [
    'JSON lines of chat events',
    'application/x-ndjson',
    said.map((content) => `${JSON.stringify({ choices: [{ delta: { content } }] })}\n`),
  ],
  ['a stream of text', 'text/plain; charset=utf-8', said],
];

/** The same JSON, as base64 since not every runtime can encode it. */
const compressed: readonly (readonly [string, string])[] = [
  ['gzip', 'H4sIAAAAAAAAA6tWSswrLk8tUrJSckpNTiwtTtVTqgUAX0T0lBUAAAA='],
  ['deflate', 'eJyrVkrMKy5PLVKyUnJKTU4sLU7VU6oFAFChBzE='],
  ['br', 'GxQA+KVFdPb6piSUdFKbPNV46fA4'],
];

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** In bytes that are cut anywhere, also within a character. */
async function* slowly(lines: readonly string[]): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(lines.join(''));
  for (let start = 0; start < bytes.length; start += 61) {
    yield bytes.subarray(start, start + 61);
    await later(1);
  }
}

async function* atOnce(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function* tenTimes(): AsyncGenerator<string> {
  for (let n = 0; n < 10; n++) {
    yield 'tick ';
    await later(31);
  }
}
