/** Parts of hashes: 32 bits, mixed and as digits. */

/** Spreads each bit over all 32 (the finaliser of MurmurHash3). Different values give different ones. */
export function mixedBits(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** 8 hexadecimal digits. */
export function hexadecimal(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
