/** Together with the middleware that apps have anyway: parsers, uploads, sessions, compression, security headers. */

import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import compression from 'compression';
import cookieParser from 'cookie-parser';
import session from 'express-session';
import helmet from 'helmet';
import multer from 'multer';
import { get, post, postChunks, postJson } from '../../../support/raw-http.ts';
import type { ExpressCase } from './framework.ts';

const GZIP = { 'Accept-Encoding': 'gzip' };

const FORM = [
  '--edge',
  'Content-Disposition: form-data; name="title"',
  '',
  'Grüße',
  '--edge',
  'Content-Disposition: form-data; name="file"; filename="ä.bin"',
  'Content-Type: application/octet-stream',
  '',
  'bytes of the file',
  '--edge--',
  '',
].join('\r\n');

const MULTIPART = { 'Content-Type': 'multipart/form-data; boundary=edge' };

export const middleware: readonly ExpressCase[] = [
  {
    name: 'express.json',
    clients: [postJson({ a: 'ü', nested: { list: [1, 2, 3] } })],
    status: 200,
    faults: true,
    parsers: (express) => [express.json()],
    build: ({ app }) => app.post('/', (req, res) => void res.json(req.body)),
  },
  {
    name: 'JSON in chunks and compressed',
    clients: [
      postChunks(['{"a":', '1}'], { 'Content-Type': 'application/json' }),
      post(gzipSync('{"b":2}'), { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }),
    ],
    status: 200,
    parsers: (express) => [express.json()],
    build: ({ app }) => app.post('/', (req, res) => void res.json(req.body)),
  },
  {
    name: 'JSON that is malformed',
    clients: [post('{"a":', { 'Content-Type': 'application/json' })],
    status: 400,
    faults: true,
    parsers: (express) => [express.json()],
    build: ({ app, note }) => {
      app.post('/', (req, res) => void res.json(req.body));
      app.use((met: Error, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
        note(`${met.name} ${met.message} ${Object.keys(met).join()}`);
        next(met);
      });
    },
  },
  {
    name: 'JSON that is too large',
    clients: [postJson({ text: 'x'.repeat(200) })],
    status: 413,
    parsers: (express) => [express.json({ limit: 100 })],
    build: ({ app }) => app.post('/', (req, res) => void res.json(req.body)),
  },
  {
    name: 'a parser that verifies the raw bytes',
    clients: [postJson({ signed: true })],
    status: 200,
    parsers: (express) => [
      express.json({
        verify: (req, _res, bytes) => {
          Object.assign(req, { rawSize: bytes.byteLength });
        },
      }),
    ],
    build: ({ app }) => app.post('/', (req, res) => void res.json(Reflect.get(req, 'rawSize'))),
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
    parsers: (express) => [express.urlencoded({ extended: true })],
    build: ({ app }) => app.post('/', (req, res) => void res.json(req.body)),
  },
  {
    name: 'raw bytes and text',
    clients: [
      post(Buffer.from([1, 2, 250]), { 'Content-Type': 'application/octet-stream' }),
      post('Grüße', { 'Content-Type': 'text/plain; charset=utf-8' }),
    ],
    status: 200,
    parsers: (express) => [express.raw(), express.text()],
    build: ({ app }) => app.post('/', (req, res) => void res.send(req.body)),
  },
  {
    name: 'parsers on the route',
    clients: [postJson({ late: true })],
    status: 200,
    build: ({ app, express, note }) =>
      app.post('/', express.json(), (req, res) => {
        note(`ended: ${req.readableEnded}`);
        res.json(req.body);
      }),
  },
  {
    name: 'an upload that no parser takes',
    clients: [post('a,b', { 'Content-Type': 'text/csv' })],
    status: 200,
    parsers: (express) => [express.json(), express.urlencoded({ extended: false })],
    build: ({ app, note }) =>
      app.post('/', async (req, res) => {
        note(JSON.stringify(req.body ?? 'none'));
        let text = '';
        for await (const chunk of req) text += String(chunk);
        res.send(text);
      }),
  },
  {
    name: 'multer',
    clients: [post(FORM, MULTIPART)],
    status: 200,
    faults: true,
    parsers: () => [multer().single('file')],
    build: ({ app }) =>
      app.post('/', (req, res) => {
        const { originalname, size, mimetype, buffer } = req.file ?? {};
        res.json({ body: req.body, originalname, size, mimetype, text: buffer?.toString() });
      }),
  },
  {
    name: 'multer that meets a broken form',
    clients: [post(FORM.slice(0, 120), MULTIPART)],
    status: 500,
    parsers: () => [multer().single('file')],
    build: ({ app, note }) => {
      app.post('/', (_req, res) => void res.end('never'));
      app.use((met: Error, _req: unknown, _res: unknown, next: (error: unknown) => void) => {
        note(met.message);
        next(met);
      });
    },
  },
  {
    name: 'compression of JSON',
    clients: [get('/', GZIP)],
    status: 200,
    anyChunks: true,
    faults: true,
    parsers: () => [compression({ threshold: 0 })],
    build: ({ app }) => app.get('/', (_req, res) => void res.json({ text: 'again '.repeat(500) })),
  },
  {
    name: 'compression of a stream with flush',
    clients: [get('/', GZIP)],
    status: 200,
    anyChunks: true,
    parsers: () => [compression()],
    build: ({ app }) =>
      app.get('/', async (_req, res) => {
        res.type('text/plain');
        for (const part of ['one ', 'two ', 'three ']) {
          res.write(part.repeat(100));
          res.flush();
          await pause(2);
        }
        res.end('end');
      }),
  },
  {
    name: 'compression that does not apply',
    clients: [get('/'), get('/', GZIP, 'HEAD')],
    status: 200,
    parsers: () => [compression()],
    build: ({ app }) => app.get('/', (_req, res) => void res.type('text').send('short')),
  },
  {
    name: 'cookies that are parsed, signed and set',
    clients: [get('/', { Cookie: 'a=1; b=j%3A%7B%22c%22%3A2%7D' })],
    status: 200,
    parsers: () => [cookieParser('a secret')],
    build: ({ app }) =>
      app.get('/', (req, res) => {
        res.cookie('signed', 'value', { signed: true });
        res.json({ cookies: req.cookies, signed: req.signedCookies });
      }),
  },
  {
    name: 'a session in an asynchronous store',
    clients: [get('/', { Cookie: 'connect.sid=s%3Anone.bad' })],
    status: 200,
    faults: true,
    parsers: () => [
      session({ secret: 's', resave: false, saveUninitialized: true, genid: () => 'fixed-id' }),
    ],
    build: ({ app, note }) =>
      app.get('/', (req, res) => {
        const { session: own } = req;
        Object.assign(own, { visits: 1 });
        note(req.sessionID);
        res.json({ id: own.id, visits: Reflect.get(own, 'visits') });
      }),
  },
  {
    name: 'security headers',
    clients: [get()],
    status: 200,
    parsers: () => [helmet()],
    build: ({ app }) => app.get('/', (_req, res) => void res.json({ safe: true })),
  },
  {
    name: 'all of it at once',
    clients: [post('{"q":"x"}', { 'Content-Type': 'application/json', ...GZIP, Cookie: 'a=b' })],
    status: 200,
    anyChunks: true,
    parsers: (express) => [
      helmet(),
      compression({ threshold: 0 }),
      cookieParser(),
      session({ secret: 's', resave: true, saveUninitialized: true, genid: () => 'fixed-id' }),
      express.json(),
      express.urlencoded({ extended: true }),
    ],
    build: ({ app }) =>
      app.post(
        '/',
        (req, res) => void res.json({ ...req.body, ...req.cookies, ok: 'y'.repeat(99) }),
      ),
  },
  {
    name: 'a request id that the app makes itself',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.get('/', (_req, res) => {
        res.set('X-Request-Id', 'of-the-app');
        note(String(res.get('x-request-id')));
        res.send('named');
      }),
  },
];
