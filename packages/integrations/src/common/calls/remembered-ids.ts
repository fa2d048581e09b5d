import { processWide } from '@openlayer-tracing/core/integration';
import { forgetOldest } from './forget-oldest.js';

const MAX_IDS = 10_000;

/** Ids that all copies and builds of this package share. Above 10,000 ids the oldest is forgotten. */
export class RememberedIds {
  readonly #ids: Set<string>;

  /** @param name identifies the ids in the process */
  constructor(name: string) {
    this.#ids = processWide(name, () => new Set<string>());
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  remember(id: string): void {
    this.#ids.add(id);
    forgetOldest(this.#ids, MAX_IDS);
  }
}
