/** The inputs of a root step show what those of any other step would: members as columns, and everything else in one column. */

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { trace, updateCurrentTrace } from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { record } from './support.ts';

class Query {
  readonly #secret = 'private';
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  get length(): number {
    return this.#secret.length;
  }
}

class Document {
  readonly $__ = { internal: true };
  readonly _doc = { title: 'T' };
  toJSON(): object {
    return { title: 'T', password: 'p' };
  }
}

class Empty {}

const form = new FormData();
form.set('title', 'T');
form.set('file', new File(['abc'], 'a.txt', { type: 'text/plain' }));

const error = Object.assign(new Error('boom'), { code: 'E' });

/** By what it is: the value, and the columns. Without columns, there is one, `input`, with what a step shows. */
const VALUES: Readonly<
  Record<string, [value: unknown, columns?: Readonly<Record<string, unknown>>]>
> = {
  'a plain object': [
    { a: 1, token: 't' },
    { a: 1, token: '[redacted]' },
  ],
  'an object without a prototype': [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  'an instance of a class': [new Query('q'), { text: 'q' }],
  'a document with toJSON': [new Document(), { title: 'T', password: '[redacted]' }],
  'an object with a toJSON of its own': [{ a: 1, toJSON: () => ({ b: 2 }) }, { b: 2 }],
  'toJSON that returns a string': [{ toJSON: () => 'short' }],
  'an instance without members': [new Empty()],
  'a Map': [new Map([['k', 1]])],
  'a Set': [new Set(['k'])],
  'a Date': [new Date(0)],
  'an Error': [error],
  URLSearchParams: [
    new URLSearchParams('a=1&token=t&b=2&b=3'),
    { a: '1', token: '[redacted]', b: ['2', '3'] },
  ],
  FormData: [form, { title: 'T', file: '[a.txt, text/plain, 3 bytes]' }],
  'a URL': [new URL('http://user:pass@host/')],
  'a stream': [Readable.from([])],
  'a web stream': [new ReadableStream()],
  'a Buffer': [Buffer.from('abc')],
  'a function': [function named() {}],
  'an array': [[1, 2]],
  'a string': ['text'],
  'a number': [5],
  null: [null],
  'a Proxy': [new Proxy({}, {})],
  Headers: [new Headers({ authorization: 'Bearer x' })],
  'a Request': [new Request('http://host/', { headers: { authorization: 'Bearer x' } })],
};

/** The columns of the inputs, and what the child step shows. */
async function recorded(
  value: unknown,
  give: 'inputs' | 'update',
): Promise<{ row: WireRow; columns: Record<string, unknown>; child: unknown }> {
  using recording = record();
  const input = value as Readonly<Record<string, unknown>>;
  const child = trace(() => 'done', { name: 'child', inputs: () => input });
  trace(
    () => {
      if (give === 'update') updateCurrentTrace({ input });
      return child();
    },
    give === 'inputs' ? { name: 'root', inputs: () => input } : { name: 'root' },
  )();
  const row = await recording.row();
  const [root] = row.steps;
  const columns = { ...(root?.inputs as object) } as Record<string, unknown>;
  for (const [name, column] of Object.entries(columns)) assert.deepEqual(row[name], column);
  return { row, columns, child: root?.steps[0]?.inputs };
}

describe('the inputs of a root step', () => {
  for (const [what, [value, columns]] of Object.entries(VALUES)) {
    for (const give of ['inputs', 'update'] as const) {
      it(`are columns by the same rules as a step's: ${what}, given by ${give}`, async () => {
        const { columns: found, child } = await recorded(value, give);
        assert.deepEqual(found, columns ?? { input: child });
        if (columns !== undefined) assert.deepEqual(child, columns);
      });
    }
  }

  it('of an instance lose no member behind one long value', async () => {
    const large = Object.assign(new Query('q'), { big: 'x'.repeat(200_000), small: 's' });
    for (const give of ['inputs', 'update'] as const) {
      const { columns } = await recorded(large, give);
      assert.deepEqual([columns.text, columns.small], ['q', 's']);
    }
    using recording = record();
    trace(() => updateCurrentTrace({ metadata: { plain: 1 } }), {
      name: 'root',
      metadata: large as unknown as Record<string, unknown>,
    })();
    const { metadata } = await recording.row();
    assert.deepEqual([metadata?.small, metadata?.text, metadata?.plain], ['s', 'q', 1]);
  });

  it('contain no header of a request that a function was given', async () => {
    const rows: string[] = [];
    const server = createServer(async (req: IncomingMessage, res) => {
      for (const give of ['inputs', 'update'] as const) {
        rows.push(JSON.stringify((await recorded(req, give)).row));
        rows.push(JSON.stringify((await recorded(res, give)).row));
      }
      res.end();
    }).listen(0);
    const { port } = server.address() as AddressInfo;
    const headers = { authorization: 'Bearer CANARY', cookie: 'sid=CANARY', 'x-any': 'CANARY' };
    await fetch(`http://127.0.0.1:${port}/?token=CANARY`, { headers });
    server.close();
    assert.equal(rows.length, 4);
    for (const row of rows) assert.ok(!row.includes('CANARY'), row);
  });
});
