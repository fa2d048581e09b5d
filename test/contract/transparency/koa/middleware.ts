/** Together with the middleware that apps have anyway: parsers, uploads, sessions, compression, security headers. */

import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bodyParser } from '@koa/bodyparser';
import cors from '@koa/cors';
import etag from '@koa/etag';
import multer from '@koa/multer';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import formerBodyParser from 'koa-bodyparser';
import compress from 'koa-compress';
import conditional from 'koa-conditional-get';
import helmet from 'koa-helmet';
import session from 'koa-session';
import files from 'koa-static';
import { get, post, postChunks, postJson } from '../../../support/raw-http.ts';
import { answering } from './answering.ts';
import type { KoaCase } from './framework.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const GZIP = { 'Accept-Encoding': 'gzip' };

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

const MULTIPART = { 'Content-Type': 'multipart/form-data; boundary=edge' };

const echo: Middleware = (ctx) => {
  ctx.body = ctx.request.body;
};

/** Sessions that end up in an asynchronous store, all of them under one key. */
function storedSessions(app: Koa): Middleware {
  const stored = new Map<string, object>();
  return session(
    {
      key: 'sid',
      signed: false,
      // An age would show the clock.
      maxAge: 'session',
      genid: () => 'fixed-id',
      store: {
        get: async (key: string) => {
          await pause(1);
          return stored.get(key);
        },
        set: async (key: string, value: object) => void stored.set(key, value),
        destroy: async (key: string) => void stored.delete(key),
      },
    },
    app,
  );
}

