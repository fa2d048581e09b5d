/** Where the row that is read goes when a list changes. */

import assert from 'node:assert/strict';
import { movedIndex } from '../src/ui/grid/moved-index.ts';

const rows = (keys: string) => ({
  count: keys.length,
  keyAt: (index: number) => keys[index] ?? '',
});

describe('the row of a list that is read', () => {
  for (const [title, before, now, index, moved] of [
    ['stays', 'abcd', 'abcd', 2, 0],
    ['stays if rows come and go below it', 'abcd', 'abcxy', 2, 0],
    ['moves down by the rows that come above it', 'abcd', 'xaybcd', 2, 2],
    ['moves up by the rows that go above it', 'abcd', 'cd', 2, -2],
    ['moves with others in another order', 'abcd', 'cabd', 2, -2],
    ['leaves its place to the next one if it is gone', 'abcd', 'abd', 2, 0],
    ['leaves its place to the next one, which moves as well', 'abcd', 'xabd', 2, 1],
    ['is nowhere if all rows below it are gone too', 'abcd', 'xy', 2, undefined],
  ] as const) {
    it(title, () => {
      assert.equal(movedIndex(rows(before), rows(now), index), moved);
    });
  }
});
