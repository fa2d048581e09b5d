/** What handlers throw, and what becomes of it: the app's error listeners must meet the very same thing. */

import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from 'koa';
import { get, type Peer } from '../../../support/raw-http.ts';
import type { KoaCase } from './framework.ts';

/** An app that raises `error` in the given way, and notes what its first middleware and its listener meet. */
function raising(
  name: string,
  make: () => unknown,
  more: Partial<KoaCase> = {},
  how: 'throw' | 'reject' | 'later' = 'throw',
): KoaCase {
  return {
    name,
    clients: [get()],
    status: 500,
    ...more,
    build: ({ app, note }) => {
      const error = make();
      app.on('error', (met: unknown, ctx: Context) => {
        note(`told: ${met === error} ${typeof met} ${keysOf(met)} ${ctx.path}`);
      });
      app.use(async (_ctx, next) => {
        try {
          await next();
        } catch (met) {
          note(`caught: ${met === error} ${typeof met} ${keysOf(met)}`);
          throw met;
        }
      });
      app.use(() => {
        if (how === 'throw') throw error;
        if (how === 'reject') return Promise.reject(error);
        return pause(2).then(() => Promise.reject(error));
      });
    },
  };
}

function keysOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  return Reflect.ownKeys(value)
    .filter((key) => key !== 'stack')
    .map((key) => String(key))
    .join();
}

/** The one error whose code the versions answer in different ways. */
function missing(only: 2 | 3, status: number): KoaCase {
  return {
    name: 'a file that is not there',
    clients: [get()],
    status,
    only,
    build: ({ app }) => {
      app.on('error', () => {});
      app.use(() => {
        throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      });
    },
  };
}

class OwnError extends Error {
  readonly code = 'E_OWN';
}

/** Says how often anything of it is read: our reading must not show. */
function touchy(touched: (what: string) => void): Error {
  const error = new Error('unread');
  for (const key of ['message', 'name', 'cause', 'toJSON']) {
    Object.defineProperty(error, key, {
      get: () => {
        touched(key);
        return 'was read';
      },
    });
  }
  return error;
}

/** Leaves a while after it has asked, since Koa never answers. */
const impatient = async (peer: Peer) => {
  peer.send(get());
  await pause(20);
  peer.leave();
};

