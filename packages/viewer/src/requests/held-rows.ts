import type { TraceSummary } from '../../../local/src/page-api.js';

/** Rows that have arrived and are not shown yet, because somebody reads the list or has paused it. */
export class HeldRows {
  readonly #rows = new Map<number, TraceSummary>();
  readonly #max: number;
  #omitted = 0;

  /** @param max rows that are kept; more are only counted */
  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#rows.size + this.#omitted;
  }

  /** Whether some rows are only counted: the list has to be loaded again to show them. */
  get isIncomplete(): boolean {
    return this.#omitted > 0;
  }

  /** @param omitted the number of further rows, which are only counted */
  add(rows: readonly TraceSummary[], omitted: number): void {
    for (const row of rows) {
      if (this.#rows.has(row.number) || this.#rows.size < this.#max) {
        this.#rows.set(row.number, row);
      } else this.#omitted++;
    }
    this.#omitted += omitted;
  }

  change(changed: ReadonlyMap<number, TraceSummary>): void {
    for (const [number, row] of changed) {
      if (this.#rows.has(number)) this.#rows.set(number, row);
    }
  }

  /** Removes all rows up to the number `upTo`, and those in `numbers`. @returns how many it had */
  remove(upTo: number, numbers: ReadonlySet<number>): number {
    const before = this.#rows.size;
    for (const number of [...this.#rows.keys()]) {
      if (number <= upTo || numbers.has(number)) this.#rows.delete(number);
    }
    return before - this.#rows.size;
  }

  /** Returns the rows and holds none any more. */
  release(): readonly TraceSummary[] {
    const rows = [...this.#rows.values()];
    this.#rows.clear();
    this.#omitted = 0;
    return rows;
  }
}
