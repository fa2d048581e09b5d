/** Errors: of handlers and middleware, answered by Hono, by the app, or by nobody. */

import { HTTPException } from 'hono/http-exception';
import { get, post } from '../../../support/raw-http.ts';
import { pause } from '../../harness/pause.ts';
import type { HonoCase } from './framework.ts';

const thrown: readonly (readonly [string, () => unknown])[] = [
  ['an Error', () => new RangeError('no such shelf')],
  ['an Error that is frozen', () => Object.freeze(new Error('frozen'))],
  ['a text', () => 'only a text'],
  ['a number', () => 42],
  ['null', () => null],
  ['undefined', () => undefined],
  ['an object', () => ({ status: 418 })],
];

const ways: readonly HonoCase[] = thrown.flatMap(([what, make]) => [
  {
    name: `${what} that is thrown at once`,
    clients: [get()],
    status: 500,
    faults: true,
    build: ({ app }) => {
      app.get('/', () => {
        throw make();
      });
    },
  },
  {
    name: `${what} that is thrown later, and met by middleware and the app`,
    clients: [get()],
    status: 500,
    build: ({ app, note }) => {
      app.use(async (c, next) => {
        try {
          await next();
          note(`after: ${c.error}`);
        } catch (error) {
          note(`caught: ${String(error)}`);
          throw error;
        } finally {
          note('finally');
        }
      });
      app.onError((error, c) => {
        note(`onError: ${error}`);
        return c.text('sorry', 500);
      });
      app.get('/', async () => {
        await pause(1);
        throw make();
      });
    },
  },
]);

export const errors: readonly HonoCase[] = [
  ...ways,
  {
    name: 'an HTTPException',
    clients: [get()],
    status: 401,
    faults: true,
    build: ({ app }) => {
      app.get('/', () => {
        throw new HTTPException(401, { message: 'who are you?' });
      });
    },
  },
  {
    name: 'an HTTPException with a response',
    clients: [get()],
    status: 403,
    build: ({ app }) => {
      app.get('/', () => {
        const res = new Response('go away', { status: 403, headers: { 'WWW-Authenticate': 'x' } });
        throw new HTTPException(403, { res });
      });
    },
  },
  {
    name: 'an error that shows its stack',
    clients: [get()],
    status: 500,
    showsStack: true,
    build: ({ app }) => {
      app.onError((error, c) => c.text(String(error.stack), 500));
      app.get('/', async () => {
        await pause(1);
        throw new Error('with a stack');
      });
    },
  },
  {
    name: 'an error that the app answers as something else',
    clients: [get()],
    status: 418,
    build: ({ app }) => {
      app.onError((error, c) => c.json({ sorry: error.message }, 418));
      app.get('/', () => {
        throw new Error('tea');
      });
    },
  },
  {
    name: 'an error of the app’s own answer to errors',
    clients: [get()],
    status: 500,
    build: ({ app, note }) => {
      app.onError((error) => {
        note(error.message);
        throw new Error('the second');
      });
      app.get('/', () => {
        throw new Error('the first');
      });
    },
  },
  {
    name: 'an error of middleware before and after the handler',
    clients: [get('/before'), get('/after')],
    status: 500,
    build: ({ app }) => {
      app.use('/before', async () => {
        throw new Error('before');
      });
      app.use('/after', async (_c, next) => {
        await next();
        throw new Error('after');
      });
      app.get('/before', (c) => c.text('never'));
      app.get('/after', (c) => c.text('never sent'));
    },
  },
  {
    name: 'next() that is called twice',
    clients: [get()],
    status: 500,
    build: ({ app }) => {
      app.use(async (_c, next) => {
        await next();
        await next();
      });
      app.get('/', (c) => c.text('once'));
    },
  },
  {
    name: 'a handler without an answer',
    clients: [get()],
    status: 500,
    build: ({ app }) => {
      app.get('/', (() => undefined) as never);
    },
  },
  {
    name: 'what is not there',
    clients: [get('/nowhere'), post('x', {}, '/nowhere')],
    status: 404,
    faults: true,
    build: ({ app }) => {
      app.get('/', (c) => c.text('here'));
    },
  },
  {
    name: 'what is not there, answered by the app',
    clients: [get('/nowhere'), get('/given-up')],
    status: 404,
    build: ({ app }) => {
      app.notFound((c) => c.json({ lost: c.req.path }, 404));
      app.get('/given-up', (c) => c.notFound());
    },
  },
  {
    name: 'JSON that cannot be parsed',
    clients: [post('{"a', { 'Content-Type': 'application/json' })],
    status: 400,
    build: ({ app, note }) => {
      app.post('/', async (c) => {
        try {
          return c.json((await c.req.json()) as object);
        } catch (error) {
          note(String(error));
          return c.text('bad', 400);
        }
      });
    },
  },
  {
    name: 'a rejection that nobody handles',
    clients: [get()],
    status: 200,
    lingersMs: 20,
    build: ({ app, note }) => {
      app.get('/', (c) => {
        const onRejection = (reason: unknown) => note(`unhandled ${String(reason)}`);
        process.prependOnceListener('unhandledRejection', onRejection);
        setTimeout(() => process.removeListener('unhandledRejection', onRejection), 10);
        return c.text('fine');
      });
    },
  },
];