export const middleware: readonly KoaCase[] = [
  {
    name: '@koa/bodyparser',
    clients: [postJson({ a: 'ü', nested: { list: [1, 2, 3] } })],
    status: 200,
    faults: true,
    parsers: () => [bodyParser()],
    build: ({ app }) => app.use(echo),
  },
  {
    name: 'koa-bodyparser, with the raw body',
    clients: [postJson({ a: 'ü' }), post('a=1&b=2&b=3', { 'Content-Type': 'text/plain' })],
    status: 200,
    faults: true,
    parsers: () => [formerBodyParser({ enableTypes: ['json', 'form', 'text'] })],
    build: ({ app, note }) =>
      app.use((ctx) => {
        note(String(ctx.request.rawBody));
        ctx.body = { body: ctx.request.body };
      }),
  },
  {
    name: 'JSON in chunks and compressed',
    clients: [
      postChunks(['{"a":', '1}'], { 'Content-Type': 'application/json' }),
      post(gzipSync('{"b":2}'), { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }),
    ],
    status: 200,
    parsers: () => [bodyParser()],
    build: ({ app }) => app.use(echo),
  },
  {
    name: 'JSON that is malformed',
    clients: [post('{"a":', { 'Content-Type': 'application/json' })],
    status: 400,
    faults: true,
    parsers: () => [bodyParser()],
    build: ({ app, note }) => {
      app.on('error', (error: Error) => note(`${error.name} ${Object.keys(error)}`));
      app.use(echo);
    },
  },
  {
    name: 'JSON that is malformed, and forgiven',
    clients: [post('{"a":', { 'Content-Type': 'application/json' })],
    status: 422,
    parsers: () => [
      bodyParser({ onError: (error, ctx) => ctx.throw(422, `no JSON: ${error.name}`) }),
    ],
    build: ({ app }) => app.use(echo),
  },
  {
    name: 'JSON that is too large',
    clients: [postJson({ text: 'x'.repeat(200) })],
    status: 413,
    parsers: () => [bodyParser({ jsonLimit: '100b' })],
    build: ({ app }) => app.use(echo),
  },
  {
    name: 'a form',
    clients: [
      post('a=1&b=%C3%BC&list=x&list=y&deep[k]=v', {
        'Content-Type': 'application/x-www-form-urlencoded',
      }),
    ],
    status: 200,
    faults: true,
    parsers: () => [bodyParser()],
    build: ({ app }) => app.use(echo),
  },
  {
    name: 'a body that the handler changes',
    clients: [postJson({ question: 'Why?', list: [1, 2] })],
    status: 200,
    faults: true,
    parsers: () => [bodyParser()],
    build: ({ app }) =>
      app.use((ctx) => {
        const body = ctx.request.body as Record<string, unknown>;
        body.question = 'changed';
        delete body.list;
        ctx.body = body;
      }),
  },
  {
    name: 'an upload that no parser takes',
    clients: [post('a,b', { 'Content-Type': 'text/csv' })],
    status: 200,
    parsers: () => [bodyParser()],
    build: ({ app, note }) =>
      app.use(async (ctx) => {
        note(JSON.stringify(ctx.request.body ?? 'none'));
        let text = '';
        for await (const chunk of ctx.req) text += String(chunk);
        ctx.body = text;
      }),
  },
  {
    name: 'an upload that is the answer',
    clients: [post('back again', { 'Content-Type': 'text/plain' })],
    status: 200,
    faults: true,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.type = 'text';
        ctx.body = ctx.req;
      }),
  },
  {
    name: '@koa/multer',
    clients: [post(FORM, MULTIPART)],
    status: 200,
    faults: true,
    parsers: () => [multer().single('file')],
    build: ({ app }) =>
      app.use((ctx) => {
        const { originalname, size, mimetype, buffer } = ctx.file ?? {};
        ctx.body = { body: ctx.request.body, originalname, size, mimetype, text: String(buffer) };
      }),
  },
  {
    name: '@koa/multer that meets a broken form',
    clients: [post(FORM.slice(0, 120), MULTIPART)],
    status: 500,
    parsers: () => [multer().single('file')],
    build: ({ app, note }) => {
      app.on('error', (error: Error) => note(error.message));
      app.use(answering(() => 'never'));
    },
  },
  {
    name: 'compression of JSON',
    clients: [get('/', GZIP)],
    status: 200,
    anyChunks: true,
    faults: true,
    parsers: () => [compress({ threshold: 0 })],
    build: ({ app }) => app.use(answering(() => ({ text: 'again '.repeat(500) }))),
  },
  {
    name: 'compression of a stream',
    clients: [get('/', GZIP)],
    status: 200,
    anyChunks: true,
    faults: true,
    parsers: () => [compress({ threshold: 0 })],
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.type = 'text';
        ctx.body = Readable.from(
          (async function* () {
            for (const part of ['one ', 'two ', 'three ']) {
              yield part.repeat(100);
              await pause(2);
            }
          })(),
        );
      }),
  },
  {
    name: 'compression that does not apply',
    clients: [get('/'), get('/', GZIP, 'HEAD')],
    status: 200,
    parsers: () => [compress()],
    build: ({ app }) => app.use(answering(() => 'short')),
  },
  {
    name: 'an error behind compression',
    clients: [get('/', GZIP)],
    status: 500,
    faults: true,
    parsers: () => [compress({ threshold: 0 })],
    build: ({ app }) => {
      app.on('error', () => {});
      app.use(() => {
        throw new Error('nothing to compress');
      });
    },
  },
  {
    name: 'entity tags and conditional requests',
    clients: [get(), get('/', { 'If-None-Match': '"5-qvTGHdzF6KLavt4PO0gs2a6pQ00"' })],
    status: 304,
    parsers: () => [conditional(), etag()],
    build: ({ app }) => app.use(answering(() => 'hello')),
  },
  {
    name: 'static files',
    clients: [
      get('/poem.txt'),
      get('/poem.txt', { Range: 'bytes=0-4' }),
      get('/%2e%2e/x'),
      get('/none.txt'),
    ],
    status: 404,
    faults: true,
    parsers: () => [files(FIXTURES, { maxage: 1000 }) as Middleware],
    build: () => {},
  },
  {
    name: 'a session in an asynchronous store',
    clients: [get(), get('/', { Cookie: 'sid=fixed-id' })],
    status: 200,
    faults: true,
    parsers: (app) => [storedSessions(app)],
    build: ({ app, note }) =>
      app.use((ctx) => {
        const visits = Number(ctx.session?.visits ?? 0) + 1;
        if (ctx.session) ctx.session.visits = visits;
        note(String(visits));
        ctx.body = { visits: visits > 0 };
      }),
  },
  {
    name: 'a session in a cookie',
    clients: [get()],
    status: 200,
    parsers: (app) => {
      app.keys = ['a secret'];
      return [session({ key: 'sess', maxAge: 'session' }, app)];
    },
    build: ({ app }) =>
      app.use((ctx) => {
        if (ctx.session) ctx.session.user = 'ann';
        ctx.body = 'kept';
      }),
  },
  {
    name: 'security headers and requests from other origins',
    clients: [
      get('/', { Origin: 'https://a.example' }),
      get('/', { Origin: 'https://a.example', 'Access-Control-Request-Method': 'PUT' }, 'OPTIONS'),
    ],
    status: 204,
    parsers: () => [helmet() as Middleware, cors({ credentials: true })],
    build: ({ app }) => app.use(answering(() => ({ safe: true }))),
  },
  {
    name: 'all of it at once',
    clients: [post('{"q":"x"}', { 'Content-Type': 'application/json', ...GZIP, Cookie: 'a=b' })],
    status: 200,
    anyChunks: true,
    parsers: (app) => [
      helmet() as Middleware,
      cors(),
      compress({ threshold: 0 }),
      conditional(),
      etag(),
      storedSessions(app),
      bodyParser(),
    ],
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = {
          ...(ctx.request.body as object),
          cookie: ctx.cookies.get('a'),
          ok: 'y'.repeat(99),
        };
      }),
  },
  {
    name: 'a request id that the app makes itself',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.use((ctx) => {
        ctx.set('X-Request-Id', 'of-the-app');
        note(ctx.response.get('x-request-id'));
        ctx.body = 'named';
      }),
  },
];
