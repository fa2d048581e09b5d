/**
 * Loaded by mocha: ends the process some time after a failed run. A test that timed out leaves its server open, and nothing would show
 * which test that was. A run without failures still has to end by itself.
 */

const MOST_MS = 10_000;
let hasFailed = false;

export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    hasFailed ||= this.currentTest?.state === 'failed';
  },
  afterAll(): void {
    if (hasFailed) setTimeout(() => process.exit(), MOST_MS).unref();
  },
};
