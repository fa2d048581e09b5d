/** What a stream or generator yielded, up to a limit: one text where it yielded texts, else a list. */

import { parseJson } from './json-text.js';
import type { RecordedStep } from './recorded-step.js';

const MAX_ITEMS = 1000;
const MAX_CHARS = 65_536;

export class CollectedOutput {
  readonly #step: RecordedStep;
  readonly #items: unknown[] = [];
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #chars = 0;
  #seen = 0;
  #allText = true;

  constructor(step: RecordedStep) {
    this.#step = step;
  }

  /** Takes one item. Bytes count as UTF-8 text. */
  collect(item: unknown): void {
    try {
      this.#seen++;
      const value = isBytes(item) ? this.#decode(item) : item;
      if (typeof value !== 'string') this.#allText = false;
      // Only lists are limited by their items: an LLM streams a text in thousands of them.
      if (this.#chars >= MAX_CHARS || (!this.#allText && this.#items.length >= MAX_ITEMS)) return;
      if (typeof value === 'string') {
        this.#chars += Math.max(value.length, 1);
        this.#items.push(value);
      } else {
        // A later change to the item must not show: it is kept as the values that it had.
        const text =
          this.#step.outputOf === undefined ? this.#step.trace.snapshot(value, '') : undefined;
        this.#chars += text?.length ?? 64;
        this.#items.push(text === undefined ? value : parseJson(text));
      }
    } catch (error) {
      this.#step.trace.failed('output', error);
    }
  }

  /** The stream came to its end, or its consumer left it. */
  complete(): void {
    let value: unknown;
    try {
      value = this.#value();
    } catch (error) {
      this.#step.trace.failed('output', error);
    }
    this.#step.complete(value);
  }

  /** The stream failed: what came before is kept. */
  fail(error: unknown): void {
    try {
      if (this.#seen > 0) this.#step.update({ output: this.#value() });
    } catch (failure) {
      this.#step.trace.failed('output', failure);
    }
    this.#step.fail(error);
  }

  #value(): unknown {
    if (this.#seen === 0) return undefined;
    const cut = this.#seen - this.#items.length;
    if (this.#allText) return this.#items.join('') + (cut > 0 ? `… [cut: ${cut} more parts]` : '');
    return cut > 0 ? [...this.#items, `[cut: ${cut} more items]`] : this.#items;
  }

  #decode(bytes: Uint8Array): string {
    this.#decoder ??= new TextDecoder();
    return this.#decoder.decode(bytes.subarray(0, MAX_CHARS), { stream: true });
  }
}

/** A view is no proxy, so that asking for its class runs no code of its own. */
function isBytes(item: unknown): item is Uint8Array {
  return ArrayBuffer.isView(item) && item instanceof Uint8Array;
}
