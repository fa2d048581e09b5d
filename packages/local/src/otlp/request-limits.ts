import { Refusal } from '../http/refusal.js';

/**
 * Resources, scopes, attributes, items of arrays, events and links of one request. An empty one has 2 bytes in a body, and a
 * hundred in memory.
 */
const MAX_VALUES = 2_000_000;
const MAX_SPANS = 100_000;
/** Values inside values; deeper ones are replaced by a mark. */
export const MAX_DEPTH = 32;
export const TOO_DEEP = '[nested too deeply]';

/** Memory of a value, a character and a span. */
const VALUE_BYTES = 64;
const CHARACTER_BYTES = 2;
const SPAN_BYTES = 500;

/** Limits what one request may take, and estimates the memory of each span. Throws a Refusal if there is too much. */
export class RequestLimits {
  #values = 0;
  #spans = 0;
  #bytes = 0;

  startSpan(): void {
    this.#spans += 1;
    this.#bytes = SPAN_BYTES;
    if (this.#spans > MAX_SPANS) {
      throw new Refusal(413, `a request may have ${MAX_SPANS} spans: send smaller batches`);
    }
  }

  /** About how many bytes the span takes that was started last. */
  get spanBytes(): number {
    return this.#bytes;
  }

  addValue(): void {
    this.#values += 1;
    this.#bytes += VALUE_BYTES;
    if (this.#values > MAX_VALUES) {
      throw new Refusal(413, `a request may have ${MAX_VALUES} values: send smaller batches`);
    }
  }

  /** Adds the text to the size of the span. */
  addText(text: string): void {
    this.#bytes += text.length * CHARACTER_BYTES;
  }
}
