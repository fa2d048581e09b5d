/** A JSON value as rows. */

import assert from 'node:assert/strict';
import {
  findInJson,
  firstExpanded,
  JsonIds,
  type JsonPlace,
  type JsonRow,
  JsonRows,
  pathText,
  placesAbove,
} from '../src/content/json-rows.ts';
import { jsonText } from '../src/json.ts';

const VALUE = {
  messages: [{ role: 'user', 'odd key': 1 }, { role: 'assistant' }],
  args: '{"city":"Porto","days":[1,2]}',
  text: '[not JSON]',
  empty: {},
};

/** All visible rows. */
function jsonRows(value: unknown, expanded: ReadonlySet<number>, ids: JsonIds): readonly JsonRow[] {
  const rows = new JsonRows(value, expanded, ids);
  return Array.from({ length: rows.count }, (_, index) => rows.rowAt(index));
}

describe('the rows of a JSON value', () => {
  let ids: JsonIds;
  beforeEach(() => {
    ids = new JsonIds();
  });

  /** The rows of a value whose whole and whose members at some paths are unfolded. */
  const rowsWith = (value: unknown, ...paths: readonly (string | number)[][]) => {
    const root = ids.of(undefined, undefined);
    const idOf = (path: readonly (string | number)[]) =>
      path.reduce<number>((id, name) => ids.of(id, name), root);
    return jsonRows(value, new Set([root, ...paths.map(idOf)]), ids);
  };
  const find = (value: unknown, words: string, max: number): readonly JsonPlace[] =>
    findInJson(value, words, { max, ids });

  it('are its members, except those below folded ones', () => {
    const rows = rowsWith(VALUE, ['messages']);
    assert.deepEqual(
      rows.map(({ level, name, size, expanded }) => [level, name ?? '', size ?? '-', expanded]),
      [
        [0, '', 4, true],
        [1, 'messages', 2, true],
        [2, 0, 2, false],
        [2, 1, 1, false],
        [1, 'args', 2, false],
        [1, 'text', '-', false],
        [1, 'empty', 0, false],
      ],
    );
  });

  it('have JSON within a string as members, with a mark', () => {
    const rows = rowsWith(VALUE, ['args']);
    const args = rows.find(({ name }) => name === 'args');
    assert.deepEqual([args?.isFromText, args?.size], [true, 2]);
    assert.equal(rows.find(({ name }) => name === 'city')?.value, 'Porto');
    assert.equal(rows.find(({ name }) => name === 'text')?.isFromText, false);
  });

  it('have paths as JavaScript writes them', () => {
    const rows = rowsWith(VALUE, ['messages'], ['messages', 0]);
    assert.deepEqual(rows.map(pathText), [
      ...['', 'messages', 'messages[0]', 'messages[0].role', 'messages[0]["odd key"]'],
      ...['messages[1]', 'args', 'text', 'empty'],
    ]);
  });

  it('are found by names and values, also where they are folded', () => {
    assert.deepEqual(find(VALUE, 'PORTO', 10).map(pathText), ['args.city']);
    assert.deepEqual(find(VALUE, 'role', 10).map(pathText), [
      'messages[0].role',
      'messages[1].role',
    ]);
    assert.deepEqual(find(VALUE, 'role', 1).map(pathText), ['messages[0].role']);
    assert.deepEqual(find(VALUE, '', 10), []);
    const constants = {
      n: -1.5e21,
      t: true,
      z: null,
      i: Number.POSITIVE_INFINITY,
      s: 'ẞtreet',
      b: 2n ** 60n,
    };
    for (const [words, path] of [
      ['1.5E+', 'n'],
      ['rue', 't'],
      ['null', 'z'],
      ['infin', 'i'],
      ['ẞT', 's'],
      ['1504606846976', 'b'],
    ] as const) {
      assert.deepEqual(find(constants, words, 10).map(pathText), [path]);
    }
    const [hit] = find(VALUE, 'assistant', 10);
    assert.ok(hit);
    const rows = jsonRows(VALUE, new Set(placesAbove(hit)), ids);
    assert.ok(rows.some(({ id }) => id === hit.id));
  });

  it('are few at first, however large the value is', () => {
    const large = {
      items: Array.from({ length: 200_000 }, (_, place) => ({ place, text: 'x'.repeat(40) })),
    };
    const expanded = firstExpanded(large, ids);
    assert.ok(jsonRows(large, expanded, ids).length < 300);
  });

  it('are copied as JSON however deep they are', () => {
    assert.equal(
      jsonText({ a: [1, { b: null }] }),
      JSON.stringify({ a: [1, { b: null }] }, null, 2),
    );
    assert.equal(jsonText(undefined), '');
    const deep = `${'[{"a":1,"b":'.repeat(20_000)}["é"]${'},2]'.repeat(20_000)}`;
    assert.equal(jsonText(JSON.parse(deep)), deep);
  });

  it('may be as deep as the value is', () => {
    const depth = 20_000;
    let value: unknown = 'end';
    for (let level = 0; level < depth; level++) value = { next: value };
    assert.equal(jsonRows(value, firstExpanded(value, ids), ids).length, 4);
    const heapBefore = process.memoryUsage().heapUsed;
    const began = performance.now();
    const [hit] = find(value, 'end', 1);
    assert.ok(hit);
    const rows = new JsonRows(value, new Set(placesAbove(hit)), ids);
    assert.deepEqual([rows.count, rows.rowAt(depth).id], [depth + 1, hit.id]);
    assert.equal(rows.indexOf(hit.id), depth);
    const megabytes = (process.memoryUsage().heapUsed - heapBefore) / 1e6;
    assert.ok(megabytes < 100, `${megabytes} MB`);
    assert.ok(performance.now() - began < 5000);
  });

  it('are the same as those of a plain walk, whatever is unfolded, and each has its index', () => {
    const text = JSON.stringify({ deep: [1, [2, { x: 3 }]], empty: [] });
    const value = {
      list: Array.from({ length: 9 }, (_, place) =>
        place % 3 === 0 ? place : { a: [place, { b: text }], c: {} },
      ),
      text,
      '10': 'integer names come first',
      none: null,
    };
    const all: { id: number; path: string; isOpen: boolean }[] = [];
    let seed = 7;
    const random = () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    for (let round = 0; round < 200; round++) {
      const expanded = new Set<number>();
      all.length = 0;
      const walk = (raw: unknown, parent: number | undefined, name?: string | number) => {
        const id = ids.of(parent, name);
        const member: unknown = raw === text ? JSON.parse(text) : raw;
        const isBranch = typeof member === 'object' && member !== null;
        const isOpen = isBranch && random() < 0.7;
        // Folded places may have unfolded ones below them.
        const isHidden = isBranch && !isOpen && random() < 0.5;
        if (isOpen) expanded.add(id);
        all.push({ id, path: String(name ?? ''), isOpen });
        if (!isOpen && !isHidden) return;
        const before = all.length;
        for (const [key, each] of Object.entries(member as object)) {
          walk(each, id, Array.isArray(member) ? Number(key) : key);
        }
        if (isHidden) all.length = before;
      };
      walk(value, undefined);
      const rows = jsonRows(value, expanded, ids);
      assert.deepEqual(
        rows.map(({ id, name, expanded: isOpen }) => ({ id, path: String(name ?? ''), isOpen })),
        all,
      );
      const made = new JsonRows(value, expanded, ids);
      for (const [index, { id }] of rows.entries()) assert.equal(made.indexOf(id), index);
      const gone = ids.of(ids.of(undefined, undefined), 'gone');
      assert.equal(made.indexOf(gone), -1);
    }
  });

  it('are made when they are drawn, of a value of megabytes as well', () => {
    const numbers = Array.from({ length: 500_000 }, (_, place) => place * 0.000123456789);
    const objects = Object.fromEntries(numbers.map((each, place) => [`key ${place}`, { each }]));
    for (const value of [numbers, objects]) {
      const expanded = new Set(firstExpanded(value, ids));
      const rows = new JsonRows(value, expanded, ids);
      assert.equal(rows.count, 500_001);
      // As many ids as rows were read: the others have none.
      const before = ids.of(undefined, 'unused');
      for (let index = 400_000; index < 400_050; index++) rows.rowAt(index);
      assert.ok(ids.of(undefined, 'unused too') <= before + 51);
    }
  });

  it('keep their ids in a value with other members', () => {
    const idsOf = (value: unknown) =>
      new Map(rowsWith(value, ['b']).map((row) => [pathText(row), row.id]));
    const before = idsOf({ a: 1, b: { c: 2 }, '[0': [1] });
    const after = idsOf({ new: 0, b: { new: 0, c: 3 }, a: 2 });
    for (const path of ['', 'a', 'b', 'b.c']) assert.equal(before.get(path), after.get(path), path);
    assert.equal(new Set(before.values()).size, before.size);
  });
});
