import { useMemo, useState } from 'react';
import { useKeys } from '../../ui/controls/use-keys.js';
import { useStable } from '../../ui/use-stable.js';
import { isWhole, moved, type TimeRange, zoomed } from '../steps/time-range.js';

/**
 * The part of the axis that is shown, which keys change.
 * @param start when the trace began, in epoch milliseconds: an earlier step that arrives late moves it
 */
export function useZoom(
  axis: TimeRange,
  start: number,
): readonly [TimeRange, (zoom: TimeRange) => void] {
  /** In epoch milliseconds. */
  const [zoom, setPart] = useState<TimeRange>();
  const [from, to] = zoom ?? [0, 0];
  const range = useMemo(
    (): TimeRange => (zoom === undefined ? axis : [from - start, to - start]),
    [zoom, axis, from, to, start],
  );
  const setZoom = useStable(([first, last]: TimeRange) => {
    // The whole axis grows while steps arrive.
    setPart(isWhole([first, last], axis) ? undefined : [first + start, last + start]);
  });
  const zoomBy = (factor: number) => {
    setZoom(zoomed(range, axis, factor, (range[0] + range[1]) / 2));
    return true;
  };
  const moveBy = (part: number) => {
    setZoom(moved(range, axis, (range[1] - range[0]) * part));
    return true;
  };
  useKeys({
    '+': () => zoomBy(0.6),
    '=': () => zoomBy(0.6),
    '-': () => zoomBy(1 / 0.6),
    '0': () => {
      setPart(undefined);
      return true;
    },
    'Shift+ArrowLeft': () => moveBy(-0.25),
    'Shift+ArrowRight': () => moveBy(0.25),
  });
  return [range, setZoom];
}
