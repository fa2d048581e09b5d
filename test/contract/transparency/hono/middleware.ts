/** Together with Hono's own middleware. */

import { setTimeout as later } from 'node:timers/promises';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { cors } from 'hono/cors';
import { csrf } from 'hono/csrf';
import { etag } from 'hono/etag';
import { poweredBy } from 'hono/powered-by';
import { prettyJSON } from 'hono/pretty-json';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { timeout } from 'hono/timeout';
import { validator } from 'hono/validator';
import { get, post, postChunks, postJson } from '../../../support/raw-http.ts';
import type { HonoCase } from './framework.ts';
import { toTheEnd } from './shared.ts';

const GZIP = { 'Accept-Encoding': 'gzip' };
const LONG = 'a long text that is worth it '.repeat(60);

const FORM = [
  '--edge',
  'Content-Disposition: form-data; name="title"',
  '',
  'Grüße',
  '--edge',
  'Content-Disposition: form-data; name="file"; filename="a.bin"',
  'Content-Type: application/octet-stream',
  '',
  'bytes of the file',
  '--edge--',
  '',
].join('\r\n');

export const middleware: readonly HonoCase[] = [
  {
    name: 'compress() of text',
    clients: [get('/', GZIP), get()],
    status: 200,
    anyChunks: true,
    parsers: () => [compress()],
    build: ({ app }) => app.get('/', (c) => c.text(LONG)),
  },
  {
    name: 'compress() of events',
    clients: [toTheEnd(get('/', GZIP))],
    status: 200,
    anyChunks: true,
    parsers: () => [compress({ threshold: 0 })],
    build: ({ app }) =>
      app.get('/', (c) =>
        streamSSE(c, async (it) => {
          for (const data of ['one', 'two']) await it.writeSSE({ data });
        }),
      ),
  },
  {
    name: 'etag()',
    clients: [get('/'), get('/', { 'If-None-Match': '*' })],
    status: 304,
    faults: true,
    parsers: () => [etag()],
    build: ({ app }) => app.get('/', (c) => c.json({ same: true })),
  },
  {
    name: 'etag() of a stream',
    clients: [get('/')],
    status: 200,
    parsers: () => [etag()],
    build: ({ app }) =>
      app.get('/', (c) => {
        let n = 0;
        const pull = (it: ReadableStreamDefaultController<Uint8Array>) => {
          if (n++ < 2) it.enqueue(new TextEncoder().encode(`part ${n} `));
          else it.close();
        };
        return c.body(new ReadableStream({ pull }, { highWaterMark: 0 }));
      }),
  },
  {
    name: 'timeout() that passes',
    clients: [get()],
    status: 504,
    lingersMs: 120,
    parsers: () => [timeout(20)],
    build: ({ app, note }) =>
      app.get('/', async (c) => {
        await later(80);
        note('too late');
        return c.text('too late');
      }),
  },
  {
    name: 'timeout() that does not pass',
    clients: [get()],
    status: 200,
    parsers: () => [timeout(5000)],
    build: ({ app }) => app.get('/', (c) => c.text('in time')),
  },
  {
    name: 'bodyLimit() within it and above',
    clients: [
      post('1234'),
      post('12345'),
      postChunks(['12', '34'], { 'Content-Type': 'text/plain' }),
      postChunks(['123', '45'], { 'Content-Type': 'text/plain' }),
    ],
    status: 413,
    parsers: () => [bodyLimit({ maxSize: 4 })],
    build: ({ app }) => app.post('/', async (c) => c.text(await c.req.text())),
  },
  {
    name: 'cors()',
    clients: [get('/', { Origin: 'http://a.example' }), get('/', { Origin: 'x' }, 'OPTIONS')],
    status: 204,
    parsers: () => [cors()],
    build: ({ app }) => app.get('/', (c) => c.json({ shared: true })),
  },
  {
    name: 'csrf()',
    clients: [
      post('a=1', { 'Content-Type': 'application/x-www-form-urlencoded', Origin: 'http://evil' }),
    ],
    status: 403,
    parsers: () => [csrf()],
    build: ({ app }) => app.post('/', (c) => c.text('never')),
  },
  {
    name: 'headers that middleware adds after the handler',
    clients: [get('/'), get('/hand')],
    status: 200,
    faults: true,
    parsers: () => [secureHeaders(), poweredBy()],
    build: ({ app }) => {
      app.get('/', (c) => c.text('secure'));
      app.get('/hand', () => new Response('by hand'));
    },
  },
  {
    name: 'prettyJSON()',
    clients: [get('/?pretty')],
    status: 200,
    parsers: () => [prettyJSON()],
    build: ({ app }) => app.get('/', (c) => c.json({ a: { b: 1 } })),
  },
  {
    name: 'a validator',
    clients: [postJson({ n: 1 }), post('{"n":', { 'Content-Type': 'application/json' })],
    status: 400,
    build: ({ app }) =>
      app.post(
        '/',
        validator('json', (value) => value as { n: number }),
        (c) => c.json(c.req.valid('json')),
      ),
  },
  {
    name: 'forms of both kinds',
    clients: [
      post('title=Gr%C3%BC%C3%9Fe&tag=a&tag=b', {
        'Content-Type': 'application/x-www-form-urlencoded',
      }),
      post(FORM, { 'Content-Type': 'multipart/form-data; boundary=edge' }),
    ],
    status: 200,
    faults: true,
    build: ({ app }) =>
      app.post('/', async (c) => {
        const form = await c.req.parseBody({ all: true });
        const file = form.file instanceof File ? await form.file.text() : '';
        return c.json({ title: form.title as string, tag: form.tag as string[], file });
      }),
  },
  {
    name: 'the raw form of a request',
    clients: [post(FORM, { 'Content-Type': 'multipart/form-data; boundary=edge' })],
    status: 200,
    build: ({ app }) =>
      app.post('/', async (c) => c.json([...(await c.req.raw.formData()).keys()])),
  },
  {
    name: 'an upload that nobody reads',
    clients: [post('x'.repeat(100_000))],
    status: 200,
    build: ({ app }) => app.post('/', (c) => c.text('not interested')),
  },
];
