/**
 * Collects what a stream or generator yielded, up to a limit: one string if it yielded strings or bytes of text, a mark if it
 * yielded other bytes, else an array.
 */

import { parseJson } from '../values/json/json-text.js';
import { classOf } from '../values/reading/read-safely.js';
import { byteLengthOf, bytesMark } from '../values/snapshot/value-marks.js';
import type { Followers } from './followers.js';
import type { FollowingStep } from './following-step.js';

const MAX_ITEMS = 1000;
const MAX_CHARS = 65_536;

/** The items of one stream or iterator, and the end of its step. */
export class CollectedOutput {
  readonly step: FollowingStep;
  readonly #items: unknown[] = [];
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  /** Reads the same bytes, and throws if they are not UTF-8. */
  #checker: InstanceType<typeof TextDecoder> | undefined;
  #chars = 0;
  #seen = 0;
  #isAllText = true;
  #isAllBytes = true;
  /** The stream began with bytes of text: a later byte that is not UTF-8 does not make it binary. */
  #isTextInBytes = false;
  /** Bytes so far, while all items are bytes. */
  #bytes = 0;
  /** The class of the first bytes that are no text, while all items are bytes. */
  #binary: string | undefined;

  constructor(step: FollowingStep) {
    this.step = step;
  }

  /** Adds one item. Bytes are read as UTF-8 text, if they can be, or if the stream began with bytes of text. */
  collect(item: unknown): void {
    try {
      if (this.step.takesLastItem === true) this.#clear();
      this.#seen++;
      if (isBytes(item)) {
        this.#collectBytes(item);
        return;
      }
      this.#isAllBytes = false;
      if (this.#binary !== undefined) this.#replaceByMark();
      if (typeof item !== 'string') this.#isAllText = false;
      if (this.#isFull()) return;
      if (typeof item === 'string') this.#add(item);
      else this.#addValue(item);
    } catch (error) {
      this.step.reportFailure('output', error);
    }
  }

  #collectBytes(bytes: Uint8Array): void {
    this.#bytes += byteLengthOf(bytes);
    if (this.#binary !== undefined || this.#isFull()) return;
    const text = this.#decode(bytes);
    if (text !== undefined) {
      this.#add(text);
      if (this.#isAllBytes && text !== '') this.#isTextInBytes = true;
    } else if (this.#isAllBytes && this.step.takesLastItem !== true) {
      this.#binary = classOf(bytes);
      this.#items.length = 0;
    } else {
      this.#isAllText = false;
      this.#add(bytesMark(bytes));
    }
  }

  /** Text has no limit of items: an LLM streams it in thousands of pieces. */
  #isFull(): boolean {
    return this.#chars >= MAX_CHARS || (!this.#isAllText && this.#items.length >= MAX_ITEMS);
  }

  #add(text: string): void {
    this.#chars += Math.max(text.length, 1);
    this.#items.push(text);
  }

  #addValue(value: unknown): void {
    // Copied, since the app may change the item later.
    const text = this.step.outputOf === undefined ? this.step.snapshot(value) : undefined;
    this.#chars += text?.length ?? 64;
    this.#items.push(text === undefined ? value : parseJson(text));
  }

  /** Binary data was followed by another item: the output is an array, which begins with the mark of that data. */
  #replaceByMark(): void {
    this.#items[0] = this.#binaryMark();
    this.#seen = 2;
    this.#isAllText = false;
    this.#binary = undefined;
  }

  #binaryMark(): string {
    return `[${this.#binary} stream: ${this.#bytes} bytes]`;
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
    this.#isTextInBytes = false;
    this.#forgetBytes();
  }

  #value(): unknown {
    if (this.#seen === 0) return undefined;
    if (this.#binary !== undefined) return this.#binaryMark();
    if (this.step.takesLastItem === true) return this.#items[0];
    const cut = this.#seen - this.#items.length;
    if (this.#isAllText)
      return this.#items.join('') + (cut > 0 ? `… [cut: ${cut} more parts]` : '');
    return cut > 0 ? [...this.#items, `[cut: ${cut} more items]`] : this.#items;
  }

  /** The text of the bytes; undefined if they are no text. A chunk may end within a character. */
  #decode(bytes: Uint8Array): string | undefined {
    const read = bytes.subarray(0, MAX_CHARS);
    this.#decoder ??= new TextDecoder();
    const text = this.#decoder.decode(read, { stream: true });
    if (!this.#isTextInBytes && (text.includes('\0') || !this.#isUtf8(read))) {
      this.#forgetBytes();
      return undefined;
    }
    const cut = bytes.byteLength - MAX_CHARS;
    if (cut <= 0) return text;
    // Nothing may follow a gap. The decoder may hold the beginning of a character.
    this.#chars = MAX_CHARS;
    this.#forgetBytes();
    return `${text}… [cut: ${cut} more bytes]`;
  }

  #isUtf8(bytes: Uint8Array): boolean {
    this.#checker ??= new TextDecoder('utf-8', { fatal: true });
    try {
      this.#checker.decode(bytes, { stream: true });
      return true;
    } catch {
      return false;
    }
  }

  /** Forgets the beginning of a character that the decoders may hold. */
  #forgetBytes(): void {
    this.#decoder = undefined;
    this.#checker = undefined;
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
