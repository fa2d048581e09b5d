/** A histogram of the durations of sends, comparable across processes. */

/** Upper bounds of the buckets, in milliseconds. */
export const BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000,
];

/** Durations of sends, in buckets. */
export class SendTimes {
  #count = 0;
  #sumMs = 0;
  readonly #counts = new Array<number>(BOUNDS_MS.length).fill(0);

  /** Number of sends. */
  get count(): number {
    return this.#count;
  }

  /** Duration of all sends together. */
  get sumMs(): number {
    return this.#sumMs;
  }

  add(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    const bucket = BOUNDS_MS.findIndex((bound) => ms <= bound);
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** For each bound, the number of sends that took at most as long. */
  get cumulative(): readonly number[] {
    let sum = 0;
    return this.#counts.map((count) => {
      sum += count;
      return sum;
    });
  }
}
