/**
 * The number that a column has; undefined if it has another value. An integer that a number cannot hold is a string of its
 * digits. `<` and `>` compare the results exactly.
 */
export function numericOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d{16,}$/.test(value) ? BigInt(value) : undefined;
}
