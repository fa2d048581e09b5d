/** Timers as they were when this was loaded: what a test makes of them later neither holds up nor loses a row. */
export const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** The longest that a timer can wait: a longer one fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves after so many milliseconds, or at once when the signal aborts. Keeps no process alive. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = () => {
      stopTimer(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = unref(startTimer(done, Math.min(ms, LONGEST_TIMER_MS)));
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Lets the process end although the timer is still running, where timers can hold one. */
export function unref<T>(timer: T): T {
  // In browsers, and in tests that play one, it is a number.
  (timer as { unref?: () => void } | undefined)?.unref?.();
  return timer;
}
