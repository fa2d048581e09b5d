/** Measures over time and by route or model, from the facts: they always agree with the list of the same filter. */

import { Refusal } from '../http/refusal.js';
import type { TimeBudget } from '../http/time-budget.js';
import type { Overview, OverviewBucket, OverviewGroup, OverviewGrouping } from '../page-api.js';
import { hasWords, type Matches, matchesOf } from '../queries/matches.js';
import type { ParsedQuery } from '../queries/trace-query.js';
import type { Chunk } from '../trace-index/facts/chunk.js';
import { CHUNK_LENGTH } from '../trace-index/facts/columns.js';
import type { TraceIndex } from '../trace-index/trace-index.js';
import { type ChunkMeasures, measuresOf } from './chunk-measures.js';
import { type ChunkResults, LastResults } from './chunk-results.js';
import { TotalMeasures } from './total-measures.js';

const MAX_BUCKETS = 240;
const MAX_GROUPS = 50;
/** Most groups that are counted. The traces of others are counted in the buckets alone. */
const MAX_COUNTED = 5000;
/** Lengths of a bucket, from a minute to a week. */
const BUCKET_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];
/** The measures of this many filters are kept. */
const MAX_KEPT = 6;
/** Larger measures of a chunk are not kept, so that those of a million traces, over time and by groups, take 24 MB at most. */
const MAX_KEPT_BYTES = 32 * 1024;

type Range = readonly [first: number, last: number];
type GroupColumn = 'route' | 'models';

/**
 * The overviews of an index. The measures of each chunk are kept until it changes, so that an overview that is read again, as
 * a page that stays open does, only measures the new traces.
 */
export class Overviews {
  readonly #index: TraceIndex;
  readonly #ranges = new LastResults<Range>(MAX_KEPT);
  readonly #buckets = new LastResults<ChunkMeasures>(MAX_KEPT);
  readonly #groups = new LastResults<ChunkMeasures>(MAX_KEPT);

  constructor(index: TraceIndex) {
    this.#index = index;
  }

