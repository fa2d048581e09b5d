/** When clients that Stainless generates retry: those of OpenAI, Anthropic, Groq and Together. */

import { headerOf } from '../headers.js';

/** Added to the longest wait, for a process that is busy. */
const MARGIN_MS = 2000;
const MAX_BACKOFF_MS = 8000;

/** Whether these clients retry after a response of this status, if they have retries left. */
export function isRetryable(status: number, headers: unknown): boolean {
  const shouldRetry = headerOf(headers, 'x-should-retry');
  if (shouldRetry === 'true') return true;
  if (shouldRetry === 'false') return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** The longest that these clients wait before a retry, in milliseconds. */
export function longestWaitMs(headers: unknown): number {
  const millis = Number(headerOf(headers, 'retry-after-ms') ?? Number.NaN);
  if (millis >= 0) return Math.min(millis, 60_000) + MARGIN_MS;
  const after = headerOf(headers, 'retry-after');
  const seconds = Number(after ?? Number.NaN);
  const wait = seconds >= 0 ? seconds * 1000 : Date.parse(after ?? '') - Date.now();
  return (wait > 0 && wait <= 60_000 ? wait : MAX_BACKOFF_MS) + MARGIN_MS;
}
