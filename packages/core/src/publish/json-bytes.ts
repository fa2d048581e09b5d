/**
 * JSON text written as UTF-8 bytes, with no string in between: what is written costs the garbage collector nothing, and is
 * counted exactly. Texts lie one behind the other in slabs that many of them share.
 */

import { allocate, copied, writeUtf8 } from '#platform';
import { quote } from '../trace/json-text.js';

const SLAB_BYTES = 128 * 1024;

/** Up to this length, a loop is faster than a call into the platform. */
const SHORT = 40;

/** A whole number, a point and three decimals. */
const MAX_NUMBER_BYTES = 24;

const QUOTE = 34;
const BACKSLASH = 92;
const DOT = 46;
const ZERO = 48;

export class JsonBytes {
  #slab = allocate(0);
  /** Where the text begins that is being written. */
  #start = 0;
  #at = 0;

  /** Begins a text. One that was begun before and not ended is forgotten. */
  begin(): void {
    this.#at = this.#start;
  }

  /** @returns the bytes of the text */
  end(): Uint8Array {
    const bytes = this.#slab.subarray(this.#start, this.#at);
    if (bytes.byteLength > SLAB_BYTES) {
      // Has a slab of its own, up to three times its size, that would stay with it.
      this.#slab = allocate(0);
      this.#start = this.#at = 0;
      return copied(bytes);
    }
    this.#start = this.#at;
    return bytes;
  }

  /** Bytes of the text so far. */
  get length(): number {
    return this.#at - this.#start;
  }

  /** Writes characters that are all ASCII. */
  ascii(text: string): void {
    const { length } = text;
    this.#reserve(length);
    const slab = this.#slab;
    const at = this.#at;
    for (let i = 0; i < length; i++) slab[at + i] = text.charCodeAt(i);
    this.#at = at + length;
  }

  /** Writes JSON text of any characters. */
  json(text: string): void {
    const { length } = text;
    // A UTF-16 unit takes at most three bytes of UTF-8.
    this.#reserve(length * 3);
    if (length > SHORT) {
      this.#at += writeUtf8(this.#slab, text, this.#at);
      return;
    }
    const slab = this.#slab;
    const at = this.#at;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 126) {
        this.#at += writeUtf8(slab, text, at);
        return;
      }
      slab[at + i] = code;
    }
    this.#at = at + length;
  }

  /** Writes a string as JSON. */
  quoted(text: string): void {
    const { length } = text;
    if (length > SHORT) {
      this.json(quote(text));
      return;
    }
    this.#reserve(length + 2);
    const slab = this.#slab;
    const at = this.#at;
    slab[at] = QUOTE;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < 32 || code > 126 || code === QUOTE || code === BACKSLASH) {
        this.json(JSON.stringify(text));
        return;
      }
      slab[at + 1 + i] = code;
    }
    slab[at + 1 + length] = QUOTE;
    this.#at = at + length + 2;
  }

  /** Writes a whole number that is not negative. */
  whole(value: number): void {
    this.#reserve(MAX_NUMBER_BYTES);
    let rest = Math.min(value, Number.MAX_SAFE_INTEGER);
    let digits = 1;
    for (let unit = 10; unit <= rest; unit *= 10) digits++;
    for (let at = this.#at + digits - 1; at >= this.#at; at--) {
      const tens = Math.floor(rest / 10);
      this.#slab[at] = ZERO + (rest - tens * 10);
      rest = tens;
    }
    this.#at += digits;
  }

  /** Writes a measured number that is not negative, to three decimals: milliseconds to the microsecond. */
  rounded(value: number): void {
    this.thousandths(Math.round(value * 1000));
  }

  /** Writes `value / 1000` exactly, put together from whole numbers. */
  thousandths(value: number): void {
    const whole = Math.floor(value / 1000);
    this.whole(whole);
    let rest = value - whole * 1000;
    if (rest === 0) return;
    this.#slab[this.#at++] = DOT;
    for (let unit = 100; rest > 0; unit /= 10) {
      const digit = Math.floor(rest / unit);
      this.#slab[this.#at++] = ZERO + digit;
      rest -= digit * unit;
    }
  }

  /** Writes again what stands from one place of the text to another. */
  again(from: number, to: number): void {
    this.#reserve(to - from);
    this.#slab.copyWithin(this.#at, this.#start + from, this.#start + to);
    this.#at += to - from;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#slab.byteLength) this.#move(bytes);
  }

  /** Goes on in a new slab, with what is written of the text. */
  #move(bytes: number): void {
    const { length } = this;
    const slab = allocate(Math.max(SLAB_BYTES, 2 * (length + bytes)));
    slab.set(this.#slab.subarray(this.#start, this.#at));
    this.#slab = slab;
    this.#start = 0;
    this.#at = length;
  }
}
