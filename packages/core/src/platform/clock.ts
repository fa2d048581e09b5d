/** The two clocks of a trace. Tests and polyfills replace both, so their readings are checked. */

/** 2000-01-01 in epoch milliseconds: an earlier time is one of a wrong clock, or in another unit. */
export const EARLIEST_MS = 946_684_800_000;
/** In the year 5138: the platform accepts no later time, which is one of a wrong clock, or in microseconds or nanoseconds. */
export const LATEST_MS = 99_999_999_999_999;
/** Thirty years. */
const LONGEST_MS = 1e12;

const systemNow = Date.now;
const clock = globalThis.performance;
const systemMonotonic = clock.now.bind(clock);

/** Whole epoch milliseconds, from `Date.now` as the app may have replaced it, else from the system's own. */
export function wallClockMs(): number {
  try {
    const now: unknown = Date.now();
    if (typeof now === 'number' && now >= EARLIEST_MS && now <= LATEST_MS) return Math.floor(now);
  } catch {
    // The replaced clock threw.
  }
  return Math.max(Math.floor(systemNow()), EARLIEST_MS);
}

/** Epoch milliseconds of the system's clock, by which files are dated. */
export function systemClockMs(): number {
  return systemNow();
}

/** Milliseconds from `performance.now` as the app may have replaced it, else from the system's own. */
export function monotonicMs(): number {
  try {
    const now: unknown = performance.now();
    if (typeof now === 'number' && now >= 0 && now <= LONGEST_MS) return now;
  } catch {
    // The replaced clock threw.
  }
  return systemMonotonic();
}

/** Milliseconds since a reading of `monotonicMs`; 0 if the clock went back since. */
export function elapsedSince(startMs: number): number {
  const elapsed = monotonicMs() - startMs;
  return elapsed > 0 ? elapsed : 0;
}
