/** The beginning of the JSON text of a parsed value, without writing the rest. */

import { quote } from './json-text.js';

const MAX_DEPTH = 500;

/**
 * The JSON text of a value of plain objects, arrays, strings, numbers, booleans and null, or its beginning: more than `maxChars`
 * characters of it, or the part before more than 500 levels. Calls no method of the value.
 */
export function jsonHead(
  value: unknown,
  maxChars: number,
): { readonly text: string; readonly isCut: boolean } {
  const head = new JsonHead(maxChars);
  head.write(value, 0);
  return head;
}

class JsonHead {
  text = '';
  isCut = false;
  readonly #maxChars: number;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  write(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number') this.text += Number.isFinite(value) ? value : 'null';
    else if (typeof value === 'boolean') this.text += value;
    else if (typeof value !== 'object' || value === null) this.text += 'null';
    else if (depth >= MAX_DEPTH) this.isCut = true;
    else if (Array.isArray(value)) this.#array(value, depth + 1);
    else this.#object(value, depth + 1);
  }

  /** Whether nothing more is written. */
  #isOver(): boolean {
    this.isCut ||= this.text.length > this.#maxChars;
    return this.isCut;
  }

  #string(value: string): void {
    const room = this.#maxChars - this.text.length + 1;
    if (value.length <= room) {
      this.text += quote(value);
    } else {
      this.text += quote(value.slice(0, room)).slice(0, -1);
      this.isCut = true;
    }
  }

  #array(value: readonly unknown[], depth: number): void {
    this.text += '[';
    for (let i = 0; i < value.length; i++) {
      if (this.#isOver()) return;
      if (i > 0) this.text += ',';
      this.write(value[i], depth);
    }
    if (!this.#isOver()) this.text += ']';
  }

  #object(value: object, depth: number): void {
    this.text += '{';
    let isFirst = true;
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      const member = (value as Readonly<Record<string, unknown>>)[key];
      if (member === undefined) continue;
      if (this.#isOver()) return;
      if (!isFirst) this.text += ',';
      isFirst = false;
      this.#string(key);
      if (this.#isOver()) return;
      this.text += ':';
      this.write(member, depth);
    }
    if (!this.#isOver()) this.text += '}';
  }
}
