/** Values of JSON that depend on nothing but the seed (mulberry32), small enough that nothing of them is cut. */
export class RandomValues {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  object(depth = 0): Record<string, unknown> {
    return Object.fromEntries(
      Array.from({ length: this.#upTo(5) }, () => [this.#key(), this.#value(depth + 1)]),
    );
  }

  #value(depth: number): unknown {
    const kinds = [
      () => this.#pick([null, true, false, 0, -1.5, 1e-7, 12_345_678_901]),
      () => this.#text(),
      () => Array.from({ length: this.#upTo(9) }, () => this.next() * 1000),
      ...(depth < 4
        ? [
            () => this.object(depth),
            () => Array.from({ length: this.#upTo(4) }, () => this.#value(depth + 1)),
          ]
        : []),
    ];
    return this.#pick(kinds)();
  }

  #text(): string {
    const pieces = [' word', '"', '\\', '\\"', '\n', '{"', '}', ']', ',', ':', 'é', '👋', '\u0001'];
    return Array.from({ length: this.#upTo(12) }, () => this.#pick(pieces)).join('');
  }

  /** Under a name that means nothing to anybody. */
  #key(): string {
    return `x${this.#pick(['a', 'b', 'ç', '"', '\\', ' '])}${this.#upTo(9)}`;
  }

  #upTo(n: number): number {
    return Math.floor(this.next() * (n + 1));
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }
}
