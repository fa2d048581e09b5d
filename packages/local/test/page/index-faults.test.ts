import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TimeBudget } from '../../src/http/time-budget.ts';
import { select } from '../../src/queries/selection.ts';
import { parseQuery } from '../../src/queries/trace-query.ts';
import {
  type Database,
  IN_MEMORY,
  openDatabase,
  type SqlValue,
} from '../../src/storage/database.ts';
import { Store } from '../../src/storage/store.ts';
import { TraceIndex } from '../../src/trace-index/trace-index.ts';
import { PIPELINE, requestOf } from '../client.js';

/** The connection, whose second read of new rows fails. */
function failingOnce(db: Database): Database {
  let reads = 0;
  return {
    ...db,
    query<T>(sql: string) {
      const query = db.query<T>(sql);
      const all = (...values: SqlValue[]) => {
        if (sql.includes('WHERE rows.id > ?') && ++reads === 2) throw new Error('disk full');
        return query.all(...values);
      };
      return { get: query.get, all };
    },
  };
}

function storeOf(rows: number): Store {
  const store = new Store(IN_MEMORY);
  for (let i = 0; i < rows; i += 1) store.append(PIPELINE, requestOf(`id-${i}`), [`id-${i}`]);
  return store;
}

describe('the index of a file', () => {
  it('indexes all rows although a transaction was rolled back', async () => {
    const store = storeOf(30);
    const index = new TraceIndex(failingOnce(store.database), IN_MEMORY);
    await assert.rejects(index.catchUp(), /disk full/);
    await index.catchUp();
    assert.equal(index.facts.count, 30);
    const found: number[] = [];
    const search = index.fullText.searchFor('id');
    for await (const numbers of index.fullText.matches(search, 1, 30, new TimeBudget(60_000))) {
      found.push(...numbers);
    }
    assert.equal(found.length, 30);
    await index.close();
    store.close();
  });

  it('is read as it is while it cannot be written, which is reported once', async () => {
    const store = storeOf(3);
    let isFull = false;
    const database: Database = {
      ...store.database,
      query<T>(sql: string) {
        const query = store.database.query<T>(sql);
        const all = (...values: SqlValue[]) => {
          if (isFull && sql.includes('WHERE rows.id > ?')) throw new Error('disk full');
          return query.all(...values);
        };
        return { get: query.get, all };
      },
    };
    const failures: string[] = [];
    const onFailure = (error: unknown) => failures.push(String(error));
    const index = new TraceIndex(database, IN_MEMORY, { onFailure });
    await index.waitFor(store.newest);
    for (const rounds of [1, 2]) {
      isFull = true;
      store.append(PIPELINE, requestOf('more'), ['more']);
      const before = index.facts.count;
      for (let reads = 0; reads < 3; reads += 1) {
        const start = performance.now();
        await index.waitFor(store.newest);
        assert.ok(performance.now() - start < 1000);
        assert.equal(index.facts.count, before);
      }
      assert.deepEqual(failures, Array(rounds).fill('Error: disk full'));
      isFull = false;
      await index.waitFor(store.newest);
      assert.equal(index.facts.count, before + 1);
    }
    await index.close();
    store.close();
  });

  it('has a row whose text cannot be read, with the reason, and all other rows', async () => {
    const store = storeOf(3);
    store.database.exec("UPDATE bodies SET body = x'00ff00' WHERE id = 2");
    const index = new TraceIndex(store.database, IN_MEMORY);
    await index.catchUp();
    assert.equal(index.facts.count, 3);
    assert.match(index.summary(2) ?? '', /"error":"the row cannot be read: /);
    await index.close();
    store.close();
  });

  it('has the rows that were stored before a read, although its catch-up was just ending', async () => {
    const store = storeOf(3);
    let seen: Promise<number> | undefined;
    const addAndRead = async () => {
      store.append(PIPELINE, requestOf('late'), ['late']);
      await index.waitFor(store.newest);
      return index.facts.newest;
    };
    const database: Database = {
      ...store.database,
      query<T>(sql: string) {
        const query = store.database.query<T>(sql);
        const all = (...values: SqlValue[]) => {
          const found = query.all(...values);
          if (sql.includes('WHERE rows.id > ?') && !isSlow) {
            isSlow = true;
            setImmediate(() => {
              seen = addAndRead();
            });
            for (const until = performance.now() + 20; performance.now() < until; );
          }
          return found;
        };
        return { get: query.get, all };
      },
    };
    let isSlow = false;
    const index = new TraceIndex(database, IN_MEMORY);
    await index.catchUp();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await seen, 4);
    await index.close();
    store.close();
  });

  for (const sort of ['time', 'latency', 'cost']) {
    for (const order of ['asc', 'desc']) {
      it(`is listed to its end by ${sort}, ${order}, although the last row of a page is deleted meanwhile`, async () => {
        for (const limit of [1, 2, 4, 5]) {
          const store = new Store(IN_MEMORY);
          for (let i = 0; i < 6; i += 1) {
            const inferenceTimestamp = 1_790_000_000 + i;
            const row = { inferenceTimestamp, latency: i * 10, cost: i < 3 ? null : i / 3 };
            store.append(PIPELINE, requestOf(`id-${i}`, row), [`id-${i}`]);
          }
          const index = new TraceIndex(store.database, IN_MEMORY);
          await index.catchUp();
          const query = parseQuery(new URLSearchParams({ sort, order }));
          const { numbers } = await select(index, query, new TimeBudget(1000));
          const pause = new TimeBudget(1000);
          pause.turn = async () => index.facts.remove(numbers[limit - 1] ?? 0);
          const page = await select(index, { ...query, limit }, pause);
          assert.deepEqual(page.numbers, numbers.slice(0, limit));
          const next = { ...query, cursor: page.next ?? 'none' };
          const rest = await select(index, next, new TimeBudget(1000));
          assert.deepEqual(rest.numbers, numbers.slice(limit));
          await index.close();
          store.close();
        }
      });
    }
  }
});

