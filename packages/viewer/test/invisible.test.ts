/** Characters that cannot be seen are shown by name. */

import assert from 'node:assert/strict';
import { hasInvisible, piecesOf } from '../src/invisible.ts';

const shown = (text: string) =>
  piecesOf(text)
    .map(({ text: piece, name }) => (name === undefined ? piece : `<${name}>`))
    .join('');

describe('invisible characters', () => {
  it('are named, each by itself', () => {
    assert.equal(
      shown('a\u202eb\u2066c'),
      'a<U+202E right-to-left override>b<U+2066 left-to-right isolate>c',
    );
    assert.equal(
      shown('pass\u200bword\u0000\u001b[31m'),
      'pass<U+200B zero width space>word<U+0000 null><U+001B escape>[31m',
    );
    assert.equal(
      shown('\ud800x\udfff'),
      '<U+D800 half of a character>x<U+DFFF half of a character>',
    );
    assert.equal(shown('hi\u{e0041}'), 'hi<U+E0041 tag character>');
    assert.equal(
      shown('\ufeffx\u00ad\u0085'),
      '<U+FEFF byte order mark>x<U+00AD soft hyphen><U+0085 control character>',
    );
    assert.equal(shown('old\rmac'), 'old<U+000D carriage return>mac');
  });

  it('do not include those that scripts and emoji need', () => {
    const texts = [
      'a\tb\nc\r\nd',
      'família 日本語 עברית',
      '👩‍🚀 👨🏽‍⚕️ 🏳️‍🌈 🇵🇹',
      'می‌خواهم',
      'क्‍ष',
      'e\u0301',
    ];
    for (const text of texts) assert.equal(hasInvisible(text), false, JSON.stringify(text));
  });

  it('are all named after hasInvisible() was called', () => {
    assert.equal(hasInvisible('\u202ea\u200b'), true);
    assert.equal(
      shown('\u202ea\u200b'),
      '<U+202E right-to-left override>a<U+200B zero width space>',
    );
  });

  it('split a text into pieces that join to the same text', () => {
    const text = 'a\u202e\u200b\u0000b';
    assert.equal(
      piecesOf(text)
        .map((piece) => piece.text)
        .join(''),
      text,
    );
  });
});
