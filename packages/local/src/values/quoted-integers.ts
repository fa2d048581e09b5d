/** Whether a text may have an integer that JSON.parse would round: outside of strings, it follows one of these characters. */
const HAS_LONG = /[:,[]\s*-?\d{16}/;
const LONG = /([:,[]\s*)(-?\d{16,})(?=\s*[,\]}])/g;

/** The JSON text with those integers as strings that JSON.parse would change, since it rounds to 53 bits. */
export function withQuotedIntegers(text: string): string {
  if (!HAS_LONG.test(text)) return text;
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('"', at);
    const outside = open < 0 ? text.slice(at) : text.slice(at, open);
    parts.push(outside.replace(LONG, quotedIfRounded));
    if (open < 0) break;
    at = endOfString(text, open);
    parts.push(text.slice(open, at));
  }
  return parts.join('');
}

function quotedIfRounded(match: string, before: string, digits: string): string {
  return String(Number(digits)) === digits ? match : `${before}"${digits}"`;
}

/** The place behind the string that begins at `open`. */
function endOfString(text: string, open: number): number {
  let quote = text.indexOf('"', open + 1);
  while (quote > 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}

/** Whether an odd number of backslashes stands before the place. */
function isEscaped(text: string, place: number): boolean {
  let from = place;
  while (text[from - 1] === '\\') from -= 1;
  return (place - from) % 2 === 1;
}
