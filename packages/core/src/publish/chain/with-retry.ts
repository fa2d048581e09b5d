/** Retries sends with exponential backoff and full jitter, for at most `maxElapsedMs`. */

import { monotonicMs } from '../../platform/clock.js';
import { delay } from '../../platform/timers.js';
import { isAboutRows } from '../transport/poison-rows.js';
import type { RowTransport } from '../transport/row-transport.js';
import { SendError } from '../transport/send-error.js';
import { type RetryPolicy, waitBefore } from './backoff.js';

export interface RetryOptions {
  /** From 0 up to but not including 1. @default Math.random */
  readonly random?: () => number;
  /** Called before each wait. */
  readonly onRetry?: (error: SendError, waitMs: number) => void;
}

/** A transport that retries retryable errors. It throws the last error. */
export function withRetry(
  transport: RowTransport,
  policy: RetryPolicy,
  { random = Math.random, onRetry }: RetryOptions = {},
): RowTransport {
  return {
    async send(batch, options) {
      const deadline = monotonicMs() + policy.maxElapsedMs;
      for (let attempt = 0; ; attempt++) {
        try {
          return await transport.send(
            batch,
            attempt === 0 ? options : { ...options, retries: attempt },
          );
        } catch (error) {
          if (!(error instanceof SendError) || !error.isRetryable || options.signal?.aborted)
            throw error;
          if (isAboutRows(error, batch.rows.length)) throw error;
          const waitMs = waitBefore(attempt + 1, error.retryAfterMs, policy, random);
          if (monotonicMs() + waitMs > deadline) throw error;
          // A send that the breaker refused does not count as an attempt.
          if (error.isPaused) attempt--;
          else onRetry?.(error, waitMs);
          await delay(waitMs, options.signal);
          if (options.signal?.aborted) throw error;
        }
      }
    },
    close: () => transport.close(),
  };
}
