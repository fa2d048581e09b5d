import { jsonOf } from '../../values/json/json-text.js';
import { cutTo } from '../../values/text/well-formed.js';

interface OpenValue {
  readonly value: Readonly<Record<string, unknown>>;
  /** Undefined for an array. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  next: number;
}

/**
 * The JSON text of a parsed value, up to about `maxChars`: the rest of a longer one is not read. Calls no method of the value.
 * Not recursive, since a client decides how deep a body is nested.
 */
export function jsonHead(
  value: unknown,
  maxChars: number,
): { readonly text: string; readonly isWhole: boolean } {
  const open: OpenValue[] = [];
  let text = '';
  let current = value;
  for (;;) {
    if (typeof current === 'object' && current !== null) {
      open.push(opened(current));
      text += Array.isArray(current) ? '[' : '{';
    } else if (typeof current === 'string' && current.length > maxChars) {
      return { text: text + jsonOf(cutTo(current, maxChars)), isWhole: false };
    } else {
      text += jsonOf(current);
    }
    for (;;) {
      const container = open.at(-1);
      if (container === undefined) return { text, isWhole: true };
      if (text.length > maxChars) return { text, isWhole: false };
      const { value: members, keys, length } = container;
      if (container.next < length) {
        const key = keys?.[container.next] ?? container.next;
        current = members[key];
        if (container.next++ > 0) text += ',';
        if (keys !== undefined) text += `${jsonOf(key)}:`;
        break;
      }
      text += keys === undefined ? ']' : '}';
      open.pop();
    }
  }
}

function opened(value: object): OpenValue {
  const members = value as Readonly<Record<string, unknown>>;
  const keys = Array.isArray(value) ? undefined : Object.keys(value);
  return { value: members, keys, length: keys?.length ?? (value as unknown[]).length, next: 0 };
}
