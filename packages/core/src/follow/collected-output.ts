/**
 * Collects what a stream or generator yielded, up to a limit: one string if it yielded strings, bytes of text, or objects that are
 * pieces of one text; a mark if it yielded other bytes, else an array.
 */

import { type ItemText, textOfFrames, textOfObjects } from '../values/events/item-text.js';
import { parseJson } from '../values/json/json-text.js';
import { classOf } from '../values/reading/read-safely.js';
import { byteLengthOf, bytesMark, cutMark, markedAsCut } from '../values/snapshot/value-marks.js';
import type { Followers } from './followers.js';
import { type FollowingStep, StreamedText } from './following-step.js';

const MAX_ITEMS = 1000;
const MAX_CHARS = 65_536;

/** The items of one stream or iterator, and the end of its step. */
export class CollectedOutput {
  readonly step: FollowingStep;
  /** Strings; or JSON, while all items are objects; or values. */
  #items: unknown[] = [];
  #decoder: InstanceType<typeof TextDecoder> | undefined;
  /** Reads the same bytes, and throws if they are not UTF-8. */
  #checker: InstanceType<typeof TextDecoder> | undefined;
  #chars = 0;
  #maxChars = MAX_CHARS;
  #isEmpty = true;
  /** Items that were not kept. */
  #cut = 0;
  #isAllText = true;
  #areObjects: boolean;
  /** Whether items were condensed, which are pieces of one text. */
  #isCondensed = false;
  /** Whether no more can be condensed. */
  #isUncondensable = false;
  #isAllBytes = true;
  /** The stream began with bytes of text: a later byte that is not UTF-8 does not make it binary. */
  #isTextInBytes = false;
  /** Bytes so far, while all items are bytes. */
  #bytes = 0;
  /** The class of the first bytes that are no text, while all items are bytes. */
  #binary: string | undefined;

  constructor(step: FollowingStep) {
    this.step = step;
    this.#areObjects = step.outputOf === undefined && step.takesLastItem !== true;
  }

  /** Adds one item. Bytes are read as UTF-8 text, if they can be, or if the stream began with bytes of text. */
  collect(item: unknown): void {
    try {
      if (this.step.takesLastItem === true) this.#clear();
      this.#isEmpty = false;
      if (isBytes(item)) {
        this.#collectBytes(item);
        return;
      }
      this.#isAllBytes = false;
      if (this.#binary !== undefined) this.#replaceByMark();
      if (typeof item === 'string') this.#collectText(item);
      else this.#collectValue(item);
    } catch (error) {
      this.#cut++;
      this.step.reportFailure('output', error);
    }
  }

  #collectBytes(bytes: Uint8Array): void {
    this.#bytes += byteLengthOf(bytes);
    if (this.#binary !== undefined || !this.#hasRoom()) return;
    const text = this.#decode(bytes);
    if (text !== undefined) {
      this.#addText(text);
      if (this.#isAllBytes && text !== '') this.#isTextInBytes = true;
    } else if (this.#isAllBytes && this.step.takesLastItem !== true) {
      this.#binary = classOf(bytes);
      this.#items.length = 0;
    } else {
      this.#isAllText = false;
      this.#addText(bytesMark(bytes));
    }
  }

  #collectText(text: string): void {
    if (this.#hasRoom()) this.#addText(text);
  }

  #addText(text: string): void {
    this.#leaveObjects();
    this.#chars += Math.max(text.length, 1);
    this.#items.push(text);
  }

  #collectValue(value: unknown): void {
    const wasText = this.#isAllText && this.#items.length > 0;
    this.#isAllText = false;
    if (wasText) this.#areObjects = false;
    if (!this.#hasRoom()) return;
    // Copied, since the app may change the item later.
    const text = this.step.outputOf === undefined ? this.step.snapshot(value) : undefined;
    this.#chars += text?.length ?? 64;
    if (text?.startsWith('{') !== true) this.#leaveObjects();
    this.#items.push(text === undefined || this.#areObjects ? (text ?? value) : parseJson(text));
  }

  /** Called before an item is added that is no object. */
  #leaveObjects(): void {
    if (!this.#areObjects) return;
    this.#areObjects = false;
    if (!this.#isAllText) this.#items = this.#items.map((json) => parseJson(json as string));
  }

  /** Whether one more item is kept, which otherwise counts as cut. Text has no limit of items: it has thousands of pieces. */
  #hasRoom(): boolean {
    if (!this.#isFull()) return true;
    this.#condense();
    if (!this.#isFull()) return true;
    this.#cut++;
    return false;
  }

  #isFull(): boolean {
    return this.#chars >= this.#maxChars || (!this.#isAllText && this.#items.length >= MAX_ITEMS);
  }

  /** Makes the items fewer if they are pieces of one text: the framing of a text is many times longer than the text. */
  #condense(): void {
    if (this.#isUncondensable || this.#cut > 0) return;
    const items = this.#itemText()?.condense();
    if (items !== undefined) {
      this.#isCondensed = true;
      this.#items = [...items];
      this.#chars = items.reduce((sum, item) => sum + item.length, 0);
    }
    this.#isUncondensable =
      items === undefined || this.#chars > MAX_CHARS || items.length > MAX_ITEMS / 2;
    // Twice as many, so that condensing takes little time for each item.
    this.#maxChars = this.#isUncondensable ? MAX_CHARS : 2 * MAX_CHARS;
  }

  /** The one text of which the items are pieces; undefined if they are not. */
  #itemText(): ItemText | undefined {
    const { step } = this;
    if (step.outputOf !== undefined) return undefined;
    const isSecret = (key: string, text: string) => step.isSecretPiece(key, text);
    if (this.#isAllText) return textOfFrames(this.#items.join(''), isSecret);
    if (!this.#areObjects) return undefined;
    const isOneText = this.#isCondensed ? true : undefined;
    return textOfObjects(this.#items as readonly string[], { isSecret, isOneText });
  }

  /** Binary data was followed by another item: the output is an array, which begins with the mark of that data. */
  #replaceByMark(): void {
    this.#items[0] = this.#binaryMark();
    this.#isAllText = false;
    this.#areObjects = false;
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
    this.#cut = 0;
    this.#isEmpty = true;
    this.#isTextInBytes = false;
    this.#forgetBytes();
  }

  #value(): unknown {
    if (this.#isEmpty) return undefined;
    if (this.#binary !== undefined) return this.#binaryMark();
    if (this.step.takesLastItem === true) return this.#items[0];
    const cut = this.#cut;
    const more = cut > 0 ? markedAsCut('', cut, 'parts') : '';
    const itemText = this.#itemText();
    if (itemText !== undefined) return new StreamedText(itemText.join(cut > 0) + more);
    if (this.#isAllText) return this.#items.join('') + more;
    this.#leaveObjects();
    return cut > 0 ? [...this.#items, cutMark(cut, 'items')] : this.#items;
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
    this.#chars = this.#maxChars;
    this.#isUncondensable = true;
    this.#forgetBytes();
    return markedAsCut(text, cut, 'bytes');
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
