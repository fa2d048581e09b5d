/** Errors of calls of the server. */

import assert from 'node:assert/strict';
import { ApiError, isTransient } from '../src/server/api-error.ts';

describe('an error of a call', () => {
  it('is transient unless the call itself is wrong', () => {
    const statuses = [0, 400, 401, 404, 413, 429, 500, 503];
    assert.deepEqual(
      statuses.filter((status) => isTransient(new ApiError(status, 'refused'))),
      [0, 429, 500, 503],
    );
    assert.equal(isTransient(new TypeError('the response was cut')), true);
  });
});
