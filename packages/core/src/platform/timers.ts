/** The timers and microtasks of the runtime, taken before a test can replace them by fake ones, which would delay or lose rows. */
export const {
  setTimeout: startTimer,
  clearTimeout: stopTimer,
  setInterval: startInterval,
  clearInterval: stopInterval,
  queueMicrotask: startMicrotask,
} = globalThis;

/** A timer that was started. */
export type Timer = ReturnType<typeof startTimer>;

/** The longest wait of a timer in milliseconds: a longer one fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds, or at once when the signal aborts. Does not keep the process alive. */
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

/** Waits for the promise, at most `ms` milliseconds, and keeps the process alive meanwhile. Never rejects. */
export async function waitAtMost(promise: Promise<unknown> | undefined, ms: number): Promise<void> {
  let timer: Timer | undefined;
  try {
    const deadline = new Promise<void>((resolve) => {
      timer = startTimer(resolve, Math.min(ms, LONGEST_TIMER_MS));
    });
    await Promise.race([promise, deadline]);
  } catch {
    // The code that made the promise reports its failure.
  } finally {
    stopTimer(timer);
  }
}

/** Lets the process exit although the timer is pending. */
export function unref<T>(timer: T): T {
  // In browsers, and in tests that imitate one, a timer is a number.
  (timer as { unref?: () => void } | undefined)?.unref?.();
  return timer;
}
