/** Messages: the first 1000 in full, and the number of further ones. */
export class Problems {
  readonly #kept: string[] = [];
  #omitted = 0;
  readonly #limit: number;

  constructor(limit = 1000) {
    this.#limit = limit;
  }

  add(problem: string): void {
    if (this.#kept.length < this.#limit) this.#kept.push(problem);
    else this.#omitted += 1;
  }

  forgetAll(): void {
    this.#kept.length = 0;
    this.#omitted = 0;
  }

  list(): string[] {
    return this.#omitted === 0 ? [...this.#kept] : [...this.#kept, `... and ${this.#omitted} more`];
  }
}
