export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is an object and neither null nor an array. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The value of a JSON text with all digits of its integers: those that `JSON.parse` would round are of type `bigint`.
 * @throws SyntaxError if it is not JSON
 */
export function parseJson(text: string): unknown {
  if (!HAS_LONG.test(text)) return JSON.parse(text);
  // No string of the text begins with the mark.
  let mark = '#';
  while (text.includes(`"${mark}`)) mark += '#';
  const marked = outsideStrings(text, (part) =>
    part.replace(LONG, (digits) => (isExact(digits) ? digits : `"${mark}${digits}"`)),
  );
  const whole = { value: JSON.parse(marked) as unknown };
  const pending: Record<string, unknown>[] = [whole];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [name, member] of Object.entries(next)) {
      if (typeof member === 'object' && member !== null) {
        pending.push(member as Record<string, unknown>);
      } else if (typeof member === 'string' && member.startsWith(mark)) {
        const value = BigInt(member.slice(mark.length));
        Object.defineProperty(next, name, { ...PLAIN, value });
      }
    }
  }
  return whole.value;
}

/** Whether a text may have an integer that `JSON.parse` would round. */
const HAS_LONG = /\d{16}/;
/** An integer of so many digits. */
const LONG = /(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE])/g;
/** A member of its own, whose name may be `__proto__`. */
const PLAIN = { configurable: true, enumerable: true, writable: true };

/** The text with other parts between its strings. */
function outsideStrings(text: string, change: (part: string) => string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('"', at);
    parts.push(change(text.slice(at, open < 0 ? text.length : open)));
    if (open < 0) break;
    at = endOfString(text, open);
    parts.push(text.slice(open, at));
  }
  return parts.join('');
}

/** The place behind the string that begins at `open`. */
function endOfString(text: string, open: number): number {
  for (let quote = text.indexOf('"', open + 1); quote > 0; quote = text.indexOf('"', quote + 1)) {
    let from = quote;
    while (text[from - 1] === '\\') from--;
    // A quote behind an odd number of backslashes is part of the string.
    if ((quote - from) % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** Whether a number has all of these digits. */
export function isExact(digits: string): boolean {
  return String(Number(digits)) === digits;
}

/** A string as it is, any other value as formatted JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : jsonText(value);
}

/** The value as JSON, formatted unless `indent` is 0; without line breaks if it is too deep for the browser, which recurses. */
export function jsonText(value: unknown, indent = 2): string {
  try {
    return JSON.stringify(value, null, indent) ?? '';
  } catch (error) {
    // It is too deep, or has a `bigint`.
    if (error instanceof RangeError) return jsonOf(value, 0);
    if (error instanceof TypeError) return jsonOf(value, indent);
    throw error;
  }
}

/** JSON of a value of any depth, as `parseJson` makes them. */
function jsonOf(whole: unknown, indent: number): string {
  const parts: string[] = [];
  const open: { readonly text?: string; readonly value?: unknown; readonly level?: number }[] = [
    { value: whole },
  ];
  const lineOf = (level: number) => (indent === 0 ? '' : `\n${' '.repeat(indent * level)}`);
  const colon = indent === 0 ? ':' : ': ';
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { text, value, level = 0 } = next;
    if (text !== undefined) parts.push(text);
    else if (typeof value === 'bigint') parts.push(String(value));
    else if (typeof value !== 'object' || value === null) parts.push(JSON.stringify(value));
    else {
      const isArray = Array.isArray(value);
      const members = Object.entries(value).reverse();
      parts.push(isArray ? '[' : '{');
      const end = members.length === 0 ? '' : lineOf(level);
      open.push({ text: `${end}${isArray ? ']' : '}'}` });
      for (const [place, [key, member]] of members.entries()) {
        open.push({ value: member, level: level + 1 });
        if (!isArray) open.push({ text: `${JSON.stringify(key)}${colon}` });
        open.push({ text: `${place < members.length - 1 ? ',' : ''}${lineOf(level + 1)}` });
      }
    }
  }
  return parts.join('');
}
