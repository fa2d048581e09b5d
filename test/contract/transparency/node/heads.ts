/** Status lines and headers, in every way that Node has to send them. */

import { get } from '../../../support/raw-http.ts';
import { type NodeCase, thrownBy } from './case.ts';

export const heads: readonly NodeCase[] = [
  {
    name: 'only a status',
    clients: [get()],
    status: 202,
    handle: (_req, res) => {
      res.statusCode = 202;
      res.end();
    },
  },
  {
    name: '204 without a body',
    clients: [get()],
    status: 204,
    handle: (_req, res) => {
      res.writeHead(204).end();
    },
  },
  {
    name: '304 with a validator',
    clients: [get('/', { 'If-None-Match': '"v1"' })],
    status: 304,
    faults: true,
    handle: (_req, res) => {
      res.writeHead(304, { ETag: '"v1"' });
      res.end();
    },
  },
  {
    name: 'HEAD, with the body that GET would have',
    clients: [get('/', {}, 'HEAD')],
    status: 200,
    handle: (_req, res) => {
      res.setHeader('Content-Type', 'text/plain');
      res.write('the body');
      res.end(' of a GET');
    },
  },
  {
    name: 'writeHead with an object',
    clients: [get()],
    status: 201,
    faults: true,
    handle: (_req, res) => {
      res.writeHead(201, { 'Content-Type': 'text/plain', 'X-List': ['a', 'b'], 'x-lower': 1 });
      res.end('made');
    },
  },
  {
    name: 'writeHead with a list',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      res.writeHead(200, ['Content-Type', 'text/plain', 'X-One', '1', 'X-Two', '2']);
      res.end('listed');
    },
  },
  {
    name: 'writeHead with a list that repeats names',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      res.writeHead(200, ['Set-Cookie', 'a=1', 'X-Between', 'yes', 'Set-Cookie', 'b=2']);
      res.end('twice');
    },
  },
  {
    name: 'writeHead over headers that were set',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      res.setHeader('X-First', 'set');
      res.setHeader('X-Second', 'set');
      res.writeHead(200, { 'X-Second': 'written', 'X-Third': 'written' });
      note(String(res.getHeader('x-second')));
      res.end();
    },
  },
  {
    name: 'a reason phrase',
    clients: [get()],
    status: 418,
    handle: (_req, res) => {
      res.writeHead(418, 'Short and stout', { 'X-Pot': 'tea' }).end('no coffee');
    },
  },
  {
    name: 'a status message that was set',
    clients: [get()],
    status: 299,
    handle: (_req, res) => {
      res.statusCode = 299;
      res.statusMessage = 'Fine enough';
      res.end('ok');
    },
  },
  {
    name: 'many cookies',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      res.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; HttpOnly']);
      res.appendHeader('Set-Cookie', 'c=3');
      res.end();
    },
  },
  {
    name: 'early hints',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      res.writeEarlyHints({ link: ['</style.css>; rel=preload; as=style'], 'x-hint': 'yes' });
      res.end('after the hints');
    },
  },
  {
    name: 'a processing status first',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      res.writeProcessing();
      res.end('processed');
    },
  },
  {
    name: 'flushed headers',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      res.setHeader('X-Flushed', 'yes');
      res.flushHeaders();
      note(`sent: ${res.headersSent}`);
      setImmediate(() => res.end('late body'));
    },
  },
  {
    name: 'headers that are set too late',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res, note) => {
      res.write('first');
      note(thrownBy(() => res.setHeader('X-Late', 'yes')));
      note(thrownBy(() => res.writeHead(500)));
      note(thrownBy(() => res.removeHeader('X-Powered-By')));
      res.end();
    },
  },
  {
    name: 'headers that are no headers',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      note(thrownBy(() => res.setHeader('X Space', '1')));
      note(thrownBy(() => res.setHeader('X-Break', 'a\r\nb')));
      note(thrownBy(() => res.writeHead(99)));
      res.end('still here');
    },
  },
  {
    name: 'trailers',
    clients: [get('/', { TE: 'trailers' })],
    status: 200,
    faults: true,
    handle: (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain', Trailer: 'X-Checksum' });
      res.write('body');
      res.addTrailers({ 'X-Checksum': 'abc123' });
      res.end();
    },
  },
  {
    name: 'no date',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      res.sendDate = false;
      res.end('timeless');
      note(`date: ${String(res.getHeader('date'))}`);
    },
  },
  {
    name: 'what the response says of itself',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      const say = (when: string) =>
        note(
          `${when}: ${res.headersSent} ${res.writableEnded} ${res.writableFinished} ${res.finished} ${res.writableLength > 0}`,
        );
      say('before');
      res.write('some');
      say('written');
      res.on('finish', () => say('finish'));
      res.on('close', () => say('close'));
      res.end();
      say('ended');
    },
  },
  {
    name: 'several requests on one connection',
    clients: [
      [
        get('/1', { Connection: 'keep-alive' }),
        get('/2', { Connection: 'keep-alive' }),
        get('/3'),
      ].join(''),
    ],
    status: 200,
    faults: true,
    handle: (req, res) => {
      setImmediate(() => res.end(`answer to ${req.url}`));
    },
  },
  {
    name: 'a request id that comes twice',
    clients: [get('/', { 'X-Request-Id': 'mine-1' }), get('/', { 'X-Request-Id': 'mine-1' })],
    status: 200,
    faults: true,
    handle: (_req, res) => {
      res.end('answered');
    },
  },
  {
    name: 'HTTP/1.0',
    clients: ['GET / HTTP/1.0\r\nHost: localhost\r\n\r\n'],
    status: 200,
    handle: (_req, res) => {
      res.write('no chunks ');
      res.end('here');
    },
  },
  {
    name: 'an upgrade that nobody takes',
    clients: [get('/', { Connection: 'upgrade, close', Upgrade: 'websocket' })],
    status: 426,
    handle: (_req, res) => {
      res.writeHead(426, { Upgrade: 'none', Connection: 'close' }).end('no');
    },
  },
];
