export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is an object and neither null nor an array. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
    if (!(error instanceof RangeError)) throw error;
    return deepJson(value);
  }
}

/** JSON of a value of any depth, as `JSON.parse` makes them. */
function deepJson(whole: unknown): string {
  const parts: string[] = [];
  const open: { readonly text?: string; readonly value?: unknown }[] = [{ value: whole }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { text, value } = next;
    if (text !== undefined) parts.push(text);
    else if (typeof value !== 'object' || value === null) parts.push(JSON.stringify(value));
    else {
      const isArray = Array.isArray(value);
      const members = Object.entries(value).reverse();
      parts.push(isArray ? '[' : '{');
      open.push({ text: isArray ? ']' : '}' });
      for (const [place, [key, member]] of members.entries()) {
        open.push({ value: member });
        if (!isArray) open.push({ text: `${JSON.stringify(key)}:` });
        if (place < members.length - 1) open.push({ text: ',' });
      }
    }
  }
  return parts.join('');
}
