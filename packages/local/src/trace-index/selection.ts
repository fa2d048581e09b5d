import type { Budget } from './budget.js';
import type { Chunk } from './facts.js';
import { matchesAll, traceFilter } from './filter.js';
import { Order, type Place } from './order.js';
import { matchExpression } from './search-text.js';
import type { TraceIndex } from './trace-index.js';
import type { ParsedQuery } from './trace-query.js';

/** A search counts no further than this. */
const COUNT_LIMIT = 1000;

export interface SelectOptions {
  /** The lowest number of a trace to select. */
  readonly fromNumber?: number;
  /** The highest number of a trace to select. */
  readonly toNumber?: number;
  /** Reverses the order of the query: traces whose value is unknown come first. */
  readonly isReversed?: boolean;
}

export interface Selected {
  /** Numbers in the order of the query, `limit` at most. */
  readonly numbers: readonly number[];
  readonly next: string | null;
  readonly total: number;
  readonly isTotalExact: boolean;
}

/** One page of the traces that a query has: a scan of the facts, and of the full-text index if it has words. */
export async function select(
  index: TraceIndex,
  query: ParsedQuery,
  budget: Budget,
  options: SelectOptions = {},
): Promise<Selected> {
  const order = new Order(query, options.isReversed ?? false);
  const filter = traceFilter(query, index);
  const hasEveryTrace =
    matchesAll(query) && options.fromNumber === undefined && options.toNumber === undefined;
  const cursor = query.cursor === undefined ? undefined : order.placeOf(query.cursor);
  const best = new Best(query.limit + 1, order);
  let total = 0;
  let isTotalExact = true;
  for await (const candidates of candidatesOf(index, query, budget, options)) {
    const { chunk } = candidates;
    if (best.isFull && order.isByTime) {
      // Neither this chunk nor a later one has a trace for the page, and a search counts no further.
      const { bestTime } = candidates;
      const isCounted = query.q !== undefined && total >= COUNT_LIMIT;
      if (isCounted && bestTime !== undefined && order.rankOf(bestTime) > best.last.rank) {
        isTotalExact = false;
        break;
      }
      // No trace of this chunk belongs on the page: they are only counted.
      if (hasEveryTrace && order.rankOf(firstTimeOf(chunk, order)) > best.last.rank) {
        total += chunk.length - chunk.deleted;
        continue;
      }
    }
    const isMatch = filter(chunk);
    const valueAt = order.valuesOf(chunk);
    visitCandidates(candidates, order.isAscending, (at) => {
      if (!isMatch(at)) return;
      total += 1;
      const rank = order.rankOf(valueAt(at));
      const number = chunk.number[at] ?? 0;
      if (best.isFull && !best.isLastAfter(rank, number)) return;
      const place = { rank, number };
      if (cursor && !order.comesAfter(place, cursor)) return;
      best.add(place);
    });
    await budget.turn();
  }
  const page = best.list.slice(0, query.limit);
  const last = page.at(-1);
  const hasMore = best.list.length > query.limit;
  return {
    numbers: page.map(({ number }) => number),
    next: hasMore && last ? order.cursorAfter(last) : null,
    total: isTotalExact ? total : COUNT_LIMIT,
    isTotalExact,
  };
}

/** The cursor of the page after a trace. Undefined if there is no such trace. */
export function cursorAt(
  index: TraceIndex,
  query: ParsedQuery,
  number: number,
): string | undefined {
  const [chunk, at] = index.facts.find(number);
  if (!chunk || chunk.isDeleted(at)) return undefined;
  const order = new Order(query, false);
  return order.cursorAfter({ rank: order.rankOf(order.valuesOf(chunk)(at)), number });
}

/** Traces of one chunk: all, or those at `places`. */
export interface Candidates {
  readonly chunk: Chunk;
  readonly places: readonly number[] | undefined;
  /** The earliest time of these and all following traces; in descending order the latest. Only a search needs it. */
  readonly bestTime: number | undefined;
}

