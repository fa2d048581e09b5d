/** How long deliveries take, in the few numbers that stay comparable across processes. */

/** Upper bounds, in milliseconds. */
export const BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000,
];

export class SendTimes {
  count = 0;
  sumMs = 0;
  maxMs = 0;
  readonly #counts = new Array<number>(BOUNDS_MS.length).fill(0);

  add(ms: number): void {
    this.count++;
    this.sumMs += ms;
    this.maxMs = Math.max(this.maxMs, ms);
    const bucket = BOUNDS_MS.findIndex((bound) => ms <= bound);
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** How many took at most so long, for each bound. */
  get cumulative(): readonly number[] {
    let sum = 0;
    return this.#counts.map((count) => {
      sum += count;
      return sum;
    });
  }
}
