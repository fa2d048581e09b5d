/** What handlers throw, and what becomes of it: the app's error handlers must meet the very same thing. */

import { get } from '../../../support/raw-http.ts';
import type { ExpressCase, Kit } from './framework.ts';

/** An app that raises `error` in the given way and notes what its error handler meets. */
function raising(
  name: string,
  make: () => unknown,
  more: Partial<ExpressCase> = {},
  how: 'throw' | 'next' | 'reject' = 'throw',
): ExpressCase {
  return {
    name,
    clients: [get()],
    status: 500,
    ...more,
    build: ({ app, note }) => {
      const error = make();
      app.get('/', (_req, _res, next) => {
        if (how === 'throw') throw error;
        if (how === 'next') next(error);
        // Express 5 awaits its handlers, whatever its types say.
        if (how === 'reject') return Promise.reject(error) as unknown as undefined;
        return undefined;
      });
      app.use((met: unknown, _req: Parameters, res: Answer, _next: unknown) => {
        note(`the same: ${met === error} ${typeof met} ${keysOf(met)}`);
        res.status(500).send('handled');
      });
    },
  };
}

type Parameters = Kit['app']['request'];
type Answer = Kit['app']['response'];

function keysOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  return Reflect.ownKeys(value)
    .filter((key) => key !== 'stack')
    .map((key) => String(key))
    .join();
}

class OwnError extends Error {
  readonly code = 'E_OWN';
}

/** Counts how often anything of it is read: our reading must not show. */
function touchy(touched: (what: string) => void): Error {
  const error = new Error('unread');
  for (const key of ['message', 'name', 'status', 'cause', 'toJSON']) {
    Object.defineProperty(error, key, {
      get: () => {
        touched(key);
        throw new Error(`${key} was read`);
      },
    });
  }
  return error;
}

