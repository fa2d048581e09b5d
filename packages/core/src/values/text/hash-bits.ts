/** Parts of hashes: 32 bits, mixed and as digits. */

/** Spreads each bit over all 32 (the finaliser of MurmurHash3). Different values give different ones. */
export function mixedBits(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** `00` to `ff`. */
const BYTES: readonly string[] = Array.from({ length: 256 }, (_, i) =>
  i.toString(16).padStart(2, '0'),
);

/** 8 hexadecimal digits. A table of bytes is ten times faster than `toString(16)`. */
export function hexadecimal(value: number): string {
  const byte = (shift: number) => BYTES[(value >>> shift) & 0xff] as string;
  return byte(24) + byte(16) + byte(8) + byte(0);
}

/** The 32 bits of the last 8 of these hexadecimal digits, in lower or upper case. */
export function bitsOfDigits(text: string, start: number, end: number): number {
  let bits = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    // The last 4 bits of `a` and `A` are 1; only letters have the bit of 64.
    bits = (bits << 4) | ((code & 15) + (code >> 6) * 9);
  }
  return bits;
}
