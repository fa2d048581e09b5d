import { Refusal } from '../http/refusal.js';
import { type Chunk, NO_COUNT } from './facts.js';
import type { ParsedQuery } from './trace-query.js';

/** A trace's place in an order: lower ranks come first. */
export interface Place {
  /** The value by which the query sorts, negated in descending order; Infinity if it is unknown. */
  readonly rank: number;
  readonly number: number;
}

/** The order of a query's traces. Cursors name places in it. */
export class Order {
  readonly isByTime: boolean;
  /** Whether traces of equal value come in ascending order of their numbers. */
  readonly isAscending: boolean;
  readonly #column: ParsedQuery['sort'];
  readonly #isReversed: boolean;
  readonly #sign: number;

  /** @param isReversed reverses the order of the query: traces whose value is unknown then come first */
  constructor({ sort, order }: ParsedQuery, isReversed: boolean) {
    this.#column = sort;
    this.#isReversed = isReversed;
    this.#sign = order === 'asc' ? 1 : -1;
    this.isByTime = sort === 'time';
    this.isAscending = (order === 'asc') !== isReversed;
  }

  /** Reads the value by which the traces of a chunk are sorted. NaN means unknown. */
  valuesOf(chunk: Chunk): (at: number) => number {
    const column = this.#column;
    if (column === 'tokens' || column === 'steps' || column === 'bytes') {
      const counts = chunk.narrow[column];
      return (at) => {
        const count = counts[at] ?? NO_COUNT;
        return count === NO_COUNT ? Number.NaN : count;
      };
    }
    const values = chunk.wide[column];
    return (at) => values[at] ?? Number.NaN;
  }

  rankOf(value: number): number {
    const rank = Number.isNaN(value) ? Number.POSITIVE_INFINITY : this.#sign * value;
    return this.#isReversed ? -rank : rank;
  }

  comesAfter(a: Place, b: Place): boolean {
    if (a.rank !== b.rank) return a.rank > b.rank;
    return this.isAscending ? a.number > b.number : a.number < b.number;
  }

  /** The cursor of the page after a place. */
  cursorAfter({ rank, number }: Place): string {
    const unreversed = this.#isReversed ? -rank : rank;
    return unreversed === Number.POSITIVE_INFINITY
      ? `~${number}`
      : `${this.#sign * unreversed}~${number}`;
  }

  /** The place that a cursor names. @throws Refusal 400 */
  placeOf(cursor: string): Place {
    const [, text = '', number] = /^(|-?\d[\d.e+-]*)~(\d+)$/.exec(cursor) ?? [];
    const value = text === '' ? Number.NaN : Number(text);
    if (number === undefined || (text !== '' && Number.isNaN(value))) {
      throw new Refusal(400, 'no such cursor', { isViolation: false });
    }
    return { rank: this.rankOf(value), number: Number(number) };
  }
}
