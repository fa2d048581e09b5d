/** Every string of a row is well-formed Unicode, and is cut between characters: in every place that takes one. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createTracer, type StartedTrace, type Tracer, trace } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { openlayerTracing } from '@openlayer-tracing/express';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import express, { type Response } from 'express';
import { startCollector } from '../../support/collector.ts';

interface Stage {
  readonly tracer: Tracer;
  readonly url: string;
  readonly provider: string;
}

type Place = (text: string, stage: Stage) => unknown;

/** The app's next answer. */
let respond: (res: Response) => void = (res) => void res.end();
/** The provider's. */
let said = '';

function record(log: (trace: StartedTrace, text: string) => unknown): Place {
  return (text, { tracer }) => {
    using started = tracer.startTrace('x');
    try {
      log(started, text);
    } catch {}
  };
}

function answer(by: (res: Response, text: string) => void): Place {
  return async (text, { url }) => {
    respond = (res) => by(res, text);
    await (await fetch(url)).arrayBuffer();
  };
}

const chunkOf = (content: string) =>
  JSON.stringify({ choices: [{ index: 0, delta: { content } }] });
/** Cut within a character, which is whole again where the pieces are joined. */
const inHalves = (text: string) => [text.slice(0, 1501), text.slice(1501)];

const places: Readonly<Record<string, Place>> = {
  'a value': record((t, text) => t.update({ output: text })),
  'a value in another': record((t, text) => t.update({ output: [{ deep: { text } }] })),
  'many values': record((t, text) =>
    t.update({ output: Array.from({ length: 30 }, (_, i) => text.repeat(1 + (i % 3))) }),
  ),
  'a key': record((t, text) => t.update({ output: { [text]: 1 } })),
  'a key of a map, and an item of a set': record((t, text) =>
    t.update({ output: [new Map([[text, 1]]), new Set([text])] }),
  ),
  'a name': record((t, text) => t.step(text, () => 1)),
  'a new name': record((t, text) => t.update({ name: text })),
  'a key of metadata': record((t, text) => t.update({ metadata: { [text]: text } })),
  'a column': record((t, text) => t.update({ input: { [text]: text } })),
  'ids, tags, question and context': record((t, text) =>
    t.update({
      userId: text,
      sessionId: text,
      tags: [text],
      question: text,
      context: [text],
      groundTruth: text,
    }),
  ),
  'an error': record((t, text) =>
    t.step('s', () => {
      throw Object.assign(new Error(text, { cause: text }), { name: text });
    }),
  ),
  'an error that is logged': record((t, text) =>
    t.update({
      output: Object.assign(new AggregateError([text], text), { name: text, code: text }),
    }),
  ),
  'names of classes, functions, symbols and patterns': record((t, text) => {
    class Named {}
    Object.defineProperty(Named, 'name', { value: text });
    t.update({
      output: [
        new Named(),
        Named,
        Symbol(text),
        new RegExp(text.replace(/[\ud800-\udfff]{0}/g, '')),
      ],
    });
  }),
  'what a stream yields': record((t, text) =>
    t.run(() => [
      ...trace(
        function* () {
          yield* inHalves(text);
        },
        { name: 'words' },
      )(),
    ]),
  ),
  'fields of a model’s call': record((t, text) =>
    t.addStep({ name: 's', type: 'chat_completion', model: text, provider: text, rawOutput: text }),
  ),
  'a trace that is full': record((t, text) => {
    for (let i = 0; i < 40; i++) t.addStep({ name: 's', output: text, metadata: { i: text } });
  }),
  'a JSON body': async (text, { url }) => {
    const headers = { 'content-type': 'application/json' };
    await (
      await fetch(url, { method: 'POST', headers, body: JSON.stringify({ [text]: text }) })
    ).text();
  },
  'a query': async (text, { url }) => {
    await (
      await fetch(
        `${url}/?q=${encodeURIComponent([...text.toWellFormed()].slice(0, 300).join(''))}`,
      )
    ).text();
  },
  'a JSON answer': answer((res, text) => res.json({ [text]: text })),
  'an answer that escapes what is not ASCII': answer((res, text) => {
    const escaped = JSON.stringify({ text }).replace(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    res.type('json').end(escaped);
  }),
  'a text answer': answer((res, text) => void res.type('text').end(text)),
  'an answer in pieces': answer((res, text) => {
    for (const character of text.match(/.{1,999}/gsu) ?? []) res.write(character);
    res.end();
  }),
  'an answer in bytes': answer((res, text) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 1021) res.write(bytes.subarray(at, at + 1021));
    res.end();
  }),
  'a compressed answer': answer((res, text) => {
    res.type('text').setHeader('content-encoding', 'gzip');
    res.end(gzipSync(text));
  }),
  events: answer((res, text) => {
    res.type('text/event-stream');
    for (const piece of inHalves(text)) res.write(`data: ${chunkOf(piece)}\n\n`);
    res.end();
  }),
  'events of one’s own': answer((res, text) => {
    res.type('text/event-stream');
    res.write(`data: ${JSON.stringify({ type: 'note', note: [text, 'x'] })}\n\n`);
    for (const piece of inHalves(text)) res.write(`data: ${JSON.stringify({ token: piece })}\n\n`);
    res.end();
  }),
  'an error of a handler': answer((_res, text) => {
    throw new Error(text);
  }),
  'the answer of a model': async (text, { tracer, provider }) => {
    said = chunkOf(text);
    await ask(tracer, provider);
  },
  'the error of a model': async (text, { tracer, provider }) => {
    said = text;
    await ask(tracer, `${provider}/fails`);
  },
};

