/** Routes, sub-apps and what a handler sees of its request. */

import { Hono } from 'hono';
import { get, post } from '../../../support/raw-http.ts';
import type { Env, HonoCase } from './framework.ts';

export const routing: readonly HonoCase[] = [
  {
    name: 'parameters and queries',
    clients: [get('/shelves/a%20b/items/7?q=1&q=2&x=%C3%BC')],
    status: 200,
    faults: true,
    build: ({ app }) =>
      app.get('/shelves/:shelf/items/:item{[0-9]+}', (c) =>
        c.json({
          params: c.req.param(),
          query: c.req.query(),
          all: c.req.queries(),
          q: c.req.path,
        }),
      ),
  },
  {
    name: 'sub-apps with an answer to errors of their own',
    clients: [get('/api/items/1'), get('/api/fail')],
    status: 418,
    build: ({ app }) => {
      const api = new Hono<Env>();
      api.onError((error, c) => c.text(`api: ${error.message}`, 418));
      api.get('/items/:id', (c) => c.json(c.req.param()));
      api.get('/fail', () => {
        throw new Error('inside');
      });
      app.route('/api', api);
    },
  },
  {
    name: 'an app that is mounted',
    clients: [get('/old/place?x=1'), post('of the body', {}, '/old/echo')],
    status: 200,
    build: ({ app }) => {
      app.mount('/old', async (request: Request) => {
        const { pathname, search } = new URL(request.url);
        const body = request.method === 'POST' ? await request.text() : '';
        return new Response(`${request.method} ${pathname}${search} ${body}`);
      });
    },
  },
  {
    name: 'another Hono that is mounted',
    clients: [get('/inner/hello/ann')],
    status: 200,
    build: ({ app }) => {
      const inner = new Hono();
      inner.get('/hello/:name', (c) => c.text(`Hello ${c.req.param('name')}`));
      app.mount('/inner', inner.fetch);
    },
  },
  {
    name: 'several handlers of a route',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.get(
        '/',
        async (c, next) => {
          note('first');
          await next();
          c.header('X-Later', 'yes');
        },
        (c) => c.text('second'),
      ),
  },
  {
    name: 'all methods',
    clients: [get('/', {}, 'PUT'), get('/', {}, 'DELETE'), get('/', {}, 'PURGE')],
    status: 200,
    build: ({ app }) => app.all('/', (c) => c.text(c.req.method)),
  },
  {
    name: 'what a handler sees of its context',
    clients: [get('/see/1', { 'X-Own': 'ü'.normalize('NFC'), Accept: 'a, b' })],
    status: 200,
    build: ({ app }) =>
      app.get('/see/:id', (c) => {
        const { incoming } = c.env ?? {};
        const variables = Object.keys(c.var);
        return c.json({
          url: c.req.url.replace(/:\d+/, ''),
          own: c.req.header('x-own'),
          accept: c.req.header('Accept'),
          names: Object.keys(c.req.header()),
          variables,
          finalized: c.finalized,
          error: String(c.error),
          http: incoming?.httpVersion ?? '',
          listeners: incoming?.listenerCount('data') ?? 0,
        });
      }),
  },
  {
    name: 'the bodies of requests, in every way',
    clients: ['text', 'json', 'buffer', 'blob', 'form', 'raw', 'clone', 'stream', 'twice'].map(
      (way) => post('{"a":"ü"}', { 'Content-Type': 'application/json' }, `/${way}`),
    ),
    status: 200,
    faults: true,
    build: ({ app }) => {
      app.post('/text', async (c) => c.text(await c.req.text()));
      app.post('/json', async (c) => c.json((await c.req.json()) as object));
      app.post('/buffer', async (c) => c.body(await c.req.arrayBuffer()));
      app.post('/blob', async (c) => c.text(`${(await c.req.blob()).size}`));
      app.post('/form', async (c) => c.json(await c.req.parseBody()));
      app.post('/raw', async (c) => c.text(JSON.stringify(await c.req.raw.json())));
      app.post('/clone', async (c) => c.text(await c.req.raw.clone().text()));
      app.post('/stream', async (c) => {
        const { body } = c.req.raw;
        const decoder = new TextDecoder();
        let text = '';
        // Node's web streams can be iterated.
        for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
          text += decoder.decode(chunk, { stream: true });
        }
        return c.text(text);
      });
      app.post('/twice', async (c) => {
        const [first, second] = [await c.req.text(), (await c.req.json()) as object];
        return c.json({ first, second });
      });
    },
  },
  {
    name: 'a body that is used twice',
    clients: [post('once')],
    status: 500,
    build: ({ app, note }) => {
      app.post('/', async (c) => {
        await c.req.raw.text();
        note(`used ${c.req.raw.bodyUsed}`);
        return c.text(await c.req.raw.text());
      });
    },
  },
  {
    name: 'a request that is asked of the app itself',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app }) => {
      app.get('/inner/:n', (c) => c.text(`inner ${c.req.param('n')}`));
      app.get('/', async (c) => c.text(await (await app.request('/inner/1', {}, c.env)).text()));
    },
  },
];
