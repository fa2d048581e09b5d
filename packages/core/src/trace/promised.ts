/** What a function of the user's returns where it is asynchronous. */

/** Whether the value is a promise, or one of another library. Never throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === 'function';
  } catch {
    return false;
  }
}

/**
 * Has the rejection of what a function returned reported, where that is a promise: nobody else awaits it. Never throws.
 * @returns whether it is one
 */
export function watchRejection(value: unknown, onRejected: (error: unknown) => void): boolean {
  if (!isThenable(value)) return false;
  // A thenable may throw where a promise rejects.
  new Promise((resolve) => resolve(value)).catch(onRejected);
  return true;
}
