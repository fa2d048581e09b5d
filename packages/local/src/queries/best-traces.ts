import type { RankedTrace } from './order.js';

/** Whether the trace with that rank and number comes after another one. */
export type ComesAfter = (rank: number, number: number, other: RankedTrace) => boolean;

/** The traces that come first, `limit` at most. */
export class BestTraces {
  /** In their order. */
  readonly list: RankedTrace[] = [];
  readonly #limit: number;
  readonly #comesAfter: ComesAfter;

  constructor(limit: number, comesAfter: ComesAfter) {
    this.#limit = limit;
    this.#comesAfter = comesAfter;
  }

  get isFull(): boolean {
    return this.list.length === this.#limit;
  }

  /** The last of a full list. */
  get last(): RankedTrace {
    return this.list[this.list.length - 1] ?? { rank: Number.NaN, number: 0 };
  }

  /** Adds a trace if it belongs into the list. @returns whether it does */
  add(rank: number, number: number): boolean {
    const { list } = this;
    if (this.isFull) {
      if (this.#comesAfter(rank, number, this.last)) return false;
      list.pop();
    }
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = list[middle];
      if (other && this.#comesAfter(rank, number, other)) low = middle + 1;
      else high = middle;
    }
    list.splice(low, 0, { rank, number });
    return true;
  }
}
