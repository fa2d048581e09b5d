import assert from 'node:assert/strict';
import type { LocalServer } from '@openlayer-tracing/local';
import type {
  Group,
  GroupPage,
  Health,
  Neighbours,
  Overview,
  SortColumn,
  TracePage,
  TraceQuery,
  TraceSummary,
} from '../../src/page-api.ts';
import { call, PIPELINE } from '../client.js';
import { Chance, CONFIG, randomRow } from './random-rows.js';
import { got, lenientServer, read } from './read.js';

const ROWS = 400;
const QUERIES = 90;
const SORTS: readonly SortColumn[] = [
  'time',
  'latency',
  'firstByte',
  'firstToken',
  'tokens',
  'cost',
  'steps',
  'bytes',
];

describe('lists of random traces', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  let server: LocalServer;
  /** What the list without a filter shows: the model is filtering and sorting it in JavaScript. */
  let all: readonly TraceSummary[];

  before(async function () {
    this.timeout(120_000);
    console.log(`      SEED=${seed}`);
    server = await lenientServer();
    const chance = new Chance(seed);
    for (let sent = 0; sent < ROWS; sent += 50) {
      const rows = Array.from({ length: 50 }, (_, i) => randomRow(chance, sent + i));
      const pipeline = sent % 100 === 0 ? PIPELINE : 'other pipeline';
      const body = { config: CONFIG, rows };
      const path = `/inference-pipelines/${encodeURIComponent(pipeline)}/data-stream`;
      assert.equal((await call(server, 'POST', path, body)).status, 200);
    }
    // Some are updated, some deleted: the list forgets nothing and keeps nothing.
    for (let i = 0; i < 40; i += 1) {
      const at = chance.below(ROWS);
      const pipeline = Math.floor(at / 50) % 2 === 0 ? PIPELINE : 'other pipeline';
      const rows = `/inference-pipelines/${encodeURIComponent(pipeline)}/rows`;
      const value = chance.oneOf([true, false, 1, 5, 'thumbs_down', 'no idea']);
      if (i % 4 === 0) await call(server, 'DELETE', `${rows}/id-${at}`);
      else {
        await call(server, 'PUT', `${rows}?inferenceId=id-${at}`, {
          row: { vote: value, latency: chance.below(1000) },
          config: { humanFeedbackColumnName: 'vote' },
        });
      }
    }
    all = await everything(server, '');
    assert.ok(all.length < ROWS && all.length > ROWS - 41, `${all.length} are left`);
    assert.equal(all.length, server.rows().length);
  });
  after(() => server.close());

  it('have the traces, in the order, that a filter and a sort in JavaScript have', async function () {
    this.timeout(120_000);
    const chance = new Chance(seed + 1);
    for (let i = 0; i < QUERIES; i += 1) {
      const query = randomQuery(chance, all);
      const expected = modelOf(query, all).map(({ number }) => number);
      const text = paramsOf(query);
      const limit = expected.length > 20 ? chance.oneOf([40, 200]) : chance.oneOf([1, 3, 7]);
      const pages = await everything(server, `${text}&limit=${limit}`, expected.length);
      assert.deepEqual(
        pages.map(({ number }) => number),
        expected,
        `SEED=${seed} ${text}&limit=${limit}`,
      );
    }
  });

  it('have the neighbours that the list has', async function () {
    this.timeout(120_000);
    const chance = new Chance(seed + 2);
    for (let i = 0; i < QUERIES / 3; i += 1) {
      const query = randomQuery(chance, all);
      const expected = modelOf(query, all).map(({ number }) => number);
      if (expected.length === 0) continue;
      const at = chance.below(expected.length);
      const path = `traces/${expected[at]}/neighbours?${paramsOf(query)}`;
      assert.deepEqual(
        await got<Neighbours>(server, path),
        { previous: expected[at - 1] ?? null, next: expected[at + 1] ?? null },
        `SEED=${seed} ${path}`,
      );
    }
  });
});

