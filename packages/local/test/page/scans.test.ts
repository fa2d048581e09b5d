import assert from 'node:assert/strict';
import { TimeBudget } from '../../src/http/time-budget.ts';
import { Overviews } from '../../src/overview/overview.ts';
import type { Overview, TraceSummary } from '../../src/page-api.ts';
import { MARKS, OUTCOMES, TRACERS } from '../../src/page-api.ts';
import { groupsOf } from '../../src/queries/groups.ts';
import { select } from '../../src/queries/selection.ts';
import { type ParsedQuery, parseQuery } from '../../src/queries/trace-query.ts';
import { IN_MEMORY } from '../../src/storage/database.ts';
import { Store } from '../../src/storage/store.ts';
import { hashOf } from '../../src/trace-index/facts/hash.ts';
import { HashColumn } from '../../src/trace-index/facts/hash-column.ts';
import { modelsHash, packFacts } from '../../src/trace-index/facts/packed-facts.ts';
import { TraceIndex } from '../../src/trace-index/trace-index.ts';
import {
  assertMeasures,
  groupsOf as expectedGroups,
  modelOf,
  paramsOf,
  randomQuery,
  rounded,
} from './list-model.js';
import { Chance } from './random-rows.js';

/** More than two chunks of 16,384. */
const TRACES = 40_000;
const START = 1_790_000_000_000;

const budget = () => new TimeBudget(60_000);
const parsed = (text: string): ParsedQuery => parseQuery(new URLSearchParams(text));

function randomSummary(chance: Chance, number: number): TraceSummary {
  const known = (limit: number) => (chance.next() < 0.8 ? chance.below(limit) : null);
  const outcome = chance.oneOf([null, ...OUTCOMES]);
  return {
    number,
    pipelineId: chance.oneOf(['p', 'q']),
    inferenceId: `id-${number}`,
    traceId: null,
    // Mostly in order of arrival; some came late.
    time:
      START + number * 100 + (chance.next() < 0.01 ? -chance.below(2_000_000) : chance.below(500)),
    receivedAt: START,
    name: `POST /${chance.below(4)}`,
    method: 'POST',
    route: chance.oneOf([null, '/chat', '/search', '/agents/:id']),
    user: chance.next() < 0.2 ? null : `user-${Math.floor(number / 50) % 300}`,
    session: chance.next() < 0.2 ? null : `Session-${Math.floor(number / 4)}`,
    outcome,
    status: chance.oneOf([null, 200, 201, 404, 500]),
    latency: known(5000),
    firstByte: known(1000),
    firstToken: known(1000),
    tokens: known(100),
    promptTokens: known(50),
    completionTokens: known(50),
    cost: chance.next() < 0.5 ? chance.below(100) / 1000 : null,
    models: chance.oneOf([[], ['a'], ['b'], ['a', 'b'], ['c', 'a', 'b']]),
    unpricedCalls: 0,
    steps: chance.below(10),
    bytes: 1000 + chance.below(10_000),
    error: chance.next() < 0.05 ? 'broken' : null,
    feedback: null,
    input: `question ${number}`,
    output: 'answer',
    dialect: chance.oneOf(TRACERS),
    marks: MARKS.filter(() => chance.next() < 0.1),
  };
}

