/** Bodies that come in, read in every way that a request allows. */

import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { get, post, postChunks } from '../../../support/raw-http.ts';
import { type NodeCase, noteEvents } from './case.ts';

const LARGE = Buffer.alloc(700_000, '0123456789abcdef');

export const uploads: readonly NodeCase[] = [
  {
    name: 'an upload read by for await',
    clients: [post('für alle', { 'Content-Type': 'text/plain' })],
    status: 200,
    faults: true,
    handle: async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      res.end(Buffer.concat(chunks));
    },
  },
  {
    name: 'an upload read by its events',
    clients: [postChunks(['one, ', 'two, ', 'three'])],
    status: 200,
    faults: true,
    handle: (req, res, note) => {
      let text = '';
      req.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      req.on('end', () => res.end(text));
      noteEvents(req, 'req', ['end', 'close'], note);
    },
  },
  {
    name: 'an upload read as text',
    clients: [post('äöü '.repeat(100))],
    status: 200,
    handle: (req, res, note) => {
      req.setEncoding('utf8');
      let text = '';
      req.on('data', (chunk: unknown) => {
        note(typeof chunk);
        text += String(chunk);
      });
      req.on('end', () => res.end(text));
    },
  },
  {
    name: 'an upload that is piped back',
    clients: [post('echo '.repeat(1000))],
    status: 200,
    anyChunks: true,
    faults: true,
    handle: (req, res) => {
      req.pipe(res);
    },
  },
  {
    name: 'an upload that is read on demand',
    clients: [post('on demand')],
    status: 200,
    handle: (req, res) => {
      let text = '';
      req.on('readable', () => {
        for (let chunk = req.read(3); chunk !== null; chunk = req.read(3)) text += `[${chunk}]`;
        const rest: unknown = req.read();
        if (rest !== null) text += `[${rest}]`;
      });
      req.on('end', () => res.end(text));
    },
  },
  {
    name: 'a large upload, by its hash',
    clients: [post(LARGE, { 'Content-Type': 'application/octet-stream' })],
    status: 200,
    handle: async (req, res) => {
      const hash = createHash('sha256');
      for await (const chunk of req) hash.update(chunk as Buffer);
      res.end(hash.digest('hex'));
    },
  },
  {
    name: 'a paused upload',
    clients: [post('slow reader')],
    status: 200,
    handle: (req, res, note) => {
      req.pause();
      setImmediate(() => {
        note(`paused: ${req.isPaused()} flowing: ${String(req.readableFlowing)}`);
        req.resume();
      });
      let size = 0;
      req.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
      });
      req.on('end', () => res.end(String(size)));
    },
  },
  {
    name: 'an upload that nobody reads',
    clients: [post('unread')],
    status: 200,
    handle: (req, res, note) => {
      note(`ended: ${req.readableEnded} flowing: ${String(req.readableFlowing)}`);
      res.end('never mind');
    },
  },
  {
    name: 'an upload that asks first',
    clients: [
      async (peer) => {
        const [head, body] = splitHead(post('asked for', { Expect: '100-continue' }));
        peer.send(head);
        await peer.until('100 Continue');
        peer.send(body);
      },
    ],
    status: 200,
    handle: async (req, res) => {
      let text = '';
      for await (const chunk of req) text += String(chunk);
      res.end(text);
    },
  },
  {
    name: 'trailers of a request',
    clients: [postChunks(['body']).replace('0\r\n\r\n', '0\r\nX-Sum: 42\r\n\r\n')],
    status: 200,
    handle: async (req, res) => {
      for await (const _ of req);
      res.end(JSON.stringify([req.trailers, req.rawTrailers, req.complete]));
    },
  },
  {
    name: 'an upload that breaks off',
    clients: [
      async (peer) => {
        peer.send(post('x'.repeat(100)).subarray(0, -50));
        await pause(20);
        peer.leave();
      },
    ],
    status: 0,
    faults: true,
    handle: async (req, res, note) => {
      noteEvents(res, 'res', ['error', 'finish', 'close'], note);
      noteEvents(req, 'req', ['aborted', 'error', 'close'], note);
      try {
        for await (const chunk of req) note(`got ${(chunk as Buffer).byteLength}`);
      } catch (error) {
        note(`reader: ${(error as NodeJS.ErrnoException).code}`);
      }
      note(`complete: ${req.complete}`);
    },
  },
  {
    name: 'what the request says of itself',
    clients: [get('/path/%C3%A4?q=1&q=2', { 'X-Twice': 'a', 'x-twice': 'b', Cookie: 'a=1' })],
    status: 200,
    handle: (req, res) => {
      const { method, url, httpVersion, headers, rawHeaders, complete } = req;
      const { remoteFamily, localAddress, encrypted } = req.socket as typeof req.socket & {
        encrypted?: boolean;
      };
      const seen = { method, url, httpVersion, headers, rawHeaders, complete };
      res.end(JSON.stringify({ ...seen, remoteFamily, localAddress, encrypted }));
    },
  },
];

function splitHead(request: Buffer): [Buffer, Buffer] {
  const end = request.indexOf('\r\n\r\n') + 4;
  return [request.subarray(0, end), request.subarray(end)];
}
