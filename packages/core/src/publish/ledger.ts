/** Where the rows are, in numbers. Each of them is counted in one place at any instant. */

export class Ledger {
  published = 0;
  /** In memory: they wait or are under way. */
  queued = 0;
  queuedBytes = 0;
  /** On disk and nowhere else. */
  spooled = 0;
  /** Set aside on disk. */
  quarantined = 0;
  readonly #dropped = new Map<string, number>();

  get dropped(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#dropped);
  }

  drop(reason: string, count: number): void {
    if (count > 0) this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
  }
}
