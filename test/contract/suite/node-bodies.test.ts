/** Bodies as Node's request and response carry them: in other charsets, broken off, and put back by the app. */

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { startCollector } from '../../support/collector.ts';
import { type Handle, NODE_APPS } from '../harness/node-apps.ts';
import { later, until } from '../harness/pause.ts';

interface Sent {
  readonly type: string;
  readonly body: Uint8Array;
  readonly headers?: string;
  /** The length that the request announces; by default that of its body. */
  readonly length?: number;
}

const LATIN1 = Buffer.from('café', 'latin1');

/** Bodies in other charsets, and what is recorded. */
const CHARSETS: Readonly<Record<string, readonly [type: string, body: Uint8Array, seen: unknown]>> =
  {
    'ISO 8859-1': ['text/plain; charset=iso-8859-1', LATIN1, 'café'],
    'Windows-1252, quoted': ['text/plain; format=flowed; Charset="windows-1252"', LATIN1, 'café'],
    'Shift JIS': ['text/plain; charset=shift_jis', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), '日本'],
    'UTF-16': ['text/plain; charset=utf-16le', Buffer.from('\ufeffcafé', 'utf16le'), 'café'],
    'UTF-16 of JSON': [
      'application/json; charset=utf-16le',
      Buffer.from('{"drink":"café"}', 'utf16le'),
      { drink: 'café' },
    ],
    'ISO 8859-1 of a form': [
      'application/x-www-form-urlencoded; charset=iso-8859-1',
      Buffer.from('drink=caf%E9&size=1+l&more=%26%C9t%E9', 'latin1'),
      { drink: 'café', size: '1 l', more: '&Été' },
    ],
    'UTF-8': ['text/plain; charset=UTF-8', Buffer.from('café'), 'café'],
    'one that is not known': ['text/plain; charset=x-nothing', Buffer.from('café'), 'café'],
  };

/** What an upload or a response has sent when it breaks off, and what is recorded. */
const BROKEN: Readonly<Record<string, readonly [type: string, body: string, seen: unknown]>> = {
  'a URL in text': [
    'text/plain',
    'connect to postgres://admin:hush',
    'connect to postgres://[redacted]',
  ],
  'a URL in JSON': [
    'application/json',
    '{"to":"x","db":"postgres://admin:hush',
    '{"to":"x","db":"postgres://[redacted]',
  ],
  'a URL in a form': [
    'application/x-www-form-urlencoded',
    'to=x&db=postgres%3A%2F%2Fadmin%3Ahush',
    { to: 'x', db: 'postgres://[redacted]' },
  ],
  'plain text': ['text/plain', 'the beginn', 'the beginn'],
};

const CHUNKS: Readonly<Record<string, (req: IncomingMessage) => void>> = {
  'read() and unshift()': (req) => {
    req.once('readable', () => {
      const chunk: Buffer | null = req.read();
      if (chunk !== null) req.unshift(chunk);
      req.resume();
    });
  },
  'read() and unshift() of a part': (req) => {
    req.once('readable', () => {
      const chunk: Buffer | null = req.read();
      if (chunk !== null) req.unshift(chunk.subarray(3));
      req.resume();
    });
  },
  'unshift() of a part of the first chunk, in two parts': (req) => {
    req.once('data', (chunk: Buffer) => {
      req.pause();
      req.unshift(chunk.subarray(5));
      req.unshift(chunk.subarray(2, 5));
      req.resume();
    });
  },
  'unshift() while it flows': (req) => {
    req.once('data', (chunk: Buffer) => {
      req.on('data', () => {});
      req.unshift(chunk);
    });
  },
  'unshift() of a string': (req) => {
    req.setEncoding('utf8');
    req.once('readable', () => {
      const text: string | null = req.read();
      if (text !== null) req.unshift(text, 'utf8');
      req.resume();
    });
  },
  'read() of some bytes at a time': (req) => {
    req.on('readable', () => {
      while (req.read(3) !== null);
    });
  },
};

