export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object and neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The JSON text of a value that was parsed from JSON. Unlike `JSON.stringify` it has no limit of depth.
 * @param indent as of `JSON.stringify`; a value that is too deep for it has no indentation
 */
export function toJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return toJsonIteratively(value, Number.POSITIVE_INFINITY);
  }
}

/** The beginning of the value's JSON text, `maxLength` characters at most, without making the rest. */
export function jsonHead(value: unknown, maxLength: number): string {
  return toJsonIteratively(value, maxLength).slice(0, maxLength);
}

/** An array or an object of which a part is written. */
interface Open {
  readonly keys: readonly string[] | undefined;
  readonly values: readonly unknown[];
  next: number;
  hasItems: boolean;
}

/**
 * `JSON.stringify` recurses, and exhausts the stack at some 5,000 levels.
 * @param enough how many characters are needed: a longer text may end after them
 */
function toJsonIteratively(value: unknown, enough: number): string {
  const parts: string[] = [];
  const stack: Open[] = [];
  let length = 0;
  const write = (each: unknown) => {
    if (typeof each === 'string' && each.length > enough) {
      parts.push(JSON.stringify(each.slice(0, enough)));
      length += enough;
    } else if (typeof each !== 'object' || each === null) {
      const json = JSON.stringify(each) ?? 'null';
      parts.push(json);
      length += json.length;
    } else if (Array.isArray(each)) {
      parts.push('[');
      stack.push({ keys: undefined, values: each, next: 0, hasItems: false });
    } else {
      parts.push('{');
      stack.push({
        keys: Object.keys(each),
        values: Object.values(each),
        next: 0,
        hasItems: false,
      });
    }
  };
  write(value);
  for (let open = stack.at(-1); open && length < enough; open = stack.at(-1)) {
    if (open.next === open.values.length) {
      parts.push(open.keys ? '}' : ']');
      stack.pop();
      continue;
    }
    const index = open.next++;
    const item = open.values[index];
    if (open.keys) {
      if (item === undefined) continue;
      const key = JSON.stringify(open.keys[index]);
      parts.push(open.hasItems ? ',' : '', key, ':');
      length += key.length;
    } else if (open.hasItems) {
      parts.push(',');
    }
    open.hasItems = true;
    write(item);
  }
  return parts.join('');
}
