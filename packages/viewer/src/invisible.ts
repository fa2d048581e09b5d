/** Finds characters that are invisible or change the order of a text, so the page can show their names. */

/** A piece of a text: as it is, or one character that has to be shown by its name. */
export interface Piece {
  readonly text: string;
  /** `U+202E right-to-left override`. */
  readonly name?: string;
}

const NAMES: Readonly<Record<number, string>> = {
  0: 'null',
  7: 'bell',
  8: 'backspace',
  12: 'form feed',
  13: 'carriage return',
  27: 'escape',
  127: 'delete',
  173: 'soft hyphen',
  847: 'combining grapheme joiner',
  1564: 'Arabic letter mark',
  6158: 'Mongolian vowel separator',
  8203: 'zero width space',
  8204: 'zero width non-joiner',
  8205: 'zero width joiner',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8232: 'line separator',
  8233: 'paragraph separator',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'pop directional formatting',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  4447: 'Hangul filler',
  4448: 'Hangul filler',
  8288: 'word joiner',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'pop directional isolate',
  10240: 'braille pattern blank',
  12644: 'Hangul filler',
  65279: 'byte order mark',
  65440: 'Hangul filler',
  65529: 'interlinear annotation anchor',
  65530: 'interlinear annotation separator',
  65531: 'interlinear annotation terminator',
  65533: 'replacement character: text that was no valid Unicode',
};

/** Controls, format characters, what fonts do not draw, line separators, halves of characters. Tab and line feed are controls too. */
const CANDIDATE =
  '[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\p{Zl}\\p{Zp}\\p{Cs}\\u2800\\ufffd]';

/** Scripts whose words need joiners. */
const JOINED = 'Arab Deva Beng Sinh Mlym Knda Telu Taml Gujr Guru Orya Khmr Mymr'
  .split(' ')
  .map((script) => `\\p{sc=${script}}`)
  .join('');

/** Where candidates are no hidden text, because a text needs them there. */
const NEEDED = [
  '[\\t\\n]|\\r(?=\\n)',
  // Signs of Arabic, Syriac and Kaithi that stand before numbers, and are drawn.
  '[\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u{110bd}\\u{110cd}]',
  `(?<=[\\p{Extended_Pictographic}\\p{M}\\p{Emoji_Modifier}${JOINED}])[\\u200c\\u200d]`,
  // One variation selector, after a character that has variations.
  '(?<=\\p{Extended_Pictographic})[\\ufe0e\\ufe0f]',
  '(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
  '(?<=\\p{sc=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
  '(?<=[\\u1820-\\u18aa])[\\u180b-\\u180d\\u180f]',
  '(?<=[\\p{Sm}\\p{sc=Mymr}\\p{sc=Phag}])\\ufe00',
  // The space of braille.
  '(?<=[\\u2801-\\u28ff])\\u2800|\\u2800(?=[\\u2801-\\u28ff])',
].join('|');

const INVISIBLE = new RegExp(`(?=${CANDIDATE})(?!${NEEDED})[^]`, 'gu');

/** Texts of these alone, which most are, need no longer look. */
const PLAIN = /^[\t\n\x20-\x7e]*$/;

/** Whether a text has any of them. */
export function hasInvisible(text: string): boolean {
  return !PLAIN.test(text) && text.search(INVISIBLE) >= 0;
}

/** Splits a text into pieces. A piece with a name is one character. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(INVISIBLE)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push({ text: match[0], name: nameOf(match[0]) });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const name = NAMES[code] ?? kindOf(code);
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} ${name}`;
}

function kindOf(code: number): string {
  if (code >= 0xd800 && code <= 0xdfff) return 'half of a character';
  const character = String.fromCodePoint(code);
  if (/\p{Variation_Selector}/u.test(character)) return 'variation selector';
  if (code >= 0xe0000 && code < 0xe0080) return 'tag character';
  return code < 0xa0 ? 'control character' : 'invisible character';
}
