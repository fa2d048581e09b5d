/** Reads a URL-encoded form of any length while it passes, and keeps an excerpt: its fields, with long values cut. */

import { quote } from '../../values/json/json-text.js';
import { JsonExcerpt } from './json-excerpt.js';

/** A field of a form, or a mark of what was left out. */
export type FormEntry = readonly [name: string, value: string];

export class FormExcerpt {
  /** The form as JSON: an array of names and values, still with the escapes of the form. */
  readonly #pairs: JsonExcerpt;
  #at: 'between' | 'name' | 'value' = 'between';

  constructor(maxChars: number) {
    this.#pairs = new JsonExcerpt(maxChars, 'fields');
    this.#pairs.add('[');
  }

  /** Whether no more is read. */
  get isOver(): boolean {
    return this.#pairs.isOver;
  }

  /** Reads the next part of the text. */
  add(source: string): void {
    let json = '';
    for (const token of source.split(/([&=])/)) {
      if (token === '') continue;
      if (token === '&') {
        json += this.#endField();
        continue;
      }
      if (this.#at === 'between') {
        json += '["';
        this.#at = 'name';
      }
      if (token === '=' && this.#at === 'name') {
        json += '","';
        this.#at = 'value';
      } else {
        json += quote(token).slice(1, -1);
      }
    }
    this.#pairs.add(json);
  }

  #endField(): string {
    const at = this.#at;
    this.#at = 'between';
    if (at === 'between') return '';
    return at === 'name' ? '",""],' : '"],';
  }

  /** Stops reading: a part of the text is not known. */
  stop(): void {
    this.#pairs.stop();
  }

  /**
   * The fields, with marks where something was cut. Call it once.
   * @param hasEnded whether all of the form was added
   * @param decode decodes the escapes of a name or value, which may be cut
   * @param mask masks the beginning of a value that was cut
   */
  entries(
    hasEnded: boolean,
    decode: (written: string) => string,
    mask: (head: string) => string,
  ): readonly FormEntry[] {
    if (hasEnded) this.#pairs.add(`${this.#endField()}]`);
    // Encoded again, since all values are decoded below.
    const pairs = this.#pairs.value((head) => encodeURIComponent(mask(decode(head))));
    const entries: FormEntry[] = [];
    for (const pair of Array.isArray(pairs) ? (pairs as readonly unknown[]) : []) {
      if (typeof pair === 'string') entries.push(['…', pair]);
      else if (Array.isArray(pair) && pair.length > 1)
        entries.push([decode(String(pair[0])), decode(String(pair[1]))]);
    }
    return entries;
  }
}