describe('a catch-up that indexes words', () => {
  let store: Store;
  let index: TraceIndex;
  let added: number;
  let finish: () => void;
  /** Called when the words are about to be indexed. */
  let onWords: () => void;
  const append = (from: number, to: number) => {
    for (let n = from; n < to; n += 1) {
      const output = Array.from({ length: 1500 }, (_, i) => `longword${n}x${i}`).join(' ');
      store.append(PIPELINE, requestOf(`id-${n}`, { output }), [`id-${n}`]);
    }
  };
  beforeEach(async () => {
    store = new Store(IN_MEMORY);
    append(0, 12);
    added = 0;
    index = new TraceIndex(store.database, IN_MEMORY, {
      maxBytes: 16 * 1024 * 1024,
      onDelta: (delta) => {
        added = delta.added?.[1] ?? added;
      },
    });
    const completeOne = index.fullText.completeOne.bind(index.fullText);
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    index.fullText.completeOne = async (budget) => {
      onWords();
      await finished;
      await completeOne(budget);
    };
    await index.catchUp();
    assert.equal(index.fullText.isIncomplete, false);
    // One transaction writes them, and fills a partition.
    append(12, 24);
  });
  afterEach(async () => {
    finish();
    await index.close();
    store.close();
  });

  it('announces the rows that come meanwhile', async () => {
    let rows = 0;
    onWords = () => {
      rows += 1;
      store.append(PIPELINE, requestOf(`late-${rows}`), [`late-${rows}`]);
    };
    finish();
    await index.catchUp();
    assert.ok(rows > 0);
    assert.equal(added, store.newest);
  });

  it('lets a read go on that waits for rows alone', async () => {
    const seen = new Promise<void>((resolve) => {
      onWords = resolve;
    });
    await Promise.all([index.waitFor(store.newest), seen]);
    assert.equal(added, 24);
  });
});

