/** The body of a web request, of which the app reads a parsed value. */

import assert from 'node:assert/strict';
import { jsonHead } from '../../src/http/web/json-head.ts';
import { webRequestBody } from '../../src/http/web/web-request-body.ts';
import { jsonOf } from '../../src/values/json/json-text.ts';

const MAX_BYTES = 100;

async function captured(value: unknown, contentLength?: number) {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (contentLength !== undefined) headers.set('content-length', String(contentLength));
  const body = webRequestBody({ method: 'POST', headers }, MAX_BYTES, {
    json: Promise.resolve(value),
  });
  await new Promise(setImmediate);
  const capture = body?.capture;
  assert.ok(capture !== undefined);
  return { text: capture.toText(), isCut: capture.isCut, length: capture.lengthText };
}

describe('a body that is read as a value', () => {
  it('is captured whole if it is short', async () => {
    const value = { question: 'Why?', tags: ['a', null, 1.5, true], empty: {}, none: [] };
    const text = JSON.stringify(value);
    assert.deepEqual(await captured(value), {
      text,
      isCut: false,
      length: `${text.length} bytes`,
    });
  });

  for (const [what, value] of Object.entries({
    'a long string': { text: 'é"'.repeat(1000) },
    'many items': Array.from({ length: 1000 }, (_, id) => ({ id })),
    'long keys': { ['k'.repeat(500)]: 1, b: 2 },
    'half of a pair at the limit': { text: `${'a'.repeat(MAX_BYTES - 1)}🎉` },
  })) {
    it(`is cut if it is long: ${what}`, async () => {
      const whole = JSON.stringify(value);
      const { text, isCut, length } = await captured(value, 12_345);
      assert.deepEqual([isCut, length], [true, '12345 bytes']);
      assert.ok(whole.startsWith(text) && Buffer.byteLength(text) > MAX_BYTES - 10, text);
      assert.equal((await captured(value)).length, `${Buffer.byteLength(whole)} bytes`);
    });
  }

  it('is read twice at most: for its beginning, and for an excerpt of the whole', async () => {
    let reads = 0;
    const items = new Proxy(
      Array.from({ length: 100_000 }, (_, id) => id),
      {
        get(target, key, receiver) {
          reads++;
          return Reflect.get(target, key, receiver);
        },
      },
    );
    assert.equal((await captured(items)).isCut, true);
    assert.ok(reads < 210_000, `${reads} reads`);
  });

  it('may be nested deeper than the stack', async () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    assert.equal((await captured(deep)).text, '['.repeat(MAX_BYTES));
    assert.equal(jsonHead(deep, 1_000_000).text.length, 200_001);
  });

  it('is the same text as that of the whole', () => {
    for (const value of [null, 'a', 1, [], {}, [[], {}], { a: { b: [1, { c: 'x' }] }, d: [] }]) {
      assert.deepEqual(jsonHead(value, 1000), { text: jsonOf(value), isWhole: true });
    }
  });
});
