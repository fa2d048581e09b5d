// What lists, sums and groups have to contain: computed in JavaScript from the summaries of all traces.
import assert from 'node:assert/strict';
import {
  type Group,
  type Overview,
  type OverviewBucket,
  type OverviewGrouping,
  SORT_COLUMNS,
  type TraceQuery,
  type TraceSummary,
} from '../../src/page-api.ts';
import type { Chance } from './random-rows.js';

export type Query = { -readonly [K in keyof TraceQuery]?: TraceQuery[K] | undefined };

export function randomQuery(chance: Chance, all: readonly TraceSummary[]): Query {
  const some = () => chance.oneOf(all);
  const query: Query = { sort: chance.oneOf(SORT_COLUMNS), order: chance.oneOf(['asc', 'desc']) };
  const adders: readonly (() => void)[] = [
    () => {
      query.pipeline = some().pipelineId;
    },
    () => {
      query.from = some().time;
    },
    () => {
      query.to = some().time;
    },
    () => {
      query.name = [some().name, some().name];
    },
    () => {
      query.route = [some().route ?? 'none'];
    },
    () => {
      query.outcome = [some().outcome ?? 'completed', some().outcome ?? 'error'];
    },
    () => {
      query.status = [chance.oneOf(['2xx', '5xx', '404', '200'])];
    },
    () => {
      query.model = [some().models[0] ?? 'none'];
    },
    () => {
      query.user = [some().user ?? 'none'];
    },
    () => {
      query.session = [some().session ?? 'none', some().session ?? 'none'];
    },
    () => {
      query.dialect = [some().dialect];
    },
    () => {
      query.mark = [some().marks[0] ?? 'limited'];
    },
    () => {
      query.failed = chance.oneOf([true, false]);
    },
    () => {
      query.feedback = chance.oneOf(['any', 'positive', 'negative', 'none']);
    },
    () => {
      query.minLatency = some().latency ?? 0;
    },
    () => {
      query.maxLatency = some().latency ?? 1000;
    },
    () => {
      query.minCost = some().cost ?? 0;
    },
    () => {
      query.minTokens = some().tokens ?? 1;
    },
    () => {
      query.q = chance.oneOf(WORDS);
    },
  ];
  const filters = chance.below(4);
  for (let i = 0; i < filters; i += 1) chance.oneOf(adders)();
  return query;
}

const WORDS = [
  'weather',
  'invoice',
  'wea',
  'invo',
  'we',
  'eathe',
  'ber voice',
  'fund eat',
  'weather invoice',
  'id-17',
  'id-117',
  '天气',
  'nothing',
];

export function modelOf(query: Query, all: readonly TraceSummary[]): readonly TraceSummary[] {
  const { sort = 'time', order = 'desc' } = query;
  const has = <T>(list: readonly T[] | undefined, value: T | null) =>
    list === undefined || (value !== null && list.includes(value));
  const atLeast = (limit: number | undefined, value: number | null) =>
    limit === undefined || (value !== null && value >= limit);
  const isIn = (trace: TraceSummary) =>
    has(query.pipeline === undefined ? undefined : [query.pipeline], trace.pipelineId) &&
    atLeast(query.from, trace.time) &&
    (query.to === undefined || trace.time < query.to) &&
    has(query.name, trace.name) &&
    has(query.route, trace.route) &&
    has(query.outcome, trace.outcome) &&
    has(query.user, trace.user) &&
    has(query.session, trace.session) &&
    has(query.dialect, trace.dialect) &&
    (query.status === undefined || query.status.some((each) => isOfStatus(each, trace.status))) &&
    (query.model === undefined || query.model.some((each) => trace.models.includes(each))) &&
    (query.mark === undefined || query.mark.some((each) => trace.marks.includes(each))) &&
    (query.failed === undefined || query.failed === isFailed(trace)) &&
    isOfFeedback(query.feedback, trace) &&
    atLeast(query.minLatency, trace.latency) &&
    (query.maxLatency === undefined ||
      (trace.latency !== null && trace.latency <= query.maxLatency)) &&
    atLeast(query.minCost, trace.cost) &&
    atLeast(query.minTokens, trace.tokens) &&
    hasWords(query.q, trace);
  const direction = order === 'asc' ? 1 : -1;
  return all.filter(isIn).sort((a, b) => {
    const [left, right] = [a[sort], b[sort]];
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
    } else if (left !== right) return direction * (left - right);
    return direction * (a.number - b.number);
  });
}

function isOfStatus(wanted: string, status: number | null): boolean {
  return String(status) === wanted || `${String(status)[0]}xx` === wanted;
}

export function isFailed({ error, outcome, status }: TraceSummary): boolean {
  const isCutOff = outcome !== null && ['error', 'abandoned', 'interrupted'].includes(outcome);
  return error !== null || isCutOff || (status ?? 0) >= 500;
}

function isOfFeedback(wanted: TraceQuery['feedback'], { feedback }: TraceSummary): boolean {
  if (wanted === undefined) return true;
  if (wanted === 'none' || feedback === null) return (wanted === 'none') === (feedback === null);
  if (wanted === 'any') return true;
  const values = wanted === 'positive' ? [true, 1, 5] : [false, 'thumbs_down'];
  return (values as readonly unknown[]).includes(feedback.value);
}

