import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Compressing shorter texts saves too little. */
const MIN_LENGTH = 4096;
/**
 * Longer texts are always compressed. Of the others only `SMALL_A_SECOND` are, since compressing a text takes as long as all
 * the rest of storing it.
 */
const LARGE = 65_536;
const SMALL_A_SECOND = 200;

/** Takes half as long as zlib's defaults for 5 KB: those clear the tables of a window of 32 KB first. */
const FAST = { level: 1, memLevel: 6, windowBits: 13 } as const;

function chunkSizeOf(length: number): number {
  return Math.min(Math.max(length, 1024), 65_536);
}

let second = 0;
let compressedInSecond = 0;

/** Whether there is time to compress a text that is not large. */
function hasTime(): boolean {
  const now = Math.floor(performance.now() / 1000);
  if (now !== second) [second, compressedInSecond] = [now, 0];
  compressedInSecond += 1;
  return compressedInSecond <= SMALL_A_SECOND;
}

/** The text as the database keeps it: compressed if that makes it a fifth shorter at least. */
export function compressed(text: string): string | Buffer {
  if (text.length < MIN_LENGTH || (text.length < LARGE && !hasTime())) return text;
  const bytes = Buffer.from(text);
  const packed = deflateRawSync(bytes, { ...FAST, chunkSize: chunkSizeOf(bytes.length) });
  return packed.length < 0.8 * bytes.length ? packed : text;
}

/** The text of what `compressed` returned. */
export function decompressed(stored: string | ArrayBuffer): string {
  return typeof stored === 'string'
    ? stored
    : inflateRawSync(stored, { chunkSize: chunkSizeOf(4 * stored.byteLength) }).toString();
}
