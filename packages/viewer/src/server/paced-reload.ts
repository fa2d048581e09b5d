/** Loads something again as often as it is asked to, but one load at a time, and with a rest after each. */
export class PacedReload {
  readonly #load: () => Promise<unknown>;
  readonly #restMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;
  #isRunning = false;
  #isWanted = false;
  #isClosed = false;

  /** @param restMs shortest time between the end of a load and the next one */
  constructor(load: () => Promise<unknown>, restMs: number) {
    this.#load = load;
    this.#restMs = restMs;
  }

  /** A load that is running may have missed what is asked for: another one follows it. */
  request(): void {
    this.#isWanted = true;
    this.#plan();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    if (this.#isClosed || this.#isRunning || !this.#isWanted || this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#endedAt + this.#restMs - performance.now());
    this.#timer = setTimeout(() => void this.#run(), waitMs);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#isWanted = false;
    this.#isRunning = true;
    // The query keeps its error, and the page shows it.
    await this.#load().catch(() => undefined);
    this.#isRunning = false;
    this.#endedAt = performance.now();
    this.#plan();
  }
}
