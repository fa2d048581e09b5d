import type { Chunk } from '../trace-index/facts/chunk.js';
import { RecentMap } from '../values/recent-map.js';

/** What a scan found in each chunk, until the chunk changes: a million traces have 62 chunks, of which few change. */
export class ChunkResults<T> {
  readonly #results = new WeakMap<Chunk, { readonly value: T; readonly changes: number }>();

  /** @param changes those of the chunk, or those it had when the traces of a scan were chosen */
  get(chunk: Chunk, changes: number): T | undefined {
    const result = this.#results.get(chunk);
    return result?.changes === changes ? result.value : undefined;
  }

  /** @param changes those that the chunk had when the traces were chosen */
  set(chunk: Chunk, changes: number, value: T): void {
    this.#results.set(chunk, { value, changes });
  }
}

/** The results of the last few different scans. */
export class LastResults<T> {
  readonly #results: RecentMap<string, ChunkResults<T>>;

  /** @param max how many scans the results are kept of */
  constructor(max: number) {
    this.#results = new RecentMap(max);
  }

  /** @param scan text that is the same for scans with the same result */
  of(scan: string): ChunkResults<T> {
    const results = this.#results.get(scan) ?? new ChunkResults<T>();
    this.#results.set(scan, results);
    return results;
  }
}
