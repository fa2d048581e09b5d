/** Values of a filter in one field. */

import assert from 'node:assert/strict';
import { listText, readList } from '../src/frame/typed-list.ts';

describe('values in one field', () => {
  it('are read back as they were, whatever they are', () => {
    for (const values of [
      ['ada'],
      ['ada', 'grace'],
      ['Lovelace, Ada', 'grace'],
      [' ada ', 'ada'],
      ['"ada"', 'a"b', '"', '\\', 'a\\', '"a', 'a, "b"'],
      ['a\nb', 'c\td', ',', ',,', ' '],
      ['日本', '\u200b', 'é, e\u0301'],
    ]) {
      assert.deepEqual(readList(listText(values)), values, listText(values));
    }
  });

  it('are divided by commas, whose spaces do not count', () => {
    for (const [typed, values] of [
      ['a,b , c', ['a', 'b', 'c']],
      [' , a,, ', ['a']],
      ['', []],
      ['"a, b", c', ['a, b', 'c']],
      ['"a, b', ['"a', 'b']],
      ['"a" b, c', ['"a" b', 'c']],
      ['5" disk', ['5" disk']],
      ['"\\x"', ['"\\x"']],
    ] as const) {
      assert.deepEqual(readList(typed), values, typed);
    }
  });

  it('take no longer than their text', () => {
    const typed = `"${'\\"'.repeat(50_000)}${' '.repeat(50_000)}`;
    const start = performance.now();
    readList(typed);
    assert.ok(performance.now() - start < 1000);
  });
});
