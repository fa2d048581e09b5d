/** What Express's own response methods send. */

import { fileURLToPath } from 'node:url';
import { get, postJson } from '../../../support/raw-http.ts';
import type { ExpressCase } from './framework.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const POEM = 'poem.txt';

export const answers: readonly ExpressCase[] = [
  {
    name: 'JSON',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app }) =>
      app.get('/', (_req, res) => void res.json({ answer: 'Grüße', list: [1, null, true] })),
  },
  {
    name: 'JSON with spaces, a replacer and escapes',
    clients: [get()],
    status: 200,
    build: ({ app }) => {
      app.set('json spaces', 2);
      app.set('json escape', true);
      app.set('json replacer', (key: string, value: unknown) => (key === 'no' ? undefined : value));
      app.get('/', (_req, res) => void res.json({ html: '<b>&</b>', no: 1 }));
    },
  },
  {
    name: 'raw heads where nothing was set before',
    clients: [get('/list'), get('/object')],
    status: 200,
    build: ({ app, note }) => {
      app.disable('x-powered-by');
      app.get('/list', (_req, res) => {
        res.writeHead(200, ['Set-Cookie', 'a=1', 'X-Between', 'yes', 'Set-Cookie', 'b=2']);
        note(String(res.getHeader('x-between')));
        res.end('list');
      });
      app.get('/object', (_req, res) => {
        res.writeHead(200, { 'X-Mixed-CASE': '1', 'x-list': ['a', 'b'] });
        note(String(res.getHeader('x-list')));
        res.end('object');
      });
    },
  },
  {
    name: 'null and a number as JSON',
    clients: [get('/null'), get('/number')],
    status: 200,
    build: ({ app }) => {
      app.get('/null', (_req, res) => void res.json(null));
      app.get('/number', (_req, res) => void res.json(42));
    },
  },
  {
    name: 'JSONP',
    clients: [get('/?callback=take')],
    status: 200,
    build: ({ app }) => app.get('/', (_req, res) => void res.jsonp({ a: 1 })),
  },
  {
    name: 'HTML by send',
    clients: [get()],
    status: 200,
    build: ({ app }) => app.get('/', (_req, res) => void res.send('<h1>Grüße</h1>')),
  },
  {
    name: 'bytes by send',
    clients: [get()],
    status: 200,
    build: ({ app }) => app.get('/', (_req, res) => void res.send(Buffer.from([1, 2, 3, 255]))),
  },
  {
    name: 'text of a type',
    clients: [get()],
    status: 203,
    build: ({ app }) => app.get('/', (_req, res) => void res.status(203).type('txt').send('plain')),
  },
  {
    name: 'sendStatus',
    clients: [get()],
    status: 403,
    build: ({ app }) => app.get('/', (_req, res) => void res.sendStatus(403)),
  },
  {
    name: 'send with 204 and 304',
    clients: [get('/204'), get('/304')],
    status: 304,
    build: ({ app }) =>
      app.get('/:status', (req, res) => {
        res.status(Number(req.params.status)).send('a body that is not sent');
      }),
  },
  {
    name: 'a redirect',
    clients: [get()],
    status: 302,
    faults: true,
    build: ({ app }) => app.get('/', (_req, res) => res.redirect('/elsewhere?a=ä')),
  },
  {
    name: 'a permanent redirect for a browser',
    clients: [get('/', { Accept: 'text/html' })],
    status: 301,
    build: ({ app }) => app.get('/', (_req, res) => res.redirect(301, 'https://example.com/<x>')),
  },
  {
    name: 'a location and links',
    clients: [get()],
    status: 201,
    build: ({ app }) =>
      app.get('/', (_req, res) => {
        res.location('/made/1').links({ next: '/2', last: '/9' }).vary('Accept').status(201).end();
      }),
  },
  {
    name: 'HEAD of a GET route',
    clients: [get('/', {}, 'HEAD')],
    status: 200,
    faults: true,
    build: ({ app }) => app.get('/', (_req, res) => void res.json({ long: 'x'.repeat(100) })),
  },
  {
    name: 'OPTIONS of a route',
    clients: [get('/', {}, 'OPTIONS')],
    status: 200,
    build: ({ app }) => {
      app.get('/', (_req, res) => void res.end());
      app.post('/', (_req, res) => void res.end());
    },
  },
  {
    name: 'a conditional GET, fresh and stale',
    clients: [
      get(),
      get('/', { 'If-None-Match': 'W/"5-WOprvCMQqQ9l+AbzgPdJUqiPjiM"' }),
      get('/', { 'If-None-Match': 'W/"5-/sZH1YbPA+sx1ZKbL1ySuE0Rg4I"' }),
      get('/', { 'If-None-Match': '*' }),
    ],
    status: 304,
    faults: true,
    build: ({ app, note }) =>
      app.get('/', (req, res) => {
        note(`fresh: ${req.fresh} stale: ${req.stale}`);
        res.send('hello');
      }),
  },
  {
    name: 'a strong etag and none',
    clients: [get('/strong'), get('/none')],
    status: 200,
    build: ({ app, express }) => {
      const none = express();
      none.set('etag', false);
      none.get('/', (_req, res) => void res.send('no etag'));
      app.set('etag', 'strong');
      app.get('/strong', (_req, res) => void res.send('strong etag'));
      app.use('/none', none);
    },
  },
  {
    name: 'what the client accepts',
    clients: [get('/', { Accept: 'text/html' }), get('/', { Accept: 'image/png' })],
    status: 406,
    build: ({ app }) =>
      app.get('/', (_req, res) => {
        res.format({ text: () => res.send('text'), html: () => res.send('<p>html</p>') });
      }),
  },
  {
    name: 'cookies',
    clients: [get()],
    status: 200,
    build: ({ app }) =>
      app.get('/', (_req, res) => {
        res.cookie('a', { b: 'ü' }, { httpOnly: true, sameSite: 'lax' });
        res.cookie('c', 'd', { path: '/x', secure: true });
        res.clearCookie('old');
        res.send('cookies');
      }),
  },
  {
    name: 'an attachment',
    clients: [get()],
    status: 200,
    build: ({ app }) =>
      app.get('/', (_req, res) => void res.attachment('Müller & Söhne.csv').send('a;b')),
  },
  {
    name: 'a file by sendFile',
    clients: [get()],
    status: 200,
    faults: true,
    build: ({ app, note }) =>
      app.get('/', (_req, res) => {
        res.sendFile(POEM, { root: FIXTURES }, (error) => note(`sent: ${String(error)}`));
      }),
  },
  {
    name: 'parts of a file',
    clients: [
      get('/', { Range: 'bytes=4-9' }),
      get('/', { Range: 'bytes=-5' }),
      get('/', { Range: 'bytes=0-1,5-6' }),
      get('/', { Range: 'bytes=99999-' }),
    ],
    status: 416,
    build: ({ app }) => app.get('/', (_req, res) => res.sendFile(POEM, { root: FIXTURES })),
  },
  {
    name: 'a file that has not changed',
    clients: [get('/', { 'If-Modified-Since': 'Wed, 01 Jan 2098 00:00:00 GMT' })],
    status: 304,
    build: ({ app }) => app.get('/', (_req, res) => res.sendFile(POEM, { root: FIXTURES })),
  },
  {
    name: 'a file that is not there',
    clients: [get()],
    status: 404,
    build: ({ app, note }) =>
      app.get('/', (_req, res, next) => {
        res.sendFile('none.txt', { root: FIXTURES }, (error) => {
          note(String((error as NodeJS.ErrnoException | undefined)?.code));
          next(error);
        });
      }),
  },
  {
    name: 'a download',
    clients: [get()],
    status: 200,
    build: ({ app, note }) =>
      app.get('/', (_req, res) => {
        res.download(`${FIXTURES}${POEM}`, 'Gedicht.txt', (error) =>
          note(`sent: ${String(error)}`),
        );
      }),
  },
  {
    name: 'static files',
    clients: [get('/files/poem.txt'), get('/files'), get('/files/none'), get('/files/%2e%2e/x')],
    status: 404,
    parsers: (express) => [express.static(FIXTURES, { index: false, maxAge: 1000 })],
    build: ({ app, express }) => app.use('/files', express.static(FIXTURES, { index: false })),
  },
  {
    name: 'a view',
    clients: [get()],
    status: 200,
    build: ({ app }) => {
      app.engine(
        'txt',
        (path: string, options: object, done: (e: unknown, out?: string) => void) => {
          const { title, user } = options as { title: string; user: string };
          done(null, `${title} for ${user} of ${path.endsWith(POEM)}`);
        },
      );
      app.set('views', FIXTURES);
      app.set('view engine', 'txt');
      app.locals.title = 'A page';
      app.get('/', (_req, res) => {
        res.locals.user = 'Ada';
        res.render('poem');
      });
    },
  },
  {
    name: 'a body that the handler changes',
    clients: [postJson({ question: 'Why?', list: [1, 2] })],
    status: 200,
    faults: true,
    parsers: (express) => [express.json()],
    build: ({ app }) =>
      app.post('/', (req, res) => {
        req.body.question = 'changed';
        delete req.body.list;
        res.json(req.body);
      }),
  },
];
