import { useState } from 'react';
import { useKeys } from '../../ui/controls/use-keys.js';
import { moved, type TimeRange, zoomed } from '../steps/time-range.js';

/** The part of the axis that is shown, which keys change. */
export function useZoom(axis: TimeRange): readonly [TimeRange, (zoom: TimeRange) => void] {
  const [zoom, setZoom] = useState<TimeRange>();
  const range = zoom ?? axis;
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
      setZoom(undefined);
      return true;
    },
    'Shift+ArrowLeft': () => moveBy(-0.25),
    'Shift+ArrowRight': () => moveBy(0.25),
  });
  return [range, setZoom];
}
