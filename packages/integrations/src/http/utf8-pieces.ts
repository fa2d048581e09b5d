/** Text that comes as bytes, in pieces that may end within a character. */

/** Decoders that are told of a stream are several times slower: what is cut is kept for the next piece instead. */
export class Utf8Pieces {
  readonly #decoder = new TextDecoder();
  #rest: Uint8Array | undefined;

  decode(bytes: Uint8Array): string {
    const all = this.#rest === undefined ? bytes : joined(this.#rest, bytes);
    const cut = all.length - cutAtEnd(all);
    this.#rest = cut < all.length ? all.slice(cut) : undefined;
    return this.#decoder.decode(cut < all.length ? all.subarray(0, cut) : all);
  }

  /** What is left at the end. */
  end(): string {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest === undefined ? '' : this.#decoder.decode(rest);
  }
}

/** Bytes at the end that begin a character and do not complete it. */
function cutAtEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? back : 0;
  }
  return 0;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
