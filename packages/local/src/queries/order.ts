import { Refusal } from '../http/refusal.js';
import type { Chunk } from '../trace-index/facts/chunk.js';
import { NO_COUNT } from '../trace-index/facts/columns.js';
import type { ParsedQuery } from './trace-query.js';

/** A trace and its rank in an order: lower ranks come first. */
export interface RankedTrace {
  /** The value by which the query sorts, negated in descending order; Infinity if it is unknown. */
  readonly rank: number;
  readonly number: number;
}

/** The order of a query's traces. A cursor names the last trace of a page, with its rank. */
export class Order {
  readonly isByTime: boolean;
  /** Whether traces of equal value come in ascending order of their numbers. */
  readonly isAscending: boolean;
  readonly #column: ParsedQuery['sort'];
  readonly #isReversed: boolean;
  readonly #sign: number;
  readonly #isCount: boolean;

  /** @param isReversed reverses the order of the query: traces whose value is unknown then come first */
  constructor({ sort, order }: ParsedQuery, isReversed: boolean) {
    this.#column = sort;
    this.#isReversed = isReversed;
    this.#sign = order === 'asc' ? 1 : -1;
    this.#isCount = isCount(sort);
    this.isByTime = sort === 'time';
    this.isAscending = (order === 'asc') !== isReversed;
  }

  /** The values by which the traces at these indexes of a chunk are sorted, until the next chunk is read. */
  columnOf({ wide, counts }: Chunk, indexes: Uint16Array): Float64Array | Uint32Array {
    const column = this.#column;
    return isCount(column) ? counts[column].read(indexes) : wide[column].read(indexes);
  }

  /** The rank of a trace by its value in `columnOf`. */
  rankIn(column: Float64Array | Uint32Array, at: number): number {
    return this.#rankOfStored(column[at] ?? Number.NaN);
  }

  /** The rank of one trace of a chunk. */
  rankAt({ wide, counts }: Chunk, at: number): number {
    const column = this.#column;
    return this.#rankOfStored(isCount(column) ? counts[column].at(at) : wide[column].at(at));
  }

  #rankOfStored(value: number): number {
    return this.rankOf(this.#isCount && value === NO_COUNT ? Number.NaN : value);
  }

  /** @param value NaN if it is unknown */
  rankOf(value: number): number {
    const rank = Number.isNaN(value) ? Number.POSITIVE_INFINITY : this.#sign * value;
    return this.#isReversed ? -rank : rank;
  }

  /** Whether a trace comes after another one. Takes no object, since a scan of a million traces calls it a million times. */
  comesAfter(rank: number, number: number, other: RankedTrace): boolean {
    if (rank !== other.rank) return rank > other.rank;
    return this.isAscending ? number > other.number : number < other.number;
  }

  /** The cursor of the page that begins after a trace. */
  cursorAfter({ rank, number }: RankedTrace): string {
    const unreversed = this.#isReversed ? -rank : rank;
    return unreversed === Number.POSITIVE_INFINITY
      ? `~${number}`
      : `${this.#sign * unreversed}~${number}`;
  }

  /** The trace that a cursor names. @throws Refusal 400 */
  traceAt(cursor: string): RankedTrace {
    const [, text = '', number] = /^(|-?\d[\d.e+-]*)~(\d+)$/.exec(cursor) ?? [];
    const value = text === '' ? Number.NaN : Number(text);
    if (number === undefined || (text !== '' && Number.isNaN(value))) {
      throw new Refusal(400, 'no such cursor', { isViolation: false });
    }
    return { rank: this.rankOf(value), number: Number(number) };
  }
}

function isCount(column: ParsedQuery['sort']): column is 'tokens' | 'steps' | 'bytes' {
  return column === 'tokens' || column === 'steps' || column === 'bytes';
}
