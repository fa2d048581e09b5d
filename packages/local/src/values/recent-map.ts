/** Keeps the values of the keys that were set last, and forgets the others. */
export class RecentMap<K, V> {
  readonly #limit: number;
  /** In the order in which the keys were last set. */
  readonly #values = new Map<K, V>();

  /** @param limit how many keys have a value at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  set(key: K, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#limit) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }

  delete(key: K): void {
    this.#values.delete(key);
  }

  /** The values, the last one that was set first. */
  newestFirst(): V[] {
    return [...this.#values.values()].reverse();
  }
}
