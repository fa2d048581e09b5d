/**
 * Histograms of durations: counts in buckets that grow by a constant factor, so that the quantiles of a million durations need
 * a few hundred counts. Neighbouring buckets differ by two percent, so a quantile is off by one percent at most.
 */

const GROWTH = Math.log(1.02);
/** All shorter durations share one bucket. */
const SMALLEST = 0.01;
/** The last bucket has all durations from five years on. */
const BUCKETS = 1536;

/** The bucket of a duration in milliseconds. Unknown durations, which are NaN, have one too, which no quantile counts. */
export function bucketOf(value = Number.NaN): number {
  if (Number.isNaN(value)) return BUCKETS;
  if (value < SMALLEST) return 0;
  return Math.min(1 + Math.floor(Math.log(value / SMALLEST) / GROWTH), BUCKETS - 1);
}

/** A histogram without durations: a count for each bucket. */
export function emptyHistogram(): Uint32Array {
  return new Uint32Array(BUCKETS + 1);
}

/** The value below which that share of the durations is; null if there is none. */
export function quantileOf(counts: Uint32Array, share: number): number | null {
  let total = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) total += counts[bucket] ?? 0;
  if (total === 0) return null;
  let rank = Math.ceil(share * total);
  let bucket = 0;
  for (; bucket < BUCKETS; bucket += 1) {
    rank -= counts[bucket] ?? 0;
    if (rank <= 0) break;
  }
  if (bucket === 0) return 0;
  return Number((SMALLEST * Math.exp((bucket - 0.5) * GROWTH)).toPrecision(3));
}
