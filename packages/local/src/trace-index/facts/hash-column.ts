import { CHUNK_LENGTH } from './columns.js';

/** One column of texts of a chunk: each hash once, and for each trace the code of its hash, which is the index in `hashes`. */
export class HashColumn {
  readonly codes = new Uint16Array(CHUNK_LENGTH);
  #hashes: number[] = [];
  /** The codes by their hashes, while traces are added. */
  #codes: Map<number, number> | undefined = new Map();

  /** The hashes by their codes. Some may be of no trace any more. */
  get hashes(): readonly number[] {
    return this.#hashes;
  }

  /** The code of a hash; -1 if no trace of the chunk has it. */
  codeOf(hash: number): number {
    return this.#codes ? (this.#codes.get(hash) ?? -1) : this.#hashes.indexOf(hash);
  }

  set(at: number, hash: number): void {
    let code = this.codeOf(hash);
    if (code < 0) {
      if (this.#hashes.length > MAX_CODE) this.#removeUnused();
      code = this.#hashes.length;
      this.#hashes.push(hash);
      this.#codes?.set(hash, code);
    }
    this.codes[at] = code;
  }

  /** Frees what only adding needs. */
  seal(): void {
    this.#codes = undefined;
    // An array that has grown has room for half as many again.
    this.#hashes = this.#hashes.slice();
  }

  #removeUnused(): void {
    const before = this.#hashes;
    const codes = new Map<number, number>();
    for (const [at, code] of this.codes.entries()) {
      const hash = before[code] ?? 0;
      const known = codes.get(hash) ?? codes.size;
      codes.set(hash, known);
      this.codes[at] = known;
    }
    this.#hashes = [...codes.keys()];
    if (this.#codes) this.#codes = codes;
  }
}

const MAX_CODE = 0xffff;
