/** Where a request goes: routers, parameters, sub-apps, and what handlers see of it on the way. */

import { get, post } from '../../../support/raw-http.ts';
import type { ExpressCase } from './framework.ts';

export const routing: readonly ExpressCase[] = [
  {
    name: 'parameters and a query',
    clients: [get('/users/%C3%A4/books/7?sort=asc&tag=a&tag=b&deep[x]=1')],
    status: 200,
    faults: true,
    build: ({ app }) =>
      app.get('/users/:user/books/:book', (req, res) => {
        res.json({ params: req.params, query: req.query, route: String(req.route.path) });
      }),
  },
  {
    name: 'nested routers',
    clients: [get('/a/1/b/2'), get('/a/1/none')],
    status: 404,
    build: ({ app, express }) => {
      const inner = express.Router({ mergeParams: true });
      inner.get('/:second', (req, res) => {
        res.json({ params: req.params, baseUrl: req.baseUrl, url: req.url, path: req.path });
      });
      const outer = express.Router();
      outer.use('/:first/b', inner);
      app.use('/a', outer);
    },
  },
  {
    name: 'parameter handlers',
    clients: [get('/5'), get('/bad')],
    status: 422,
    build: ({ app, note }) => {
      app.param('id', (_req, res, next, id: string) => {
        note(`param ${id}`);
        if (id === 'bad') {
          res.status(422).send('bad id');
          return;
        }
        res.locals.id = Number(id) * 2;
        next();
      });
      app.get('/:id', (_req, res) => void res.json(res.locals));
    },
  },
  {
    name: 'a sub-app with settings of its own',
    clients: [get('/sub/page')],
    status: 200,
    faults: true,
    build: ({ app, express, note }) => {
      const sub = express();
      sub.on('mount', (parent) => note(`mounted: ${parent === app}`));
      sub.disable('x-powered-by');
      sub.set('json spaces', 1);
      sub.get('/page', (req, res) => {
        res.json({ base: req.baseUrl, original: req.originalUrl, own: req.app === sub });
      });
      app.use('/sub', sub);
      app.use((req, _res, next) => {
        note(`after: ${req.app === app}`);
        next();
      });
    },
  },
  {
    name: 'an app that has a trace of its own in the way',
    clients: [get()],
    status: 200,
    faults: true,
    parsers: () => [
      (req, _res, next) => {
        Object.defineProperty(req, 'trace', {
          value: 'of the app',
          writable: true,
          configurable: true,
        });
        next();
      },
    ],
    build: ({ app }) => app.get('/', (_req, res) => void res.send('answered')),
  },
  {
    name: 'one route with several handlers',
    clients: [get(), get('/', {}, 'PUT')],
    status: 404,
    build: ({ app, note }) => {
      app
        .route('/')
        .all((_req, _res, next) => {
          note('all');
          next();
        })
        .get(
          (_req, res, next) => {
            res.locals.order = ['first'];
            next();
          },
          (_req, res) => {
            res.json([...res.locals.order, 'second']);
          },
        );
    },
  },
  {
    name: "next('route') and next('router')",
    clients: [get('/r/route'), get('/r/router')],
    status: 200,
    build: ({ app, express, note }) => {
      const router = express.Router();
      router.get(
        '/:how',
        (req, _res, next) => next(req.params.how as 'route' | 'router'),
        () => note('never'),
      );
      router.get('/:how', (_req, res) => void res.send('the next route'));
      app.use('/r', router);
      app.use((_req, res) => void res.send('after the router'));
    },
  },
  {
    name: 'a route that is a pattern',
    clients: [get('/files/a/b.txt')],
    status: 200,
    build: ({ app }) =>
      app.get(/^\/files\/(.+)\.txt$/, (req, res) => void res.json({ ...req.params })),
  },
  {
    name: 'several paths of one route',
    clients: [get('/two')],
    status: 200,
    build: ({ app }) =>
      app.get(['/one', '/two'], (req, res) => void res.send(String(req.route.path))),
  },
  {
    name: 'a handler that changes the URL',
    clients: [get('/old?x=1')],
    status: 200,
    build: ({ app }) => {
      app.use((req, _res, next) => {
        if (req.url.startsWith('/old')) req.url = '/new?y=2';
        next();
      });
      app.get('/new', (req, res) => void res.json({ query: req.query, was: req.originalUrl }));
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
    status: 400,
    build: ({ app }) => app.get('/:any', (_req, res) => void res.end('never')),
  },
  {
    name: 'a proxy that is trusted',
    clients: [get('/', { 'X-Forwarded-For': '10.1.2.3', 'X-Forwarded-Proto': 'https' })],
    status: 200,
    build: ({ app }) => {
      app.set('trust proxy', true);
      app.get('/', (req, res) => {
        const { ip, ips, protocol, secure, hostname, subdomains, xhr } = req;
        res.json({ ip, ips, protocol, secure, hostname, subdomains, xhr });
      });
    },
  },
  {
    name: 'what the request says that it takes',
    clients: [get('/', { Accept: 'application/json;q=0.5, text/*', 'Accept-Language': 'de' })],
    status: 200,
    build: ({ app }) =>
      app.get('/', (req, res) => {
        res.json([req.accepts('json', 'text'), req.acceptsLanguages('en', 'de'), req.is('json')]);
      }),
  },
  {
    name: 'a query that is hostile',
    clients: [get('/?__proto__[x]=1&constructor=2&hasOwnProperty=3&a[]=1')],
    status: 200,
    build: ({ app }) =>
      app.get('/', (req, res) => {
        res.json({ keys: Object.keys(req.query), clean: Reflect.get({}, 'x') === undefined });
      }),
  },
  {
    name: 'a URL that is absolute, and one that is long',
    clients: [get('http://other.example/abs?x=1'), get(`/${'long/'.repeat(1000)}`)],
    status: 200,
    build: ({ app }) => app.use((req, res) => void res.json([req.path.length, req.hostname])),
  },
  {
    name: 'handlers after the answer',
    clients: [get()],
    status: 200,
    build: ({ app, note }) => {
      app.use((_req, res, next) => {
        res.send('early');
        next();
      });
      app.use((_req, res, next) => {
        note(`sent: ${res.headersSent}`);
        next();
      });
    },
  },
  {
    name: 'an answer from a timer, after locals were passed on',
    clients: [get()],
    status: 200,
    build: ({ app }) => {
      app.use((_req, res, next) => {
        res.locals.from = 'the first';
        setTimeout(next, 2);
      });
      app.get('/', (_req, res) => void setTimeout(() => res.json(res.locals), 2));
    },
  },
  {
    name: 'next that is called twice',
    clients: [get()],
    status: 200,
    build: ({ app, note }) => {
      app.use((_req, _res, next) => {
        next();
        next();
      });
      app.use((_req, res) => {
        note(`handler, sent: ${res.headersSent}`);
        if (!res.headersSent) res.send('once');
      });
    },
  },
];
