import type { Matches } from '../queries/matches.js';
import {
  CHUNK_LENGTH,
  FLAGS,
  flag,
  NO_COUNT,
  OUTCOME_CODES,
} from '../trace-index/facts/columns.js';
import { bucketOf, emptyHistogram } from '../trace-index/facts/histogram.js';

/** The sums of each key, in this order. In those from `promptTokens` on, NaN is unknown. */
export const SUM = {
  requests: 0,
  errors: 1,
  aborts: 2,
  failedAborts: 3,
  promptTokens: 4,
  completionTokens: 5,
  wastedTokens: 6,
  cost: 7,
} as const;
export const SUMS = Object.keys(SUM).length;

/** The measures of some traces of one chunk, by a key such as their minute or their route. */
export interface ChunkMeasures {
  readonly keys: readonly number[];
  /** `SUMS` for each key. */
  readonly sums: Float64Array;
  /**
   * The histograms of the latency and of the time to the first token, of one key after the other. Each entry is a bucket,
   * shifted by 16 bits, and its count.
   */
  readonly durations: Uint32Array;
  /** Where the two histograms of each key end in `durations`. */
  readonly ends: Uint32Array;
}

/** The bucket of unknown durations. */
const UNKNOWN = bucketOf();
const ABORTED = OUTCOME_CODES.indexOf('aborted');

/** Used by one call at a time, each of which leaves the histograms empty. */
const sortedIndexes = new Uint16Array(CHUNK_LENGTH);
const histograms = { latency: emptyHistogram(), firstToken: emptyHistogram() };
const entries = new Uint32Array(2 * CHUNK_LENGTH);

/**
 * Measures the traces of a chunk. They are sorted by their keys first: the sums of one key are then local variables, and its
 * histograms fit into the processor's first cache.
 * @param keyIndexes the index in `keys` of the key of each trace
 */
export function measuresOf(
  { chunk, indexes }: Pick<Matches, 'chunk' | 'indexes'>,
  keyIndexes: Uint16Array,
  keys: readonly number[],
): ChunkMeasures {
  const cost = chunk.wide.cost.read(indexes);
  const promptTokens = chunk.counts.promptTokens.read(indexes);
  const completionTokens = chunk.counts.completionTokens.read(indexes);
  const { flags } = chunk;
  const { latency, firstToken } = chunk.buckets;
  const sums = new Float64Array(keys.length * SUMS);
  const ends = new Uint32Array(keys.length * 2);
  const keyEnds = sortIndexes(indexes, keyIndexes, keys.length);
  let end = 0;
  let i = 0;
  for (let key = 0; key < keys.length; key += 1) {
    const first = i;
    const last = keyEnds[key] ?? 0;
    let [errors, aborts, failedAborts, costs] = [0, 0, 0, Number.NaN];
    let [prompt, completion, wasted] = [Number.NaN, Number.NaN, Number.NaN];
    for (; i < last; i += 1) {
      const at = sortedIndexes[i] ?? 0;
      const bits = flags[at] ?? 0;
      const failed = flag(bits, FLAGS.failed);
      const completed = completionTokens[at] ?? NO_COUNT;
      errors += failed;
      if (flag(bits, FLAGS.outcome) === ABORTED) {
        aborts += 1;
        failedAborts += failed;
        wasted = plus(wasted, completed);
      }
      prompt = plus(prompt, promptTokens[at] ?? NO_COUNT);
      completion = plus(completion, completed);
      const price = cost[at] ?? Number.NaN;
      if (!Number.isNaN(price)) costs = Number.isNaN(costs) ? price : costs + price;
    }
    sums.set(
      [last - first, errors, aborts, failedAborts, prompt, completion, wasted, costs],
      key * SUMS,
    );
    end = addDurations(latency, histograms.latency, first, last, end);
    ends[2 * key] = end;
    end = addDurations(firstToken, histograms.firstToken, first, last, end);
    ends[2 * key + 1] = end;
  }
  return { keys, sums, durations: entries.slice(0, end), ends };
}

/** Sorts the traces by their key. @returns for each key, where its traces end */
function sortIndexes(indexes: Uint16Array, keyIndexes: Uint16Array, keyCount: number): Uint32Array {
  const ends = new Uint32Array(keyCount);
  for (let i = 0; i < indexes.length; i += 1) {
    const key = keyIndexes[i] ?? 0;
    ends[key] = (ends[key] ?? 0) + 1;
  }
  let start = 0;
  for (let key = 0; key < keyCount; key += 1) {
    const count = ends[key] ?? 0;
    ends[key] = start;
    start += count;
  }
  for (let i = 0; i < indexes.length; i += 1) {
    const key = keyIndexes[i] ?? 0;
    const to = ends[key] ?? 0;
    sortedIndexes[to] = indexes[i] ?? 0;
    ends[key] = to + 1;
  }
  return ends;
}

/** Writes the histogram of some of the sorted traces behind `end`. @returns its end */
function addDurations(
  buckets: Uint16Array,
  histogram: Uint32Array,
  first: number,
  last: number,
  end: number,
): number {
  let next = end;
  for (let i = first; i < last; i += 1) {
    const bucket = buckets[sortedIndexes[i] ?? 0] ?? UNKNOWN;
    const count = histogram[bucket] ?? 0;
    if (count === 0 && bucket !== UNKNOWN) entries[next++] = bucket;
    histogram[bucket] = count + 1;
  }
  histogram[UNKNOWN] = 0;
  for (let i = end; i < next; i += 1) {
    const bucket = entries[i] ?? 0;
    entries[i] = (bucket << 16) | (histogram[bucket] ?? 0);
    histogram[bucket] = 0;
  }
  return next;
}

/** The sum, which is NaN as long as no count is known. */
function plus(sum: number, count: number): number {
  if (count === NO_COUNT) return sum;
  return Number.isNaN(sum) ? count : sum + count;
}
