/** Exponential backoff with full jitter, so that many processes do not retry at the same time. */

/** When failed sends are retried. A `Retry-After` of up to 5 minutes is added to the wait. */
export interface RetryPolicy {
  /** Longest wait before the first retry, in milliseconds; it doubles with each retry. @default 1000 */
  readonly baseMs: number;
  /** Longest wait before any retry, in milliseconds; a `Retry-After` is added to it. @default 60000 */
  readonly capMs: number;
  /** How long a batch is retried, in milliseconds. With a spool, there is no such limit. @default 900000 */
  readonly maxElapsedMs: number;
}

/** The wait before a retry in milliseconds: the platform's `Retry-After`, plus jitter. @param attempt 1 for the first retry */
export function waitBefore(
  attempt: number,
  retryAfterMs: number | undefined,
  policy: RetryPolicy,
  random: () => number,
): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
  return (retryAfterMs ?? 0) + random() * ceiling;
}

const PACE = 1 / 20;

/** Least time between two calls of a process that catches up after an outage: 50 ms by default. */
export function paceOf({ baseMs }: RetryPolicy): number {
  return baseMs * PACE;
}
