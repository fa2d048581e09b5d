/** Values of a trace that are recorded only when something needs them. */

export interface Deferred {
  /** Records the values. Until then they must not change. */
  record(): void;
}

export class DeferredValues {
  /** In the order in which they arrived. */
  #deferred: Deferred[] = [];
  #chars = 0;

  /** Characters of the values, approximately. */
  get chars(): number {
    return this.#chars;
  }

  /** @param chars characters of the values, approximately */
  add(deferred: Deferred, chars: number): void {
    this.#deferred.push(deferred);
    this.#chars += chars;
  }

  /** Records the values, each once. @param failed called with each error */
  record(failed: (error: unknown) => void): void {
    const deferred = this.#deferred;
    if (deferred.length === 0) return;
    this.#deferred = [];
    this.#chars = 0;
    for (const each of deferred) {
      try {
        each.record();
      } catch (error) {
        failed(error);
      }
    }
  }
}