describe('lists, groups and measures of many traces that come, change and go', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const chance = new Chance(seed);
  const traces = new Map<number, TraceSummary>();
  let store: Store;
  let index: TraceIndex;
  let all: readonly TraceSummary[];

  function write(how: 'add' | 'replace', summary: TraceSummary): void {
    const packed = packFacts(summary);
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    index.facts[how](summary.number, view);
    traces.set(summary.number, summary);
    const { models, route, user, session } = summary;
    if (models.length > 0) index.labels.add('models', modelsHash(models), JSON.stringify(models));
    for (const [kind, text] of Object.entries({ route, user, session })) {
      if (text !== null) index.labels.add(kind as 'route', hashOf(text), text);
    }
  }

  before(function () {
    this.timeout(120_000);
    console.log(`      SEED=${seed}`);
    store = new Store(IN_MEMORY);
    index = new TraceIndex(store.database, IN_MEMORY);
    index.summary = (number) => JSON.stringify(traces.get(number));
    for (let number = 1, added = 0; added < TRACES; number += chance.next() < 0.1 ? 2 : 1) {
      write('add', randomSummary(chance, number));
      added += 1;
      const other = 1 + chance.below(number);
      if (chance.next() < 0.1 && traces.has(other)) write('replace', randomSummary(chance, other));
      if (chance.next() < 0.1 && traces.delete(other)) index.facts.remove(other);
    }
    const upTo = 1000 + chance.below(10_000);
    index.facts.removeUpTo(upTo);
    for (const number of [...traces.keys()]) if (number <= upTo) traces.delete(number);
    all = [...traces.values()].sort((a, b) => a.number - b.number);
  });
  after(async () => {
    await index.close();
    store.close();
  });

  it('are as many as were not deleted', () => {
    assert.equal(index.facts.count, all.length);
  });

  it('have the traces and the order of a filter and a sort in JavaScript, on deep pages too', async function () {
    this.timeout(120_000);
    for (let i = 0; i < 60; i += 1) {
      const { q: _, ...query } = randomQuery(chance, all);
      const text = paramsOf(query);
      const expected = modelOf(query, all);
      const where = `SEED=${seed} ${text}`;
      const limit = chance.oneOf([1, 7, 200]);
      const first = await select(index, parsed(`${text}&limit=${limit}`), budget());
      const numbers = expected.map(({ number }) => number);
      assert.deepEqual(first.numbers, numbers.slice(0, limit), where);
      assert.equal(first.total, numbers.length, where);
      // The page behind any trace, and the one before it.
      const at = chance.below(Math.max(numbers.length, 1));
      const deep = expected[at];
      if (!deep) continue;
      const { sort = 'time' } = query;
      const cursor = `${deep[sort] ?? ''}~${deep.number}`;
      const page = await select(index, parsed(`${text}&limit=${limit}&cursor=${cursor}`), budget());
      assert.deepEqual(page.numbers, numbers.slice(at + 1, at + 1 + limit), `${where} ${cursor}`);
      assert.equal(page.next === null, at + 1 + limit >= numbers.length, where);
      const back = await select(
        index,
        parsed(`${text}&limit=${limit}&cursor=${cursor}`),
        budget(),
        {
          isReversed: true,
        },
      );
      const before = numbers.slice(Math.max(at - limit, 0), at).reverse();
      assert.deepEqual(back.numbers, before, `${where} ${cursor} back`);
    }
  });

  it('have only the numbers that a read asks for', async () => {
    const [from, to] = [20_000, 20_400];
    const query = parsed('order=asc&limit=200&route=/chat');
    const found = await select(index, query, budget(), { fromNumber: from, toNumber: to });
    const expected = modelOf({ route: ['/chat'], order: 'asc' }, all).filter(
      ({ number }) => number >= from && number <= to,
    );
    assert.deepEqual(found.numbers, expected.map(({ number }) => number).slice(0, 200));
    assert.equal(found.total, expected.length);
  });

  it('add up to the traces that match, over time, by route and by model', async function () {
    this.timeout(120_000);
    for (let i = 0; i < 12; i += 1) {
      const { q: _, sort: __, order: ___, from, to, ...filters } = randomQuery(chance, all);
      const query = { ...filters, ...((from ?? 0) <= (to ?? Number.MAX_VALUE) && { from, to }) };
      const by = chance.oneOf(['route', 'model'] as const);
      const overview = await new Overviews(index).of(parsed(paramsOf(query)), by, budget());
      const where = `SEED=${seed} by=${by}&${paramsOf(query)}`;
      assertMeasures(overview, modelOf(query, all), by, query, where);
    }
  });

  it('add up to the traces that match although some of them were added up before', async function () {
    this.timeout(120_000);
    const overviews = new Overviews(index);
    const filters = Array.from({ length: 4 }, () => {
      const {
        q: _,
        sort: __,
        order: ___,
        from: ____,
        to: _____,
        ...filter
      } = randomQuery(chance, all);
      return filter;
    });
    for (let i = 0; i < 24; i += 1) {
      // Most chunks change by one trace at a time, some not at all.
      const at = chance.oneOf(all).number;
      if (i % 3 === 1) write('replace', randomSummary(chance, at));
      else if (i % 3 === 2 && traces.delete(at)) index.facts.remove(at);
      all = [...traces.values()].sort((a, b) => a.number - b.number);
      const begins = all.map(({ time }) => time).sort((a, b) => a - b);
      const [from, to] = [
        begins[chance.below(9000)],
        begins[begins.length - 1 - chance.below(9000)],
      ];
      const range = chance.oneOf([{}, { from }, { to }, { from, to }]);
      const query = { ...chance.oneOf(filters), ...range };
      const by = chance.oneOf(['route', 'model'] as const);
      const overview = await overviews.of(parsed(paramsOf(query)), by, budget());
      assertMeasures(
        overview,
        modelOf(query, all),
        by,
        query,
        `SEED=${seed} ${i} by=${by}&${paramsOf(query)}`,
      );
    }
  });

  it('are all added up although one changes at any moment of a scan', async function () {
    this.timeout(120_000);
    const overviews = new Overviews(index);
    const query = parsed('');
    const requests = ({ buckets }: Overview) =>
      buckets.reduce((sum, bucket) => sum + bucket.requests, 0);
    for (let moment = 0; moment < 40; moment += 1) {
      await overviews.of(query, 'route', budget());
      const scan = overviews.of(query, 'route', budget());
      for (let i = 0; i < moment; i += 1) await undefined;
      write('replace', randomSummary(chance, chance.oneOf(all).number));
      const missing = all.length - requests(await scan);
      assert.ok(missing <= 1, `SEED=${seed} ${moment}: ${missing} are missing`);
      const fresh = await new Overviews(index).of(query, 'route', budget());
      assert.deepEqual(await overviews.of(query, 'route', budget()), fresh, `SEED=${seed}`);
    }
    all = [...traces.values()].sort((a, b) => a.number - b.number);
  });

  for (const kind of ['session', 'user'] as const) {
    it(`are added up by ${kind}, also by a part of its id`, async function () {
      this.timeout(120_000);
      const expected = expectedGroups(all, kind);
      for (const q of ['', '-1', 'SER-2', 'nothing']) {
        const wanted = expected.filter(({ id }) => id.toLowerCase().includes(q.toLowerCase()));
        let cursor: string | undefined;
        let seen = 0;
        for (let page = 0; page < 3; page += 1) {
          const found = await groupsOf(index, { kind, q, cursor, limit: 100 }, budget());
          const there = wanted.slice(seen, seen + 100);
          assert.deepEqual(rounded(found.groups), rounded(there), `SEED=${seed} ${q} ${page}`);
          seen += there.length;
          assert.equal(found.next === null, seen >= wanted.length);
          if (found.next === null) break;
          cursor = found.next;
        }
      }
    });
  }
});

describe('a column of texts of a chunk', () => {
  it('keeps the text of each trace, although more different ones were written than it has codes for', () => {
    const column = new HashColumn();
    const expected = Array.from({ length: 16_384 }, (_, at) => at + 1);
    for (const [at, hash] of expected.entries()) column.set(at, hash);
    const replace = (hash: number) => {
      const at = hash % 100;
      column.set(at, hash);
      expected[at] = hash;
    };
    for (let hash = 100_000; hash < 180_000; hash += 1) replace(hash);
    column.seal();
    for (let hash = 180_000; hash < 180_020; hash += 1) replace(hash);
    assert.deepEqual(
      expected.map((_, at) => column.hashes[column.codes[at] ?? -1]),
      expected,
    );
    assert.equal(column.codeOf(1), -1);
    assert.equal(column.hashes[column.codeOf(200)], 200);
  });
});
