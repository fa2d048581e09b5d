/** Whether the clients that Stainless generates (OpenAI's, Anthropic's, Groq's, Together's) will try again, and when. */

import { headerOf } from './fetch.js';

/** Added to the wait, for what a busy process takes longer. */
const MARGIN_MS = 2000;
const MAX_BACKOFF_MS = 8000;

export function isRetried(status: number, headers: unknown): boolean {
  const told = headerOf(headers, 'x-should-retry');
  if (told === 'true') return true;
  if (told === 'false') return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** The longest that the client waits before it tries again, in milliseconds. */
export function longestWaitMs(headers: unknown): number {
  const millis = Number(headerOf(headers, 'retry-after-ms') ?? Number.NaN);
  if (millis >= 0) return Math.min(millis, 60_000) + MARGIN_MS;
  const after = headerOf(headers, 'retry-after');
  const seconds = Number(after ?? Number.NaN);
  const wait = seconds >= 0 ? seconds * 1000 : Date.parse(after ?? '') - Date.now();
  return (wait > 0 && wait <= 60_000 ? wait : MAX_BACKOFF_MS) + MARGIN_MS;
}
