/** Where a bar stands on the part of the axis that is shown, and where times stand within it. */

import type { TimeRange } from './time-range.js';

/** The part of a bar that is shown. */
export interface BarPlace {
  /** Per cent of the axis. */
  readonly left: number;
  readonly width: number;
  readonly isCutLeft: boolean;
  readonly isCutRight: boolean;
  /** The place of a time in per cent of the part that is shown; below 0 or above 100 for a time beyond it. */
  readonly within: (time: number) => number;
}

/** The place of a bar, or the side on which it lies beyond the part of the axis that is shown. */
export function barPlace(
  [from, to]: TimeRange,
  [begin, end]: TimeRange,
): BarPlace | 'left' | 'right' {
  if (to < begin) return 'left';
  if (from > end) return 'right';
  const first = Math.max(from, begin);
  const last = Math.max(first, Math.min(to, end));
  const scale = 100 / (end - begin);
  return {
    left: (first - begin) * scale,
    width: (last - first) * scale,
    isCutLeft: from < begin,
    isCutRight: to > end,
    within: (time) => ((time - first) / Math.max(last - first, 0.001)) * 100,
  };
}
