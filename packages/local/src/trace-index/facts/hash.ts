/** Hashes a string to 53 bits; collisions among a million strings are very unlikely. 0 for null. */
export function hashOf(text: string | null): number {
  if (text === null) return 0;
  // An address cannot have half of a character, and would find nothing that has one.
  const units = text.toWellFormed();
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < units.length; i += 1) {
    const unit = units.charCodeAt(i);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0) || 1;
}
