/** Who has put a step into the address. */

import assert from 'node:assert/strict';
import { StepAddress } from '../src/trace/step-address.ts';

describe('the step in the address', () => {
  it('is requested by a link when the page opens, and once', () => {
    const address = new StepAddress();
    assert.deepEqual(
      [7, 7].map((step) => address.isRequest(step)),
      [true, false],
    );
  });

  it('is not requested where the page has put it there, also if the address skips some', () => {
    const address = new StepAddress();
    address.isRequest(0);
    for (const step of [1, 2, 3, 4]) address.write(step);
    assert.deepEqual(
      [2, 4].map((step) => address.isRequest(step)),
      [false, false],
    );
  });

  it('is requested by the back button, and by a link to a step that was chosen before', () => {
    const address = new StepAddress();
    address.isRequest(0);
    address.write(5);
    assert.deepEqual(
      [5, 0, 5].map((step) => address.isRequest(step)),
      [false, true, true],
    );
  });

  it('is requested by a link that comes before what the page has put there', () => {
    const address = new StepAddress();
    address.isRequest(0);
    address.write(5);
    assert.deepEqual(
      [9, 5].map((step) => address.isRequest(step)),
      [true, true],
    );
  });
});
