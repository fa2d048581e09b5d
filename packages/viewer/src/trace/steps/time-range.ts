/** Ranges of time on the common axis of a trace, in milliseconds from its start. */

import { formatDuration } from '../../format.js';

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

/** Whether a part is the whole axis, but for what calculations with fractions leave. */
export function isWhole([from, to]: TimeRange, axis: TimeRange): boolean {
  return to - from >= (axis[1] - axis[0]) * (1 - 1e-9);
}

/** A part of the axis, moved along it. */
export function moved([from, to]: TimeRange, axis: TimeRange, by: number): TimeRange {
  const length = to - from;
  const begin = Math.max(axis[0], Math.min(axis[1] - length, from + by));
  return [begin, begin + length];
}

export interface Tick {
  readonly time: number;
  readonly label: string;
}

/** Some round times along a part of the axis. */
export function ticksOf([from, to]: TimeRange): readonly Tick[] {
  const rough = (to - from) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough) ?? rough;
  const ticks: Tick[] = [];
  for (let place = Math.ceil(from / step); place * step <= to && ticks.length < 12; place++) {
    ticks.push({ time: place * step, label: tickLabel(place * step, step) });
  }
  return ticks;
}

/** A time in the unit that suits it, with as many decimals as the step between two ticks needs. */
function tickLabel(time: number, step: number): string {
  if (time === 0) return '0';
  const size = Math.abs(time);
  if (size < 1000) return `${time.toFixed(decimalsOf(step))} ms`;
  if (size >= 60_000 && step >= (size < 3_600_000 ? 1000 : 60_000)) return formatDuration(time);
  return `${(time / 1000).toFixed(decimalsOf(step / 1000))} s`;
}

function decimalsOf(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}
