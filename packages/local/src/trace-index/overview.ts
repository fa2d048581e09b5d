/** Measures over time and by route or model, from the facts: they always agree with the list of the same filter. */

import { Refusal } from '../http/refusal.js';
import type {
  Measures,
  Overview,
  OverviewBucket,
  OverviewGroup,
  OverviewGrouping,
} from '../page-api.js';
import type { Budget } from './budget.js';
import { CHUNK_LENGTH, FLAGS, flag, knownValue, NO_COUNT, OUTCOME_CODES } from './facts.js';
import { addKnown, longer } from './float-columns.js';
import { bucketOf, emptyHistogram, quantileOf } from './histogram.js';
import { type Matches, matchesOf } from './matches.js';
import type { TraceIndex } from './trace-index.js';
import type { ParsedQuery } from './trace-query.js';

const MAX_BUCKETS = 240;
const MAX_GROUPS = 50;
/** Groups that are counted; traces of further ones are only in the buckets. */
const MAX_COUNTED = 5000;
/** Lengths of a bucket, from a minute to a week. */
const BUCKET_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];

/** Measures of the traces of a query, in buckets of time and by groups. */
export async function overviewOf(
  index: TraceIndex,
  query: ParsedQuery,
  by: OverviewGrouping,
  budget: Budget,
): Promise<Overview> {
  const [first, last] = await timeRange(index, query, budget);
  const bucketMs = bucketLength(last - first);
  const start = Math.floor(first / bucketMs) * bucketMs;
  const count = Math.min(Math.floor((last - start) / bucketMs) + 1, MAX_BUCKETS);
  const buckets = new Tallies();
  buckets.extendTo(count);
  const groups = new Tallies();
  const names = new GroupNames(index, by);
  const tallies = new Int32Array(CHUNK_LENGTH);
  let isEmpty = true;
  for await (const matches of matchesOf(index, query, budget)) {
    const { chunk, places } = matches;
    const { time } = chunk.wide;
    for (let i = 0; i < places.length; i += 1) {
      const bucket = Math.floor(((time[places[i] ?? 0] ?? 0) - start) / bucketMs);
      // Traces that were added since the range was read may be outside.
      tallies[i] = bucket >= 0 && bucket < count ? bucket : NO_TALLY;
    }
    buckets.add(matches, tallies);
    isEmpty &&= places.length === 0;
    const groupsOf = names.numbersOf(matches);
    groups.extendTo(names.count);
    for (let i = 0; groupsOf.some((numbers) => i < numbers.length); i += 1) {
      names.setTallies(matches, groupsOf, i, tallies);
      groups.add(matches, tallies);
    }
  }
  return {
    bucketMs,
    buckets: Array.from(
      { length: isEmpty ? 0 : count },
      (_, i): OverviewBucket => ({ from: start + i * bucketMs, ...buckets.measures(i) }),
    ),
    groups: names.all
      .map((name, i) => ({ name, i, requests: groups.requests(i) }))
      .sort((a, b) => b.requests - a.requests)
      .slice(0, MAX_GROUPS)
      .map(({ name, i }): OverviewGroup => ({ name, ...groups.measures(i) })),
  };
}

/** The first and the last millisecond of the filter: those of its traces, or `from` and the one before `to`. */
async function timeRange(
  index: TraceIndex,
  query: ParsedQuery,
  budget: Budget,
): Promise<readonly [first: number, last: number]> {
  const { from, to } = query;
  if (from !== undefined && to !== undefined && to < from) {
    throw new Refusal(400, 'to must not be before from', { isViolation: false });
  }
  const until = to === undefined ? undefined : Math.ceil(to) - 1;
  if (from !== undefined && until !== undefined) return [from, Math.max(from, until)];
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  const { q: _, ...filters } = query;
  for await (const { chunk, places } of matchesOf(index, filters, budget)) {
    const { time } = chunk.wide;
    for (let i = 0; i < places.length; i += 1) {
      const began = time[places[i] ?? 0] ?? 0;
      if (began < first) first = began;
      if (began > last) last = began;
    }
  }
  if (first > last) [first, last] = [from ?? until ?? 0, until ?? from ?? 0];
  return [from ?? first, until ?? last];
}

