/** Times in nanoseconds. As numbers, those since the epoch would be rounded to a quarter of a microsecond. */

const NS_IN_MS = 1_000_000;

/** Whole and fractional milliseconds are converted apart. */
export function nanoseconds(ms: number): bigint {
  const whole = Math.floor(ms);
  return BigInt(whole) * BigInt(NS_IN_MS) + BigInt(Math.round((ms - whole) * NS_IN_MS));
}
