import { BoundedJson } from './bounded-json.js';
import { Utf8Pieces } from './utf8-pieces.js';

/** Longer bodies and lines are parsed while they are received, so that the memory for them is bounded. */
export const MAX_WHOLE_CHARS = 1_048_576;

/** Collects a body that is no stream. */
export class WholeBody {
  readonly #decoder = new Utf8Pieces();
  #parts: string[] = [];
  #chars = 0;
  #long: BoundedJson | undefined;

  add(bytes: Uint8Array): void {
    this.#addText(this.#decoder.decode(bytes));
  }

  /** The body has ended. */
  end(): void {
    this.#addText(this.#decoder.end());
  }

  /** The text so far; of a long body, its first megabyte. */
  get text(): string {
    return this.#parts.join('');
  }

  /** The parser that has received a long body; undefined for one that is short enough to be kept as text. */
  get long(): BoundedJson | undefined {
    return this.#long;
  }

  #addText(text: string): void {
    if (this.#long !== undefined) {
      this.#long.add(text);
      return;
    }
    this.#parts.push(text);
    this.#chars += text.length;
    if (this.#chars <= MAX_WHOLE_CHARS) return;
    this.#long = new BoundedJson();
    for (const part of this.#parts) this.#long.add(part);
    this.#parts = [this.text.slice(0, MAX_WHOLE_CHARS)];
  }
}