export const errors: readonly KoaCase[] = [
  raising('an error that is thrown', () => new Error('thrown'), { faults: true }),
  raising('an error that is rejected', () => new OwnError('own'), { faults: true }, 'reject'),
  raising('an error that is rejected later', () => new Error('later'), { faults: true }, 'later'),
  raising('a text that is thrown', () => 'just a text', { faults: true }),
  raising('a number that is thrown', () => 17),
  raising('a symbol that is rejected', () => Symbol('thrown'), {}, 'reject'),
  raising('an object without a prototype', () => Object.assign(Object.create(null), { a: 1 })),
  raising('an error in a circle', () => {
    const error: Error & { self?: unknown } = new Error('circle');
    error.self = error;
    error.cause = error;
    return error;
  }),
  raising('an error of another realm', () =>
    Object.assign(Object.create(Error.prototype), { message: 'not quite one' }),
  ),
  raising('null that is thrown', () => null, { clients: [impatient], status: 0 }),
  raising(
    'nothing that is rejected',
    () => undefined,
    { clients: [impatient], status: 0 },
    'later',
  ),
  {
    // Koa writes into it: what that throws is nobody's to catch but Koa's.
    name: 'a frozen error that middleware answers',
    clients: [get()],
    status: 500,
    faults: true,
    build: ({ app, note }) => {
      const error = Object.freeze(new Error('frozen'));
      app.use(async (ctx, next) => {
        try {
          await next();
        } catch (met) {
          note(`the same: ${met === error} frozen: ${Object.isFrozen(met)}`);
          ctx.status = 500;
          ctx.body = 'handled';
        }
      });
      app.use(() => {
        throw error;
      });
    },
  },
  {
    name: 'an error whose every reading is heard',
    clients: [get()],
    status: 500,
    build: ({ app, note }) => {
      app.use(async (ctx, next) => {
        await next().catch(() => {
          ctx.status = 500;
        });
      });
      app.use(() => {
        throw touchy((what) => note(`read ${what}`));
      });
    },
  },
  {
    name: 'the default error answer, said on stderr',
    clients: [get()],
    status: 500,
    faults: true,
    build: ({ app }) =>
      app.use(() => {
        throw new Error('said on stderr');
      }),
  },
  {
    name: 'the default error answer of a rejection, with its stack on stderr',
    clients: [get()],
    status: 500,
    faults: true,
    build: ({ app }) => {
      async function find(): Promise<never> {
        await pause(1);
        throw new Error('deep in the shelves');
      }
      app.use(async (_ctx, next) => {
        await next();
      });
      app.use(async (ctx) => {
        ctx.body = await find();
      });
    },
  },
  {
    name: 'an app that is silent',
    clients: [get()],
    status: 500,
    build: ({ app }) => {
      app.silent = true;
      app.use(() => {
        throw new Error('said to nobody');
      });
    },
  },
  {
    name: 'ctx.throw with a status, properties and headers',
    clients: [get('/400'), get('/503')],
    status: 503,
    faults: true,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.set('X-Gone', 'with the error');
        ctx.throw(Number(ctx.path.slice(1)), 'no <b>way</b>', {
          headers: { 'Retry-After': '7', 'Content-Type': 'text/never' },
        });
      }),
  },
  {
    name: 'ctx.assert',
    clients: [get()],
    status: 401,
    build: ({ app }) => app.use((ctx) => ctx.assert(ctx.get('authorization'), 401, 'who are you?')),
  },
  {
    name: 'an error with a status that is none',
    clients: [get('/a'), get('/b')],
    status: 500,
    build: ({ app }) => {
      app.on('error', () => {});
      app.use((ctx) => {
        throw Object.assign(new Error('odd'), { status: ctx.path === '/a' ? 'text' : 99 });
      });
    },
  },
  missing(2, 404),
  missing(3, 500),
  {
    name: 'middleware that answers errors as JSON and tells the app',
    clients: [get()],
    status: 503,
    faults: true,
    parsers: () => [
      async (ctx, next) => {
        try {
          await next();
        } catch (error) {
          ctx.status = 503;
          ctx.body = { error: (error as Error).message };
          ctx.app.emit('error', error, ctx);
        }
      },
    ],
    build: ({ app, note }) => {
      app.on('error', (error: Error, ctx: Context) => note(`${error.message} ${ctx.status}`));
      app.use(() => {
        throw new Error('no such shelf');
      });
    },
  },
  {
    name: 'middleware that answers errors in the end, and sees 404 until then',
    clients: [get()],
    status: 404,
    build: ({ app, note }) => {
      app.use(async (ctx, next) => {
        await next().catch((error: Error) => note(`${error.message} at ${ctx.status}`));
        note(`and ${ctx.status}`);
      });
      app.use(async () => {
        await pause(1);
        throw new Error('forgiven');
      });
    },
  },
  {
    name: 'an error of middleware after the handler is done',
    clients: [get()],
    status: 500,
    build: ({ app }) => {
      app.on('error', () => {});
      app.use(async (_ctx, next) => {
        await next();
        throw new Error('second thoughts');
      });
      app.use((ctx) => {
        ctx.body = 'thrown away';
      });
    },
  },
  {
    name: 'an error after the answer has begun',
    clients: [
      async (peer) => {
        peer.send(get());
        await peer.until('half of ');
        await pause(10);
        peer.leave();
      },
    ],
    status: 200,
    faults: true,
    build: ({ app, note }) => {
      app.on('error', (error: Error) => note(`${error.message} ${Object.keys(error)}`));
      app.use((ctx) => {
        ctx.res.statusCode = 200;
        ctx.res.write('half of ');
        throw new Error('too late for a status');
      });
    },
  },
  {
    name: 'next that is called twice',
    clients: [get()],
    status: 500,
    faults: true,
    build: ({ app, note }) => {
      app.on('error', (error: Error) => note(error.message));
      app.use(async (_ctx, next) => {
        await next();
        await next();
      });
      app.use((ctx) => {
        ctx.body = 'once';
      });
    },
  },
  {
    name: 'a JSON body that cannot be made',
    clients: [get()],
    status: 500,
    build: ({ app, note }) => {
      app.on('error', (error: Error) => note(error.name));
      app.use((ctx) => {
        const circle: Record<string, unknown> = {};
        circle.self = circle;
        ctx.body = circle;
      });
    },
  },
  {
    name: 'a stream that fails before its first piece',
    clients: [
      async (peer) => {
        peer.send(get());
        await peer.until('HTTP');
        await pause(10);
        peer.leave();
      },
    ],
    status: 500,
    only: 2,
    build: ({ app, note }) => {
      app.on('error', (error: Error) => note(error.message));
      app.use((ctx) => {
        ctx.body = new Readable({
          read() {
            this.destroy(new Error('no first piece'));
          },
        });
      });
    },
  },
  {
    name: 'a stream that fails in mid-body',
    clients: [
      async (peer) => {
        peer.send(get());
        await peer.until('so far');
        await pause(15);
        peer.leave();
      },
    ],
    status: 200,
    faults: true,
    build: ({ app, note }) => {
      app.on('error', (error: Error) => note(`${error.message} ${Object.keys(error)}`));
      app.use((ctx) => {
        ctx.res.on('close', () => note(`closed, finished: ${ctx.res.writableFinished}`));
        ctx.body = Readable.from(
          (async function* () {
            yield 'so far';
            await pause(4);
            throw new Error('the source broke');
          })(),
        );
      });
    },
  },
  {
    name: 'a web stream that fails in mid-body',
    clients: [get()],
    status: 200,
    only: 3,
    faults: true,
    build: ({ app, note }) => {
      app.on('error', (error: Error) => note(error.message));
      app.use((ctx) => {
        let turn = 0;
        ctx.body = new ReadableStream({
          async pull(controller) {
            await pause(3);
            if (turn++ === 0) controller.enqueue(Buffer.from('so far'));
            else controller.error(new Error('the source broke'));
          },
        });
      });
    },
  },
  {
    name: 'a client that leaves a stream',
    clients: [
      async (peer) => {
        peer.send(get());
        await peer.until('piece');
        peer.leave();
      },
    ],
    status: 200,
    faults: true,
    lingersMs: 10,
    build: ({ app, note }) => {
      app.on('error', () => {});
      app.use((ctx) => {
        let isBegun = false;
        const stream = new Readable({
          read() {
            if (!isBegun) setTimeout(() => this.push('piece'), 1);
            isBegun = true;
          },
        });
        stream.on('close', () => note('the stream is destroyed'));
        ctx.body = stream;
      });
    },
  },
  {
    name: 'an app with an error answer of its own',
    clients: [get()],
    status: 500,
    faults: true,
    build: ({ app, note }) => {
      app.context.onerror = function (this: Context, error: Error | null) {
        if (error === null || error === undefined) return;
        note(`own onerror: ${error.message}`);
        this.app.emit('error', error, this);
        this.res.statusCode = 500;
        this.res.end('an answer of its own');
      };
      app.on('error', (error: Error) => note(`told: ${error.message}`));
      app.use(() => {
        throw new Error('answered by hand');
      });
    },
  },
  {
    name: 'the same error twice, in two requests',
    clients: [get('/1'), get('/2')],
    status: 500,
    build: ({ app, note }) => {
      const error = new Error('shared');
      app.on('error', (met: unknown) => note(`the same: ${met === error} ${keysOf(met)}`));
      app.use(() => {
        throw error;
      });
    },
  },
];
