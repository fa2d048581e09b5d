/** Leaves a platform in peace that fails again and again, but for one try at a time. */

import { monotonicMs } from '../trace/clock.js';
import { type RetryPolicy, waitBefore } from './backoff.js';
import { SendError, type Transport } from './transport.js';

export interface BreakerTools {
  /** From 0 up to but not including 1. */
  readonly random?: () => number;
  /** Whether a refused key counts as well: where rows can wait for another one. */
  readonly holdsUnauthorized?: boolean;
  /** Whether who sends waits by himself between his tries. */
  readonly isPaced?: boolean;
}

export interface Breaker extends Transport {
  /** Whether it waits for another key. */
  readonly isRefused: boolean;
  /** Something has changed: the next try may come at once. */
  reset(): void;
}

/** Failures in a row that open it. */
const THRESHOLD = 5;
/** A probe that takes longer was cancelled together with its request, as Workers do. */
const PROBE_MS = 35_000;
/** A key that was refused is tried again so rarely: the refusal may have been a mistake. */
const UNAUTHORIZED_MS = 300_000;

export function withBreaker(
  transport: Transport,
  policy: RetryPolicy,
  tools: BreakerTools = {},
): Breaker {
  const random = tools.random ?? Math.random;
  let failures = 0;
  let last: SendError | undefined;
  let notBefore = 0;
  let probeEndsAt = 0;

  const reset = () => {
    failures = 0;
    last = undefined;
    notBefore = 0;
  };

  function countFailure(error: SendError): void {
    failures++;
    const isRefused = isRefusal(error);
    if (!isRefused && failures < THRESHOLD) return;
    const waitMs = isRefused
      ? UNAUTHORIZED_MS * (0.5 + random() / 2)
      : tools.isPaced === true
        ? 0
        : waitBefore(failures - THRESHOLD + 1, error.retryAfterMs, policy, random);
    last = error;
    notBefore = monotonicMs() + waitMs;
  }

  return {
    async send(batch, options) {
      const isOpen = last !== undefined;
      if (last !== undefined) {
        const now = monotonicMs();
        const leftMs = notBefore - now;
        if (leftMs > 0 || now < probeEndsAt) throw paused(last, Math.max(leftMs, 0));
        probeEndsAt = now + PROBE_MS;
      }
      try {
        const delivery = await transport.send(batch, options);
        reset();
        return delivery;
      } catch (error) {
        if (error instanceof SendError && counts(error)) countFailure(error);
        else if (error instanceof SendError && error.code !== 'given_up') reset();
        throw error;
      } finally {
        if (isOpen) probeEndsAt = 0;
      }
    },
    get isRefused() {
      return last !== undefined && isRefusal(last);
    },
    reset,
    close: () => transport.close(),
  };

  function counts(error: SendError): boolean {
    return error.isRetryable || (tools.holdsUnauthorized === true && isRefusal(error));
  }
}

function isRefusal({ code }: SendError): boolean {
  return code === 'unauthorized' || code === 'not_found';
}

function paused(last: SendError, leftMs: number): SendError {
  return new SendError(last.code, last.message, {
    isPaused: true,
    status: last.status,
    retryAfterMs: leftMs,
    cause: last,
  });
}
