/** Members of a JSON object as texts, in order. Few, so that going through them beats a map in time and memory. */

import { quoteName } from './json-text.js';

export class Members {
  readonly keys: readonly string[];
  readonly texts: string[];

  /** Starts empty, or takes both lists over. Keys that are shared are never added to. */
  constructor(keys: readonly string[] = [], texts: string[] = []) {
    this.keys = keys;
    this.texts = texts;
  }

  get size(): number {
    return this.keys.length;
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  /** The JSON text of the member's value. */
  get(key: string): string | undefined {
    const index = this.keys.indexOf(key);
    return index < 0 ? undefined : this.texts[index];
  }

  /** Only where the keys are its own. */
  set(key: string, text: string): void {
    const index = this.keys.indexOf(key);
    if (index < 0) {
      (this.keys as string[]).push(key);
      this.texts.push(text);
    } else {
      this.texts[index] = text;
    }
  }

  /** `"key":value,…` without the braces. */
  toText(): string {
    let text = '';
    for (let i = 0; i < this.keys.length; i++) {
      if (i > 0) text += ',';
      text += `${quoteName(this.keys[i] as string)}:${this.texts[i]}`;
    }
    return text;
  }
}
