import { longer } from './float-columns.js';

/** Numbers different hashes from 0, in the order in which they come. For a million it takes a fifth of the time of a Map. */
export class Numbering {
  #count = 0;
  #hashes = new Float64Array(1024);
  /** Open addressing: the number of a hash, plus 1, is in the first free slot from its own on. At most half are taken. */
  #slots = new Uint32Array(2048);

  get count(): number {
    return this.#count;
  }

  of(hash: number): number {
    const slots = this.#slots;
    const last = slots.length - 1;
    let slot = hash & last;
    for (;;) {
      const number = (slots[slot] ?? 0) - 1;
      if (number < 0) break;
      if (this.#hashes[number] === hash) return number;
      slot = (slot + 1) & last;
    }
    if (this.#count === this.#hashes.length) {
      this.#grow();
      return this.of(hash);
    }
    const number = this.#count++;
    this.#hashes[number] = hash;
    slots[slot] = number + 1;
    return number;
  }

  hashOf(number: number): number {
    return this.#hashes[number] ?? 0;
  }

  #grow(): void {
    this.#hashes = longer(this.#hashes, 2 * this.#count);
    const last = 4 * this.#count - 1;
    this.#slots = new Uint32Array(last + 1);
    for (let number = 0; number < this.#count; number += 1) {
      let slot = this.hashOf(number) & last;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & last;
      this.#slots[slot] = number + 1;
    }
  }
}
