import assert from 'node:assert/strict';
import type { LocalServer } from '@openlayer-tracing/local';
import type {
  Group,
  GroupPage,
  Health,
  Neighbours,
  Overview,
  TracePage,
  TraceSummary,
} from '../../src/page-api.ts';
import { call, PIPELINE } from '../client.js';
import {
  assertMeasures,
  groupBy,
  groupsOf,
  modelOf,
  paramsOf,
  randomQuery,
  rounded,
} from './list-model.js';
import { Chance, CONFIG, randomRow } from './random-rows.js';
import { got, lenientServer, read } from './read.js';

const ROWS = 400;
const QUERIES = 90;

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
      const { previous, next } = await got<Neighbours>(server, path);
      assert.deepEqual(
        { previous: previous?.number, next: next?.number },
        { previous: expected[at - 1], next: expected[at + 1] },
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
      const expected = groupsOf(all, kind);
      const found: Group[] = [];
      let cursor: string | null = null;
      do {
        const at: string = cursor === null ? '' : `&cursor=${cursor}`;
        const page: GroupPage = await got<GroupPage>(server, `${kind}s?limit=2${at}`);
        found.push(...page.groups);
        cursor = page.next;
      } while (cursor !== null);
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
      assertMeasures(overview, expected, by, query, `SEED=${seed} ${path}`);
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
