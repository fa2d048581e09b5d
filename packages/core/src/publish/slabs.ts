/**
 * Texts as UTF-8 bytes, one behind the other in slabs that many of them share, and that are used again: memory outside the
 * heap that is left to the garbage collector makes it look through all of the heap, again and again.
 */

import { allocate, utf8Length, writeUtf8 } from '#platform';

const SLAB_BYTES = 128 * 1024;
/** Slabs that are kept for later. */
const MAX_SPARE = 32;

export interface Slab {
  readonly bytes: Uint8Array;
  /** Texts in it that are still of use. */
  texts: number;
}

/** Bytes, and the slab that they are part of, where they are part of one. */
export interface InSlab {
  readonly bytes: Uint8Array;
  slab?: Slab | undefined;
}

export class Slabs {
  #slab: Slab = { bytes: allocate(0), texts: 0 };
  #at = 0;
  readonly #spare: Slab[] = [];

  write(text: string): InSlab {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    const most = text.length * 3;
    if (most > SLAB_BYTES) return { bytes: alone(text) };
    if (this.#at + most > this.#slab.bytes.byteLength) this.#next();
    const slab = this.#slab;
    const end = this.#at + writeUtf8(slab.bytes, text, this.#at);
    const bytes = slab.bytes.subarray(this.#at, end);
    this.#at = end;
    slab.texts++;
    return { bytes, slab };
  }

  /** Nobody reads the bytes of these texts any more. */
  free(texts: readonly InSlab[]): void {
    for (const text of texts) {
      const { slab } = text;
      if (slab === undefined) continue;
      text.slab = undefined;
      if (--slab.texts === 0 && slab !== this.#slab) this.#keep(slab);
    }
  }

  #next(): void {
    const before = this.#slab;
    this.#slab = this.#spare.pop() ?? { bytes: allocate(SLAB_BYTES), texts: 0 };
    this.#at = 0;
    if (before.texts === 0) this.#keep(before);
  }

  #keep(slab: Slab): void {
    if (this.#spare.length < MAX_SPARE && slab.bytes.byteLength > 0) this.#spare.push(slab);
  }
}

function alone(text: string): Uint8Array {
  const bytes = allocate(utf8Length(text));
  writeUtf8(bytes, text, 0);
  return bytes;
}
