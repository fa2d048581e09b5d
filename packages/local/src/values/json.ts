export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is an object and neither null nor an array. */
export function isRecord(value: unknown): value is Json {
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
    return toJsonIteratively(value);
  }
}

/** An array or an object of which a part is written. */
interface Open {
  readonly keys: readonly string[] | undefined;
  readonly values: readonly unknown[];
  next: number;
  hasItems: boolean;
}

/** `JSON.stringify` recurses, and exhausts the stack at some 5,000 levels. */
function toJsonIteratively(value: unknown): string {
  const parts: string[] = [];
  const stack: Open[] = [];
  const write = (each: unknown) => {
    if (typeof each !== 'object' || each === null) {
      parts.push(JSON.stringify(each) ?? 'null');
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
  for (let open = stack.at(-1); open; open = stack.at(-1)) {
    if (open.next === open.values.length) {
      parts.push(open.keys ? '}' : ']');
      stack.pop();
      continue;
    }
    const index = open.next++;
    const item = open.values[index];
    if (open.keys) {
      if (item === undefined) continue;
      parts.push(open.hasItems ? ',' : '', JSON.stringify(open.keys[index]), ':');
    } else if (open.hasItems) {
      parts.push(',');
    }
    open.hasItems = true;
    write(item);
  }
  return parts.join('');
}
