import assert from 'node:assert/strict';
import type { LocalServer } from '@openlayer-tracing/local';
import { TimeBudget } from '../../src/http/time-budget.ts';
import type { Overview, TracePage } from '../../src/page-api.ts';
import { type Database, IN_MEMORY, openDatabase } from '../../src/storage/database.ts';
import { FullTextIndex } from '../../src/trace-index/words/full-text-index.ts';
import { PARTITIONS_TABLE } from '../../src/trace-index/words/partition.ts';
import { call, PIPELINE, requestOf, send } from '../client.js';
import { Chance } from './random-rows.js';
import { got, lenientServer } from './read.js';

const budget = () => new TimeBudget(60_000);

describe('a search for a part of a word', () => {
  let server: LocalServer;
  beforeEach(async () => {
    server = await lenientServer();
  });
  afterEach(() => server.close());

  async function store(texts: Readonly<Record<string, string>>): Promise<void> {
    for (const [id, output] of Object.entries(texts)) await send(server, requestOf(id, { output }));
  }

  async function idsOf(q: string): Promise<readonly string[]> {
    const { traces } = await got<TracePage>(server, `traces?q=${encodeURIComponent(q)}`);
    return traces.map(({ inferenceId }) => inferenceId).sort();
  }

  it('finds the middle and the end of words', async () => {
    await store({ a: 'the library of Babel', b: 'LIBRARIAN', c: 'a libretto' });
    assert.deepEqual(await idsOf('ibrar'), ['a', 'b']);
    assert.deepEqual(await idsOf('BRARY'), ['a']);
    assert.deepEqual(await idsOf('ibr'), ['a', 'b', 'c']);
    assert.deepEqual(await idsOf('ibrar abe'), ['a']);
    assert.deepEqual(await idsOf('ibrat'), []);
  });

  it('finds only traces that have all words, however many they are', async () => {
    const words = Array.from({ length: 60 }, (_, i) => `w${i}`);
    await store({ all: words.join(' '), others: words.slice(0, -1).join(' ') });
    assert.deepEqual(await idsOf(words.join(' ')), ['all']);
    assert.deepEqual(await idsOf(words.slice(0, -1).join(' ')), ['all', 'others']);
  });

  it('finds words of two characters or fewer as whole words alone', async () => {
    await store({ a: 'an ox', b: 'a fox', c: 'oxen' });
    assert.deepEqual(await idsOf('ox'), ['a']);
    assert.deepEqual(await idsOf('fox'), ['b']);
    assert.deepEqual(await idsOf('oxe'), ['c']);
  });

  it('finds parts that a punctuation mark divides, and takes one at an edge for the end of the word', async () => {
    await store({ a: 'library-config.json', b: 'library config', c: 'library reconfig' });
    assert.deepEqual(await idsOf('brary-conf'), ['a', 'b']);
    assert.deepEqual(await idsOf('"ibrary'), []);
    assert.deepEqual(await idsOf('"library'), ['a', 'b', 'c']);
    assert.deepEqual(await idsOf('ibrar"'), []);
    assert.deepEqual(await idsOf('ibrary"'), ['a', 'b', 'c']);
    assert.deepEqual(await idsOf('" OR ibrary'), []);
  });

  it('finds parts in all scripts, without accents and in upper or lower case', async () => {
    await store({
      german: 'Überraschung',
      french: 'pre\u0301e\u0301minent',
      greek: 'ΒΙΒΛΙΟΘΗΚΗ',
      russian: 'библиотека',
      chinese: '今天天气很好',
      korean: '도서관에서',
      thai: 'ห้องสมุด',
      mixed: 'id𝒳𝒴𝒵end',
      long: `${'x'.repeat(3000)}needle${'y'.repeat(3000)}`,
    });
    assert.deepEqual(await idsOf('BERRAS'), ['german']);
    assert.deepEqual(await idsOf('berräs'), ['german']);
    assert.deepEqual(await idsOf('éémin'), ['french']);
    assert.deepEqual(await idsOf('βλιο'), ['greek']);
    assert.deepEqual(await idsOf('ЛИОТЕ'), ['russian']);
    assert.deepEqual(await idsOf('天气'), ['chinese']);
    assert.deepEqual(await idsOf('서관'), ['korean']);
    assert.deepEqual(await idsOf('สมุด'), ['thai']);
    assert.deepEqual(await idsOf('𝒳𝒴𝒵'), ['mixed']);
    assert.deepEqual(await idsOf('xneedley'), ['long']);
  });

  it('reports when more than 200 words contain the part', async () => {
    const words = (count: number, part: string) =>
      Array.from({ length: count }, (_, i) => `w${i}${part}${i}`).join(' ');
    await store({ a: words(200, 'few'), b: words(201, 'many') });
    const few = await got<TracePage>(server, 'traces?q=few');
    const many = await got<TracePage>(server, 'traces?q=many');
    assert.deepEqual([few.total, few.areWordsLeftOut], [1, undefined]);
    assert.deepEqual([many.total, many.areWordsLeftOut], [1, true]);
    const ofFew = await got<Overview>(server, 'overview?q=few');
    const ofMany = await got<Overview>(server, 'overview?q=many');
    assert.deepEqual([ofFew.areWordsLeftOut, ofMany.areWordsLeftOut], [undefined, true]);
  });

  it('finds words that an update brought, and those of the overview too', async () => {
    await store({ a: 'nothing', b: 'nothing' });
    const rows = `/inference-pipelines/${PIPELINE}/rows`;
    await call(server, 'PUT', `${rows}?inferenceId=a`, { row: { comment: 'extraordinary' } });
    assert.deepEqual(await idsOf('traordin'), ['a']);
    const { buckets } = await got<Overview>(server, 'overview?q=traordin');
    assert.equal(
      buckets.reduce((sum, { requests }) => sum + requests, 0),
      1,
    );
  });
});

