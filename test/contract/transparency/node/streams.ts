/** Bodies that flow: pipes, pipelines, events, and what becomes of them when a side fails. */

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { get } from '../../../support/raw-http.ts';
import { type NodeCase, noteEvents } from './case.ts';

export const FILE = fileURLToPath(new URL('../fixtures/poem.txt', import.meta.url));

export const streams: readonly NodeCase[] = [
  {
    name: 'a file that is piped',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res) => {
      createReadStream(FILE).pipe(res);
    },
  },
  {
    name: 'a file through gzip',
    clients: [get()],
    status: 200,
    anyChunks: true,
    handle: (_req, res) => {
      res.setHeader('Content-Encoding', 'gzip');
      res.setHeader('Content-Type', 'text/plain');
      return pipeline(createReadStream(FILE), createGzip(), res);
    },
  },
  {
    name: 'a generator through a pipeline',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async (_req, res, note) => {
      async function* words() {
        for (const word of ['from', 'a', 'generator']) yield `${word} `;
      }
      await pipeline(Readable.from(words()), res);
      note('pipeline done');
    },
  },
  {
    name: 'a pipeline whose source fails in mid-body',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async (_req, res, note) => {
      noteEvents(res, 'res', ['error', 'finish', 'close'], note);
      async function* words() {
        yield 'so far';
        await pause(5);
        throw new Error('the source broke');
      }
      await pipeline(Readable.from(words()), res).catch((error: Error) => note(error.message));
    },
  },
  {
    name: 'a file that is not there',
    clients: [get()],
    status: 404,
    handle: (_req, res, note) => {
      createReadStream(`${FILE}.missing`)
        .on('error', (error: NodeJS.ErrnoException) => {
          note(String(error.code));
          res.writeHead(404).end('gone');
        })
        .pipe(res);
    },
  },
  {
    name: 'a web stream',
    clients: [get()],
    status: 200,
    handle: async (_req, res) => {
      const response = new Response('from the web');
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) res.write(chunk);
      res.end();
    },
  },
  {
    name: 'server-sent events',
    clients: [get('/', { Accept: 'text/event-stream' })],
    status: 200,
    faults: true,
    handle: async (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      for (const token of ['Hel', 'lo', ' you']) {
        res.write(`data: ${JSON.stringify({ choices: [{ delta: { content: token } }] })}\n\n`);
        await pause(1);
      }
      res.end('data: [DONE]\n\n');
    },
  },
  {
    name: 'lines of JSON',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async (_req, res) => {
      res.setHeader('Content-Type', 'application/x-ndjson');
      for (let i = 0; i < 3; i++) {
        res.write(`{"i":${i}}\n`);
        await pause(1);
      }
      res.end();
    },
  },
  {
    name: 'a response that is destroyed',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      noteEvents(res, 'res', ['error', 'finish', 'close'], note);
      res.write('half', () => res.destroy());
    },
  },
  {
    name: 'a response that is destroyed by an error',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res, note) => {
      noteEvents(res, 'res', ['error', 'finish', 'close'], note);
      res.write('half', () => res.destroy(new Error('torn down')));
    },
  },
  {
    name: 'a socket that is destroyed before the answer',
    clients: [get()],
    status: 0,
    handle: (req, res, note) => {
      noteEvents(res, 'res', ['error', 'finish', 'close'], note);
      noteEvents(req, 'req', ['aborted', 'error', 'close'], note);
      req.socket.destroy();
    },
  },
  {
    name: 'a client that leaves before the answer',
    clients: [
      async (peer) => {
        peer.send(get());
        await pause(20);
        peer.leave();
      },
    ],
    status: 0,
    faults: true,
    handle: (req, res, note) => {
      noteEvents(res, 'res', ['error', 'finish', 'close'], note);
      noteEvents(req, 'req', ['aborted', 'close'], note);
      res.on('close', () => {
        res.end('too late');
        note(`ended: ${res.writableEnded} finished: ${res.writableFinished}`);
      });
    },
  },
  {
    name: 'a client that leaves in mid-stream',
    clients: [
      async (peer) => {
        peer.send(get());
        await peer.until('tick 2');
        peer.leave();
      },
    ],
    status: 200,
    faults: true,
    handle: (_req, res, note) => {
      noteEvents(res, 'res', ['error', 'finish', 'close'], note);
      for (let i = 0; i < 3; i++) res.write(`tick ${i}\n`);
    },
  },
  {
    name: 'a client that leaves while a second request waits on its connection',
    clients: [
      async (peer) => {
        peer.send(get('/slow', { Connection: 'keep-alive' }) + get('/waiting'));
        await pause(30);
        peer.leave();
      },
    ],
    status: 0,
    faults: true,
    handle: (req, res, note) => {
      noteEvents(res, `res of ${req.url}`, ['finish', 'close'], note);
      if (req.url === '/waiting') res.end('ready, but not its turn');
    },
  },
];