export const errors: readonly ExpressCase[] = [
  raising('an error that is thrown', () => new Error('thrown'), { faults: true }),
  raising('an error that is passed on', () => new Error('passed'), { faults: true }, 'next'),
  raising(
    'an error that is rejected',
    () => new OwnError('own'),
    { only: 5, faults: true },
    'reject',
  ),
  raising('a text that is thrown', () => 'just a text'),
  raising('a number that is thrown', () => 17),
  raising('a symbol that is thrown', () => Symbol('thrown')),
  raising('an object without a prototype', () => Object.assign(Object.create(null), { a: 1 })),
  raising('a frozen error', () => Object.freeze(new Error('frozen')), { faults: true }),
  raising(
    'a frozen error that is rejected',
    () => Object.freeze(new Error('frozen')),
    { only: 5 },
    'reject',
  ),
  raising('an error in a circle', () => {
    const error: Error & { self?: unknown } = new Error('circle');
    error.self = error;
    error.cause = error;
    return error;
  }),
  raising('a function that is passed on', () => function passed() {}, {}, 'next'),
  raising(
    'a proxy that refuses everything',
    () =>
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('hands off');
          },
          ownKeys: () => [],
        },
      ),
  ),
  raising('null that is thrown', () => null, { status: 404 }),
  {
    name: 'a rejection without a reason',
    clients: [get()],
    status: 500,
    only: 5,
    build: ({ app, note }) => {
      app.get('/', () => Promise.reject() as unknown as undefined);
      app.use((met: Error, _req: Parameters, res: Answer, _next: unknown) => {
        note(met.message);
        res.status(500).send('handled');
      });
    },
  },
  {
    name: 'an error whose every reading is heard',
    clients: [get()],
    status: 500,
    build: ({ app, note }) => {
      app.get('/', () => {
        throw touchy((what) => note(`read ${what}`));
      });
      app.use((_met: unknown, _req: Parameters, res: Answer, _next: unknown) => {
        res.status(500).send('handled');
      });
    },
  },
  {
    name: 'the default error handler, in production',
    clients: [get()],
    status: 500,
    faults: true,
    build: ({ app }) =>
      app.get('/', () => {
        throw new Error('said on stderr');
      }),
  },
  {
    name: 'the default error handler, in development',
    clients: [get()],
    status: 500,
    showsStack: true,
    build: ({ app }) =>
      app.get('/', () => {
        throw new Error('shown with its stack');
      }),
  },
  {
    name: 'the default error handler, for a rejection in development',
    clients: [get()],
    status: 500,
    showsStack: true,
    only: 5,
    build: ({ app }) =>
      app.get('/', async () => {
        await null;
        throw new Error('rejected with its stack');
      }),
  },
  {
    name: 'an error with a status and headers',
    clients: [get()],
    status: 429,
    build: ({ app }) =>
      app.get('/', (_req, res) => {
        res.set('X-Gone', 'with the error');
        throw Object.assign(new Error('slow down'), {
          status: 429,
          headers: { 'Retry-After': '7' },
        });
      }),
  },
  {
    name: 'a text for the default error handler',
    clients: [get()],
    status: 500,
    build: ({ app }) => app.get('/', (_req, _res, next) => next('only a text')),
  },
  {
    name: 'an error after the answer has begun',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app, note }) =>
      app.get('/', (_req, res) => {
        res.on('close', () => note(`closed, finished: ${res.writableFinished}`));
        res.write('half of ');
        throw new Error('too late for a status');
      }),
  },
  {
    name: 'an error handler that throws',
    clients: [get()],
    status: 500,
    faults: true,
    build: ({ app, note }) => {
      app.get('/', () => {
        throw new Error('the first');
      });
      app.use((met: Error, _req: Parameters, _res: Answer, _next: unknown) => {
        note(met.message);
        throw new Error('the second');
      });
    },
  },
  {
    name: 'several error handlers, of routers, routes and the app',
    clients: [get('/r/x')],
    status: 503,
    faults: true,
    build: ({ app, express, note }) => {
      const handler = (name: string) =>
        function handleError(
          this: unknown,
          met: Error,
          _req: Parameters,
          _res: Answer,
          next: (error: unknown) => void,
        ) {
          note(`${name}: ${met.message}`);
          next(met);
        };
      const router = express.Router();
      router.get(
        '/x',
        () => {
          throw new Error('through all of them');
        },
        handler('route'),
      );
      router.use(handler('router'));
      app.use('/r', router);
      app.use(handler('app'));
      app.use((met: Error, _req: Parameters, res: Answer, _next: unknown) => {
        res.status(503).send(met.message);
      });
    },
  },
  {
    name: 'an error of a sub-app, handled by the app',
    clients: [get('/sub')],
    status: 500,
    build: ({ app, express, note }) => {
      const sub = express();
      sub.get('/', () => {
        throw new Error('from below');
      });
      app.use('/sub', sub);
      app.use((met: Error, req: Parameters, res: Answer, _next: unknown) => {
        note(`${met.message} ${req.app === app}`);
        res.status(500).send('handled above');
      });
    },
  },
  {
    name: 'an error handler that lets the request go on',
    clients: [get()],
    status: 200,
    build: ({ app }) => {
      app.use((_req, _res, next) => next(new Error('forgiven')));
      app.use((_met: Error, _req: Parameters, res: Answer, next: () => void) => {
        res.locals.was = _met.message;
        next();
      });
      app.get('/', (_req, res) => void res.json(res.locals));
    },
  },
  {
    name: 'an error of a parameter handler',
    clients: [get('/7')],
    status: 500,
    build: ({ app, note }) => {
      app.param('id', (_req, _res, next) => next(new Error('of the parameter')));
      app.get('/:id', () => note('never'));
      app.use((met: Error, _req: Parameters, res: Answer, _next: unknown) => {
        res.status(500).send(met.message);
      });
    },
  },
  {
    name: 'an error before the middleware that comes last',
    clients: [get()],
    status: 500,
    parsers: () => [(_req, _res, next) => next(new Error('of a parser'))],
    build: ({ app }) =>
      app.use((met: Error, _req: Parameters, res: Answer, _next: unknown) => {
        res.status(500).send(met.message);
      }),
  },
  {
    name: 'the same error twice, in two requests',
    clients: [get('/1'), get('/2')],
    status: 500,
    build: ({ app, note }) => {
      const error = new Error('shared');
      app.use(() => {
        throw error;
      });
      app.use((met: unknown, _req: Parameters, res: Answer, _next: unknown) => {
        note(`the same: ${met === error} ${keysOf(met)}`);
        res.status(500).end();
      });
    },
  },
  {
    name: 'two answers',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app, note }) => {
      app.get('/', (_req, res) => {
        res.send('the first');
        res.send('the second');
      });
      app.use((met: Error, _req: Parameters, _res: Answer, next: (error: unknown) => void) => {
        note(met.message);
        next(met);
      });
    },
  },
];
