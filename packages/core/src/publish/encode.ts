/** Rows to bytes, as soon as they exist: bytes are counted exactly and cost the garbage collector nothing. */

import { allocate, writeUtf8 } from '#platform';
import type { Row } from './row.js';
import type { SpoolEntry } from './spool/segment.js';

/** A row as it waits to be sent. */
export interface QueuedRow {
  readonly inferenceId: string;
  readonly layout: string;
  /** UTF-8 JSON. */
  readonly bytes: Uint8Array;
  /** Where it stands on disk. */
  readonly entry?: SpoolEntry | undefined;
  /** Whether it has arrived, where a send that failed leaves that open. */
  arrival?: 'unknown' | 'arrived' | undefined;
}

const SLAB_BYTES = 128 * 1024;

/** Encodes rows into slabs that many of them share. */
export class RowEncoder {
  #slab = allocate(0);
  #used = 0;

  encode(row: Row): QueuedRow {
    return { inferenceId: row.inferenceId, layout: row.layout, bytes: this.#bytes(row.text) };
  }

  #bytes(text: string): Uint8Array {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    const most = text.length * 3;
    if (most > SLAB_BYTES) return new TextEncoder().encode(text);
    if (most > this.#slab.byteLength - this.#used) {
      this.#slab = allocate(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += writeUtf8(this.#slab, text, start);
    return this.#slab.subarray(start, this.#used);
  }
}
