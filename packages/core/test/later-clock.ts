/** A monotonic clock that a test sets ahead. */

export interface LaterClock {
  /** By how many milliseconds the clock is ahead. */
  laterMs: number;
}

/** Sets the clock of the process ahead for the tests of the `describe` that calls this. */
export function useLaterClock(): LaterClock {
  const { now } = performance;
  const clock: LaterClock = { laterMs: 0 };
  before(() => {
    performance.now = () => now.call(performance) + clock.laterMs;
  });
  after(() => {
    performance.now = now;
  });
  return clock;
}
