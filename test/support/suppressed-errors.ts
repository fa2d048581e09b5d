/** Loaded by mocha: where a test and its disposal have both failed, shows why each of them did. */

interface Suppressed extends Error {
  /** Why the disposal failed. */
  readonly error: unknown;
  /** Why the test failed. */
  readonly suppressed: unknown;
}

export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    const failure = this.currentTest?.err;
    if (failure?.name !== 'SuppressedError') return;
    const { error, suppressed } = failure as Suppressed;
    failure.stack = `${textOf(suppressed)}\nThen its disposal failed as well:\n${textOf(error)}`;
  },
};

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name !== 'SuppressedError') return error.stack ?? error.message;
  const { error: later, suppressed } = error as Suppressed;
  return `${textOf(suppressed)}\n${textOf(later)}`;
}
