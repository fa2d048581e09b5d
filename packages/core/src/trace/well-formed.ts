/** Strings as whole characters: what leaves the process holds no half of a surrogate pair. */

/** The first characters of a text, at most so many UTF-16 units. */
export function head(text: string, maxUnits: number): string {
  return text.length <= maxUnits ? text : withoutHalf(text.slice(0, maxUnits));
}

/** A text that was cut off, without the half of a character that it may end in. */
export function withoutHalf(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00 ? text.slice(0, -1) : text;
}

/** The text, with U+FFFD in place of each half of a pair. */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}
