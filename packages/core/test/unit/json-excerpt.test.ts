/** What is kept of JSON that is longer than the limit. */

import assert from 'node:assert/strict';
import { JsonExcerpt } from '../../src/http/body/json-excerpt.ts';

const MAX_CHARS = 4096;

/** @param size how many characters are read at a time */
function excerptOf(text: string, size = text.length || 1): unknown {
  const excerpt = new JsonExcerpt(MAX_CHARS);
  for (let i = 0; i < text.length; i += size) excerpt.add(text.slice(i, i + size));
  const value = excerpt.value((head) => head);
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

describe('an excerpt of JSON', () => {
  const WHOLE: readonly unknown[] = [
    {},
    [],
    { a: 1, b: [true, false, null, -1.5e3], c: { d: 'e\n"\\é😀' }, 'k"': '' },
    [[[[1], 2], 3], { x: [] }],
  ];
  for (const value of WHOLE) {
    for (const size of [1, 2, 7, 1000]) {
      it(`is the value itself where it is short: ${JSON.stringify(value)}, ${size} characters at a time`, () => {
        assert.deepEqual(excerptOf(JSON.stringify(value), size), value);
        assert.deepEqual(excerptOf(JSON.stringify(value, null, 2), size), value);
      });
    }
  }

  for (const size of [1, 13, 4096, 1_000_000]) {
    describe(`of which ${size} characters are read at a time`, () => {
      it('has the structure, and a part of each long string', () => {
        const text = JSON.stringify({ image: 'x"\\'.repeat(30_000), question: 'why?', n: 1 });
        const { image, ...others } = excerptOf(text, size) as Record<string, string>;
        assert.deepEqual(others, { question: 'why?', n: 1 });
        assert.match(image ?? '', /^(x"\\)+x?"?… \[cut: \d+ more characters\]$/);
        assert.ok((image?.length ?? 0) > 500 && (image?.length ?? 0) < MAX_CHARS);
      });

      it('names data URLs', () => {
        const data = Buffer.alloc(20_000).toString('base64');
        const image = `data:image/png;base64,${data}`;
        const text = JSON.stringify({ messages: [{ image }, { content: 'why?' }] });
        assert.deepEqual(excerptOf(text, size), {
          messages: [{ image: '[image/png, 20000 bytes]' }, { content: 'why?' }],
        });
      });

      it('has the first and the last items of a long array', () => {
        const messages = Array.from({ length: 2000 }, (_, n) => ({ role: 'user', n }));
        const text = JSON.stringify({ model: 'm', messages, question: 'why?' });
        const kept = excerptOf(text, size) as { messages: { n: number }[] };
        const gap = kept.messages.findIndex((each) => typeof each === 'string');
        assert.match(String(kept.messages[gap]), /^\[cut: \d+ more items\]$/);
        const left = Number(/\d+/.exec(String(kept.messages[gap]))?.[0]);
        assert.equal(left + kept.messages.length - 1, 2000);
        assert.ok(gap > 5 && kept.messages.length - gap > 5);
        assert.deepEqual([kept.messages[0]?.n, kept.messages.at(-1)?.n], [0, 1999]);
        assert.deepEqual({ ...kept, messages: 0 }, { model: 'm', messages: 0, question: 'why?' });
      });

      it('has the first and the last keys of a large object', () => {
        const entries = Array.from({ length: 2000 }, (_, n) => [`key-${n}`, n]);
        const kept = excerptOf(JSON.stringify(Object.fromEntries(entries)), size) as object;
        const keys = Object.keys(kept);
        assert.deepEqual([keys[0], keys.at(-1)], ['key-0', 'key-1999']);
        assert.match((kept as Record<string, string>)['…'] ?? '', /^\[cut: \d+ more keys\]$/);
      });

      it('shows where a text that is not complete ends', () => {
        assert.deepEqual(excerptOf('{"a":[1,{"b":"tex', size), {
          a: [1, { b: 'tex… [cut: 1 more characters]', '…': '[cut: the rest]' }, '[cut: the rest]'],
          '…': '[cut: the rest]',
        });
      });

      it('is bounded, whatever is in it', () => {
        const many = Array.from({ length: 300 }, (_, n) => `${n}`.repeat(300));
        for (const value of [
          many,
          Object.fromEntries(many.map((each) => [each, each])),
          many.map((each) => [each, [each]]),
          many.reduce<unknown>((inner, each) => ({ [each]: inner, each }), 1),
          Array.from({ length: 20_000 }, () => []),
          Array.from({ length: 20_000 }, () => 0.123456789),
        ]) {
          const kept = JSON.stringify(excerptOf(JSON.stringify(value), size));
          assert.ok(kept.length > 500 && kept.length < 2 * MAX_CHARS, `${kept.length}`);
        }
      });
    });
  }

  for (const text of [
    '',
    'a',
    '{"a":1}{"b":2}',
    '{"a":1}\n{"b":2}',
    '[1}',
    '{"a"}',
    '{1:2}',
    '[nul]',
    '{"a":1} x',
    '"a":1',
    '<p>',
  ]) {
    it(`is none of a text that is not JSON: ${JSON.stringify(text)}`, () => {
      assert.equal(excerptOf(text), undefined);
    });
  }
});
