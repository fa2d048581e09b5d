import { bytesOfBase64 } from '../../common/content/media.js';

const FLOAT_BYTES = 4;

/** The number of dimensions of a vector: of an array of numbers, of base64 of floats, or of the mark `[1536 numbers]`. */
export function dimensionsOf(vector: unknown): number | undefined {
  if (Array.isArray(vector)) return vector.length;
  if (typeof vector !== 'string') return undefined;
  const counted = /^\[(\d+) numbers\]$/.exec(vector)?.[1];
  return counted === undefined ? Math.floor(bytesOfBase64(vector) / FLOAT_BYTES) : Number(counted);
}