  /** Measures of the traces of a query, in buckets of time and by groups. */
  async of(query: ParsedQuery, by: OverviewGrouping, budget: TimeBudget): Promise<Overview> {
    const [first, last] = await this.#timeRange(query, budget);
    const bucketMs = bucketLength(last - first);
    const firstBucket = Math.floor(first / bucketMs);
    const count = Math.min(Math.floor(last / bucketMs) - firstBucket + 1, MAX_BUCKETS);
    const buckets = new TotalMeasures();
    const groups = new TotalMeasures();
    const column = by === 'model' ? 'models' : 'route';
    const names = new GroupNames(this.#index, column);
    const filters = filtersOf(query);
    const keptBuckets = this.#buckets.of(`${bucketMs} ${filters}`);
    const keptGroups = this.#groups.of(`${column} ${filters}`);
    const isKept = (chunk: Chunk) =>
      isWhole(chunk, query) &&
      keptBuckets.get(chunk, chunk.changes) !== undefined &&
      keptGroups.get(chunk, chunk.changes) !== undefined;
    let isEmpty = true;
    let areWordsLeftOut = false;
    for await (const matches of matchesOf(this.#index, query, budget, { skips: isKept })) {
      areWordsLeftOut = matches.areWordsLeftOut;
      const isOfWhole = matches.isSkipped || isWhole(matches.chunk, query);
      const inBuckets = measured(matches, keptBuckets, isOfWhole, (keyIndexes) =>
        setBuckets(matches, bucketMs, keyIndexes),
      );
      for (const [i, bucket] of inBuckets.keys.entries()) {
        isEmpty = false;
        const index = bucket - firstBucket;
        // Traces that were added since the range was read may be outside.
        if (index >= 0 && index < count) buckets.add(index, inBuckets, i);
      }
      const inGroups = measured(matches, keptGroups, isOfWhole, (keyIndexes) =>
        setHashes(matches, column, keyIndexes),
      );
      for (const [i, hash] of inGroups.keys.entries()) {
        for (const index of names.indexesOf(hash)) groups.add(index, inGroups, i);
      }
    }
    return {
      bucketMs,
      buckets: Array.from(
        { length: isEmpty ? 0 : count },
        (_, i): OverviewBucket => ({ from: (firstBucket + i) * bucketMs, ...buckets.of(i) }),
      ),
      groups: names.all
        .map((name, index) => ({ name, index, requests: groups.requests(index) }))
        .sort((a, b) => b.requests - a.requests)
        .slice(0, MAX_GROUPS)
        .map(({ name, index }): OverviewGroup => ({ name, ...groups.of(index) })),
      ...(areWordsLeftOut && { areWordsLeftOut }),
    };
  }

  /** The first and the last millisecond of the filter: those of its traces, or `from` and the one before `to`. */
  async #timeRange(query: ParsedQuery, budget: TimeBudget): Promise<Range> {
    const { from, to } = query;
    if (from !== undefined && to !== undefined && to < from) {
      throw new Refusal(400, 'to must not be before from', { isViolation: false });
    }
    const until = to === undefined ? undefined : Math.ceil(to) - 1;
    if (from !== undefined && until !== undefined) return [from, Math.max(from, until)];
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    const { q: _, ...withoutWords } = query;
    const kept = this.#ranges.of(filtersOf(query));
    const isKept = (chunk: Chunk) =>
      isWhole(chunk, query) && kept.get(chunk, chunk.changes) !== undefined;
    for await (const matches of matchesOf(this.#index, withoutWords, budget, {
      skips: isKept,
    })) {
      const isOfWhole = matches.isSkipped || isWhole(matches.chunk, query);
      const range = keptOrMade(matches, kept, isOfWhole, () => rangeOf(matches));
      first = Math.min(first, range[0]);
      last = Math.max(last, range[1]);
    }
    if (first > last) [first, last] = [from ?? until ?? 0, until ?? from ?? 0];
    return [from ?? first, until ?? last];
  }
}

/** The filters of a query, without the range of time, as text. */
function filtersOf(query: ParsedQuery): string {
  const { from: _, to: __, q: ___, sort, order, limit, cursor, ...filters } = query;
  return JSON.stringify(filters);
}

/** Whether the range of time and the words of the query exclude no trace of the chunk. */
function isWhole({ minTime, maxTime }: Chunk, query: ParsedQuery): boolean {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query;
  return !hasWords(query) && minTime >= from && maxTime < to;
}

function rangeOf({ chunk, indexes }: Matches): Range {
  const time = chunk.wide.time.read(indexes);
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < indexes.length; i += 1) {
    const began = time[indexes[i] ?? 0] ?? 0;
    if (began < first) first = began;
    if (began > last) last = began;
  }
  return [first, last];
}

/** For each trace of a chunk that matches, the index of its key in a list of keys. One scan at a time uses it. */
const sharedKeyIndexes = new Uint16Array(CHUNK_LENGTH);

/**
 * The kept result of a scan, or a new one, which is kept if it covers the whole chunk and `mayKeep` allows it.
 * @param mayKeep whether the result is small enough
 */
function keptOrMade<T>(
  { chunk, changes }: Matches,
  kept: ChunkResults<T>,
  isOfWhole: boolean,
  make: () => T,
  mayKeep: (made: T) => boolean = () => true,
): T {
  const known = isOfWhole ? kept.get(chunk, changes) : undefined;
  if (known !== undefined) return known;
  const made = make();
  if (isOfWhole && mayKeep(made)) kept.set(chunk, changes, made);
  return made;
}

