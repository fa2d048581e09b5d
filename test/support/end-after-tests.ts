/**
 * Loaded by mocha: ends the process some time after its last test. A test that timed out leaves its server open, and Cohere's client a
 * timer of many minutes when a call fails: nothing would show what the run had found. A run without failures that has to be ended says so.
 */

const MOST_MS = 20_000;
let hasFailed = false;

export const mochaHooks = {
  afterEach(this: Mocha.Context): void {
    hasFailed ||= this.currentTest?.state === 'failed';
  },
  afterAll(): void {
    setTimeout(() => {
      if (!hasFailed) console.error('Something held the process open after its last test.');
      process.exit();
    }, MOST_MS).unref();
  },
};
