/** Memory for what is sent, used again: left to the garbage collector, it makes it look through all of the heap. */

import { allocate } from '#platform';

/** Pieces that are kept: as many as are sent at a time. */
const MAX_PIECES = 2;
const LEAST_BYTES = 64 * 1024;
/** Larger ones are rare, and not kept. */
const MOST_BYTES = 2 * 1024 * 1024;

export class ReusedMemory {
  readonly #pieces: ArrayBufferLike[] = [];

  /** @returns so many bytes, which hold anything */
  bytesFor(size: number): Uint8Array {
    const index = this.#pieces.findIndex((piece) => piece.byteLength >= size);
    const found = index < 0 ? undefined : this.#pieces.splice(index, 1)[0];
    if (found !== undefined) return new Uint8Array(found, 0, size);
    return allocate(capacityFor(size)).subarray(0, size);
  }

  /** Nobody reads the bytes any more. */
  give({ buffer }: Uint8Array): void {
    if (buffer.byteLength > MOST_BYTES) return;
    // The last ones are of the size that is asked for now.
    if (this.#pieces.length === MAX_PIECES) this.#pieces.shift();
    this.#pieces.push(buffer);
  }
}

/** Some more than is asked for, so that the next batch fits as well. */
function capacityFor(size: number): number {
  let capacity = LEAST_BYTES;
  while (capacity < size) capacity *= 2;
  return capacity > MOST_BYTES ? size : capacity;
}
