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
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = unref(setTimeout(done, Math.min(ms, LONGEST_TIMER_MS)));
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Lets the process end although the timer is still running, where timers can hold one. */
export function unref<T>(timer: T): T {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