describe('the words of full partitions', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const chance = new Chance(seed);
  const texts = new Map<number, string>();
  let db: Database;
  let index: FullTextIndex;
  before(() => console.log(`      SEED=${seed}`));

  const letters = [...'abcdefghijklmnéß'];
  const vocabulary = Array.from({ length: 4000 }, () =>
    Array.from({ length: 2 + chance.below(9) }, () => chance.oneOf(letters)).join(''),
  );
  const folded = (text: string) => text.replaceAll('é', 'e');

  function write(how: 'add' | 'replace', number: number): void {
    const words = Array.from({ length: 20 + chance.below(200) }, () => chance.oneOf(vocabulary));
    const text = words.join(' ');
    index[how](number, text);
    texts.set(number, folded(text));
  }

  /** The model is a search through the texts. */
  async function check(parts: number): Promise<void> {
    for (let i = 0; i < parts; i += 1) {
      const word = folded(chance.oneOf(vocabulary.filter((each) => each.length > 4)));
      const from = chance.below(word.length - 3);
      const part = word.slice(from, from + 3 + chance.below(3));
      const search = index.searchFor(part);
      const found: number[] = [];
      for await (const numbers of index.matches(search, 1, 10_000, budget()))
        found.push(...numbers);
      const expected = [...texts]
        .filter(([, text]) => text.includes(part))
        .map(([number]) => number);
      assert.deepEqual(
        found.sort((a, b) => a - b),
        expected.sort((a, b) => a - b),
        `SEED=${seed} ${part}`,
      );
      assert.equal(search.isCut, false);
    }
  }

  /** Pieces of the index of a partition: the first numbers of FTS5's record of its structure. */
  function piecesOf(first: number): number {
    const sql = `SELECT block FROM search_${first}_data WHERE id = 10`;
    const bytes = new Uint8Array(db.query<{ block: ArrayBuffer }>(sql).get()?.block ?? []);
    // A cookie of 4 bytes, 4 more with `contentless_delete`, the number of levels, that of pieces.
    return bytes[9] ?? 0;
  }

  it('are found in some traces after the others, as lists do that are read chunk by chunk', async function () {
    this.timeout(60_000);
    db = openDatabase(IN_MEMORY, 1_000_000);
    db.exec(PARTITIONS_TABLE);
    index = new FullTextIndex(db, 300_000);
    texts.clear();
    for (let number = 1; number <= 1500; number += 1) write('add', number);
    for (let complete = 0; complete < 4; complete += 1) {
      for (let i = 0; i < 20; i += 1) {
        const part = folded(chance.oneOf(vocabulary)).slice(0, 3);
        if (part.length < 3) continue;
        const search = index.searchFor(part);
        const length = 50 + chance.below(700);
        const ranges = Array.from({ length: Math.ceil(1500 / length) }, (_, at) => 1 + at * length);
        if (chance.below(2) === 0) ranges.reverse();
        for (const from of ranges) {
          const to = from + length - 1;
          const found: number[] = [];
          for await (const numbers of index.matches(search, from, to, budget())) {
            found.push(...numbers);
          }
          const expected = [...texts]
            .filter(([number, text]) => number >= from && number <= to && text.includes(part))
            .map(([number]) => number);
          assert.deepEqual(
            found.sort((a, b) => a - b),
            expected,
            `SEED=${seed} ${part} ${from}-${to}`,
          );
        }
      }
      await index.completeOne(budget());
    }
    texts.clear();
  });

  it('know how much text they have when they are read again, and get no more than without', () => {
    const partitionsOf = (restartAfter: number) => {
      const own = openDatabase(IN_MEMORY, 1_000_000);
      own.exec(PARTITIONS_TABLE);
      const restarted = new FullTextIndex(own, 5_000);
      for (let number = 1; number <= 200; number += 1) {
        restarted.add(number, 'word '.repeat(number % 40));
        if (number % 3 === 0) restarted.replace(number, 'another');
        if (number % restartAfter !== 0) continue;
        restarted.saveLengths();
        restarted.reload();
      }
      restarted.saveLengths();
      const all = own.query('SELECT first, length FROM partitions ORDER BY first').all();
      own.close();
      return all;
    };
    const expected = partitionsOf(1000);
    assert.ok(expected.length > 5);
    for (const restartAfter of [1, 7, 50]) assert.deepEqual(partitionsOf(restartAfter), expected);
  });

  const tables = () =>
    db
      .query<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE name LIKE '%\\_1\\_%' ESCAPE '\\' OR name LIKE '%\\_1' ESCAPE '\\'",
      )
      .all()
      .map(({ name }) => name);

  it('have the parts that the texts have, before and after they are indexed, and after updates', async function () {
    this.timeout(60_000);
    db = openDatabase(IN_MEMORY, 1_000_000);
    db.exec(PARTITIONS_TABLE);
    index = new FullTextIndex(db, 300_000);
    for (let number = 1; number <= 900; number += 1) write('add', number);
    assert.ok(index.isIncomplete);
    await check(30);
    await index.completeOne(budget());
    await check(30);
    while (index.isIncomplete) await index.completeOne(budget());
    await check(60);
    assert.deepEqual(piecesOf(1), 1);
    for (let i = 0; i < 50; i += 1) write('replace', 1 + chance.below(900));
    await check(60);
    index.reload();
    await check(30);
  });

  it('are found at once in a partition that gets texts, also by searches that texts come during', async function () {
    this.timeout(60_000);
    const own = openDatabase(IN_MEMORY, 1_000_000);
    own.exec(PARTITIONS_TABLE);
    const growing = new FullTextIndex(own, 30_000_000);
    let newest = 10_000;
    const add = (text: string) => {
      newest += 1;
      growing.add(newest, text);
    };
    const find = async (part: string, budgetOfRead = budget()) => {
      const found: number[] = [];
      for await (const numbers of growing.matches(growing.searchFor(part), 1, 1e6, budgetOfRead)) {
        found.push(...numbers);
      }
      return found.sort((a, b) => a - b);
    };
    add('a text');
    for (let i = 0; i < 300; i += 1) {
      add(`prefix${i}needle${i}suffix ${'filler '.repeat(chance.below(3000))}`);
      assert.deepEqual(await find(`needle${i}suffix`), [newest], `SEED=${seed}`);
      if (i % 10 > 0) continue;
      // Each pause of the search brings a text.
      let pauses = 0;
      const paused = budget();
      paused.turn = async () => {
        pauses += 1;
        add(`x${i}during${pauses}`);
      };
      const before = newest;
      await find(`${i}duri`, paused);
      assert.ok(pauses > 0);
      const expected = Array.from({ length: newest - before }, (_, at) => before + 1 + at);
      assert.deepEqual(await find(`${i}duri`), expected, `SEED=${seed}`);
    }
    own.close();
  });

  it('are added once, however often a trace is updated', () => {
    const rows = () =>
      db.query<{ rows: number }>('SELECT count(*) AS rows FROM words_1').get()?.rows;
    write('replace', 1);
    const before = rows();
    for (let i = 0; i < 5; i += 1) index.replace(1, texts.get(1) ?? '');
    assert.equal(rows(), before);
    index.replace(1, `${texts.get(1)} entirelynewword`);
    assert.equal(rows(), (before ?? 0) + 1);
  });

  it('go with their partition', () => {
    assert.ok(tables().some((name) => name.startsWith('words_')));
    index.dropUpTo(10_000);
    assert.deepEqual(tables(), []);
    db.close();
  });
});