/** The questions are short enough to be whole in the preview. Parts of words count from three characters up. */
function hasWords(q: string | undefined, { input, inferenceId }: TraceSummary): boolean {
  if (q === undefined) return true;
  const there = [...input.split(/\s+/), inferenceId];
  return q.split(' ').every((word) => {
    if (/^\p{Script=Han}/u.test(word)) return input.includes(word);
    const isPart = /^[a-z]{3,}$/.test(word);
    const isBeginning = /[a-z0-9]{3}$/.test(word);
    return there.some(
      (each) =>
        each === word || (isBeginning && each.startsWith(word)) || (isPart && each.includes(word)),
    );
  });
}

export function paramsOf(query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) params.append(key, String(each));
    }
  }
  return params.toString();
}

/** `Map.groupBy`, which Node 20 lacks. */
export function groupBy<T, K>(list: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of list) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
}

/** The sessions or users of the traces, the one with the latest trace first. */
export function groupsOf(all: readonly TraceSummary[], kind: 'session' | 'user'): readonly Group[] {
  const groups = groupBy(
    all.filter((each) => each[kind] !== null),
    (each) => each[kind],
  );
  return [...groups]
    .map(([id, traces]) => {
      const latest = traces.slice().sort((a, b) => b.time - a.time || b.number - a.number)[0];
      const group: Group = {
        id: String(id),
        traces: traces.length,
        failed: traces.filter(isFailed).length,
        first: Math.min(...traces.map((each) => each.time)),
        last: latest?.time ?? 0,
        tokens: sumOf(traces.map((each) => each.tokens)),
        cost: sumOf(traces.map((each) => each.cost)),
        input: latest?.input ?? '',
      };
      return { group, newest: latest?.number ?? 0 };
    })
    .sort((a, b) => b.group.last - a.group.last || b.newest - a.newest)
    .map(({ group }) => group);
}

/** The groups, whose costs differ in their last digits by the order in which they are added. */
export function rounded(groups: readonly Group[]): readonly object[] {
  return groups.map((each) => ({
    ...each,
    cost: each.cost === null ? null : each.cost.toFixed(9),
  }));
}

/** Checks that an overview has the measures of these traces. */
export function assertMeasures(
  overview: Overview,
  expected: readonly TraceSummary[],
  by: OverviewGrouping,
  query: Query,
  where: string,
): void {
  const total = (key: Exclude<keyof OverviewBucket, 'from'>) =>
    sumOf(overview.buckets.map((bucket) => bucket[key]));
  assert.equal(total('requests') ?? 0, expected.length, where);
  assert.equal(total('errors') ?? 0, expected.filter(isFailed).length, where);
  const aborted = expected.filter((each) => each.outcome === 'aborted');
  assert.equal(total('aborts') ?? 0, aborted.length, where);
  assert.equal(total('failedAborts') ?? 0, aborted.filter(isFailed).length, where);
  assert.equal(total('promptTokens'), sumOf(expected.map((each) => each.promptTokens)), where);
  const completionTokens = expected.map((each) => each.completionTokens);
  assert.equal(total('completionTokens'), sumOf(completionTokens), where);
  assert.equal(
    total('cost')?.toFixed(9),
    sumOf(expected.map((each) => each.cost))?.toFixed(9),
    where,
  );
  assert.equal(total('wastedTokens'), sumOf(aborted.map((each) => each.completionTokens)), where);
  assert.ok(overview.buckets.length <= 240);
  const end = (overview.buckets.at(-1)?.from ?? 0) + overview.bucketMs;
  assert.ok(query.to === undefined || end - overview.bucketMs < query.to, where);
  for (const [at, bucket] of overview.buckets.entries()) {
    const there = expected.filter(
      ({ time }) => time >= bucket.from && time < bucket.from + overview.bucketMs,
    );
    assert.equal(bucket.requests, there.length, `${where} bucket ${at}`);
    assertNear(bucket.p50, quantile(there, 0.5), where);
    assertNear(bucket.p95, quantile(there, 0.95), where);
  }
  const namesOf = (trace: TraceSummary) =>
    by === 'model' ? trace.models : trace[by] === null ? [] : [trace[by]];
  for (const { name, requests, promptTokens, errors, p50 } of overview.groups) {
    const there = expected.filter((each) => namesOf(each).includes(name));
    assert.equal(requests, there.length, `${where} ${name}`);
    assert.equal(errors, there.filter(isFailed).length, `${where} ${name}`);
    assert.equal(promptTokens, sumOf(there.map((each) => each.promptTokens)), `${where} ${name}`);
    assertNear(p50, quantile(there, 0.5), `${where} ${name}`);
  }
  assert.equal(overview.groups.length, new Set(expected.flatMap(namesOf)).size, where);
}

function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((each) => each !== null);
  return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0);
}

function quantile(traces: readonly TraceSummary[], share: number): number | null {
  const values = traces
    .map((each) => each.latency)
    .filter((each) => each !== null)
    .sort((a, b) => a - b);
  return values[Math.ceil(share * values.length) - 1] ?? null;
}

/** Within two percent. */
function assertNear(actual: number | null, expected: number | null, where: string): void {
  const isNear =
    actual === null || expected === null
      ? actual === expected
      : Math.abs(actual - expected) <= 0.02 * expected;
  assert.ok(isNear, `${where}: ${actual} is not about ${expected}`);
}
