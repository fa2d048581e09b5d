import type { RefusedCall } from '../page-api.js';

const MAX_KEPT = 100;

/** The newest calls that were refused. Equal ones are kept once and counted. */
export class RefusedCalls {
  readonly #kept = new Map<string, RefusedCall>();

  /** @returns the refusal as it is kept */
  add({ at, method, path, status, message }: Omit<RefusedCall, 'count'>): RefusedCall {
    const key = JSON.stringify([method, path, status, message]);
    const refusal = {
      at,
      method,
      path,
      status,
      message,
      count: (this.#kept.get(key)?.count ?? 0) + 1,
    };
    // A map keeps the order of insertion, so its first entry has not been repeated for the longest time.
    this.#kept.delete(key);
    this.#kept.set(key, refusal);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return refusal;
  }

  /** Newest first. */
  list(): RefusedCall[] {
    return [...this.#kept.values()].reverse();
  }
}
