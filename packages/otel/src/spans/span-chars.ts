/** About how large a span is: a trace limits what the spans that it has not read yet hold. */

import { hasIds, type SpanDetails } from './readable-span.js';

/** What an attribute takes beside the characters of its value, approximately. */
const CHARS_OF_ATTRIBUTE = 16;
const CHARS_OF_NUMBER = 8;
const NONE: readonly never[] = [];
const MAX_DEPTH = 32;
/** Attributes and elements of arrays that are counted: more would keep the app waiting at the end of the span. */
const MAX_ITEMS = 20_000;

/** Characters of the attributes, events and links, approximately; infinite if they are too many or too deep to count. */
export function charsOf({ attributes, events, links }: SpanDetails): number {
  const count = new CharCount();
  count.addObject(attributes, 0);
  for (const event of events) {
    count.addItem(event.name);
    count.addObject(event.attributes ?? {}, 0);
  }
  for (const link of links ?? NONE) {
    if (!hasIds(link)) continue;
    count.addItem(link.context.spanId);
    count.addObject(link.attributes ?? {}, 0);
  }
  return count.chars;
}

class CharCount {
  chars = 0;
  #itemsLeft = MAX_ITEMS;

  addObject(fields: object, depth: number): void {
    for (const key in fields) {
      if (!this.#add((fields as Readonly<Record<string, unknown>>)[key], depth)) return;
    }
  }

  addItem(value: unknown): void {
    this.#add(value, 0);
  }

  /** @returns whether there is room for more */
  #add(value: unknown, depth: number): boolean {
    this.chars += --this.#itemsLeft < 0 ? Number.POSITIVE_INFINITY : CHARS_OF_ATTRIBUTE;
    if (typeof value === 'string') this.chars += value.length;
    else if (typeof value === 'object' && value !== null) this.#addNested(value, depth + 1);
    return this.chars !== Number.POSITIVE_INFINITY;
  }

  /** Of an array or, from version 3 on, of an object. */
  #addNested(value: object, depth: number): void {
    if (depth > MAX_DEPTH) this.chars = Number.POSITIVE_INFINITY;
    else if (ArrayBuffer.isView(value)) this.chars += value.byteLength;
    else if (Array.isArray(value)) this.#addArray(value, depth);
    else this.addObject(value, depth);
  }

  #addArray(values: readonly unknown[], depth: number): void {
    if (typeof values[0] === 'number') {
      this.chars += values.length * CHARS_OF_NUMBER;
    } else if (values.length > this.#itemsLeft) {
      this.chars = Number.POSITIVE_INFINITY;
    } else {
      for (let i = 0; i < values.length; i++) if (!this.#add(values[i], depth)) return;
    }
  }
}
