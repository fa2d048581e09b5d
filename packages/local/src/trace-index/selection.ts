/** Which traces a query has, and in which order: scans of the facts, and of the full-text index where it has words. */

import { DIALECTS, MARKS } from '../enums.js';
import { Refusal } from '../http/refusal.js';
import type { TraceQuery } from '../page-api.js';
import type { Budget } from './budget.js';
import { type Chunk, FLAGS, flag, NO_COUNT, OUTCOME_CODES, type WideColumn } from './facts.js';
import { hashOf } from './hash.js';
import { matchExpression } from './search-text.js';
import type { TraceIndex } from './trace-index.js';
import type { ParsedQuery } from './trace-query.js';

/** Returns the test of a chunk, which says whether a trace matches the filter. Deleted traces never match. */
export type Filter = (chunk: Chunk) => Test;

/** A test is bound to one chunk, since a scan of a million traces calls it a million times. */
type Test = (at: number) => boolean;

/** The filter of a query, without its words. */
export function filterOf(query: TraceQuery, index: TraceIndex): Filter {
  const filters: Filter[] = [];
  const { from, to, minLatency, maxLatency, minCost, minTokens } = query;
  if (query.pipeline !== undefined) filters.push(isOneOf('pipeline', [query.pipeline]));
  if (from !== undefined) filters.push(isWithin('time', from, Number.POSITIVE_INFINITY));
  if (to !== undefined) {
    filters.push(
      ({ wide: { time } }) =>
        (at) =>
          (time[at] ?? Number.NaN) < to,
    );
  }
  for (const column of ['name', 'route', 'user', 'session'] as const) {
    const values = query[column];
    if (values) filters.push(isOneOf(column, values));
  }
  const { outcome, dialect } = query;
  if (outcome)
    filters.push(
      hasFlag(
        'outcome',
        outcome.map((each) => OUTCOME_CODES.indexOf(each)),
      ),
    );
  if (dialect)
    filters.push(
      hasFlag(
        'dialect',
        dialect.map((each) => DIALECTS.indexOf(each)),
      ),
    );
  if (query.status) filters.push(hasStatus(query.status));
  if (query.model) filters.push(hasModel(query.model, index));
  if (query.mark) filters.push(hasMark(query.mark.map((each) => MARKS.indexOf(each))));
  if (query.failed !== undefined) filters.push(hasFlag('failed', [Number(query.failed)]));
  if (query.feedback) filters.push(hasFlag('feedback', FEEDBACK_VALUES[query.feedback]));
  if (minLatency !== undefined) {
    filters.push(isWithin('latency', minLatency, Number.POSITIVE_INFINITY));
  }
  if (maxLatency !== undefined) {
    filters.push(isWithin('latency', Number.NEGATIVE_INFINITY, maxLatency));
  }
  if (minCost !== undefined) filters.push(isWithin('cost', minCost, Number.POSITIVE_INFINITY));
  if (minTokens !== undefined) {
    filters.push(({ narrow: { tokens } }) => (at) => {
      const count = tokens[at] ?? NO_COUNT;
      return count !== NO_COUNT && count >= minTokens;
    });
  }
  return (chunk) => {
    const tests = filters.map((filter) => filter(chunk));
    if (chunk.deleted > 0) tests.push((at) => !chunk.isDeleted(at));
    const [first, second] = tests;
    if (!first) return () => true;
    if (!second) return first;
    if (tests.length === 2) return (at) => first(at) && second(at);
    return (at) => tests.every((test) => test(at));
  };
}

/** Whether a query has all traces, in some order. */
function isWhole(query: TraceQuery): boolean {
  const { sort: _, order: __, cursor: ___, limit: ____, ...filters } = query;
  return Object.keys(filters).length === 0;
}

const FEEDBACK_VALUES = {
  any: [1, 2, 3],
  positive: [2],
  negative: [3],
  none: [0],
} as const;

function isOneOf(column: WideColumn, values: readonly string[]): Filter {
  const hashes = new Set(values.map(hashOf));
  const [only] = hashes;
  return (chunk) => {
    const found = chunk.wide[column];
    return hashes.size === 1 ? (at) => found[at] === only : (at) => hashes.has(found[at] ?? 0);
  };
}

/** A null never matches: it is NaN, and every comparison with NaN is false. */
function isWithin(column: WideColumn, min: number, max: number): Filter {
  return (chunk) => {
    const values = chunk.wide[column];
    return (at) => {
      const value = values[at] ?? Number.NaN;
      return value >= min && value <= max;
    };
  };
}

function hasFlag(name: keyof typeof FLAGS, values: readonly number[]): Filter {
  const wanted = values.reduce((bits, value) => bits | (1 << value), 0);
  const { shift, mask } = FLAGS[name];
  return ({ narrow: { flags } }) =>
    (at) =>
      (wanted & (1 << (((flags[at] ?? 0) >>> shift) & mask))) !== 0;
}

function hasMark(marks: readonly number[]): Filter {
  const wanted = marks.reduce((bits, mark) => bits | (1 << mark), 0);
  return ({ narrow: { flags } }) =>
    (at) =>
      (flag(flags[at] ?? 0, FLAGS.marks) & wanted) !== 0;
}

