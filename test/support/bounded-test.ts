/** Tests with an upper bound of time or of memory. */

const RETRIES = 3;

/**
 * A test that a busy machine can break, since it has an upper bound of time or of memory. It may fail three times before it
 * counts as failed: what is wrong in the code breaks the bound each time. Not for tests of order, counts or contents.
 */
export function boundedTest(
  title: string,
  fn: (this: Mocha.Context) => Promise<void> | void,
): void {
  it(title, fn).retries(RETRIES);
}
