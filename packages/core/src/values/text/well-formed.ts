/** Keeps strings well-formed: no string that is sent contains half of a surrogate pair. */

/** The first characters of a string, at most `maxUnits` UTF-16 units. */
export function cutTo(text: string, maxUnits: number): string {
  return text.length <= maxUnits ? text : withoutHalf(text.slice(0, maxUnits));
}

/** A string that was cut, without the half of a surrogate pair at its end. */
export function withoutHalf(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00 ? text.slice(0, -1) : text;
}

/** The string with U+FFFD in place of each lone surrogate. */
export function wellFormed(text: string): string {
  return text.toWellFormed();
}
