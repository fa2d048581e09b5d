/** Ranges of time on the common axis of a trace, in milliseconds from its start. */

export type TimeRange = readonly [number, number];

/** A part of the axis, made longer or shorter around a time, and kept within the axis. */
export function zoomed(
  zoom: TimeRange,
  axis: TimeRange,
  factor: number,
  around: number,
): TimeRange {
  const least = (axis[1] - axis[0]) / 20_000;
  const length = Math.max(least, Math.min(axis[1] - axis[0], (zoom[1] - zoom[0]) * factor));
  const part = zoom[1] > zoom[0] ? (around - zoom[0]) / (zoom[1] - zoom[0]) : 0.5;
  return moved([around - part * length, around - part * length + length], axis, 0);
}

/** A part of the axis, moved along it. */
export function moved([from, to]: TimeRange, axis: TimeRange, by: number): TimeRange {
  const length = to - from;
  const begin = Math.max(axis[0], Math.min(axis[1] - length, from + by));
  return [begin, begin + length];
}
