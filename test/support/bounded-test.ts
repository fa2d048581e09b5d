/** Tests that need a machine which is not too busy. */

const RETRIES = 3;

/**
 * A test that a busy machine can break: it has an upper bound of time or of memory, or needs one thing to come faster than
 * another. It may fail three times before it counts as failed: what is wrong in the code breaks it each time.
 */
export function boundedTest(
  title: string,
  fn: (this: Mocha.Context) => Promise<void> | void,
): void {
  it(title, fn).retries(RETRIES);
}
