/** The times that users give for work that they measured themselves. */

import { EARLIEST_MS, LATEST_MS } from '../../platform/clock.js';

const MAX_LATENCY_MS = 1e12;

export interface MeasuredTimes {
  /** Epoch milliseconds. */
  readonly startTime?: number | undefined;
  /** Epoch milliseconds. */
  readonly endTime?: number | undefined;
  /** Milliseconds. */
  readonly latency?: number | undefined;
}

/** Whether each time that is set is plausible in its unit. */
export function areTimes({ startTime, endTime, latency }: MeasuredTimes): boolean {
  return (
    isWithin(startTime, EARLIEST_MS, LATEST_MS) &&
    isWithin(endTime, EARLIEST_MS, LATEST_MS) &&
    isWithin(latency, 0, MAX_LATENCY_MS)
  );
}

/**
 * Fills in times that are missing or implausible: two of the three determine the third. With fewer, a missing end is now.
 * @param nowMs epoch milliseconds
 */
export function completeTimes(
  times: MeasuredTimes,
  nowMs: number,
): { readonly startTime: number; readonly endTime: number; readonly latency: number } {
  const latency = timeIn(times.latency, 0, MAX_LATENCY_MS);
  const startTime = timeIn(times.startTime, EARLIEST_MS, LATEST_MS);
  const end =
    timeIn(times.endTime, EARLIEST_MS, LATEST_MS) ?? endAfter(startTime, latency) ?? nowMs;
  const start = startTime ?? Math.max(end - (latency ?? 0), EARLIEST_MS);
  return {
    startTime: start,
    endTime: Math.max(end, start),
    latency: latency ?? Math.max(0, end - start),
  };
}

function endAfter(startTime: number | undefined, latency: number | undefined): number | undefined {
  if (startTime === undefined || latency === undefined) return undefined;
  return Math.min(startTime + latency, LATEST_MS);
}

function isWithin(value: number | undefined, min: number, max: number): boolean {
  return value === undefined || (typeof value === 'number' && value >= min && value <= max);
}

function timeIn(value: number | undefined, min: number, max: number): number | undefined {
  return isWithin(value, min, max) ? value : undefined;
}
