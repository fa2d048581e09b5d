import type { TimeBudget } from '../http/time-budget.js';
import type { Chunk } from '../trace-index/facts/chunk.js';
import type { TraceIndex } from '../trace-index/trace-index.js';
import { BestTraces } from './best-traces.js';
import { hasWords, type Matches, matchesOf } from './matches.js';
import { Order, type RankedTrace } from './order.js';
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
  readonly areWordsLeftOut: boolean;
}

/** One page of the traces that a query has: a scan of the facts, and of the full-text index if it has words. */
export async function select(
  index: TraceIndex,
  query: ParsedQuery,
  budget: TimeBudget,
  { fromNumber, toNumber, isReversed = false }: SelectOptions = {},
): Promise<Selected> {
  const order = new Order(query, isReversed);
  const cursor = query.cursor === undefined ? undefined : order.traceAt(query.cursor);
  const best = new BestTraces(query.limit + 1, order.comesAfter.bind(order));
  let total = 0;
  let isTotalExact = true;
  let areWordsLeftOut = false;
  const options = { fromNumber, toNumber, isNewestFirst: !order.isAscending };
  for await (const matches of matchesOf(index, query, budget, options)) {
    total += matches.indexes.length;
    areWordsLeftOut = matches.areWordsLeftOut;
    if (mayHaveTraces(matches.chunk, order, best, cursor)) addTraces(matches, order, best, cursor);
    const { rest } = matches;
    const isCounted = hasWords(query) && total >= COUNT_LIMIT && rest.length > 0;
    if (isCounted && !rest.some((chunk) => mayHaveTraces(chunk, order, best, cursor))) {
      isTotalExact = false;
      break;
    }
  }
  const page = best.list.slice(0, query.limit);
  const last = page.at(-1);
  const hasMore = best.list.length > query.limit;
  return {
    numbers: page.map(({ number }) => number),
    next: hasMore && last ? order.cursorAfter(last) : null,
    total: isTotalExact ? total : COUNT_LIMIT,
    isTotalExact,
    areWordsLeftOut,
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
  return order.cursorAfter({ rank: order.rankAt(chunk, at), number });
}

/** Whether the chunk may have a trace that belongs on the page: not if all its times are before or after it. */
function mayHaveTraces(
  { minTime, maxTime }: Chunk,
  order: Order,
  best: BestTraces,
  cursor: RankedTrace | undefined,
): boolean {
  if (!order.isByTime) return true;
  const [first, last] = order.isAscending ? [minTime, maxTime] : [maxTime, minTime];
  if (best.isFull && order.rankOf(first) > best.last.rank) return false;
  return cursor === undefined || order.rankOf(last) >= cursor.rank;
}

/** Adds the traces that belong on the page. */
function addTraces(
  { chunk, indexes }: Matches,
  order: Order,
  best: BestTraces,
  cursor: RankedTrace | undefined,
): void {
  const column = order.columnOf(chunk, indexes);
  for (let i = 0; i < indexes.length; i += 1) {
    const at = indexes[order.isAscending ? i : indexes.length - 1 - i] ?? 0;
    const rank = order.rankIn(column, at);
    if (best.isFull && rank > best.last.rank) continue;
    const number = chunk.numberAt(at);
    if (cursor === undefined || order.comesAfter(rank, number, cursor)) best.add(rank, number);
  }
}
