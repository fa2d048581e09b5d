/** How long to wait before a further try: full jitter, so that a crowd of processes spreads. */

export interface RetryPolicy {
  /** Ceiling of the first wait, in milliseconds; it doubles from try to try. @default 1000 */
  readonly baseMs: number;
  /** Highest ceiling of a wait, in milliseconds. @default 60000 */
  readonly capMs: number;
  /** No further try once a batch has been tried for so long, in milliseconds. With a spool, there is no end. @default 900000 */
  readonly maxElapsedMs: number;
}

/** What the platform asks for is a floor; the jitter on top keeps a crowd of processes apart. */
export function waitBefore(
  attempt: number,
  retryAfterMs: number | undefined,
  policy: RetryPolicy,
  random: () => number,
): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
  return (retryAfterMs ?? 0) + random() * ceiling;
}

/** Least time between two calls of a process that makes up for an outage, as a part of the first wait: 50 ms. */
const PACE = 1 / 20;

export function paceOf({ baseMs }: RetryPolicy): number {
  return baseMs * PACE;
}
