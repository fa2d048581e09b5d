/** What Hono's own ways to answer send. */

import type { UnderlyingByteSource } from 'node:stream/web';
import { stream, streamSSE, streamText } from 'hono/streaming';
import { get, post } from '../../../support/raw-http.ts';
import { pause } from '../../harness/pause.ts';
import type { HonoCase } from './framework.ts';
import { toTheEnd } from './shared.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Makes a chunk only when it is asked for one, and notes each time. */
function lazy(chunks: readonly string[], note: (text: string) => void): ReadableStream<Uint8Array> {
  let n = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        note(`pull ${n}`);
        await pause(n);
        const chunk = chunks[n++];
        if (chunk === undefined) controller.close();
        else controller.enqueue(bytes(chunk));
      },
      cancel: (reason) => note(`cancel ${String(reason)}`),
    },
    { highWaterMark: 0 },
  );
}

export const answers: readonly HonoCase[] = [
  {
    name: 'JSON',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app }) => app.get('/', (c) => c.json({ answer: 'Grüße', list: [1, null, true] })),
  },
  {
    name: 'JSON with a status and headers',
    clients: [get()],
    status: 201,
    build: ({ app }) => app.get('/', (c) => c.json({ a: 1 }, 201, { 'X-Mixed-CASE': 'yes' })),
  },
  {
    name: 'text',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app }) => app.get('/', (c) => c.text('Grüße')),
  },
  {
    name: 'text that is empty',
    clients: [get()],
    status: 200,
    build: ({ app }) => app.get('/', (c) => c.text('')),
  },
  {
    name: 'HTML',
    clients: [get()],
    status: 200,
    build: ({ app }) => app.get('/', (c) => c.html('<h1>Grüße</h1>')),
  },
  {
    name: 'HTML that is promised',
    clients: [get()],
    status: 200,
    build: ({ app }) => app.get('/', (c) => c.html(Promise.resolve('<h1>later</h1>'))),
  },
  {
    name: 'a layout',
    clients: [get()],
    status: 200,
    build: ({ app }) => {
      app.use(async (c, next) => {
        c.setRenderer((content) => c.html(`<main>${content}</main>`));
        await next();
      });
      app.get('/', (c) => c.render('inside'));
    },
  },
  {
    name: 'bytes',
    clients: [get()],
    status: 200,
    build: ({ app }) => app.get('/', (c) => c.body(new Uint8Array([1, 2, 3, 255]))),
  },
  {
    name: 'an ArrayBuffer',
    clients: [get()],
    status: 200,
    build: ({ app }) => app.get('/', (c) => c.body(new Uint8Array([1, 2, 3]).buffer)),
  },
  {
    name: 'no body, with a status',
    clients: [get('/204'), get('/304'), get('/202')],
    status: 202,
    build: ({ app }) => {
      app.get('/204', (c) => c.body(null, 204));
      app.get('/304', (c) => c.body(null, 304, { ETag: '"1"' }));
      app.get('/202', (c) => c.body(null, 202));
    },
  },
  {
    name: 'redirects',
    clients: [get('/old'), get('/moved'), get('/static')],
    status: 307,
    build: ({ app }) => {
      app.get('/old', (c) => c.redirect('/new'));
      app.get('/moved', (c) => c.redirect('/grüße', 301));
      app.get('/static', () => Response.redirect('http://localhost/there', 307));
    },
  },
  {
    name: 'a response made by hand',
    clients: [get('/text'), get('/json'), get('/none'), get('/headers')],
    status: 200,
    faults: true,
    build: ({ app }) => {
      app.get('/text', () => new Response('by hand'));
      app.get('/json', () => Response.json({ by: 'hand' }));
      app.get('/none', () => new Response(null, { status: 404 }));
      app.get('/headers', () => new Response('x', { headers: { 'X-Own': 'ü'.normalize('NFC') } }));
    },
  },
  {
    name: 'a Blob, a form and parameters',
    clients: [get('/blob'), get('/query')],
    status: 200,
    build: ({ app }) => {
      app.get('/blob', () => new Response(new Blob(['of a blob'], { type: 'text/x-blob' })));
      app.get('/query', () => new Response(new URLSearchParams({ a: '1', b: 'ü' })));
    },
  },
  {
    name: 'cookies that are set before and in the answer',
    clients: [get()],
    status: 200,
    build: ({ app }) => {
      app.get('/', (c) => {
        c.header('Set-Cookie', 'a=1', { append: true });
        c.header('Set-Cookie', 'b=2', { append: true });
        return c.text('two', 200, { 'X-Last': 'z' });
      });
    },
  },
  {
    name: 'headers and a status that are set before a response by hand',
    clients: [get()],
    status: 200,
    build: ({ app }) => {
      app.get('/', (c) => {
        c.header('X-Before', 'lost or not');
        c.status(418);
        return new Response('by hand', { headers: { 'X-Own': '1' } });
      });
    },
  },
  {
    name: 'a lazy stream',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app, note }) =>
      app.get('/', (c) => c.body(lazy(['one ', 'two ', 'three'], note), 200, { 'X-A': '1' })),
  },
  {
    name: 'a lazy stream without headers',
    clients: [get()],
    status: 200,
    build: ({ app, note }) => app.get('/', (c) => c.body(lazy(['one ', 'two'], note))),
  },
  {
    name: 'a lazy stream of a response by hand',
    clients: [get()],
    status: 200,
    build: ({ app, note }) => app.get('/', () => new Response(lazy(['one ', 'two'], note))),
  },
  {
    name: 'a stream that is over at once',
    clients: [get('/empty'), get('/one')],
    status: 200,
    build: ({ app }) => {
      app.get('/empty', (c) => c.body(new ReadableStream({ start: (it) => it.close() })));
      app.get('/one', (c) => {
        const start = (it: ReadableStreamDefaultController<Uint8Array>) => {
          it.enqueue(bytes('one'));
          it.close();
        };
        return c.body(new ReadableStream({ start }), 200, { 'Content-Type': 'text/x' });
      });
    },
  },
  {
    name: 'a stream of bytes',
    clients: [get()],
    status: 200,
    build: ({ app }) => {
      app.get('/', (c) => {
        let n = 0;
        const source: UnderlyingByteSource = {
          type: 'bytes',
          pull: (it) => {
            if (n++ < 3) it.enqueue(bytes(`part ${n} `));
            else it.close();
          },
        };
        return c.body(new ReadableStream(source));
      });
    },
  },
  {
    name: 'a large stream',
    clients: [get()],
    status: 200,
    anyChunks: true,
    build: ({ app }) => {
      app.get('/', (c) => {
        let n = 0;
        const pull = (it: ReadableStreamDefaultController<Uint8Array>) => {
          if (n++ < 40) it.enqueue(new Uint8Array(50_000).fill(65 + (n % 26)));
          else it.close();
        };
        return c.body(new ReadableStream({ pull }));
      });
    },
  },
  {
    name: 'stream()',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.get('/', (c) =>
        stream(c, async (it) => {
          it.onAbort(() => note('aborted'));
          await it.write('one ');
          await pause(1);
          await it.write(bytes('two '));
          await it.pipe(lazy(['three ', 'four'], note));
        }),
      ),
  },
  {
    name: 'streamText()',
    clients: [get()],
    status: 200,
    build: ({ app }) =>
      app.get('/', (c) =>
        streamText(c, async (it) => {
          for (const word of ['Once', 'upon', 'a time']) {
            await it.writeln(word);
            await pause(1);
          }
        }),
      ),
  },
  {
    name: 'streamSSE()',
    clients: [toTheEnd(get())],
    status: 200,
    faults: true,
    build: ({ app }) =>
      app.get('/', (c) =>
        streamSSE(c, async (it) => {
          for (let n = 0; n < 3; n++) {
            await it.writeSSE({ id: String(n), event: 'tick', data: `line ${n}\nand more` });
            await pause(n);
          }
        }),
      ),
  },
  {
    name: 'streamSSE() that fails, with an answer to that',
    clients: [toTheEnd(get())],
    status: 200,
    build: ({ app, note }) =>
      app.get('/', (c) =>
        streamSSE(
          c,
          async (it) => {
            await it.writeSSE({ data: 'one' });
            throw new Error('the pen broke');
          },
          async (error) => note(`told ${error.message}`),
        ),
      ),
  },
  {
    name: 'a stream that fails in the middle',
    clients: [get()],
    status: 200,
    lingersMs: 20,
    faults: true,
    build: ({ app, note }) =>
      app.get('/', (c) => {
        let n = 0;
        return c.body(
          new ReadableStream(
            {
              async pull(it) {
                await pause(4);
                if (n++ > 1) throw new Error('the pen broke');
                it.enqueue(bytes('Once upon '));
              },
              cancel: () => note('cancelled'),
            },
            { highWaterMark: 0 },
          ),
        );
      }),
  },
  {
    name: 'a client that leaves a stream',
    clients: [
      async (peer) => {
        peer.send(get());
        await peer.until('one');
        peer.leave();
      },
    ],
    status: 200,
    // What arrived before it left is a matter of time.
    anyChunks: true,
    lingersMs: 60,
    build: ({ app, note }) =>
      app.get('/', (c) => {
        c.req.raw.signal.addEventListener('abort', () => note('signal'));
        return c.body(
          new ReadableStream({
            start: (it) => it.enqueue(bytes('one')),
            pull: () => new Promise(() => {}),
            cancel: () => note('cancel'),
          }),
        );
      }),
  },
  {
    name: 'HEAD of text and of a stream',
    clients: [get('/text', {}, 'HEAD'), get('/stream', {}, 'HEAD')],
    status: 200,
    build: ({ app, note }) => {
      app.get('/text', (c) => c.text('not for HEAD', 200, { 'X-A': '1' }));
      app.get('/stream', (c) => c.body(lazy(['never read'], note)));
    },
  },
  {
    name: 'an answer of fetch() that is passed on',
    clients: [get('/front'), get('/changed')],
    status: 200,
    build: ({ app }) => {
      const upstream = async () => fetch('data:text/plain;charset=utf-8,from%20upstream');
      app.get('/front', upstream);
      app.get('/changed', async () => new Response((await upstream()).body, { status: 200 }));
    },
  },
  {
    name: 'what the app reads of its own answer',
    clients: [post('x')],
    status: 200,
    build: ({ app, note }) => {
      app.use(async (c, next) => {
        await next();
        const { res } = c;
        note(`${res.status} ${res.ok} ${res.bodyUsed} ${JSON.stringify([...res.headers])}`);
        note(await res.clone().text());
      });
      app.post('/', (c) => c.json({ read: true }));
    },
  },
];
