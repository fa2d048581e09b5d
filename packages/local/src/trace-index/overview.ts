/** Measures over time and by route or model, from the facts: they always agree with the list of the same filter. */

import { Refusal } from '../http/refusal.js';
import type {
  Measures,
  Overview,
  OverviewBucket,
  OverviewGroup,
  OverviewGrouping,
} from '../page-api.js';
import { plusKnown } from '../reading/values.js';
import type { Budget } from './budget.js';
import { type Chunk, FLAGS, flag, knownCount, knownValue, OUTCOME_CODES } from './facts.js';
import { scan, traceFilter } from './filter.js';
import { bucketOf, Histogram } from './histogram.js';
import { candidatesOf, visitCandidates } from './selection.js';
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
  const filter = traceFilter(query, index);
  const [first, last] = await timeRange(index, query, budget);
  const bucketMs = bucketLength(last - first);
  const start = Math.floor(first / bucketMs) * bucketMs;
  const buckets = new Map<number, Tally>();
  const groups = new Map<string, Tally>();
  const namesAt = namer(index, by);
  for await (const candidates of candidatesOf(index, query, budget)) {
    const { chunk } = candidates;
    const isMatch = filter(chunk);
    visitCandidates(candidates, true, (at) => {
      if (!isMatch(at)) return;
      const bucket = Math.floor(((chunk.wide.time[at] ?? 0) - start) / bucketMs);
      const latency = bucketOf(chunk.wide.latency[at] ?? Number.NaN);
      const firstToken = bucketOf(chunk.wide.firstToken[at] ?? Number.NaN);
      tallyOf(buckets, bucket).add(chunk, at, latency, firstToken);
      for (const name of namesAt(chunk, at)) {
        if (!groups.has(name) && groups.size >= MAX_COUNTED) continue;
        tallyOf(groups, name).add(chunk, at, latency, firstToken);
      }
    });
    await budget.turn();
  }
  const count = buckets.size === 0 ? 0 : Math.floor((last - start) / bucketMs) + 1;
  const empty = new Tally();
  return {
    bucketMs,
    buckets: Array.from(
      { length: Math.min(count, MAX_BUCKETS) },
      (_, i): OverviewBucket => ({
        from: start + i * bucketMs,
        ...(buckets.get(i) ?? empty).measures(),
      }),
    ),
    groups: [...groups]
      .sort(([, a], [, b]) => b.requests - a.requests)
      .slice(0, MAX_GROUPS)
      .map(([name, tally]): OverviewGroup => ({ name, ...tally.measures() })),
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
  await scan(index, traceFilter(query, index), budget, ({ wide }) => (at) => {
    const time = wide.time[at] ?? 0;
    if (time < first) first = time;
    if (time > last) last = time;
  });
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

/** The groups that a trace belongs to: one route, or any number of models. */
function namer(
  index: TraceIndex,
  by: OverviewGrouping,
): (chunk: Chunk, at: number) => readonly string[] {
  const kind = by === 'model' ? 'models' : 'route';
  const known = new Map<number, readonly string[]>();
  return ({ wide }, at) => {
    const hash = wide[kind][at] ?? 0;
    const names = known.get(hash);
    if (names) return names;
    const label = hash === 0 ? undefined : index.labels.text(kind, hash);
    const found: readonly string[] =
      label === undefined ? [] : kind === 'models' ? JSON.parse(label) : [label];
    if (known.size < MAX_COUNTED) known.set(hash, found);
    return found;
  };
}

function tallyOf<K>(tallies: Map<K, Tally>, key: K): Tally {
  const found = tallies.get(key);
  if (found) return found;
  const tally = new Tally();
  tallies.set(key, tally);
  return tally;
}

/** Counts the traces of one bucket or group. Latency and first token are given by their `bucketOf`. */
class Tally {
  requests = 0;
  #errors = 0;
  #aborts = 0;
  #promptTokens: number | null = null;
  #completionTokens: number | null = null;
  #cost: number | null = null;
  #wastedTokens: number | null = null;
  #failedAborts = 0;
  readonly #latency = new Histogram();
  readonly #firstToken = new Histogram();

  add({ wide, narrow }: Chunk, at: number, latency: number, firstToken: number): void {
    const flags = narrow.flags[at] ?? 0;
    const completion = knownCount(narrow.completionTokens[at]);
    this.requests += 1;
    const failed = flag(flags, FLAGS.failed);
    this.#errors += failed;
    if (OUTCOME_CODES[flag(flags, FLAGS.outcome)] === 'aborted') {
      this.#aborts += 1;
      this.#wastedTokens = plusKnown(this.#wastedTokens, completion);
      this.#failedAborts += failed;
    }
    this.#promptTokens = plusKnown(this.#promptTokens, knownCount(narrow.promptTokens[at]));
    this.#completionTokens = plusKnown(this.#completionTokens, completion);
    this.#cost = plusKnown(this.#cost, knownValue(wide.cost[at]));
    this.#latency.add(latency);
    this.#firstToken.add(firstToken);
  }

  measures(): Measures {
    return {
      requests: this.requests,
      errors: this.#errors,
      aborts: this.#aborts,
      failedAborts: this.#failedAborts,
      p50: this.#latency.quantile(0.5),
      p95: this.#latency.quantile(0.95),
      p99: this.#latency.quantile(0.99),
      firstTokenP50: this.#firstToken.quantile(0.5),
      firstTokenP95: this.#firstToken.quantile(0.95),
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
      cost: this.#cost,
      wastedTokens: this.#wastedTokens,
    };
  }
}
