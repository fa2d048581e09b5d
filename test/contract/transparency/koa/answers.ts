/** What Koa makes of the bodies, the status and the headers that handlers set. */

import { createReadStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { get } from '../../../support/raw-http.ts';
import { noteEvents } from '../node/case.ts';
import { FILE } from '../node/streams.ts';
import type { KoaCase } from './framework.ts';

async function* words(): AsyncGenerator<string> {
  for (const word of ['from', 'a', 'generator']) {
    await pause(2);
    yield `${word} `;
  }
}

/** A stream whose every pull is one word. */
function pulled(): ReadableStream<Uint8Array> {
  const said = words();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await said.next();
      if (done) controller.close();
      else controller.enqueue(Buffer.from(value));
    },
  });
}

export const answers: readonly KoaCase[] = [
  {
    name: 'a string',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = 'Grüße aus Köln';
      }),
  },
  {
    name: 'HTML, known by its first character',
    clients: [get()],
    status: 200,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = '  <h1>Grüße</h1>';
      }),
  },
  {
    name: 'bytes',
    clients: [get()],
    status: 200,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = Buffer.from([0, 1, 253, 255]);
      }),
  },
  {
    name: 'an object, a list, a number and true',
    clients: [get('/object'), get('/list'), get('/number'), get('/true')],
    status: 200,
    faults: true,
    build: ({ app }) => {
      const bodies: Record<string, unknown> = {
        '/object': { answer: 'Grüße', toJSON: undefined },
        '/list': [1, null, 'three'],
        '/number': 17,
        '/true': true,
      };
      app.use((ctx) => {
        ctx.body = bodies[ctx.path];
      });
    },
  },
  {
    name: 'an object that makes its own JSON',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.use((ctx) => {
        ctx.body = {
          toJSON: () => {
            note('toJSON');
            return { made: true };
          },
        };
      }),
  },
  {
    name: 'null, undefined and nothing at all',
    clients: [get('/null'), get('/undefined'), get('/nothing')],
    status: 404,
    faults: true,
    build: ({ app }) =>
      app.use((ctx) => {
        if (ctx.path === '/null') ctx.body = null;
        if (ctx.path === '/undefined') ctx.body = undefined;
      }),
  },
  {
    name: 'a body that is taken back',
    clients: [get()],
    status: 204,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = 'too much';
        ctx.body = null;
      }),
  },
  {
    name: 'a status without a body, known and unknown',
    clients: [get('/403'), get('/299')],
    status: 299,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.status = Number(ctx.path.slice(1));
        if (ctx.status === 299) ctx.message = 'Strange';
      }),
  },
  {
    name: '204 and 304, whatever the body',
    clients: [get('/204'), get('/304')],
    status: 304,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = 'a body that is not sent';
        ctx.status = Number(ctx.path.slice(1));
      }),
  },
  {
    name: 'HEAD of a text, of JSON and of a stream',
    clients: [get('/text', {}, 'HEAD'), get('/json', {}, 'HEAD'), get('/stream', {}, 'HEAD')],
    status: 200,
    faults: true,
    build: ({ app, note }) =>
      app.use((ctx) => {
        if (ctx.path === '/text') ctx.body = 'x'.repeat(100);
        if (ctx.path === '/json') ctx.body = { long: 'x'.repeat(100) };
        if (ctx.path === '/stream') {
          ctx.body = new Readable({
            read() {
              note('read');
              this.push(null);
            },
          });
        }
      }),
  },
  {
    name: 'a redirect, as text and for a browser',
    clients: [get('/a'), get('/b', { Accept: 'text/html' })],
    status: 302,
    faults: true,
    build: ({ app }) => app.use((ctx) => ctx.redirect('/elsewhere?a=ä&b=<x>')),
  },
  {
    name: 'a redirect of another status',
    clients: [get()],
    status: 301,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.status = 301;
        ctx.redirect('https://example.com/new');
        ctx.body = 'moved';
      }),
  },
  {
    name: 'headers that are set, added to and removed',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.use((ctx) => {
        ctx.set('X-One', '1');
        ctx.set({ 'X-Two': '2', 'x-list': ['a', 'b'] });
        ctx.append('Link', '<http://localhost/>');
        ctx.append('Link', '<http://127.0.0.1/>');
        ctx.remove('X-One');
        ctx.vary('Accept');
        ctx.body = 'headers';
        note(JSON.stringify(ctx.response.headers));
      }),
  },
  {
    name: 'cookies, plain and signed',
    clients: [get('/', { Cookie: 'a=1' })],
    status: 200,
    build: ({ app }) => {
      app.keys = ['a secret', 'an older one'];
      app.use((ctx) => {
        ctx.cookies.set('b', 'ü'.codePointAt(0)?.toString(), { httpOnly: false, sameSite: 'lax' });
        ctx.cookies.set('c', 'd', { signed: true });
        ctx.cookies.set('gone');
        ctx.body = String(ctx.cookies.get('a', { signed: false }));
      });
    },
  },
  {
    name: 'a conditional GET, fresh and stale',
    clients: [
      get(),
      get('/', { 'If-None-Match': '"right"' }),
      get('/', { 'If-None-Match': '"no"' }),
    ],
    status: 200,
    build: ({ app, note }) =>
      app.use((ctx) => {
        ctx.body = 'hello';
        ctx.etag = 'right';
        ctx.lastModified = new Date(86_400_000);
        note(`fresh: ${ctx.fresh} stale: ${ctx.stale}`);
        if (ctx.fresh) ctx.status = 304;
      }),
  },
  {
    name: 'an attachment of a type',
    clients: [get()],
    status: 200,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.attachment('Müller & Söhne.csv');
        ctx.body = 'a;b';
        ctx.type = 'text/csv';
      }),
  },
  {
    name: 'a length that is given',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.use((ctx) => {
        ctx.body = Readable.from(['12', '34']);
        ctx.length = 4;
        note(String(ctx.length));
      }),
  },
  {
    name: 'flushed headers and a status that comes too late',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.use(async (ctx) => {
        ctx.status = 200;
        ctx.type = 'text';
        ctx.flushHeaders();
        await pause(2);
        ctx.body = 'after the head';
        note(`sent: ${ctx.headerSent} writable: ${ctx.writable}`);
      }),
  },
  {
    name: 'a file as a stream',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app, note }) =>
      app.use((ctx) => {
        ctx.type = 'text';
        const file = createReadStream(FILE);
        ctx.body = file;
        note(`the same: ${ctx.body === file} own: ${Object.keys(file).includes('_read')}`);
      }),
  },
  {
    name: 'a generator as a stream',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app, note }) =>
      app.use((ctx) => {
        const stream = Readable.from(words());
        noteEvents(stream, 'stream', ['end', 'error', 'close'], note);
        ctx.body = stream;
      }),
  },
  {
    name: 'a stream that is written by a timer',
    clients: [get()],
    status: 200,
    build: ({ app }) =>
      app.use((ctx) => {
        const stream = new PassThrough();
        ctx.type = 'text/event-stream';
        ctx.body = stream;
        let turn = 0;
        const timer = setInterval(() => {
          stream.write(`data: ${turn}\n\n`);
          if (++turn < 4) return;
          clearInterval(timer);
          stream.end();
        }, 2);
      }),
  },
  {
    name: 'a large stream that waits for its reader',
    clients: [get()],
    status: 200,
    anyChunks: true,
    faults: true,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.type = 'text';
        let left = 40;
        ctx.body = new Readable({
          highWaterMark: 1000,
          read() {
            this.push(left-- > 0 ? 'x'.repeat(20_000) : null);
          },
        });
      }),
  },
  {
    name: 'a stream that is replaced by a text, and by another stream',
    clients: [get('/text'), get('/stream')],
    status: 200,
    build: ({ app, note }) =>
      app.use(async (ctx) => {
        const first = Readable.from(['never seen']);
        noteEvents(first, 'first', ['close'], note);
        ctx.body = first;
        await pause(1);
        ctx.body = ctx.path === '/text' ? 'a text instead' : Readable.from(['another']);
      }),
  },
  {
    name: 'a stream that middleware takes over',
    clients: [get()],
    status: 200,
    faults: true,
    parsers: () => [
      async (ctx, next) => {
        await next();
        const { body } = ctx;
        if (!(body instanceof Readable)) return;
        ctx.body = Readable.from(
          (async function* () {
            for await (const chunk of body) yield String(chunk).toUpperCase();
          })(),
        );
      },
    ],
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = Readable.from(words());
      }),
  },
  {
    name: 'a web stream',
    clients: [get()],
    status: 200,
    only: 3,
    faults: true,
    build: ({ app, note }) =>
      app.use((ctx) => {
        const stream = pulled();
        ctx.body = stream;
        note(`the same: ${ctx.body === stream} own: ${Object.keys(stream)} ${stream.locked}`);
      }),
  },
  {
    name: 'a web stream that is locked already',
    clients: [get()],
    status: 200,
    only: 3,
    build: ({ app, note }) =>
      app.use((ctx) => {
        const stream = pulled();
        const [one, other] = stream.tee();
        note(`locked: ${stream.locked}`);
        ctx.body = one;
        void other.cancel();
      }),
  },
  {
    name: 'a Response of a stream, of JSON and of nothing',
    clients: [get('/stream'), get('/json'), get('/nothing')],
    status: 202,
    only: 3,
    faults: true,
    build: ({ app }) => {
      const make: Record<string, () => Response> = {
        '/stream': () => new Response(pulled(), { headers: { 'content-type': 'text/plain' } }),
        '/json': () => Response.json({ a: [1] }, { status: 203, headers: { 'x-own': 'yes' } }),
        '/nothing': () => new Response(null, { status: 202 }),
      };
      app.use((ctx) => {
        ctx.body = make[ctx.path]?.();
      });
    },
  },
  {
    name: 'a Blob, with a type and without',
    clients: [get('/typed'), get('/plain')],
    status: 200,
    only: 3,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = new Blob(['a ', 'blob'], ctx.path === '/typed' ? { type: 'text/css' } : {});
      }),
  },
  {
    name: 'an answer past Koa, by ctx.respond',
    clients: [get()],
    status: 202,
    faults: true,
    build: ({ app, note }) =>
      app.use((ctx) => {
        ctx.respond = false;
        ctx.res.writeHead(202, { 'X-Own': 'yes' });
        setTimeout(() => {
          ctx.res.end('past Koa');
          note(`finished: ${ctx.res.writableEnded}`);
        }, 3);
      }),
  },
  {
    name: 'an answer that was ended by hand and has a body too',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.use((ctx) => {
        ctx.status = 200;
        ctx.res.end('by hand');
        ctx.body = 'too late';
        note(`writable: ${ctx.writable}`);
      }),
  },
];
