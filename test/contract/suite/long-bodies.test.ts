/** JSON bodies above the limit: what they say is still found in the row. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Tracer } from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { type Context, Hono } from 'hono';
import { startCollector } from '../../support/collector.ts';
import { NODE_APPS } from '../harness/node-apps.ts';

const DATA_URL = `data:image/png;base64,${Buffer.alloc(200_000).toString('base64')}`;
const MESSAGES = Array.from({ length: 5000 }, (_, n) => ({ role: 'user', content: `no. ${n}` }));

/** Sends a body to an app that sends it back. */
type Exchange = (tracer: Tracer, body: string, headers?: Record<string, string>) => Promise<void>;

const APPS: Record<string, Exchange> = {};
for (const [name, make] of Object.entries(NODE_APPS)) {
  APPS[name] = async (tracer, body, headers) => {
    const app = make(tracer, ({ req, res }) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        res.statusCode = 200;
        res.setHeader('content-type', 'application/json');
        for (const chunk of chunks) res.write(chunk);
        res.end();
      });
    });
    const server = createServer(app).listen(0);
    const { port } = server.address() as AddressInfo;
    const init = {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    };
    const response = await fetch(`http://127.0.0.1:${port}/`, init);
    assert.equal(await response.text(), body);
    server.close();
  };
}
/** By web requests, as on Workers; by how the app reads the body. */
const READS: Readonly<Record<string, (c: Context) => Promise<unknown>>> = {
  'c.req.json()': (c) => c.req.json(),
  'c.req.text()': async (c) => JSON.parse(await c.req.text()),
  'c.req.raw.json()': (c) => c.req.raw.json(),
  'c.req.arrayBuffer()': async (c) => JSON.parse(Buffer.from(await c.req.arrayBuffer()).toString()),
};
for (const [read, bodyOf] of Object.entries(READS)) {
  APPS[`Hono by web requests, ${read}`] = async (tracer, body, headers) => {
    const app = new Hono();
    app.use(openlayerTracing({ tracer }));
    app.post('/', async (c) => c.json((await bodyOf(c)) as object));
    const init = {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    };
    const response = await app.request('/', init);
    assert.equal(await response.text(), body);
  };
}

for (const [name, exchange] of Object.entries(APPS)) {
  describe(`a JSON body above the limit, on ${name}`, () => {
    async function rowOf(value: unknown): Promise<WireRow> {
      await using collector = await startCollector();
      await exchange(collector.createTracer(), JSON.stringify(value));
      const [row] = await collector.exactly(1);
      return row as WireRow;
    }

    it('shows the question behind an image, and names the image', async () => {
      const { body, output } = await rowOf({ image: DATA_URL, password: 'hush', question: 'why?' });
      const seen = { image: '[image/png, 200000 bytes]', password: '[redacted]', question: 'why?' };
      assert.deepEqual(body, seen);
      assert.deepEqual(output, seen);
    });

    it('shows the question behind a long text', async () => {
      const { body, output } = await rowOf({ docs: 'x'.repeat(100_000), question: 'why?' });
      assert.deepEqual(output, body);
      const { docs, question } = body as Record<string, string>;
      assert.equal(question, 'why?');
      assert.match(docs ?? '', /^x{30000,}… \[cut: \d+ more characters\]$/);
    });

    it('shows the first and the newest messages', async () => {
      const { body, output } = await rowOf({ model: 'm', messages: MESSAGES, stream: false });
      assert.deepEqual(output, body);
      const { model, messages, stream } = body as {
        messages: unknown[];
        model: string;
        stream: boolean;
      };
      assert.deepEqual([model, stream], ['m', false]);
      assert.deepEqual([messages[0], messages.at(-1)], [MESSAGES[0], MESSAGES.at(-1)]);
      assert.match(JSON.stringify(messages), /\[cut: \d+ more items\]/);
    });

    it('has no secret that was cut', async () => {
      const docs = `${'x '.repeat(40_000)}`;
      for (let at = 32_700; at < 32_800; at += 9) {
        const text = `${docs.slice(0, at)} postgres://ada:hush@host/ ${docs}`;
        const { body } = await rowOf({ text, question: 'why?' });
        assert.doesNotMatch(JSON.stringify(body), /hush|:hu/);
      }
    }).timeout(20_000);
  });
}

describe('a compressed JSON body', () => {
  it('above the limit shows its beginning with its structure', async () => {
    await using collector = await startCollector();
    const make = NODE_APPS['Express 5'];
    assert.ok(make);
    const app = make(collector.createTracer(), ({ req, res }) => {
      req.resume().on('end', () => res.end('ok'));
    });
    const server = createServer(app).listen(0);
    const { port } = server.address() as AddressInfo;
    const items = Array.from({ length: 40_000 }, () => crypto.randomUUID());
    const body = gzipSync(JSON.stringify({ question: 'why?', items }));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers });
    const [row] = await collector.exactly(1);
    server.close();
    const seen = row?.body as Record<string, unknown>;
    assert.deepEqual([seen.question, seen['…']], ['why?', '[cut: the rest]']);
  });
});
