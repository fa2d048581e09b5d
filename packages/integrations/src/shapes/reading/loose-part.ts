import { textOrPlaceholder } from '../../common/content/media.js';
import { isJsonObject, type JsonObject } from '../../common/json.js';
import { CollectedText } from './collected-text.js';

const MAX_KEYS = 64;
const MAX_ITEMS = 256;
const MAX_DEPTH = 4;

type Field = CollectedText | LoosePart | unknown[] | { readonly last: unknown };

/**
 * A part of a response of an unknown form, joined from its pieces: strings and arrays are concatenated, objects are merged, of any
 * other value the last one is kept. At most 64 keys, 256 items and 4 levels.
 */
export class LoosePart {
  readonly #fields = new Map<string, Field>();
  readonly #depth: number;

  constructor(depth = 0) {
    this.#depth = depth;
  }

  add(piece: JsonObject): void {
    for (const [key, value] of Object.entries(piece)) {
      if (value === undefined || value === null) continue;
      const field = this.#fields.get(key);
      if (field === undefined && this.#fields.size >= MAX_KEYS) continue;
      this.#fields.set(key, this.#grown(field, value));
    }
  }

  get value(): JsonObject {
    return Object.fromEntries(
      [...this.#fields].map(([key, field]) => [key, fieldValue(key, field)]),
    );
  }

  #grown(field: Field | undefined, value: unknown): Field {
    if (typeof value === 'string') {
      const text = field instanceof CollectedText ? field : new CollectedText();
      text.add(value);
      return text;
    }
    if (Array.isArray(value)) {
      const items = Array.isArray(field) ? field : [];
      items.push(...value.slice(0, MAX_ITEMS - items.length));
      return items;
    }
    if (isJsonObject(value) && this.#depth < MAX_DEPTH) {
      const part = field instanceof LoosePart ? field : new LoosePart(this.#depth + 1);
      part.add(value);
      return part;
    }
    return { last: value };
  }
}

function fieldValue(key: string, field: Field): unknown {
  if (field instanceof CollectedText) {
    return textOrPlaceholder(field.toString(), key, field.chars);
  }
  if (field instanceof LoosePart) return field.value;
  return Array.isArray(field) ? field : field.last;
}
