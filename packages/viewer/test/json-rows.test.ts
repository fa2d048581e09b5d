/** A JSON value as rows. */

import assert from 'node:assert/strict';
import {
  findInJson,
  firstExpanded,
  jsonRows,
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

describe('the rows of a JSON value', () => {
  it('are its members, except those below folded ones', () => {
    const rows = jsonRows(VALUE, new Set(['', '\u0002messages']));
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
    const rows = jsonRows(VALUE, new Set(['', '\u0002args']));
    const args = rows.find(({ name }) => name === 'args');
    assert.deepEqual([args?.isFromText, args?.size], [true, 2]);
    assert.equal(rows.find(({ name }) => name === 'city')?.value, 'Porto');
    assert.equal(rows.find(({ name }) => name === 'text')?.isFromText, false);
  });

  it('have paths as JavaScript writes them', () => {
    const rows = jsonRows(VALUE, new Set(['', '\u0002messages', '\u0002messages\u00010']));
    assert.deepEqual(rows.map(pathText), [
      ...['', 'messages', 'messages[0]', 'messages[0].role', 'messages[0]["odd key"]'],
      ...['messages[1]', 'args', 'text', 'empty'],
    ]);
  });

  it('are found by names and values, also where they are folded', () => {
    assert.deepEqual(findInJson(VALUE, 'PORTO', 10).map(pathText), ['args.city']);
    assert.deepEqual(findInJson(VALUE, 'role', 10).map(pathText), [
      'messages[0].role',
      'messages[1].role',
    ]);
    assert.deepEqual(findInJson(VALUE, 'role', 1).map(pathText), ['messages[0].role']);
    assert.deepEqual(findInJson(VALUE, '', 10), []);
    const [hit] = findInJson(VALUE, 'assistant', 10);
    assert.ok(hit);
    const rows = jsonRows(VALUE, new Set(placesAbove(hit)));
    assert.ok(rows.some(({ id }) => id === hit.id));
  });

  it('are few at first, however large the value is', () => {
    const large = {
      items: Array.from({ length: 200_000 }, (_, place) => ({ place, text: 'x'.repeat(40) })),
    };
    const expanded = firstExpanded(large);
    assert.ok(jsonRows(large, expanded).length < 300);
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
    assert.equal(jsonRows(value, firstExpanded(value)).length, 4);
    assert.equal(findInJson(value, 'end', 1).length, 1);
  });
});
