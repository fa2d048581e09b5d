import { quoteName } from './json-text.js';

/** The members of a JSON object, as JSON texts in order. */
export class JsonMembers {
  readonly texts: string[];
  #keys: string[];
  /** Whether other objects use the same array of keys: it is copied before a key is added. */
  #isShared: boolean;

  /**
   * @param keys never changed, so that many objects may share them
   * @param texts JSON texts of the values, in the order of the keys; the object owns and changes this array
   */
  constructor(keys?: readonly string[], texts: string[] = []) {
    this.#isShared = keys !== undefined;
    this.#keys = (keys as string[] | undefined) ?? [];
    this.texts = texts;
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  get size(): number {
    return this.#keys.length;
  }

  has(key: string): boolean {
    return this.#keys.includes(key);
  }

  /** The JSON text of the member's value; undefined without such a member. */
  get(key: string): string | undefined {
    // For few members, searching an array takes less time and memory than a Map.
    const index = this.#keys.indexOf(key);
    return index < 0 ? undefined : this.texts[index];
  }

  /** @param text JSON text */
  set(key: string, text: string): void {
    const index = this.#keys.indexOf(key);
    if (index >= 0) {
      this.texts[index] = text;
      return;
    }
    if (this.#isShared) this.#keys = [...this.#keys];
    this.#isShared = false;
    this.#keys.push(key);
    this.texts.push(text);
  }

  deleteMember(key: string): void {
    const index = this.#keys.indexOf(key);
    if (index < 0) return;
    this.#keys = this.#keys.filter((each) => each !== key);
    this.#isShared = false;
    this.texts.splice(index, 1);
  }

  /** `"key":value,…` without the braces. */
  toText(): string {
    let text = '';
    for (let i = 0; i < this.#keys.length; i++) {
      if (i > 0) text += ',';
      text += `${quoteName(this.#keys[i] as string)}:${this.texts[i]}`;
    }
    return text;
  }
}
