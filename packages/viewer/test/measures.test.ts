/** Sums and parts of measures. */

import assert from 'node:assert/strict';
import { partsOf, sumOf } from '../src/reading/measures.ts';

describe('measures', () => {
  it('are summed over the known values, and unknown if none is known', () => {
    const sum = (...values: (number | null | undefined)[]) => sumOf(values, (each) => each);
    assert.equal(sum(1, null, 2, undefined), 3);
    assert.equal(sum(0, null), 0);
    assert.equal(sum(null, undefined), null);
    assert.equal(sum(), null);
  });

  it('split requests into parts: each request is in one', () => {
    assert.deepEqual(partsOf({ requests: 10, errors: 3, aborts: 4, failedAborts: 2 }), {
      completed: 5,
      aborted: 2,
      failed: 3,
    });
  });
});