/** @param setKeyIndexes sets the index of the key of each trace, and returns the keys */
function measured(
  matches: Matches,
  kept: ChunkResults<ChunkMeasures>,
  isOfWhole: boolean,
  setKeyIndexes: (keyIndexes: Uint16Array) => readonly number[],
): ChunkMeasures {
  return keptOrMade(
    matches,
    kept,
    isOfWhole,
    () => measuresOf(matches, sharedKeyIndexes, setKeyIndexes(sharedKeyIndexes)),
    ({ sums, durations }) => sums.byteLength + durations.byteLength <= MAX_KEPT_BYTES,
  );
}

/** Sets the index of each trace's bucket of time. Buckets are counted from 1970. @returns the buckets */
function setBuckets(
  { chunk, indexes }: Matches,
  bucketMs: number,
  keyIndexes: Uint16Array,
): readonly number[] {
  const time = chunk.wide.time.read(indexes);
  const known = new Map<number, number>();
  let [keyIndex, start, end] = [0, 0, 0];
  for (let i = 0; i < indexes.length; i += 1) {
    const began = time[indexes[i] ?? 0] ?? 0;
    // The bucket of the trace before, as a rule.
    if (began < start || began >= end) {
      const bucket = Math.floor(began / bucketMs);
      keyIndex = known.get(bucket) ?? known.size;
      known.set(bucket, keyIndex);
      [start, end] = [bucket * bucketMs, (bucket + 1) * bucketMs];
    }
    keyIndexes[i] = keyIndex;
  }
  return [...known.keys()];
}

/** Sets the index of the hash that each trace has in a column. @returns the hashes */
function setHashes(
  { chunk, indexes }: Matches,
  column: GroupColumn,
  keyIndexes: Uint16Array,
): readonly number[] {
  const { codes, hashes } = chunk.texts[column];
  const indexOfCode = new Int32Array(hashes.length).fill(-1);
  const keys: number[] = [];
  for (let i = 0; i < indexes.length; i += 1) {
    const code = codes[indexes[i] ?? 0] ?? 0;
    let keyIndex = indexOfCode[code] ?? 0;
    if (keyIndex < 0) {
      keyIndex = keys.length;
      indexOfCode[code] = keyIndex;
      keys.push(hashes[code] ?? 0);
    }
    keyIndexes[i] = keyIndex;
  }
  return keys;
}

function bucketLength(rangeMs: number): number {
  // There may be one bucket more, since the first one may begin before the range.
  const fits = (minutes: number) => rangeMs / (minutes * 60_000) + 1 <= MAX_BUCKETS;
  const week = BUCKET_MINUTES.at(-1) ?? 1;
  const minutes =
    BUCKET_MINUTES.find(fits) ?? week * Math.ceil(rangeMs / (MAX_BUCKETS - 1) / (week * 60_000));
  return minutes * 60_000;
}

/** The names of groups, each at an index. A trace belongs to one route, or to any number of models. */
class GroupNames {
  readonly #index: TraceIndex;
  readonly #column: GroupColumn;
  readonly #indexes = new Map<string, number>();
  /** The indexes of the groups of traces with that hash. */
  readonly #known = new Map<number, readonly number[]>();

  constructor(index: TraceIndex, column: GroupColumn) {
    this.#index = index;
    this.#column = column;
  }

  get all(): readonly string[] {
    return [...this.#indexes.keys()];
  }

  /** The indexes of the groups of the traces that have this hash in the column. */
  indexesOf(hash: number): readonly number[] {
    const known = this.#known.get(hash);
    if (known) return known;
    const label = hash === 0 ? undefined : this.#index.labels.text(this.#column, hash);
    const names: readonly string[] =
      label === undefined ? [] : this.#column === 'models' ? JSON.parse(label) : [label];
    const indexes = names.map((name) => this.#indexOf(name)).filter((each) => each !== undefined);
    if (this.#known.size < MAX_COUNTED) this.#known.set(hash, indexes);
    return indexes;
  }

  #indexOf(name: string): number | undefined {
    const known = this.#indexes.get(name);
    if (known !== undefined || this.#indexes.size >= MAX_COUNTED) return known;
    this.#indexes.set(name, this.#indexes.size);
    return this.#indexes.size - 1;
  }
}
