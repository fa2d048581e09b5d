const MAX_KEPT = 1000;

/** The contract violations seen so far: the first thousand in full, the rest as a number. */
export class Problems {
  readonly #kept: string[] = [];
  #omitted = 0;

  add(problem: string): void {
    if (this.#kept.length < MAX_KEPT) this.#kept.push(problem);
    else this.#omitted += 1;
  }

  list(): string[] {
    return this.#omitted === 0 ? [...this.#kept] : [...this.#kept, `... and ${this.#omitted} more`];
  }
}
