// Control characters and escapes would steer the terminal; bidirectional marks and other
// invisible characters make text look like something else. Joiners stay: emoji and Persian need them.
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text with every character that is not plainly visible written as its code point. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

/** The text on one line of at most about `maxLength` characters. */
export function oneLine(text: string, maxLength: number): string {
  // Cut before the slow part, which then sees a bounded text; Array.from keeps pairs together.
  const chars = Array.from(text.slice(0, 2 * maxLength + 2).replace(/\s+/g, ' '));
  const isCut = chars.length > maxLength || text.length > 2 * maxLength + 2;
  return printable(chars.slice(0, maxLength).join('')) + (isCut ? '…' : '');
}
