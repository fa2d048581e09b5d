import { Malformed } from './malformed.js';

const MAX_REASONS = 5;

/** Counts the spans of a request that were rejected, with the first reasons. */
export class Rejections {
  #count = 0;
  readonly #reasons = new Set<string>();

  get count(): number {
    return this.#count;
  }

  add(reason: string): void {
    this.#count += 1;
    if (this.#reasons.size < MAX_REASONS) this.#reasons.add(reason);
  }

  /** The span that `read` returns; undefined if it is malformed, which is counted. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.add(error.message);
      return undefined;
    }
  }

  /** A sentence; empty if none was rejected. */
  get text(): string {
    if (this.#count === 0) return '';
    const spans = this.#count === 1 ? '1 span was' : `${this.#count} spans were`;
    return `${spans} rejected: ${[...this.#reasons].join('; ')}`;
  }
}
