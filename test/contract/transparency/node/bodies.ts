/** Bodies, written in every way that a response takes them. */

import { setImmediate as turn } from 'node:timers/promises';
import { get } from '../../../support/raw-http.ts';
import { type NodeCase, noteEvents, thrownBy } from './case.ts';

const TEXT = 'Grüße aus Köln, 日本 and \u{1F600}';

export const bodies: readonly NodeCase[] = [
  {
    name: 'a text at the end',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res) => {
      res.end(TEXT);
    },
  },
  {
    name: 'bytes at the end',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      res.setHeader('Content-Type', 'application/octet-stream');
      res.end(Buffer.from([0, 1, 2, 253, 254, 255]));
    },
  },
  {
    name: 'a Uint8Array whose memory is used again',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      const bytes = new Uint8Array([65, 66, 67, 68]);
      res.write(bytes, () => {
        bytes.fill(90);
        res.end(bytes.subarray(1, 3));
      });
    },
  },
  {
    name: 'an empty body',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      res.end('');
    },
  },
  {
    name: 'empty pieces',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      note(String(res.write('')));
      note(String(res.write(Buffer.alloc(0))));
      res.write('x');
      res.end('');
    },
  },
  {
    name: 'pieces, each its own chunk',
    clients: [get()],
    status: 200,
    handle: async (_req, res) => {
      for (const piece of ['one', 'two', 'three']) {
        res.write(piece);
        await turn();
      }
      res.end('four');
    },
  },
  {
    name: 'pieces with callbacks, in order',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res, note) => {
      note(String(res.write('a', () => note('a is out'))));
      note(String(res.write('b', 'utf8', () => note('b is out'))));
      note(String(res.end('c', () => note('end is out')) === res));
    },
  },
  {
    name: 'an end with an encoding and a callback',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res, note) => {
      res.on('finish', () => note('finish'));
      res.end('ÄÖÜ', 'latin1', () => note('callback'));
    },
  },
  {
    name: 'an end with nothing but a callback',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      res.write('all there is');
      res.end(() => note('callback'));
    },
  },
  {
    name: 'other encodings',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res) => {
      res.write('é', 'latin1');
      res.write('R3LDvMOfZQ==', 'base64');
      res.write('R3LDvMOfZQ', 'base64url');
      res.write('00ff10', 'hex');
      res.write('hi', 'utf16le');
      res.write('é', 'ascii');
      res.write(TEXT, 'UTF-8' as BufferEncoding);
      res.end('Zm9v', 'base64');
    },
  },
  {
    name: 'an encoding that does not exist',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      note(thrownBy(() => res.write('x', 'no-such' as BufferEncoding)));
      res.end('after');
    },
  },
  {
    name: 'halves of characters',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      const bytes = Buffer.from('\u{1F600}');
      res.write(bytes.subarray(0, 2));
      res.write(bytes.subarray(2));
      res.write('\ud83d');
      res.end('\ude00');
    },
  },
  {
    name: 'corked pieces',
    clients: [get()],
    status: 200,
    faults: true,
    handle: async (_req, res) => {
      res.cork();
      res.write('one');
      res.write('two');
      res.uncork();
      await turn();
      res.cork();
      res.write('three');
      res.end('four');
    },
  },
  {
    name: 'a body of a megabyte',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      res.end(Buffer.alloc(1_048_576, 'abcdefghij'));
    },
  },
  {
    name: 'a large body that waits for drain',
    clients: [get()],
    status: 200,
    anyChunks: true,
    handle: async (_req, res, note) => {
      let waits = 0;
      for (let i = 0; i < 40; i++) {
        if (!res.write(String(i % 10).repeat(65_536))) {
          waits++;
          await new Promise((resolve) => res.once('drain', resolve));
        }
      }
      note(`waited: ${waits > 0}`);
      res.end();
    },
  },
  {
    name: 'a length that is given',
    clients: [get()],
    status: 200,
    handle: (_req, res) => {
      res.setHeader('Content-Length', 10);
      res.write('12345');
      res.end('67890');
    },
  },
  {
    name: 'a length that is checked',
    clients: [get()],
    status: 0,
    handle: (_req, res, note) => {
      res.strictContentLength = true;
      res.setHeader('Content-Length', 4);
      note(thrownBy(() => res.write('12345')));
      note(thrownBy(() => res.end('1234')));
      res.destroy();
    },
  },
  {
    name: 'two ends',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res, note) => {
      noteEvents(res, 'res', ['error', 'finish', 'close'], note);
      res.end('once');
      res.end('twice', () => note('second callback'));
      res.end();
    },
  },
  {
    name: 'a write after the end',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res, note) => {
      noteEvents(res, 'res', ['error', 'finish', 'close'], note);
      res.end('over');
      note(String(res.write('more', (error) => note(`callback: ${error?.message}`))));
    },
  },
  {
    name: 'pieces that are no pieces',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      note(thrownBy(() => Reflect.apply(res.write, res, [42])));
      note(thrownBy(() => Reflect.apply(res.write, res, [null])));
      note(thrownBy(() => Reflect.apply(res.write, res, [{ a: 1 }])));
      note(thrownBy(() => Reflect.apply(res.end, res, [true])));
      res.end('unharmed');
    },
  },
  {
    name: 'listeners, in the order of their events',
    clients: [get('/first'), get('/second')],
    status: 200,
    handle: (req, res, note) => {
      noteEvents(res, `res of ${req.url}`, ['prefinish', 'finish', 'close'], note);
      noteEvents(req, `req of ${req.url}`, ['end', 'close'], note);
      res.end(req.url);
    },
  },
  {
    name: 'a listener of finish that throws nothing but writes',
    clients: [get()],
    status: 200,
    handle: (_req, res, note) => {
      res.once('finish', () => note(thrownBy(() => res.setHeader('x', 'y'))));
      res.end('done');
    },
  },
  {
    name: 'an app that replaces write and end itself',
    clients: [get()],
    status: 200,
    faults: true,
    handle: (_req, res, note) => {
      const { write, end } = res;
      const upper = (chunk: unknown) => (typeof chunk === 'string' ? chunk.toUpperCase() : chunk);
      res.write = ((chunk: unknown, ...rest: unknown[]) => {
        note('own write');
        return Reflect.apply(write, res, [upper(chunk), ...rest]);
      }) as typeof res.write;
      res.end = ((chunk?: unknown, ...rest: unknown[]) => {
        note('own end');
        return Reflect.apply(end, res, [upper(chunk), ...rest]);
      }) as typeof res.end;
      res.write('quiet ');
      res.end('words');
    },
  },
];
