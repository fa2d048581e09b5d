/**
 * Decodes UTF-8 that is received in pieces, which may end within a character. A cut character is kept for the next piece, because
 * `TextDecoder` with `stream: true` is several times slower.
 */
export class Utf8Pieces {
  readonly #decoder = new TextDecoder();
  #rest: Uint8Array | undefined;

  decode(bytes: Uint8Array): string {
    const all = this.#rest === undefined ? bytes : joinedBytes(this.#rest, bytes);
    const cut = all.length - cutAtEnd(all);
    this.#rest = cut < all.length ? all.slice(cut) : undefined;
    return this.#decoder.decode(cut < all.length ? all.subarray(0, cut) : all);
  }

  /** Decodes the bytes that are left. */
  end(): string {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest === undefined ? '' : this.#decoder.decode(rest);
  }
}

/** The number of bytes at the end that belong to an incomplete character. */
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

/** The bytes of both, one after the other. */
export function joinedBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
