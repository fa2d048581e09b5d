/** Long texts in pieces. */

import assert from 'node:assert/strict';
import { beginOf, cutMiddle, endOf } from '../src/format.ts';
import { hasInvisible } from '../src/invisible.ts';
import { blocksOf, foldedLength } from '../src/ui/values/text-blocks.ts';

const TEXTS = {
  'a mail with line ends of Windows': Array.from({ length: 700 }, (_, n) => `line ${n}`).join(
    '\r\n',
  ),
  'empty lines of Windows': '\r\n'.repeat(5000),
  'a long line before line ends of Windows': `${'x'.repeat(3999)}\r\n`.repeat(3),
  'a text of emoji': '😀'.repeat(5000),
  'line ends of Unix': 'line\n'.repeat(2000),
};

describe('a piece of a long text', () => {
  for (const [name, text] of Object.entries(TEXTS)) {
    it(`has no invisible characters that the whole has not: ${name}`, () => {
      assert.equal(hasInvisible(text), false);
      const folded = beginOf(text, foldedLength(text));
      assert.ok(folded.length < text.length);
      for (const piece of [folded, ...blocksOf(text)]) {
        assert.equal(hasInvisible(piece), false, JSON.stringify(piece.slice(-20)));
      }
      for (let length = 1; length < 40; length++) {
        for (const cut of [beginOf(text, length), endOf(text, length), cutMiddle(text, length)]) {
          assert.equal(hasInvisible(cut), false, JSON.stringify(cut));
          assert.ok(cut.length <= length + 1);
        }
      }
    });

    it(`is lost in no block: ${name}`, () => {
      const plain = (each: string) => each.replaceAll(/\r?\n/g, '');
      assert.equal(plain(blocksOf(text).join('')), plain(text));
    });
  }
});