describe('an index file that two processes write', () => {
  it('has the words that the other one indexed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'openlayer-two-'));
    const file = join(folder, 'traces.index.db');
    const store = new Store(join(folder, 'traces.db'));
    for (let n = 0; n < 40; n += 1) {
      const output = Array.from({ length: 1500 }, (_, i) => `longword${n}x${i}`).join(' ');
      store.append(PIPELINE, requestOf(`id-${n}`, { output }), [`id-${n}`]);
    }
    const openWithoutWords = async () => {
      const index = new TraceIndex(store.database, file, { maxBytes: 16 * 1024 * 1024 });
      index.fullText.completeOne = () => Promise.reject(new Error('not yet'));
      await assert.rejects(index.catchUp(), /not yet/);
      return index;
    };
    const one = await openWithoutWords();
    const other = await openWithoutWords();
    assert.ok(other.fullText.isIncomplete);
    Reflect.deleteProperty(one.fullText, 'completeOne');
    await one.catchUp();
    // It would not be able to index them.
    await other.catchUp();
    assert.equal(other.fullText.isIncomplete, false);
    const stored = store.get(1);
    assert.ok(stored);
    store.update(stored, { output: 'anextraordinaryword' });
    await other.catchUp();
    await one.catchUp();
    for (const index of [one, other]) {
      const query = { ...parseQuery(new URLSearchParams()), q: 'xtraordinaryw' };
      assert.deepEqual((await select(index, query, new TimeBudget(10_000))).numbers, [1]);
    }
    await one.close();
    await other.close();
    store.close();
    rmSync(folder, { recursive: true });
  });
});

describe('labels and configs, which many rows share', () => {
  const LONG = 'x'.repeat(2000);

  it('are deleted with the last row that has them', async () => {
    const store = new Store(IN_MEMORY);
    const append = (n: number) => {
      const { config, rows } = requestOf(`id-${n}`, { [`column-${n}`]: 1 });
      const inputVariableNames = [`column-${n}`];
      store.append(`${n} ${LONG}`, { config: { ...config, inputVariableNames }, rows }, [
        `id-${n}`,
      ]);
    };
    const index = new TraceIndex(store.database, IN_MEMORY);
    const labels = () => index.labels.all('pipeline').map(({ text }) => text.split(' ')[0]);
    const configs = () =>
      store.database.query<{ text: string }>('SELECT text FROM configs').all().length;
    for (let n = 0; n < 400; n += 1) append(n % 200);
    await index.catchUp();
    const before = index.bytes;
    store.removeOlderThan(Number.MAX_SAFE_INTEGER, 100);
    await index.catchUp();
    assert.equal(labels().length, 200, 'newer rows have them');
    assert.equal(configs(), 200);

    store.removeOlderThan(Number.MAX_SAFE_INTEGER, 290);
    await index.catchUp();
    assert.deepEqual(
      labels().sort(),
      Array.from({ length: 10 }, (_, n) => `${190 + n}`),
    );
    assert.ok(configs() <= 11, `${configs()} configs`);
    const rows = [...store.each()];
    assert.equal(rows.length, 10);
    assert.ok(rows.every(({ config }) => config.inputVariableNames?.length === 1));
    assert.ok(index.bytes < before / 2, `${index.bytes} of ${before} bytes`);

    append(0);
    await index.catchUp();
    assert.equal(labels().length, 11);
    await index.close();
    store.close();
  });

  it('are deleted at the start after the reads that wait, but for those of rows that come meanwhile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'openlayer-labels-'));
    const store = new Store(join(folder, 'traces.db'));
    const file = join(folder, 'traces.index.db');
    const append = (pipeline: string) => store.append(pipeline, requestOf(pipeline), [pipeline]);
    append('a');
    const first = new TraceIndex(store.database, file);
    await first.catchUp();
    for (let n = 0; n < 12_000; n += 1) first.labels.add('pipeline', n, `Unused ${n} é`);
    first.labels.saveSize();
    const isSizeRight = () => {
      const db = openDatabase(file, 1_000_000);
      const { kept, real } =
        db
          .query<{ kept: number; real: number }>(
            `SELECT (SELECT bytes FROM label_size) AS kept,
               total(octet_length(text) + ifnull(octet_length(folded), 0) + 50) AS real FROM labels`,
          )
          .get() ?? {};
      db.close();
      assert.equal(kept, real);
    };
    await first.close();
    isSizeRight();

    const index = new TraceIndex(store.database, file);
    const count = () => index.labels.all('pipeline').length;
    const all = index.catchUp();
    await index.waitFor(1);
    assert.ok(count() > 1000, `${count()} labels`);
    append('b');
    await all;
    await index.catchUp();
    assert.deepEqual(
      index.labels
        .all('pipeline')
        .map(({ text }) => text)
        .sort(),
      ['a', 'b'],
    );
    await index.close();
    isSizeRight();
    store.close();
    rmSync(folder, { recursive: true });
  });
});