function hasStatus(statuses: readonly string[]): Filter {
  const exact = new Set(statuses.filter((each) => !each.endsWith('xx')).map(Number));
  const classes = new Set(
    statuses.filter((each) => each.endsWith('xx')).map((each) => Number(each[0])),
  );
  return ({ narrow }) =>
    (at) => {
      const status = narrow.status[at] ?? NO_COUNT;
      return exact.has(status) || classes.has(Math.floor(status / 100));
    };
}

function hasModel(models: readonly string[], index: TraceIndex): Filter {
  const hashes = new Set(
    index
      .labels('models')
      .filter(({ text }) => {
        const list: unknown = JSON.parse(text);
        return Array.isArray(list) && models.some((model) => list.includes(model));
      })
      .map(({ hash }) => hash),
  );
  return ({ wide: { models: lists } }) =>
    (at) =>
      hashes.has(lists[at] ?? 0);
}

/** The value by which a query sorts a trace. NaN means unknown, which comes last in either order. */
function sortValue({ sort }: ParsedQuery, chunk: Chunk): (at: number) => number {
  if (sort === 'tokens' || sort === 'steps' || sort === 'bytes') {
    const values = chunk.narrow[sort];
    return (at) => {
      const value = values[at] ?? NO_COUNT;
      return value === NO_COUNT ? Number.NaN : value;
    };
  }
  const values = chunk.wide[sort];
  return (at) => values[at] ?? Number.NaN;
}

/** A place in the order: lower ones come first. */
interface Rank {
  /** The value, negated in descending order; Infinity if it is unknown. */
  readonly rank: number;
  readonly number: number;
}

/** A search counts no further than this. */
const COUNT_LIMIT = 1000;

export interface Selected {
  /** Numbers in the order of the query, `limit` at most. */
  readonly numbers: readonly number[];
  readonly next: string | null;
  readonly total: number;
  readonly isTotalExact: boolean;
}

/** One page of the traces that a query has. */
export async function select(
  index: TraceIndex,
  query: ParsedQuery,
  budget: Budget,
  scope: Scope = {},
): Promise<Selected> {
  const isAscending = hasLowFirst(query, scope);
  const filter = filterOf(query, index);
  const hasAll = isWhole(query) && scope.from === undefined && scope.to === undefined;
  const cursor = query.cursor === undefined ? undefined : placeOf(query.cursor, query, scope);
  const best = new Best(query.limit + 1, isAscending);
  let total = 0;
  let isTotalExact = true;
  for await (const candidates of candidatesOf(index, query, budget, scope)) {
    const { chunk } = candidates;
    const canStop = query.q !== undefined && total >= COUNT_LIMIT && query.sort === 'time';
    if (canStop && best.isFull && candidates.bestTime !== undefined) {
      if (best.worst.rank < (isAscending ? candidates.bestTime : -candidates.bestTime)) {
        isTotalExact = false;
        break;
      }
    }
    // No trace of this chunk belongs on the page: its matches are only counted.
    if (hasAll && query.sort === 'time' && best.isFull) {
      const bestRank = isAscending ? chunk.minTime : -chunk.maxTime;
      if (bestRank > best.worst.rank) {
        total += chunk.length - chunk.deleted;
        continue;
      }
    }
    const matches = filter(chunk);
    const value = sortValue(query, chunk);
    const visit = (at: number) => {
      if (!matches(at)) return;
      total += 1;
      const rank = rankOf(value(at), query, scope);
      const number = chunk.number[at] ?? 0;
      if (best.isFull && !best.isWorstAfter(rank, number)) return;
      const found = { rank, number };
      if (cursor && !comesAfter(found, cursor, isAscending)) return;
      best.add(found);
    };
    if (candidates.places) for (const at of candidates.places) visit(at);
    else if (isAscending) for (let at = 0; at < chunk.length; at += 1) visit(at);
    else for (let at = chunk.length - 1; at >= 0; at -= 1) visit(at);
    await budget.turn();
  }
  const page = best.list.slice(0, query.limit);
  const last = page.at(-1);
  const hasMore = best.list.length > query.limit;
  return {
    numbers: page.map(({ number }) => number),
    next: hasMore && last ? cursorOf(last.number, valueAt(last.rank, query, scope)) : null,
    total: isTotalExact ? total : COUNT_LIMIT,
    isTotalExact,
  };
}

/** Limits a selection to some numbers, or reverses its order: what is not known comes first then. */
export interface Scope {
  readonly from?: number;
  readonly to?: number;
  readonly isReversed?: boolean;
}

/** Whether the traces that come first have low numbers. */
function hasLowFirst({ order }: ParsedQuery, { isReversed = false }: Scope): boolean {
  return (order === 'asc') !== isReversed;
}

/** Traces of one chunk: all, or those at `places`. */
interface Candidates {
  readonly chunk: Chunk;
  readonly places: readonly number[] | undefined;
  /** The earliest time of these and all following traces; in descending order the latest. */
  readonly bestTime: number | undefined;
}

