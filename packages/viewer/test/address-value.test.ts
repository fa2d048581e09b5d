/** What has put a step, or a trace, into the address. */

import assert from 'node:assert/strict';
import { AddressValue } from '../src/state/address-value.ts';

describe('a number in the address', () => {
  it('is a request when a link opens the page, once', () => {
    const address = new AddressValue<number>();
    assert.deepEqual(
      [7, 7].map((step) => address.isRequest(step)),
      [true, false],
    );
  });

  it('is no request if the page has written it, even if the address skips some', () => {
    const address = new AddressValue<number>();
    address.isRequest(0);
    for (const step of [1, 2, 3, 4]) address.write(step);
    assert.deepEqual(
      [2, 4].map((step) => address.isRequest(step)),
      [false, false],
    );
  });

  it('is a request after the back button, and after a link to a step that was selected before', () => {
    const address = new AddressValue<number>();
    address.isRequest(0);
    address.write(5);
    assert.deepEqual(
      [5, 0, 5].map((step) => address.isRequest(step)),
      [false, true, true],
    );
  });

  it('is a request if a link arrives before the step that the page has written', () => {
    const address = new AddressValue<number>();
    address.isRequest(0);
    address.write(5);
    assert.deepEqual(
      [9, 5].map((step) => address.isRequest(step)),
      [true, true],
    );
  });
});
