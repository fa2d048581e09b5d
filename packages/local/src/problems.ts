const MAX_KEPT = 1000;

/** Contract violations: the first thousand in full, and the number of further ones. */
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
