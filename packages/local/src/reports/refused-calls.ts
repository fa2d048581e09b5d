import type { RefusedCall } from '../page-api.js';
import { RecentMap } from '../values/recent-map.js';

const MAX_KEPT = 100;

/** The newest calls that were refused. Equal ones are kept once and counted. */
export class RefusedCalls {
  readonly #kept = new RecentMap<string, RefusedCall>(MAX_KEPT);

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
    this.#kept.set(key, refusal);
    return refusal;
  }

  /** Newest first. */
  list(): RefusedCall[] {
    return this.#kept.newestFirst();
  }
}
