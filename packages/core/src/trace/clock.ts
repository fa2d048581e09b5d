/** The two clocks of a trace. Tests and polyfills replace both; whatever they return, a row stays readable. */

/** 2000-01-01, and the last millisecond that the platform takes for one. */
const EARLIEST_MS = 946_684_800_000;
const LATEST_MS = 99_999_999_999_999;
/** Thirty years. */
const LONGEST_MS = 1e12;

const systemNow = Date.now;
const clock = globalThis.performance;
const systemMonotonic = clock.now.bind(clock);

/** Whole epoch milliseconds: by the app's clock where it returns a time, else by the system's. */
export function wallClockMs(): number {
  try {
    const now: unknown = Date.now();
    if (isWithin(now, EARLIEST_MS, LATEST_MS)) return Math.floor(now);
  } catch {
    // The app's clock is broken.
  }
  return Math.max(Math.floor(systemNow()), EARLIEST_MS);
}

/** Milliseconds of the monotonic clock, likewise. */
export function monotonicMs(): number {
  try {
    const now: unknown = performance.now();
    if (isWithin(now, 0, LONGEST_MS)) return now;
  } catch {
    // The app's clock is broken.
  }
  return systemMonotonic();
}

/** Milliseconds since a reading of `monotonicMs`; 0 where the clock went back meanwhile. */
export function elapsedSince(startMs: number): number {
  const elapsed = monotonicMs() - startMs;
  return elapsed > 0 ? elapsed : 0;
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}
