/** Promises that functions among the options returned, for which the row of a trace waits. */

import type { Diagnostics } from '../diagnostics/diagnostics.js';
import { optionRejectedMessage, optionUnreadableMessage } from '../diagnostics/option-failure.js';

export class PendingOptions {
  readonly #diagnostics: Diagnostics;
  readonly #promises = new Set<Promise<void>>();

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  /** Number of promises that have not settled. */
  get size(): number {
    return this.#promises.size;
  }

  /**
   * Waits for the promise that the function given as `option` returned. A rejection, and an error of `record`, is reported.
   * @param record called with the value
   */
  add(option: string, promise: PromiseLike<unknown>, record: (value: unknown) => void): void {
    // A thenable may throw, or call back twice; a promise made of it does neither.
    const settled = new Promise((resolve) => resolve(promise)).then(
      (value) => {
        this.#promises.delete(settled);
        try {
          record(value);
        } catch (error) {
          this.#diagnostics.reportOptionFailure(option, optionUnreadableMessage(option), error);
        }
      },
      (error: unknown) => {
        this.#promises.delete(settled);
        this.#diagnostics.reportOptionFailure(option, optionRejectedMessage(option), error);
      },
    );
    settled.catch(() => {});
    this.#promises.add(settled);
  }

  /** Resolves when all current promises have settled. */
  async whenAllSettled(): Promise<void> {
    await Promise.allSettled(this.#promises);
  }
}
