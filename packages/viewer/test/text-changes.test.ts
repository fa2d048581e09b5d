/** The difference of two texts, in little time. */

import assert from 'node:assert/strict';
import { changesOf } from '../src/compare/text-changes.ts';

/** Words that are not in the other text. */
const words = (prefix: string, count: number, between = ' ') =>
  Array.from({ length: count }, (_, place) => `${prefix}${place}`).join(between);

describe('the difference of two texts', () => {
  it('has the words that were removed and added', () => {
    assert.deepEqual(
      changesOf('one two three', 'one 2 three')?.map(({ value, added, removed }) => [
        added ? '+' : removed ? '-' : '',
        value,
      ]),
      [
        ['', 'one '],
        ['-', 'two'],
        ['+', '2'],
        ['', ' three'],
      ],
    );
  });

  it('has words that follow each other as one text, and lines apart', () => {
    const shown = (before: string, after: string) =>
      changesOf(before, after)
        ?.map(({ value, added, removed }) =>
          added ? `{+${value}+}` : removed ? `[-${value}-]` : value,
        )
        .join('');
    assert.equal(
      shown('"Is a room free?" he asked', '"How can I go?" he asked'),
      '"[-Is a room free-]{+How can I go+}?" he asked',
    );
    assert.equal(shown('a b\nc', 'x b\ny'), '[-a-]{+x+} b\n[-c-]{+y+}');
    assert.equal(shown('a b c', 'a c'), 'a [-b -]c');
  });

  for (const { title, before, after, changes } of [
    { title: 'nothing and many lines', before: '', after: words('b', 1e6, '\n'), changes: 1 },
    { title: 'many lines and nothing', before: words('a', 1e6, '\n'), after: '', changes: 1 },
    { title: 'texts without a common word', before: words('a', 1500), after: words('b', 1500) },
    {
      title: 'long texts without a common line',
      before: words('a', 20_000, '\n'),
      after: words('b', 20_000, '\n'),
    },
  ]) {
    it(`takes less than a second: ${title}`, () => {
      const began = performance.now();
      const found = changesOf(before, after);
      assert.ok(performance.now() - began < 1000);
      if (changes !== undefined) assert.equal(found?.length, changes);
    });
  }
});
