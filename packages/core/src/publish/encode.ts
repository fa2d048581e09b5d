/** Rows to bytes, as soon as they exist: bytes are counted exactly and cost the garbage collector nothing. */

import type { Row } from './row.js';

/** A row as it waits to be sent. */
export interface QueuedRow {
  readonly inferenceId: string;
  readonly layout: string;
  /** UTF-8 JSON. */
  readonly bytes: Uint8Array;
}

const SLAB_BYTES = 128 * 1024;
const encoder = new TextEncoder();

/** Encodes rows into slabs that many of them share. */
export class RowEncoder {
  #slab = new Uint8Array(0);
  #used = 0;

  encode(row: Row): QueuedRow {
    return { inferenceId: row.inferenceId, layout: row.layout, bytes: this.#bytes(row.text) };
  }

  #bytes(text: string): Uint8Array {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if (text.length * 3 > SLAB_BYTES) return encoder.encode(text);
    if (text.length * 3 > this.#slab.byteLength - this.#used) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const { written } = encoder.encodeInto(text, this.#slab.subarray(this.#used));
    const bytes = this.#slab.subarray(this.#used, this.#used + written);
    this.#used += written;
    return bytes;
  }
}
