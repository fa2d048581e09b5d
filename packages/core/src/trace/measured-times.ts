/** Times of work that was measured elsewhere, as users give them, in the time of a trace. */

import type { RecordedTrace } from './recorded-trace.js';

/** Times outside of these are in another unit: 2000-01-01 and the last day that a Date knows. */
const EARLIEST_MS = 946_684_800_000;
const LATEST_MS = 8_640_000_000_000_000;
const MAX_LATENCY_MS = 1e12;

export interface MeasuredTimes {
  /** Epoch milliseconds. */
  readonly startTime?: number | undefined;
  /** Epoch milliseconds. */
  readonly endTime?: number | undefined;
  /** Milliseconds. */
  readonly latency?: number | undefined;
}

export interface Span {
  /** Milliseconds after the trace's start. */
  readonly startMs: number;
  /** Milliseconds after the trace's start. */
  readonly endMs: number;
  readonly latencyMs: number;
}

/** What is not given follows from the rest: the end is now, the start is the end less the latency. */
export function spanOf(times: MeasuredTimes, trace: RecordedTrace): Span {
  const { startedAt } = trace;
  const latency = within(times.latency, 0, MAX_LATENCY_MS, trace);
  const end = within(times.endTime, EARLIEST_MS, LATEST_MS, trace) ?? startedAt + trace.elapsedMs();
  const start = within(times.startTime, EARLIEST_MS, LATEST_MS, trace) ?? end - (latency ?? 0);
  return {
    startMs: start - startedAt,
    endMs: Math.max(end, start) - startedAt,
    latencyMs: latency ?? Math.max(0, end - start),
  };
}

function within(
  value: number | undefined,
  least: number,
  most: number,
  trace: RecordedTrace,
): number | undefined {
  if (value === undefined || (typeof value === 'number' && value >= least && value <= most))
    return value;
  trace.badInput('startTime and endTime take epoch milliseconds, latency milliseconds');
  return undefined;
}
