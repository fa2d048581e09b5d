import { jsonHead, toJson } from './json.js';

// Control characters and escape sequences would control the terminal; bidirectional marks and other
// invisible characters can disguise text. Joiners are kept: emoji and Persian need them.
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text with every invisible character written as its code point. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

/** The value as JSON text in which every invisible character is escaped. `indent`: as of `toJson`. */
export function printableJson(value: unknown, indent?: number): string {
  // The only control characters that JSON text itself has are the line feeds of its indentation.
  return toJson(value, indent).split('\n').map(escapedJson).join('\n');
}

function escapedJson(line: string): string {
  const escaped = (char: string) =>
    Array.from({ length: char.length }, (_, index) => {
      return `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`;
    }).join('');
  return line.replace(UNPRINTABLE, escaped);
}

/** The beginning of the value as JSON text on one line of at most about `maxLength` characters. */
export function shortJson(value: unknown, maxLength: number): string {
  return oneLine(escapedJson(jsonHead(value, 2 * maxLength + 3)), maxLength);
}

/** The text on one line of at most about `maxLength` characters. */
export function oneLine(text: string, maxLength: number): string {
  // Cut first, so that the slow part gets a short text; Array.from does not split surrogate pairs.
  const chars = Array.from(text.slice(0, 2 * maxLength + 2).replace(/\s+/g, ' '));
  const isCut = chars.length > maxLength || text.length > 2 * maxLength + 2;
  return printable(chars.slice(0, maxLength).join('')) + (isCut ? '…' : '');
}
