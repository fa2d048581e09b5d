/** Waits of different kinds, through which the scope must be carried. */

/** Waits some milliseconds or a turn of the event loop, not the same for all. */
export async function pause(n: number): Promise<void> {
  if (n % 3 === 0) await turn();
  else if (n % 3 === 1) await later(n % 7);
  else await new Promise<void>((resolve) => queueMicrotask(resolve));
}

/** Waits so many milliseconds. */
export function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Edge runtimes know timers alone. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Resolves once the condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const started = performance.now();
  while (performance.now() - started < 60_000) {
    if (await condition()) return;
    await later(5);
  }
  throw new Error(`waited a minute for: ${what}`);
}