function bucketLength(rangeMs: number): number {
  // There may be one bucket more, since the first one may begin before the range.
  const fits = (minutes: number) => rangeMs / (minutes * 60_000) + 1 <= MAX_BUCKETS;
  const week = BUCKET_MINUTES.at(-1) ?? 1;
  const minutes =
    BUCKET_MINUTES.find(fits) ?? week * Math.ceil(rangeMs / (MAX_BUCKETS - 1) / (week * 60_000));
  return minutes * 60_000;
}

/** The names of groups, each with a number. A trace belongs to one route, or to any number of models. */
class GroupNames {
  readonly #index: TraceIndex;
  readonly #column: 'route' | 'models';
  readonly #numbers = new Map<string, number>();
  /** The numbers of the groups of traces with that hash. */
  readonly #known = new Map<number, readonly number[]>();

  constructor(index: TraceIndex, by: OverviewGrouping) {
    this.#index = index;
    this.#column = by === 'model' ? 'models' : 'route';
  }

  get count(): number {
    return this.#numbers.size;
  }

  get all(): readonly string[] {
    return [...this.#numbers.keys()];
  }

  /** The numbers of the groups of traces, by their codes in the column. */
  numbersOf({ chunk, places }: Matches): readonly (readonly number[])[] {
    const { codes, hashes } = chunk.texts[this.#column];
    const isUsed = new Uint8Array(hashes.length);
    for (let i = 0; i < places.length; i += 1) isUsed[codes[places[i] ?? 0] ?? 0] = 1;
    return hashes.map((hash, code) => (isUsed[code] === 1 ? this.#ofHash(hash) : NO_GROUPS));
  }

  /** Writes the number of each trace's group, of those with several the one at `i`. */
  setTallies(
    { chunk, places }: Matches,
    numbersOf: readonly (readonly number[])[],
    i: number,
    tallies: Int32Array,
  ): void {
    const { codes } = chunk.texts[this.#column];
    const numbers = Int32Array.from(numbersOf, (each) => each[i] ?? NO_TALLY);
    for (let place = 0; place < places.length; place += 1) {
      tallies[place] = numbers[codes[places[place] ?? 0] ?? 0] ?? NO_TALLY;
    }
  }

  #ofHash(hash: number): readonly number[] {
    const known = this.#known.get(hash);
    if (known) return known;
    const label = hash === 0 ? undefined : this.#index.labels.text(this.#column, hash);
    const names: readonly string[] =
      label === undefined ? [] : this.#column === 'models' ? JSON.parse(label) : [label];
    const numbers = names.map((name) => this.#numberOf(name)).filter((each) => each !== NO_TALLY);
    if (this.#known.size < MAX_COUNTED) this.#known.set(hash, numbers);
    return numbers;
  }

  #numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MAX_COUNTED) return NO_TALLY;
    this.#numbers.set(name, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

const NO_GROUPS: readonly number[] = [];
const NO_TALLY = -1;

/** What is counted of a tally, in this order, beside its histograms. In a sum, NaN is unknown. */
const REQUESTS = 0;
const ERRORS = 1;
const ABORTS = 2;
const FAILED_ABORTS = 3;
const PROMPT_TOKENS = 4;
const COMPLETION_TOKENS = 5;
const WASTED_TOKENS = 6;
const COST = 7;
const WIDTH = 8;

/** Counts the traces of each bucket or group. */
class Tallies {
  count = 0;
  #values = new Float64Array(WIDTH);
  /** The histograms of the tallies that have a known duration: each takes 6 KB. */
  readonly #latencies: (Uint32Array | undefined)[] = [];
  readonly #firstTokens: (Uint32Array | undefined)[] = [];

  /** @param tallies the number of a tally that there is, or `NO_TALLY`, for each place */
  add({ chunk, places }: Matches, tallies: Int32Array): void {
    const { cost } = chunk.wide;
    const { flags, promptTokens, completionTokens } = chunk.narrow;
    const { latency, firstToken } = chunk.buckets;
    const values = this.#values;
    const latencies = this.#latencies;
    const firstTokens = this.#firstTokens;
    for (let i = 0; i < places.length; i += 1) {
      const tally = tallies[i] ?? NO_TALLY;
      if (tally === NO_TALLY) continue;
      const to = tally * WIDTH;
      const at = places[i] ?? 0;
      const bits = flags[at] ?? 0;
      const failed = flag(bits, FLAGS.failed);
      const completion = completionTokens[at] ?? NO_COUNT;
      values[to + REQUESTS] = (values[to + REQUESTS] ?? 0) + 1;
      if (failed === 1) values[to + ERRORS] = (values[to + ERRORS] ?? 0) + 1;
      if (flag(bits, FLAGS.outcome) === ABORTED) {
        values[to + ABORTS] = (values[to + ABORTS] ?? 0) + 1;
        values[to + FAILED_ABORTS] = (values[to + FAILED_ABORTS] ?? 0) + failed;
        addCount(values, to + WASTED_TOKENS, completion);
      }
      addCount(values, to + PROMPT_TOKENS, promptTokens[at] ?? NO_COUNT);
      addCount(values, to + COMPLETION_TOKENS, completion);
      addKnown(values, to + COST, cost[at] ?? Number.NaN);
      increment(latencies, tally, latency[at] ?? UNKNOWN);
      increment(firstTokens, tally, firstToken[at] ?? UNKNOWN);
    }
  }

  requests(tally: number): number {
    return this.#values[tally * WIDTH + REQUESTS] ?? 0;
  }

  measures(tally: number): Measures {
    const latency = this.#latencies[tally] ?? NO_DURATIONS;
    const firstToken = this.#firstTokens[tally] ?? NO_DURATIONS;
    const count = (which: number) => this.#values[tally * WIDTH + which] ?? 0;
    const sum = (which: number) => knownValue(this.#values[tally * WIDTH + which]);
    return {
      requests: count(REQUESTS),
      errors: count(ERRORS),
      aborts: count(ABORTS),
      failedAborts: count(FAILED_ABORTS),
      p50: quantileOf(latency, 0.5),
      p95: quantileOf(latency, 0.95),
      p99: quantileOf(latency, 0.99),
      firstTokenP50: quantileOf(firstToken, 0.5),
      firstTokenP95: quantileOf(firstToken, 0.95),
      promptTokens: sum(PROMPT_TOKENS),
      completionTokens: sum(COMPLETION_TOKENS),
      cost: sum(COST),
      wastedTokens: sum(WASTED_TOKENS),
    };
  }

  /** Adds empty tallies until there are so many. */
  extendTo(count: number): void {
    if (count * WIDTH > this.#values.length) this.#values = longer(this.#values, 2 * count * WIDTH);
    for (; this.count < count; this.count += 1) {
      const from = this.count * WIDTH;
      this.#values.fill(Number.NaN, from + PROMPT_TOKENS, from + WIDTH);
      this.#latencies.push(undefined);
      this.#firstTokens.push(undefined);
    }
  }
}

/** Counts a known duration in the histogram of the tally. */
function increment(histograms: (Uint32Array | undefined)[], tally: number, bucket: number): void {
  if (bucket === UNKNOWN) return;
  let counts = histograms[tally];
  if (!counts) {
    counts = emptyHistogram();
    histograms[tally] = counts;
  }
  counts[bucket] = (counts[bucket] ?? 0) + 1;
}

const NO_DURATIONS = emptyHistogram();
/** The bucket of unknown durations. */
const UNKNOWN = bucketOf();

const ABORTED = OUTCOME_CODES.indexOf('aborted');

function addCount(sums: Float64Array, at: number, count: number): void {
  if (count !== NO_COUNT) addKnown(sums, at, count);
}
