import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Shorter texts do not get small enough to be worth the time. */
const MIN_LENGTH = 4096;

/** Half of the time of zlib's defaults for 5 KB, which go into clearing tables for a window of 32 KB. */
const FAST = { level: 1, memLevel: 6, windowBits: 13 } as const;

function chunkOf(length: number): number {
  return Math.min(Math.max(length, 1024), 65_536);
}

/** The text as the database keeps it: compressed if that makes it a fifth shorter at least. */
export function encodeBody(text: string): string | Buffer {
  if (text.length < MIN_LENGTH) return text;
  const bytes = Buffer.from(text);
  const packed = deflateRawSync(bytes, { ...FAST, chunkSize: chunkOf(bytes.length) });
  return packed.length < 0.8 * bytes.length ? packed : text;
}

/** The text of what `encodeBody` returned. */
export function decodeBody(body: string | ArrayBuffer): string {
  return typeof body === 'string'
    ? body
    : inflateRawSync(body, { chunkSize: chunkOf(4 * body.byteLength) }).toString();
}
