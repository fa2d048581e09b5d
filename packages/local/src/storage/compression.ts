import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Compressing shorter texts saves too little. */
const MIN_LENGTH = 4096;
/** A `RowCompressor` compresses every text from this length on. */
const ALWAYS_COMPRESSED_LENGTH = 65_536;
/** Of shorter ones it compresses so many, since compressing a text takes as long as all the rest of storing it. */
const MAX_SMALL_PER_SECOND = 200;

/** Takes half as long as zlib's defaults for 5 KB: those clear the tables of a window of 32 KB first. */
const FAST = { level: 1, memLevel: 6, windowBits: 13 } as const;

function chunkSizeOf(length: number): number {
  return Math.min(Math.max(length, 1024), 65_536);
}

/** The text as the database keeps it: compressed if that makes it a fifth shorter at least. */
export function compressed(text: string): string | Buffer {
  if (text.length < MIN_LENGTH) return text;
  const bytes = Buffer.from(text);
  const packed = deflateRawSync(bytes, { ...FAST, chunkSize: chunkSizeOf(bytes.length) });
  return packed.length < 0.8 * bytes.length ? packed : text;
}

/** The text of what `compressed` or a `RowCompressor` returned. */
export function decompressed(stored: string | ArrayBuffer): string {
  return typeof stored === 'string'
    ? stored
    : inflateRawSync(stored, { chunkSize: chunkSizeOf(4 * stored.byteLength) }).toString();
}

/** Compresses the rows of a store, but not every small one if many come in a second. */
export class RowCompressor {
  #second = 0;
  #smallInSecond = 0;

  /** As `compressed`; the text itself if it is small and there were too many in this second. */
  compress(text: string): string | Buffer {
    const isSmall = text.length >= MIN_LENGTH && text.length < ALWAYS_COMPRESSED_LENGTH;
    return isSmall && !this.#takeFromBudget() ? text : compressed(text);
  }

  /** @returns false if the budget of this second is used up */
  #takeFromBudget(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#smallInSecond = 0;
    }
    this.#smallInSecond += 1;
    return this.#smallInSecond <= MAX_SMALL_PER_SECOND;
  }
}
