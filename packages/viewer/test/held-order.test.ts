/** The order of sessions and users while a reader points at one of them. */

import assert from 'node:assert/strict';
import { inShownOrder } from '../src/pages/held-order.ts';

const groups = (ids: string, traces = 1) => [...ids].map((id) => ({ id, traces }));

describe('rows under the pointer', () => {
  for (const [title, shown, latest, rows, held] of [
    ['stay where they are when others are busier', 'abc', 'cab', 'abc', 0],
    ['stay where they are when new ones come above them', 'abc', 'xayc', 'ac', 2],
    ['have the rows of the next page below them', 'abc', 'bacde', 'abcde', 0],
    ['are those that there are, if none was shown', '', 'ab', 'ab', 0],
    ['are those that there are, if all others are gone', 'ab', 'xy', 'xy', 0],
  ] as const) {
    it(title, () => {
      const result = inShownOrder(groups(shown), groups(latest, 7));
      assert.deepEqual(result, { rows: groups(rows, 7), held });
    });
  }
});
