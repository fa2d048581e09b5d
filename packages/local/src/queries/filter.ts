/**
 * The filters of a query. Each test is a loop of its own over one column, which keeps the indexes of the traces that match: a
 * function that is called for each trace would take ten times as long for a million. A loop writes every index,
 * but only moves on if the trace matches: a branch that the processor cannot predict takes longer.
 */

import { type FeedbackFilter, MARKS, TRACERS, type TraceQuery } from '../page-api.js';
import type { Chunk } from '../trace-index/facts/chunk.js';
import { FLAGS, NO_COUNT, OUTCOME_CODES, type TextColumn } from '../trace-index/facts/columns.js';
import { hashOf } from '../trace-index/facts/hash.js';
import type { TraceIndex } from '../trace-index/trace-index.js';

/**
 * Keeps those of the first `count` indexes whose trace matches, in their order, at the beginning of `indexes`. Deleted traces
 * never match. @returns how many it kept
 */
export type ChunkFilter = (chunk: Chunk, indexes: Uint16Array, count: number) => number;

/** The filter of a query, without its words. */
export function chunkFilter(query: TraceQuery, index: TraceIndex): ChunkFilter {
  const filters = filtersOf(query, index);
  return (chunk, indexes, count) => {
    let kept = chunk.deleted > 0 ? keepUndeleted(chunk, indexes, count) : count;
    for (const filter of filters) {
      if (kept === 0) break;
      kept = filter(chunk, indexes, kept);
    }
    return kept;
  };
}

function filtersOf(query: TraceQuery, index: TraceIndex): ChunkFilter[] {
  const filters: ChunkFilter[] = [];
  if (query.pipeline !== undefined) filters.push(isOneOf('pipeline', [query.pipeline]));
  for (const column of ['name', 'route', 'user', 'session'] as const) {
    const values = query[column];
    if (values) filters.push(isOneOf(column, values));
  }
  if (query.from !== undefined) filters.push(isWithin('time', query.from));
  if (query.to !== undefined) filters.push(isBefore(query.to));
  if (query.minLatency !== undefined) filters.push(isWithin('latency', query.minLatency));
  if (query.maxLatency !== undefined) {
    filters.push(isWithin('latency', Number.NEGATIVE_INFINITY, query.maxLatency));
  }
  if (query.minCost !== undefined) filters.push(isWithin('cost', query.minCost));
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
        query.dialect.map((each) => TRACERS.indexOf(each)),
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

function keepUndeleted({ flags }: Chunk, indexes: Uint16Array, count: number): number {
  const deleted = 1 << FLAGS.deleted.shift;
  let kept = 0;
  for (let i = 0; i < count; i += 1) {
    const at = indexes[i] ?? 0;
    if (((flags[at] ?? 0) & deleted) === 0) indexes[kept++] = at;
  }
  return kept;
}

function isOneOf(column: TextColumn, values: readonly string[]): ChunkFilter {
  return hasHash(column, new Set(values.map(hashOf)));
}

function hasModel(models: readonly string[], index: TraceIndex): ChunkFilter {
  const lists = index.labels.all('models').filter(({ text }) => {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && models.some((model) => list.includes(model));
  });
  return hasHash('models', new Set(lists.map(({ hash }) => hash)));
}

function hasHash(column: TextColumn, hashes: ReadonlySet<number>): ChunkFilter {
  return ({ texts }, indexes, count) => {
    const { codes, hashes: all } = texts[column];
    const isWanted = new Uint8Array(all.length);
    let wanted = 0;
    for (const hash of hashes) {
      const code = texts[column].codeOf(hash);
      if (code < 0) continue;
      isWanted[code] = 1;
      wanted += 1;
    }
    if (wanted === 0) return 0;
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const at = indexes[i] ?? 0;
      indexes[kept] = at;
      kept += isWanted[codes[at] ?? 0] ?? 0;
    }
    return kept;
  };
}

/** From `min` to `max`, both included. An unknown value never matches: it is NaN, and every comparison with NaN is false. */
function isWithin(
  column: 'time' | 'latency' | 'cost',
  min: number,
  max = Number.POSITIVE_INFINITY,
): ChunkFilter {
  return ({ wide }, indexes, count) => {
    const values = wide[column].read(indexes, count);
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const at = indexes[i] ?? 0;
      const value = values[at] ?? Number.NaN;
      indexes[kept] = at;
      kept += value >= min && value <= max ? 1 : 0;
    }
    return kept;
  };
}

function isBefore(limit: number): ChunkFilter {
  return ({ wide }, indexes, count) => {
    const time = wide.time.read(indexes, count);
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const at = indexes[i] ?? 0;
      indexes[kept] = at;
      kept += (time[at] ?? Number.NaN) < limit ? 1 : 0;
    }
    return kept;
  };
}

function hasTokens(min: number): ChunkFilter {
  return ({ counts }, indexes, count) => {
    const tokens = counts.tokens.read(indexes, count);
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const at = indexes[i] ?? 0;
      const value = tokens[at] ?? NO_COUNT;
      indexes[kept] = at;
      kept += value !== NO_COUNT && value >= min ? 1 : 0;
    }
    return kept;
  };
}

function hasFlag(name: keyof typeof FLAGS, values: readonly number[]): ChunkFilter {
  const { shift, mask } = FLAGS[name];
  const wanted = bitsOf(values);
  return ({ flags }, indexes, count) => {
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const at = indexes[i] ?? 0;
      const value = ((flags[at] ?? 0) >>> shift) & mask;
      indexes[kept] = at;
      kept += (wanted >>> value) & 1;
    }
    return kept;
  };
}

function hasMark(marks: readonly number[]): ChunkFilter {
  const wanted = bitsOf(marks) << FLAGS.marks.shift;
  return ({ flags }, indexes, count) => {
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const at = indexes[i] ?? 0;
      indexes[kept] = at;
      kept += ((flags[at] ?? 0) & wanted) !== 0 ? 1 : 0;
    }
    return kept;
  };
}

function bitsOf(values: readonly number[]): number {
  return values.reduce((bits, value) => bits | (1 << value), 0);
}

const NO_STATUS = 1000;

/** @param statuses such as `404` or `4xx` */
function hasStatus(statuses: readonly string[]): ChunkFilter {
  const isWanted = new Uint8Array(NO_STATUS + 1);
  for (const each of statuses) {
    if (each.endsWith('xx')) isWanted.fill(1, Number(each[0]) * 100, Number(each[0]) * 100 + 100);
    else isWanted[Number(each)] = 1;
  }
  return ({ counts }, indexes, count) => {
    const status = counts.status.read(indexes, count);
    let kept = 0;
    for (let i = 0; i < count; i += 1) {
      const at = indexes[i] ?? 0;
      indexes[kept] = at;
      kept += isWanted[Math.min(status[at] ?? NO_COUNT, NO_STATUS)] ?? 0;
    }
    return kept;
  };
}
