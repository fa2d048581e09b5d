import { DIALECTS, type FeedbackFilter, MARKS, type TraceQuery } from '../page-api.js';
import type { Budget } from './budget.js';
import { type Chunk, FLAGS, flag, NO_COUNT, OUTCOME_CODES, type WideColumn } from './facts.js';
import { hashOf } from './hash.js';
import type { TraceIndex } from './trace-index.js';

/** Returns the test of a chunk's traces. Deleted traces never match. */
export type TraceFilter = (chunk: Chunk) => IsMatch;

/** Whether the trace at a place of a chunk matches. It is bound to one chunk, since a scan of a million traces calls it a million times. */
type IsMatch = (at: number) => boolean;

/** The filter of a query, without its words. */
export function traceFilter(query: TraceQuery, index: TraceIndex): TraceFilter {
  const filters = filtersOf(query, index);
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

/** Whether every trace matches a query and has its words, in whatever order. */
export function matchesAll(query: TraceQuery): boolean {
  const { sort: _, order: __, cursor: ___, limit: ____, ...filters } = query;
  return Object.keys(filters).length === 0;
}

/**
 * Visits the traces that match, with pauses for other reads.
 * @param visitorOf returns the visitor of a chunk, which gets the places of its traces
 */
export async function scan(
  index: TraceIndex,
  filter: TraceFilter,
  budget: Budget,
  visitorOf: (chunk: Chunk) => (at: number) => void,
): Promise<void> {
  for (const chunk of index.facts.chunks) {
    const isMatch = filter(chunk);
    const visit = visitorOf(chunk);
    for (let at = 0; at < chunk.length; at += 1) if (isMatch(at)) visit(at);
    await budget.turn();
  }
}

function filtersOf(query: TraceQuery, index: TraceIndex): TraceFilter[] {
  const filters: TraceFilter[] = [];
  if (query.pipeline !== undefined) filters.push(isOneOf('pipeline', [query.pipeline]));
  for (const column of ['name', 'route', 'user', 'session'] as const) {
    const values = query[column];
    if (values) filters.push(isOneOf(column, values));
  }
  if (query.from !== undefined) filters.push(isAtLeast('time', query.from));
  if (query.to !== undefined) filters.push(isBelow('time', query.to));
  if (query.minLatency !== undefined) filters.push(isAtLeast('latency', query.minLatency));
  if (query.maxLatency !== undefined) filters.push(isAtMost('latency', query.maxLatency));
  if (query.minCost !== undefined) filters.push(isAtLeast('cost', query.minCost));
  if (query.minTokens !== undefined) filters.push(hasTokens(query.minTokens));
  if (query.outcome) {
    filters.push(
      hasFlag(
        'outcome',
        query.outcome.map((each) => OUTCOME_CODES.indexOf(each)),
      ),
    );
  }
  if (query.dialect) {
    filters.push(
      hasFlag(
        'dialect',
        query.dialect.map((each) => DIALECTS.indexOf(each)),
      ),
    );
  }
  if (query.failed !== undefined) filters.push(hasFlag('failed', [Number(query.failed)]));
  if (query.feedback) filters.push(hasFlag('feedback', FEEDBACK_CODES[query.feedback]));
  if (query.mark) filters.push(hasMark(query.mark.map((each) => MARKS.indexOf(each))));
  if (query.status) filters.push(hasStatus(query.status));
  if (query.model) filters.push(hasModel(query.model, index));
  return filters;
}

/** The values of `FLAGS.feedback` that match. */
const FEEDBACK_CODES: Readonly<Record<FeedbackFilter, readonly number[]>> = {
  any: [1, 2, 3],
  positive: [2],
  negative: [3],
  none: [0],
};

function isOneOf(column: WideColumn, values: readonly string[]): TraceFilter {
  const hashes = new Set(values.map(hashOf));
  const [only] = hashes;
  return (chunk) => {
    const found = chunk.wide[column];
    return hashes.size === 1 ? (at) => found[at] === only : (at) => hashes.has(found[at] ?? 0);
  };
}

// An unknown value never matches: it is NaN, and every comparison with NaN is false.

function isAtLeast(column: WideColumn, min: number): TraceFilter {
  return (chunk) => {
    const values = chunk.wide[column];
    return (at) => (values[at] ?? Number.NaN) >= min;
  };
}

function isAtMost(column: WideColumn, max: number): TraceFilter {
  return (chunk) => {
    const values = chunk.wide[column];
    return (at) => (values[at] ?? Number.NaN) <= max;
  };
}

function isBelow(column: WideColumn, limit: number): TraceFilter {
  return (chunk) => {
    const values = chunk.wide[column];
    return (at) => (values[at] ?? Number.NaN) < limit;
  };
}

function hasTokens(min: number): TraceFilter {
  return ({ narrow: { tokens } }) =>
    (at) => {
      const count = tokens[at] ?? NO_COUNT;
      return count !== NO_COUNT && count >= min;
    };
}

function hasFlag(name: keyof typeof FLAGS, values: readonly number[]): TraceFilter {
  const wanted = bitsOf(values);
  return ({ narrow: { flags } }) =>
    (at) =>
      (wanted & (1 << flag(flags[at] ?? 0, FLAGS[name]))) !== 0;
}

function hasMark(marks: readonly number[]): TraceFilter {
  const wanted = bitsOf(marks);
  return ({ narrow: { flags } }) =>
    (at) =>
      (flag(flags[at] ?? 0, FLAGS.marks) & wanted) !== 0;
}

function bitsOf(places: readonly number[]): number {
  return places.reduce((bits, place) => bits | (1 << place), 0);
}

function hasStatus(statuses: readonly string[]): TraceFilter {
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

function hasModel(models: readonly string[], index: TraceIndex): TraceFilter {
  const hashes = new Set(
    index.labels
      .all('models')
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