async function ask(tracer: Tracer, url: string): Promise<void> {
  using started = tracer.startTrace('x');
  const body = JSON.stringify({ model: 'm', messages: [], stream: true });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  const response = await started.run(() => tracedFetch()(`${url}/v1/chat/completions`, init));
  await response.text();
}

/** Every string in a value, with where it stands. */
function* stringsIn(value: unknown, path: string): Generator<readonly [string, string]> {
  if (typeof value === 'string') yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    yield [`the key ${path}.${key.slice(0, 20)}`, key];
    yield* stringsIn(member, `${path}.${key.slice(0, 20)}`);
  }
}

describe('the strings of a row', () => {
  const transport = memoryTransport();
  let servers: Server[] = [];
  let stage: Stage;

  before(async () => {
    const tracer = createTracer({ transport });
    const app = express();
    app.set('env', 'test');
    app.use(openlayerTracing({ tracer }), express.json({ limit: '10mb' }));
    app.all('/', (_req, res) => respond(res));
    app.use((_error: unknown, _req: unknown, res: Response, _next: unknown) => {
      res.status(500).end();
    });
    const provider = createServer((req, res) => {
      const fails = req.url?.startsWith('/fails') === true;
      res.writeHead(fails ? 400 : 200, {
        'content-type': fails ? 'text/plain' : 'text/event-stream',
      });
      res.end(fails ? said : `data: ${said}\n\ndata: [DONE]\n\n`);
    });
    servers = [createServer(app), provider];
    const urls: string[] = [];
    for (const server of servers) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    }
    stage = { tracer, url: urls[0] as string, provider: urls[1] as string };
  });

  after(() => {
    for (const server of servers) server.close();
  });

  async function stringsOf(place: Place, text: string) {
    const [before, configs] = [transport.rows.length, transport.configs.length];
    await place(text, stage);
    await stage.tracer.flush();
    const rows = transport.rows.slice(before);
    assert.ok(rows.length > 0, 'no row');
    return [...stringsIn(rows, 'rows'), ...stringsIn(transport.configs.slice(configs), 'configs')];
  }

  for (const [what, place] of Object.entries(places)) {
    // Pairs begin at even and odd places, and at each of the bytes of UTF-8.
    for (const prefix of ['', 'a', 'ab', 'abc']) {
      it(`are cut between characters: ${what}, behind ${prefix.length} others`, async () => {
        for (const length of [127, 200, 2000, 20_000, 40_000]) {
          const text = prefix + '😀'.repeat(length);
          for (const [path, string] of await stringsOf(place, text)) {
            assert.ok(string.isWellFormed(), `${path} is not well-formed: ${string.slice(-40)}`);
            assert.ok(!string.includes('\ufffd'), `${path} was cut in two: ${string.slice(-40)}`);
          }
        }
      });
    }

    it(`are whole where the app’s are not: ${what}`, async () => {
      for (const text of ['\ud83d', 'x\udc00y', '\udc00\ud83d', `${'\ud83d'.repeat(300)}x`]) {
        for (const [path, string] of await stringsOf(place, text)) {
          assert.ok(string.isWellFormed(), `${path} is not well-formed: ${string.slice(0, 40)}`);
        }
      }
    });
  }

  it('of an update are whole, and so are those of a row that is cut since it is too large', async () => {
    const bodies: string[] = [];
    await using collector = await startCollector((request, response, body) => {
      bodies.push(body.toString('utf8'));
      if (request.method === 'PUT') {
        response.setHeader('content-type', 'application/json');
        response.end('{"success":true}');
        return true;
      }
      if (body.byteLength < 100_000) return false;
      response.writeHead(413, { 'content-type': 'application/json' }).end('{}');
      return true;
    });
    const tracer = createTracer(collector.tracer);
    for (const prefix of ['', 'a']) {
      const text = prefix + '😀'.repeat(40_000);
      using started = tracer.startTrace('x');
      started.update({ output: text, metadata: { text } });
      const update = { [prefix + text.slice(0, 101)]: 'half \ud83d', text };
      assert.deepEqual(await tracer.updateRow('row-1', update), { ok: true });
    }
    await tracer.flush();
    await tracer.shutdown();
    assert.ok(bodies.length > 4);
    for (const body of bodies) {
      for (const [path, string] of stringsIn(JSON.parse(body), 'body')) {
        assert.ok(string.isWellFormed(), path);
      }
    }
  });
});
