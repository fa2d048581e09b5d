/** Collects what a stream or generator yielded, up to a limit: one string if it yielded strings or bytes, else an array. */

import { parseJson } from '../values/json-text.js';
import type { Followers } from './followers.js';
import type { FollowingStep } from './following-step.js';

const MAX_ITEMS = 1000;
const MAX_CHARS = 65_536;

/** The items of one stream or iterator, and the end of its step. */
export class CollectedOutput {
  readonly step: FollowingStep;
  readonly #items: unknown[] = [];
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  #chars = 0;
  #seen = 0;
  #isAllText = true;

  constructor(step: FollowingStep) {
    this.step = step;
  }

  /** Adds one item. Bytes are read as UTF-8 text. */
  collect(item: unknown): void {
    try {
      if (this.step.takesLastItem === true) this.#clear();
      this.#seen++;
      const bytes = isBytes(item) ? item : undefined;
      if (bytes === undefined && typeof item !== 'string') this.#isAllText = false;
      // Text has no limit of items: an LLM streams it in thousands of pieces.
      if (this.#chars >= MAX_CHARS || (!this.#isAllText && this.#items.length >= MAX_ITEMS)) return;
      const value = bytes === undefined ? item : this.#decode(bytes);
      if (typeof value === 'string') {
        this.#chars += Math.max(value.length, 1);
        this.#items.push(value);
      } else {
        // Copied, since the app may change the item later.
        const text = this.step.outputOf === undefined ? this.step.snapshot(value) : undefined;
        this.#chars += text?.length ?? 64;
        this.#items.push(text === undefined ? value : parseJson(text));
      }
    } catch (error) {
      this.step.reportFailure('output', error);
    }
  }

  /** Ends the step with what was collected: the stream ended, or its consumer left. */
  complete(): void {
    let value: unknown;
    try {
      value = this.#value();
    } catch (error) {
      this.step.reportFailure('output', error);
    }
    this.step.complete(value);
  }

  /** Fails the step, and keeps what was collected before. */
  fail(error: unknown): void {
    let soFar: unknown;
    try {
      soFar = this.#value();
    } catch (failure) {
      this.step.reportFailure('output', failure);
    }
    this.step.fail(error, soFar);
  }

  #clear(): void {
    this.#items.length = 0;
    this.#chars = 0;
    this.#seen = 0;
  }

  #value(): unknown {
    if (this.#seen === 0) return undefined;
    if (this.step.takesLastItem === true) return this.#items[0];
    const cut = this.#seen - this.#items.length;
    if (this.#isAllText)
      return this.#items.join('') + (cut > 0 ? `… [cut: ${cut} more parts]` : '');
    return cut > 0 ? [...this.#items, `[cut: ${cut} more items]`] : this.#items;
  }

  #decode(bytes: Uint8Array): string {
    this.#decoder ??= new TextDecoder();
    const text = this.#decoder.decode(bytes.subarray(0, MAX_CHARS), { stream: true });
    const cut = bytes.byteLength - MAX_CHARS;
    if (cut <= 0) return text;
    // Nothing may follow a gap. The decoder may hold the beginning of a character.
    this.#chars = MAX_CHARS;
    this.#decoder = undefined;
    return `${text}… [cut: ${cut} more bytes]`;
  }
}

/** Ends the steps of all followers: the iterator or stream ended, or its consumer left. */
export function completeAll(followers: Followers<CollectedOutput>): void {
  for (const output of followers.dismissAll()) output.complete();
}

/** Fails the steps of all followers. */
export function failAll(followers: Followers<CollectedOutput>, error: unknown): void {
  for (const output of followers.dismissAll()) output.fail(error);
}

/** `isView` excludes proxies, so that `instanceof` runs no code of the item. */
function isBytes(item: unknown): item is Uint8Array {
  return ArrayBuffer.isView(item) && item instanceof Uint8Array;
}