/** The traces to scan: all, or those that have the words; in ascending order of time the oldest first. */
export async function* candidatesOf(
  index: TraceIndex,
  query: ParsedQuery,
  budget: Budget,
  { fromNumber = 0, toNumber = Number.POSITIVE_INFINITY, isReversed = false }: SelectOptions = {},
): AsyncGenerator<Candidates> {
  const order = new Order(query, isReversed);
  const chunks = index.facts.chunks.filter(
    (chunk) => chunk.length > 0 && chunk.lastNumber >= fromNumber && chunk.firstNumber <= toNumber,
  );
  if (!order.isAscending) chunks.reverse();
  if (query.q === undefined || query.q.trim() === '') {
    for (const chunk of chunks) {
      const isWhole = chunk.firstNumber >= fromNumber && chunk.lastNumber <= toNumber;
      const places = isWhole ? undefined : placesBetween(chunk, fromNumber, toNumber);
      yield { chunk, places, bestTime: undefined };
    }
    return;
  }
  const expression = matchExpression(query.q);
  if (expression === undefined) return;
  const bestTimes = bestTimesOf(chunks, order);
  for (const [i, chunk] of chunks.entries()) {
    const places: number[] = [];
    const last = Math.min(chunk.lastNumber, toNumber);
    const first = Math.max(chunk.firstNumber, fromNumber);
    for (const numbers of index.fullText.matches(expression, first, last)) {
      for (const number of numbers) {
        const at = chunk.find(number);
        if (at >= 0) places.push(at);
      }
      await budget.turn();
    }
    yield { chunk, places, bestTime: bestTimes[i] };
  }
}

/** Calls `visit` with the place of each candidate, from the last on if the order is descending. */
export function visitCandidates(
  { chunk, places }: Candidates,
  isAscending: boolean,
  visit: (at: number) => void,
): void {
  if (places) for (const at of places) visit(at);
  else if (isAscending) for (let at = 0; at < chunk.length; at += 1) visit(at);
  else for (let at = chunk.length - 1; at >= 0; at -= 1) visit(at);
}

/** The time of the chunk's trace that comes first. */
function firstTimeOf({ minTime, maxTime }: Chunk, { isAscending }: Order): number {
  return isAscending ? minTime : maxTime;
}

/** For each chunk, the time of the trace that comes first of those in it and in the chunks after it. */
function bestTimesOf(chunks: readonly Chunk[], order: Order): readonly number[] {
  const better = order.isAscending ? Math.min : Math.max;
  let best = order.isAscending ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return chunks
    .toReversed()
    .map((chunk) => {
      best = better(best, firstTimeOf(chunk, order));
      return best;
    })
    .reverse();
}

function placesBetween(chunk: Chunk, from: number, to: number): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at < chunk.length; at += 1) {
    const number = chunk.number[at] ?? 0;
    if (number >= from && number <= to) places.push(at);
  }
  return places;
}

/** The places that come first, as many as the limit. */
class Best {
  readonly list: Place[] = [];
  readonly #limit: number;
  readonly #order: Order;

  constructor(limit: number, order: Order) {
    this.#limit = limit;
    this.#order = order;
  }

  get isFull(): boolean {
    return this.list.length === this.#limit;
  }

  /** The last of a full list. */
  get last(): Place {
    return this.list[this.list.length - 1] ?? { rank: Number.NaN, number: 0 };
  }

  /** Whether the last of a full list comes after this place, which then belongs into the list. Creates no object. */
  isLastAfter(rank: number, number: number): boolean {
    const { last } = this;
    if (last.rank !== rank) return last.rank > rank;
    return this.#order.isAscending ? last.number > number : last.number < number;
  }

  /** Adds a place that belongs into the list. */
  add(place: Place): void {
    const { list } = this;
    if (this.isFull) list.pop();
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = list[middle];
      if (other && this.#order.comesAfter(place, other)) low = middle + 1;
      else high = middle;
    }
    list.splice(low, 0, place);
  }
}
