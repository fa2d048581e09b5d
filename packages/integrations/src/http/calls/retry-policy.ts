/**
 * When clients retry. The statuses are those of clients that Stainless generates: of OpenAI, Anthropic, Groq and Together. The AI
 * SDK reads the same headers.
 */

import { headerOf } from '../exchange/headers.js';

/** Added to the longest wait, for a process that is busy. */
const MARGIN_MS = 2000;
/** The number of retries of these clients, if the app sets no other. */
export const DEFAULT_RETRIES = 2;
/** The longest backoff of these clients, if the response states no time. */
export const MAX_BACKOFF_MS = 8000;
/** A retry after a longer wait is not expected. */
const MAX_WAIT_MS = 86_400_000;

/** Whether these clients retry after a response of this status, if they have retries left. */
export function isRetryable(status: number, headers: unknown): boolean {
  const shouldRetry = headerOf(headers, 'x-should-retry');
  if (shouldRetry === 'true') return true;
  if (shouldRetry === 'false') return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/**
 * The longest that a client waits before a retry, in milliseconds. Some clients wait for as long as the response says, however long
 * that is; others do so only up to a minute, and else wait for the time of their backoff.
 * @param maxBackoffMs the longest wait of the client's own backoff
 */
export function longestWaitMs(headers: unknown, maxBackoffMs = MAX_BACKOFF_MS): number {
  const stated = Math.max(statedWaitMs(headers), maxBackoffMs);
  return Math.min(stated, MAX_WAIT_MS) + MARGIN_MS;
}

/** The wait that a response states; 0 if it states none. */
function statedWaitMs(headers: unknown): number {
  const millis = Number(headerOf(headers, 'retry-after-ms') ?? Number.NaN);
  if (millis >= 0) return millis;
  const after = headerOf(headers, 'retry-after');
  const seconds = Number(after ?? Number.NaN);
  const wait = seconds >= 0 ? seconds * 1000 : Date.parse(after ?? '') - Date.now();
  return wait > 0 ? wait : 0;
}