describe('sessions, users and measures of random traces', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  let server: LocalServer;
  let all: readonly TraceSummary[];

  before(async function () {
    this.timeout(120_000);
    console.log(`      SEED=${seed}`);
    server = await lenientServer();
    const chance = new Chance(seed);
    const rows = Array.from({ length: 200 }, (_, i) => randomRow(chance, i));
    const path = `/inference-pipelines/${PIPELINE}/data-stream`;
    assert.equal((await call(server, 'POST', path, { config: CONFIG, rows })).status, 200);
    all = await everything(server, 'limit=200');
  });
  after(() => server.close());

  for (const kind of ['session', 'user'] as const) {
    it(`are added up by ${kind}`, async () => {
      const expected = [
        ...groupBy(
          all.filter((each) => each[kind] !== null),
          (each) => each[kind],
        ),
      ]
        .map(([id, traces]) => {
          const latest = traces.slice().sort((a, b) => b.time - a.time || b.number - a.number)[0];
          return {
            id: String(id),
            traces: traces.length,
            failed: traces.filter(isFailed).length,
            first: Math.min(...traces.map((each) => each.time)),
            last: latest?.time ?? 0,
            tokens: sumOf(traces.map((each) => each.tokens)),
            cost: sumOf(traces.map((each) => each.cost)),
            input: latest?.input ?? '',
            newest: latest?.number ?? 0,
          };
        })
        .sort((a, b) => b.last - a.last || b.newest - a.newest)
        .map(({ newest: _, ...group }) => group);
      const found: Group[] = [];
      let cursor: string | null = null;
      do {
        const at: string = cursor === null ? '' : `&cursor=${cursor}`;
        const page: GroupPage = await got<GroupPage>(server, `${kind}s?limit=2${at}`);
        found.push(...page.groups);
        cursor = page.next;
      } while (cursor !== null);
      const rounded = (groups: readonly Group[]) =>
        groups.map((each) => ({ ...each, cost: each.cost === null ? null : each.cost.toFixed(9) }));
      assert.deepEqual(rounded(found), rounded(expected), `SEED=${seed}`);
      const [first] = expected;
      const byName = await got<GroupPage>(server, `${kind}s?q=${first?.id.toUpperCase()}`);
      assert.ok(byName.groups.some(({ id }) => id === first?.id));
    });
  }

  it('are counted in one bar each, as many as the list of its range has', async () => {
    const { buckets, bucketMs } = await got<Overview>(server, 'overview');
    // The times are whole minutes, so that every trace is at the beginning of a bar.
    assert.equal(bucketMs, 60_000);
    for (const { from, requests } of buckets) {
      const range: string = `from=${from}&to=${from + bucketMs}`;
      assert.equal((await got<TracePage>(server, `traces?${range}`)).total, requests, range);
      const strip = await got<Overview>(server, `overview?${range}`);
      assert.equal(strip.buckets.length, requests === 0 ? 0 : 1, range);
    }
  });

  it('add up to the traces that match, over time, by route and by model', async function () {
    this.timeout(120_000);
    const chance = new Chance(seed + 3);
    for (let i = 0; i < 20; i += 1) {
      const { sort: _, order: __, ...query } = randomQuery(chance, all);
      const expected = modelOf(query, all);
      const by = chance.oneOf(['route', 'model'] as const);
      const path = `overview?by=${by}&${paramsOf(query)}`;
      const isBackwards = (query.from ?? 0) > (query.to ?? Number.POSITIVE_INFINITY);
      if (isBackwards) {
        assert.equal((await read(server, path)).status, 400);
        continue;
      }
      const overview = await got<Overview>(server, path);
      const where = `SEED=${seed} ${path}`;
      const total = (
        key: 'requests' | 'errors' | 'aborts' | 'failedAborts' | 'promptTokens' | 'wastedTokens',
      ) => sumOf(overview.buckets.map((bucket) => bucket[key]));
      assert.equal(total('requests') ?? 0, expected.length, where);
      assert.equal(total('errors') ?? 0, expected.filter(isFailed).length, where);
      const aborted = expected.filter((each) => each.outcome === 'aborted');
      assert.equal(total('aborts') ?? 0, aborted.length, where);
      assert.equal(total('failedAborts') ?? 0, aborted.filter(isFailed).length, where);
      assert.equal(total('promptTokens'), sumOf(expected.map((each) => each.promptTokens)), where);
      assert.equal(
        total('wastedTokens'),
        sumOf(aborted.map((each) => each.completionTokens)),
        where,
      );
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
      for (const { name, requests } of overview.groups) {
        const there = expected.filter((each) => namesOf(each).includes(name));
        assert.equal(requests, there.length, `${where} ${name}`);
      }
      assert.equal(overview.groups.length, new Set(expected.flatMap(namesOf)).size, where);
    }
  });

  it('are counted by dialect and mark in /api/health', async () => {
    const health = await got<Health>(server, 'health');
    const count = (values: readonly string[]) =>
      Object.fromEntries([...groupBy(values, (each) => each)].map(([k, v]) => [k, v.length]));
    assert.deepEqual(health.dialects, count(all.map((each) => each.dialect)));
    assert.deepEqual(health.marks, count(all.flatMap((each) => each.marks)));
    assert.equal(health.storage.traces, all.length);
    assert.ok(health.storage.bytes > 0);
  });
});

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

/** Follows the pages to the last. */
async function everything(
  server: LocalServer,
  query: string,
  total?: number,
): Promise<readonly TraceSummary[]> {
  const found: TraceSummary[] = [];
  let cursor: string | null = null;
  do {
    const at: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: TracePage = await got<TracePage>(server, `traces?${query}${at}`);
    found.push(...page.traces);
    assert.ok(page.isTotalExact);
    if (total !== undefined) assert.equal(page.total, total, query);
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

type Query = { -readonly [K in keyof TraceQuery]?: TraceQuery[K] | undefined };

function randomQuery(chance: Chance, all: readonly TraceSummary[]): Query {
  const some = () => chance.oneOf(all);
  const query: Query = { sort: chance.oneOf(SORTS), order: chance.oneOf(['asc', 'desc']) };
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
  'weather invoice',
  'id-17',
  'id-117',
  '天气',
  'nothing',
];

function modelOf(query: Query, all: readonly TraceSummary[]): readonly TraceSummary[] {
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

function isFailed({ error, outcome, status }: TraceSummary): boolean {
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

/** The questions are short enough to be whole in the preview. Beginnings count from three characters up. */
function hasWords(q: string | undefined, { input, inferenceId }: TraceSummary): boolean {
  if (q === undefined) return true;
  const there = [...input.split(/\s+/), inferenceId];
  return q.split(' ').every((word) => {
    if (/^\p{Script=Han}/u.test(word)) return input.includes(word);
    const isBeginning = /[a-z0-9]{3}$/.test(word);
    return there.some((each) => each === word || (isBeginning && each.startsWith(word)));
  });
}

function paramsOf(query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined) params.append(key, String(each));
    }
  }
  return params.toString();
}

/** `Map.groupBy`, which Node 20 lacks. */
function groupBy<T, K>(list: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of list) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
}
