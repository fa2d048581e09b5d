/** Tries again what may be taken later, with full jitter, until it has been too long. */

import { delay } from './delay.js';
import { SendError, type Transport } from './transport.js';

export interface RetryPolicy {
  /** Ceiling of the first wait, in milliseconds; it doubles from try to try. @default 1000 */
  readonly baseMs: number;
  /** Highest ceiling of a wait, in milliseconds. @default 60000 */
  readonly capMs: number;
  /** No further try once a batch has been tried for so long, in milliseconds. @default 900000 */
  readonly maxElapsedMs: number;
}

export interface RetryTools {
  /** From 0 up to but not including 1. */
  readonly random?: () => number;
  readonly onRetry?: (error: SendError, waitMs: number) => void;
}

/** A transport that retries. What it throws in the end is the last error. */
export function withRetry(
  transport: Transport,
  policy: RetryPolicy,
  tools: RetryTools = {},
): Transport {
  const random = tools.random ?? Math.random;
  return {
    async send(batch, options) {
      const deadline = performance.now() + policy.maxElapsedMs;
      for (let attempt = 0; ; attempt++) {
        try {
          return await transport.send(batch, options);
        } catch (error) {
          if (!(error instanceof SendError) || !error.isRetryable || options.signal?.aborted)
            throw error;
          const waitMs = waitBefore(attempt + 1, error.retryAfterMs, policy, random);
          if (performance.now() + waitMs > deadline) throw error;
          tools.onRetry?.(error, waitMs);
          await delay(waitMs, options.signal);
          if (options.signal?.aborted) throw error;
        }
      }
    },
    close: () => transport.close(),
  };
}

/** What the platform asks for is a floor; the jitter on top keeps a crowd of processes apart. */
function waitBefore(
  attempt: number,
  retryAfterMs: number | undefined,
  policy: RetryPolicy,
  random: () => number,
): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
  return (retryAfterMs ?? 0) + random() * ceiling;
}
