/**
 * A circuit breaker: refuses sends after five failures in a row, or after one whose response has `Retry-After`. With the option
 * `opensOnRefusedKey`, a refused key or a missing pipeline opens it at once. After each wait it lets one probe pass.
 */

import { monotonicMs } from '../../platform/clock.js';
import { mayBePoisoned } from '../transport/poison-rows.js';
import type { RowTransport } from '../transport/row-transport.js';
import { SendError } from '../transport/send-error.js';
import { type RetryPolicy, waitBefore } from './backoff.js';

export interface BreakerOptions {
  /** From 0 up to but not including 1. @default Math.random */
  readonly random?: () => number;
  /** Whether a refused key opens the breaker too, because rows can wait on disk for another key. @default false */
  readonly opensOnRefusedKey?: boolean;
  /** Whether the caller already waits between attempts. @default false */
  readonly callerWaits?: boolean;
}

export interface Breaker extends RowTransport {
  /** Whether it is open because the platform refused the key or does not have the pipeline. */
  readonly isRefused: boolean;
  /** Closes the breaker, because the cause of the failures is gone. */
  reset(): void;
}

/** Failures in a row that open the breaker. */
const THRESHOLD = 5;
/** A probe that takes longer was cancelled with its request, as on Workers. */
const PROBE_MS = 35_000;
/** Wait before a refused key is tried again: the refusal may have been a mistake. */
const UNAUTHORIZED_MS = 300_000;

/** A transport with a circuit breaker. A refused send throws a SendError with `isPaused`. */
export function withBreaker(
  transport: RowTransport,
  policy: RetryPolicy,
  { random = Math.random, opensOnRefusedKey = false, callerWaits = false }: BreakerOptions = {},
): Breaker {
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
    const retryAfterMs = error.retryAfterMs ?? 0;
    if (!isRefused && failures < THRESHOLD && retryAfterMs === 0) return;
    const waitMs = isRefused
      ? UNAUTHORIZED_MS * (0.5 + random() / 2)
      : callerWaits
        ? retryAfterMs
        : waitBefore(Math.max(failures - THRESHOLD + 1, 1), retryAfterMs, policy, random);
    last = error;
    notBefore = monotonicMs() + waitMs;
  }

  return {
    async send(batch, options) {
      const wasOpen = last !== undefined;
      if (last !== undefined) {
        const now = monotonicMs();
        const leftMs = notBefore - now;
        if (leftMs > 0 || now < probeEndsAt) throw pausedError(last, Math.max(leftMs, 0));
        probeEndsAt = now + PROBE_MS;
      }
      try {
        const delivery = await transport.send(batch, options);
        reset();
        return delivery;
      } catch (error) {
        if (error instanceof SendError) takeError(error);
        throw error;
      } finally {
        if (wasOpen) probeEndsAt = 0;
      }
    },
    get isRefused() {
      return last !== undefined && isRefusal(last);
    },
    reset,
    close: () => transport.close(),
  };

  function takeError(error: SendError): void {
    // Whether the platform works is not known from rows that make it fail.
    if (mayBePoisoned(error)) return;
    const isRefused = opensOnRefusedKey && isRefusal(error);
    if (error.isRetryable || isRefused) countFailure(error);
    else if (error.code !== 'given_up') reset();
  }
}

function isRefusal({ code }: SendError): boolean {
  return code === 'unauthorized' || code === 'not_found';
}

function pausedError(last: SendError, leftMs: number): SendError {
  return new SendError(last.code, last.message, {
    isPaused: true,
    status: last.status,
    retryAfterMs: leftMs,
    cause: last,
  });
}
