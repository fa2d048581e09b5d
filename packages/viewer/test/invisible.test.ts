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

  it('are all that no font draws, wherever they hide', () => {
    const hidden = /^[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Zl}\p{Zp}\p{Cs}]$/u;
    const missed: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      if (!hidden.test(character) || character === '\t' || character === '\n') continue;
      // Alone between letters, at the end, and in a chain.
      for (const text of [`a${character}b`, `pass${character}`, `x${character}${character}y`]) {
        const named = piecesOf(text).filter(({ name }) => name !== undefined);
        if (named.length !== [...text].filter((each) => each === character).length) {
          missed.push(code.toString(16));
        }
      }
    }
    assert.deepEqual(missed, []);
  });

  it('are other characters that look like nothing or move the text', () => {
    for (const character of ['\u2800', '\ufff9', '\ufffb', '\u206a', '\u{1d173}', '\ufffd']) {
      assert.equal(hasInvisible(`a${character}b`), true, character.codePointAt(0)?.toString(16));
    }
    assert.equal(shown('a\ufe0fb'), 'a<U+FE0F variation selector>b');
    assert.equal(shown('a\u{e0101}b'), 'a<U+E0101 variation selector>b');
    assert.equal(shown('1\ufe0f2'), '1<U+FE0F variation selector>2');
    assert.equal(shown('a\u3164b'), 'a<U+3164 Hangul filler>b');
  });

  it('are those of a chain after an emoji, in which a text can hide', () => {
    const chain = '\ufe01\ufe02\u{e0155}\ufe0f';
    for (const text of [`😀${chain}`, `❤\ufe0f${chain}`, `葛\u{e0100}${chain}`]) {
      assert.equal(piecesOf(text).filter(({ name }) => name !== undefined).length, 4, text);
    }
  });

  it('do not include those that scripts and emoji need', () => {
    const texts = [
      'a\tb\nc\r\nd',
      'família 日本語 עברית',
      '👩‍🚀 👨🏽‍⚕️ 🏳️‍🌈 🇵🇹',
      'می‌خواهم',
      'क्‍ष',
      'e\u0301',
      '1\ufe0f\u20e3 #\ufe0f\u20e3 ❤\ufe0f ❤\ufe0f\u200d🔥 ✔\ufe0e',
      '葛\u{e0100}飾区 神\ufe00',
      '\u0601123 ∩\ufe00',
      '⠓⠑⠇⠇⠕⠀⠺⠕⠗⠇⠙',
      'ᠠ\u180b',
      'a\u00a0b\u2009c\u3000d',
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