for (const [name, make] of Object.entries(NODE_APPS)) {
  describe(`${name}, where a body is not the usual one`, () => {
    async function rowOf(handle: Handle, sent: Sent, isLeft: () => boolean): Promise<WireRow> {
      await using collector = await startCollector();
      const server = createServer(make(collector.createTracer(), handle)).listen(0);
      const client = connect((server.address() as AddressInfo).port).on('error', () => {});
      let isAnswered = false;
      client.on('data', () => {
        isAnswered = true;
      });
      const length = sent.length ?? sent.body.byteLength;
      client.write(
        `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${sent.type}\r\ncontent-length: ${length}\r\n${sent.headers ?? ''}\r\n`,
      );
      // In two parts, so that each chunk has its own turn.
      client.write(sent.body.subarray(0, 8));
      await later(5);
      client.write(sent.body.subarray(8));
      await until(() => isAnswered || isLeft(), 'the response');
      client.destroy();
      const [row] = await collector.exactly(1);
      server.close();
      return row as WireRow;
    }

    const echo =
      (type: string, body: Uint8Array): Handle =>
      ({ req, res }) => {
        req.resume().on('end', () => {
          res.statusCode = 200;
          res.setHeader('content-type', type);
          res.write(body.subarray(0, 3));
          res.end(body.subarray(3));
        });
      };

    for (const [what, [type, body, seen]] of Object.entries(CHARSETS)) {
      it(`is recorded in its charset: ${what}`, async () => {
        const row = await rowOf(echo(type, body), { type, body }, () => false);
        assert.deepEqual(row.body, seen);
        assert.deepEqual(row.output, seen);
      });
    }

    it('is recorded in its charset where it is compressed', async () => {
      const type = 'text/plain; charset=iso-8859-1';
      const body = gzipSync(LATIN1);
      const headers = 'content-encoding: gzip\r\n';
      const row = await rowOf(echo(type, LATIN1), { type, body, headers }, () => false);
      assert.equal(row.body, 'café');
    });

    it('states the compression of what is no text, in an upload and in a response', async () => {
      const type = 'application/octet-stream';
      const body = gzipSync(Buffer.alloc(300_000));
      const handle: Handle = (exchange) => {
        exchange.res.setHeader('content-encoding', 'gzip');
        echo(type, body)(exchange);
      };
      const headers = 'content-encoding: gzip\r\n';
      const row = await rowOf(handle, { type, body, headers }, () => false);
      const mark = `[application/octet-stream, gzip: ${body.byteLength} bytes]`;
      assert.deepEqual([row.body, row.output], [mark, mark]);
    });

    for (const [what, [type, text, seen]] of Object.entries(BROKEN)) {
      it(`has no secret at the end of an upload that breaks off: ${what}`, async () => {
        let bytes = 0;
        const handle: Handle = ({ req }) => {
          req.on('data', (chunk: Buffer) => {
            bytes += chunk.byteLength;
          });
        };
        const body = Buffer.from(text);
        const isLeft = () => bytes === body.byteLength;
        const row = await rowOf(handle, { type, body, length: 1000 }, isLeft);
        assert.deepEqual(row.body, seen);
      });

      it(`has no secret at the end of a response that breaks off: ${what}`, async () => {
        const handle: Handle = ({ req, res }) => {
          req.resume();
          res.statusCode = 200;
          res.setHeader('content-type', type);
          res.write(text);
        };
        const row = await rowOf(handle, { type, body: Buffer.from('{}') }, () => false);
        assert.deepEqual(row.output, seen);
      });
    }

    it('keeps all of an upload that ends, and one of which all bytes were read', async () => {
      const text = 'see https://example.com:8080';
      for (const isEndRead of [true, false]) {
        let bytes = 0;
        const handle: Handle = ({ req, res }) => {
          res.statusCode = 200;
          req.on('data', (chunk: Buffer) => {
            bytes += chunk.byteLength;
            if (!isEndRead && bytes === text.length) res.end('ok');
          });
          if (isEndRead) req.on('end', () => res.end('ok'));
        };
        const sent = { type: 'text/plain', body: Buffer.from(text) };
        assert.equal((await rowOf(handle, sent, () => false)).body, text);
      }
    });

    for (const [how, read] of Object.entries(CHUNKS)) {
      it(`has each byte once where the app reads it by ${how}`, async () => {
        const handle: Handle = ({ req, res }) => {
          req.on('end', () => {
            res.statusCode = 200;
            res.end('ok');
          });
          read(req);
        };
        const body = Buffer.from('first and last');
        const row = await rowOf(handle, { type: 'text/plain', body }, () => false);
        assert.equal(row.body, 'first and last');
      });
    }
  });
}
