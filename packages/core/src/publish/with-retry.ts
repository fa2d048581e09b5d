/** Tries again what may be taken later, with full jitter, until it has been too long. */

import { monotonicMs } from '../trace/clock.js';
import { type RetryPolicy, waitBefore } from './backoff.js';
import { delay } from './delay.js';
import { SendError, type Transport } from './transport.js';

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
      const deadline = monotonicMs() + policy.maxElapsedMs;
      for (let attempt = 0; ; attempt++) {
        try {
          return await transport.send(batch, options);
        } catch (error) {
          if (!(error instanceof SendError) || !error.isRetryable || options.signal?.aborted)
            throw error;
          const waitMs = waitBefore(attempt + 1, error.retryAfterMs, policy, random);
          if (monotonicMs() + waitMs > deadline) throw error;
          // A try that the breaker held back was none.
          if (error.isPaused) attempt--;
          else tools.onRetry?.(error, waitMs);
          await delay(waitMs, options.signal);
          if (options.signal?.aborted) throw error;
        }
      }
    },
    close: () => transport.close(),
  };
}
