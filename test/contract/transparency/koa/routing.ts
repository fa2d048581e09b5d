/** Where a request goes: routers, parameters, mounted apps, and what handlers see of it on the way. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Middleware } from 'koa';
import mount from 'koa-mount';
import { get, post } from '../../../support/raw-http.ts';
import { answering } from './answering.ts';
import type { KoaCase } from './framework.ts';

export const routing: readonly KoaCase[] = [
  {
    name: 'parameters and a query',
    clients: [get('/users/%C3%A4/books/7?sort=asc&tag=a&tag=b')],
    status: 200,
    faults: true,
    build: ({ app, Router }) => {
      const router = new Router();
      router.get('/users/:user/books/:book', (ctx) => {
        const { params, query, _matchedRoute, captures } = ctx;
        ctx.body = { params, query, _matchedRoute, captures };
      });
      app.use(router.routes());
    },
  },
  {
    name: 'nested routers with prefixes',
    clients: [get('/api/1/b/2'), get('/api/1/none')],
    status: 404,
    faults: true,
    build: ({ app, Router, note }) => {
      const inner = new Router();
      inner.get('/:second', (ctx) => {
        ctx.body = { ...ctx.params, path: ctx.path, route: ctx._matchedRoute };
      });
      const outer = new Router({ prefix: '/api' });
      outer.use('/:first', (ctx, next) => {
        note(`on the way: ${ctx.params.first}`);
        return next();
      });
      outer.use('/:first/b', inner.routes(), inner.allowedMethods());
      app.use(outer.routes());
    },
  },
  {
    name: 'methods that are allowed, and others',
    clients: [get('/', {}, 'OPTIONS'), get('/', {}, 'DELETE'), get('/', {}, 'PURGE')],
    status: 501,
    build: ({ app, Router }) => {
      const router = new Router();
      router
        .get(
          '/',
          answering(() => 'get'),
        )
        .post(
          '/',
          answering(() => 'post'),
        );
      app.use(router.routes()).use(router.allowedMethods());
    },
  },
  {
    name: 'methods that are refused by an error',
    clients: [get('/', {}, 'DELETE')],
    status: 405,
    build: ({ app, Router }) => {
      const router = new Router();
      router.get(
        '/',
        answering(() => 'get'),
      );
      app.use(router.routes()).use(router.allowedMethods({ throw: true }));
    },
  },
  {
    name: 'HEAD of a GET route',
    clients: [get('/', {}, 'HEAD')],
    status: 200,
    build: ({ app, Router }) => {
      const router = new Router();
      router.get(
        '/',
        answering(() => ({ long: 'x'.repeat(100) })),
      );
      app.use(router.routes());
    },
  },
  {
    name: 'parameter handlers',
    clients: [get('/5'), get('/bad')],
    status: 422,
    build: ({ app, Router, note }) => {
      const router = new Router();
      router.param('id', async (id, ctx, next) => {
        note(`param ${id}`);
        if (id === 'bad') ctx.throw(422, 'bad id');
        ctx.state.id = Number(id) * 2;
        await next();
      });
      router.get(
        '/:id',
        answering((ctx) => ctx.state),
      );
      app.use(router.routes());
    },
  },
  {
    name: 'several handlers of one route, and several routes of one path',
    clients: [get('/x')],
    status: 200,
    build: ({ app, Router, note }) => {
      const router = new Router();
      const saying =
        (name: string): Middleware =>
        async (_ctx, next) => {
          note(`${name} in`);
          await next();
          note(`${name} out`);
        };
      router.use(saying('router'));
      router.get('/:any', saying('first'), saying('second'));
      router.get(
        '/x',
        saying('third'),
        answering((ctx) => ctx._matchedRoute),
      );
      app.use(saying('app')).use(router.routes());
    },
  },
  {
    name: 'a route that is a pattern, and several paths of one route',
    clients: [get('/files/a/b.txt'), get('/two')],
    status: 200,
    build: ({ app, Router }) => {
      const router = new Router();
      router.get(
        /^\/files\/(.+)\.txt$/,
        answering((ctx) => ctx.captures),
      );
      router.get(
        ['/one', '/two'],
        answering((ctx) => ctx._matchedRoute),
      );
      app.use(router.routes());
    },
  },
  {
    name: 'a route by its name, and a redirect to it',
    clients: [get('/old')],
    status: 301,
    build: ({ app, Router }) => {
      const router = new Router();
      router.get(
        'user',
        '/users/:id',
        answering((ctx) => ctx.params),
      );
      router.get('/old', (ctx) => {
        ctx.status = 301;
        ctx.redirect(String(router.url('user', { id: 3 })));
      });
      app.use(router.routes());
    },
  },
  {
    name: 'a mounted app',
    clients: [get('/sub/page'), get('/sub'), get('/subway')],
    status: 404,
    faults: true,
    build: ({ app, Koa, note }) => {
      const sub = new Koa();
      sub.use(async (ctx, next) => {
        note(`${ctx.path} of ${ctx.originalUrl}, app: ${ctx.app === app}`);
        await next();
      });
      sub.use((ctx) => {
        if (ctx.path === '/page') ctx.body = { base: ctx.mountPath };
      });
      app.use(mount('/sub', sub));
      app.use((ctx, next) => {
        note(`after: ${ctx.path}`);
        return next();
      });
    },
  },
  {
    name: 'an app within the answer of another',
    clients: [get()],
    status: 200,
    build: ({ app, Koa, note }) => {
      const inner = new Koa();
      inner.use((ctx) => {
        note(`own app: ${ctx.app === inner}`);
        ctx.body = 'of the inner one';
      });
      const answer = inner.callback();
      app.use(async (ctx) => {
        ctx.respond = false;
        await answer(ctx.req, ctx.res);
      });
    },
  },
  {
    name: 'an app that has a trace of its own in the way',
    clients: [get()],
    status: 200,
    faults: true,
    parsers: () => [
      (ctx, next) => {
        Object.defineProperty(ctx, 'trace', {
          value: 'of the app',
          writable: true,
          configurable: true,
        });
        return next();
      },
    ],
    build: ({ app }) => app.use(answering(() => 'answered')),
  },
  {
    name: 'a handler that changes the URL',
    clients: [get('/old?x=1')],
    status: 200,
    build: ({ app, Router }) => {
      app.use((ctx, next) => {
        if (ctx.path === '/old') ctx.url = '/new/5?y=2';
        return next();
      });
      const router = new Router();
      router.get('/new/:id', (ctx) => {
        ctx.body = { query: ctx.query, params: ctx.params, was: ctx.originalUrl, url: ctx.url };
      });
      app.use(router.routes());
    },
  },
  {
    name: 'no route at all',
    clients: [get('/none', { Accept: 'text/html' }), post('x', {}, '/none')],
    status: 404,
    faults: true,
    build: () => {},
  },
  {
    name: 'a path that cannot be decoded',
    clients: [get('/%zz')],
    status: 200,
    build: ({ app, Router }) => {
      const router = new Router();
      router.get(
        '/:any',
        answering((ctx) => ctx.params),
      );
      app.use(router.routes());
    },
  },
  {
    name: 'a proxy that is trusted',
    clients: [get('/', { 'X-Forwarded-For': '10.1.2.3', 'X-Forwarded-Proto': 'https' })],
    status: 200,
    build: ({ app }) => {
      app.proxy = true;
      app.use((ctx) => {
        const { ip, ips, protocol, secure, hostname, subdomains, href } = ctx;
        ctx.body = { ip, ips, protocol, secure, hostname, subdomains, href };
      });
    },
  },
  {
    name: 'what the request says that it takes',
    clients: [get('/', { Accept: 'application/json;q=0.5, text/*', 'Accept-Language': 'de' })],
    status: 200,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = [ctx.accepts('json', 'text'), ctx.acceptsLanguages('en', 'de'), ctx.is('json')];
      }),
  },
  {
    name: 'a query that is hostile',
    clients: [get('/?__proto__=1&constructor=2&hasOwnProperty=3&a=1')],
    status: 200,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.query.added = 'by the app';
        ctx.body = { keys: Object.keys(ctx.query), clean: Reflect.get({}, 'x') === undefined };
      }),
  },
  {
    name: 'a URL that is absolute, and one that is long',
    clients: [get('http://other.example/abs?x=1'), get(`/${'long/'.repeat(1000)}`)],
    status: 200,
    build: ({ app }) =>
      app.use((ctx) => {
        ctx.body = [ctx.path.length, ctx.hostname];
      }),
  },
  {
    name: 'middleware around each other, in order',
    clients: [get()],
    status: 200,
    build: ({ app, note }) => {
      for (const name of ['outer', 'inner']) {
        app.use(async (ctx, next) => {
          note(`${name} before: ${ctx.status}`);
          const result: unknown = await next();
          note(`${name} after: ${ctx.status} ${String(result)}`);
          return `${name} result`;
        });
      }
      app.use(async (ctx) => {
        await pause(2);
        ctx.body = 'middle';
        return 'handler result';
      });
    },
  },
  {
    name: 'what a context says of itself',
    clients: [get()],
    status: 200,
    build: ({ app, note }) => {
      app.context.own = 'of the app';
      app.use((ctx) => {
        note(
          JSON.stringify(ctx.inspect()).replaceAll(/"(?:Date|date|x-request-id)":"[^"]*",?/gi, ''),
        );
        note(`${ctx.own} ${'own' in ctx} ${Object.keys(ctx.state)}`);
        ctx.body = 'said';
      });
    },
  },
];
