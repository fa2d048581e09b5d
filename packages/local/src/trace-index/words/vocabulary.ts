import type { Tokenizer } from './tokenizer.js';

/** Characters of added texts above which it takes less time to read all words again. */
const MAX_ADDED = 2_000_000;

/** The words of a partition that gets texts. Those of 32 MB of text take 0.1 s to read, so the words of new texts are added. */
export class Vocabulary {
  readonly #tokenizer: Tokenizer;
  #words: string | undefined;
  /** Texts whose words are to be added. */
  #texts: string[] = [];
  #added = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** Sets the words of all texts but those that were added while they were read. */
  complete(words: string): void {
    this.#words = words;
  }

  get isComplete(): boolean {
    return this.#words !== undefined;
  }

  /** All words, with spaces between them. A word may be there more than once. */
  get words(): string {
    if (this.#texts.length > 0) {
      const added = new Set(this.#tokenizer.wordsOf(this.#texts.join(' ')));
      this.#words = [this.#words, ...added].join(' ');
      this.#texts = [];
    }
    return this.#words ?? '';
  }

  /** Adds the words of a text. @returns false if it is time to read all words again */
  add(text: string): boolean {
    this.#texts.push(text);
    this.#added += text.length;
    return this.#added <= MAX_ADDED;
  }
}