/** The traces to scan: all, or those that have the words; in ascending order of time the oldest first. */
export async function* candidatesOf(
  index: TraceIndex,
  query: ParsedQuery,
  budget: Budget,
  scope: Scope,
): AsyncGenerator<Candidates> {
  const { from = 0, to = Number.POSITIVE_INFINITY } = scope;
  const isAscending = hasLowFirst(query, scope);
  const chunks = index.facts.chunks.filter(
    (chunk) => chunk.length > 0 && chunk.lastNumber >= from && chunk.firstNumber <= to,
  );
  if (!isAscending) chunks.reverse();
  if (query.q === undefined || query.q.trim() === '') {
    for (const chunk of chunks) {
      const isWhole = chunk.firstNumber >= from && chunk.lastNumber <= to;
      const places = isWhole ? undefined : placesBetween(chunk, from, to);
      yield { chunk, places, bestTime: undefined };
    }
    return;
  }
  const expression = matchExpression(query.q);
  if (expression === undefined) return;
  // The best time of each chunk and of all chunks after it.
  const bestTimes: number[] = [];
  for (let i = chunks.length - 1, best = isAscending ? Infinity : -Infinity; i >= 0; i -= 1) {
    const chunk = chunks[i];
    if (chunk) best = isAscending ? Math.min(best, chunk.minTime) : Math.max(best, chunk.maxTime);
    bestTimes[i] = best;
  }
  for (const [i, chunk] of chunks.entries()) {
    const places: number[] = [];
    const last = Math.min(chunk.lastNumber, to);
    const first = Math.max(chunk.firstNumber, from);
    for (const numbers of index.search.matches(expression, first, last)) {
      for (const number of numbers) {
        const at = chunk.find(number);
        if (at >= 0) places.push(at);
      }
      await budget.turn();
    }
    yield { chunk, places, bestTime: bestTimes[i] };
  }
}

function placesBetween(chunk: Chunk, from: number, to: number): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at < chunk.length; at += 1) {
    const number = chunk.number[at] ?? 0;
    if (number >= from && number <= to) places.push(at);
  }
  return places;
}

/** The first places in the order, as many as the limit. */
class Best {
  readonly list: Rank[] = [];
  readonly #limit: number;
  readonly #isAscending: boolean;

  constructor(limit: number, isAscending: boolean) {
    this.#limit = limit;
    this.#isAscending = isAscending;
  }

  get isFull(): boolean {
    return this.list.length === this.#limit;
  }

  /** The last of a full list. */
  get worst(): Rank {
    return this.list[this.list.length - 1] ?? { rank: Number.NaN, number: 0 };
  }

  /** Whether the last of a full list comes after this place, which then belongs into the list. */
  isWorstAfter(rank: number, number: number): boolean {
    const { worst } = this;
    if (worst.rank !== rank) return worst.rank > rank;
    return this.#isAscending ? worst.number > number : worst.number < number;
  }

  /** Adds a place that belongs into the list. */
  add(found: Rank): void {
    const { list } = this;
    if (this.isFull) list.pop();
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = list[middle];
      if (other && comesAfter(found, other, this.#isAscending)) low = middle + 1;
      else high = middle;
    }
    list.splice(low, 0, found);
  }
}

/** Traces of equal value are ordered by their numbers. */
function comesAfter(a: Rank, b: Rank, isAscending: boolean): boolean {
  if (a.rank !== b.rank) return a.rank > b.rank;
  return isAscending ? a.number > b.number : a.number < b.number;
}

/** The cursor that continues after a trace. Undefined if there is no such trace. */
export function cursorAt(
  index: TraceIndex,
  query: ParsedQuery,
  number: number,
): string | undefined {
  const [chunk, at] = index.facts.find(number);
  if (!chunk || chunk.isDeleted(at)) return undefined;
  return cursorOf(number, sortValue(query, chunk)(at));
}

function cursorOf(number: number, value: number): string {
  return Number.isNaN(value) ? `~${number}` : `${value}~${number}`;
}

/** @throws Refusal 400 */
function placeOf(cursor: string, query: ParsedQuery, scope: Scope): Rank {
  const [, value = '', number] = /^(|-?\d[\d.e+-]*)~(\d+)$/.exec(cursor) ?? [];
  const raw = value === '' ? Number.NaN : Number(value);
  if (number === undefined || (value !== '' && Number.isNaN(raw))) {
    throw new Refusal(400, 'no such cursor', { isViolation: false });
  }
  return { rank: rankOf(raw, query, scope), number: Number(number) };
}

function rankOf(raw: number, { order }: ParsedQuery, { isReversed = false }: Scope): number {
  const rank = Number.isNaN(raw) ? Number.POSITIVE_INFINITY : order === 'asc' ? raw : -raw;
  return isReversed ? -rank : rank;
}

/** The value that `rankOf` got. */
function valueAt(rank: number, { order }: ParsedQuery, { isReversed = false }: Scope): number {
  const value = isReversed ? -rank : rank;
  if (value === Number.POSITIVE_INFINITY) return Number.NaN;
  return order === 'asc' ? value : -value;
}
