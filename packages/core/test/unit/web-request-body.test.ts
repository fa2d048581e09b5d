/** The captured body of a web request. */

import assert from 'node:assert/strict';
import { webRequestBody } from '../../src/http/web/web-request-body.ts';

/** What is captured of a request whose body the app reads as this value. */
async function captured(
  method: 'json' | 'arrayBuffer' | 'bytes',
  value: unknown,
  { maxBytes = 100, headers = {} }: { maxBytes?: number; headers?: Record<string, string> } = {},
) {
  const request = { method: 'POST', headers: new Headers(headers), [method]: async () => value };
  const body = webRequestBody(request, maxBytes);
  const read = request[method] as () => Promise<unknown>;
  assert.equal(await read(), value);
  const { capture } = body ?? {};
  assert.ok(capture !== undefined);
  return { text: capture.toText(), bytes: capture.bytes, isCut: capture.isCut };
}

describe('a JSON body that the app reads as a value', () => {
  const value = { a: [1, 'é"', null, true, { b: undefined, c: 0.5 }], d: {} };

  it('is its JSON text, whole or the beginning', async () => {
    const text = JSON.stringify(value);
    const bytes = Buffer.byteLength(text);
    assert.deepEqual(await captured('json', value), { text, bytes, isCut: false });
    for (let maxBytes = 1; maxBytes <= bytes; maxBytes++) {
      const cut = await captured('json', value, { maxBytes });
      assert.ok(text.startsWith(cut.text), cut.text);
      assert.deepEqual([cut.bytes, cut.isCut], [bytes, maxBytes < bytes], String(maxBytes));
    }
  });

  it('is read no further than is captured', async () => {
    const long = Array.from({ length: 1000 }, () => 'item');
    Object.defineProperty(long, 500, {
      get() {
        throw new Error('read');
      },
    });
    const headers = { 'content-length': '7000' };
    const { text, bytes, isCut } = await captured('json', long, { headers });
    assert.equal(text, JSON.stringify(Array(100).fill('item')).slice(0, 100));
    assert.deepEqual([bytes, isCut], [7000, true]);
  });

  it('may be nested deeper than the stack', async () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    const headers = { 'content-length': '200000' };
    const { bytes, isCut } = await captured('json', deep, { maxBytes: 65_536, headers });
    assert.deepEqual([bytes, isCut], [200_000, true]);
  });

  it('of one long string is not copied whole', async () => {
    const headers = { 'content-length': '1002' };
    const { text, bytes } = await captured('json', ['x'.repeat(998)], { headers });
    assert.deepEqual([text, bytes], [`["${'x'.repeat(98)}`, 1002]);
  });
});

describe('a body that the app reads as bytes', () => {
  const bytes = new TextEncoder().encode('hello');

  it('is those bytes, of an array or a part of a buffer', async () => {
    assert.equal((await captured('bytes', bytes.subarray(1, 3))).text, 'el');
    assert.equal((await captured('arrayBuffer', bytes.buffer)).text, 'hello');
  });
});
