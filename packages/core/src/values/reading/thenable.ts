/** Thenables that the app returns where no promise is needed. */

/** Whether the value has a method `then`. Runs a getter of that name. Never throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}

/**
 * Calls `onRejected` if the value is a promise that rejects: a returned promise that nobody else awaits. Never throws.
 * @returns whether the value is a promise
 */
export function watchRejection(value: unknown, onRejected: (error: unknown) => void): boolean {
  if (!isThenable(value)) return false;
  // A thenable may throw where a promise rejects.
  new Promise((resolve) => resolve(value)).catch(onRejected);
  return true;
}
