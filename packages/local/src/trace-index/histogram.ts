/** Neighbouring buckets differ by two percent, so that a quantile is off by one percent at most. */
const GROWTH = Math.log(1.02);
/** All shorter durations share one bucket. */
const SMALLEST = 0.01;

/** The bucket of a duration; -1 for NaN, which is none. Two histograms that get the same duration share the logarithm. */
export function bucketOf(value: number): number {
  if (Number.isNaN(value)) return -1;
  return value < SMALLEST ? 0 : 1 + Math.floor(Math.log(value / SMALLEST) / GROWTH);
}

/** Durations in buckets that grow by a constant factor, so that the quantiles of a million durations need a few hundred counts. */
export class Histogram {
  #counts = new Uint32Array(0);
  #total = 0;

  /** Adds a duration by its `bucketOf`. */
  add(bucket: number): void {
    if (bucket < 0) return;
    if (bucket >= this.#counts.length) {
      const longer = new Uint32Array(bucket + 64);
      longer.set(this.#counts);
      this.#counts = longer;
    }
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
  }

  /** The value below which that share of the durations is; null if there is none. */
  quantile(share: number): number | null {
    if (this.#total === 0) return null;
    let rank = Math.ceil(share * this.#total);
    for (const [bucket, count] of this.#counts.entries()) {
      rank -= count;
      if (rank > 0) continue;
      if (bucket === 0) return 0;
      const middle = SMALLEST * Math.exp((bucket - 0.5) * GROWTH);
      return Number(middle.toPrecision(3));
    }
    return null;
  }
}
