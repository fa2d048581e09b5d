/** Reads `Retry-After` (RFC 9110, section 10.2.3), strictly. */

import { wallClockMs } from '../trace/clock.js';

const MAX_MS = 5 * 60_000;

/**
 * Milliseconds to wait at least, between 0 and five minutes; undefined where the header is missing or not
 * readable as whole seconds or an HTTP date.
 */
export function retryAfterMs(
  header: string | undefined,
  now: number = wallClockMs(),
): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, MAX_MS);
  if (!/^[A-Z][a-z]{2,8}, /.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.min(Math.max(time - now, 0), MAX_MS);
}
