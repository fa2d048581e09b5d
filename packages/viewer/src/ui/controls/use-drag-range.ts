import { type PointerEvent, useState } from 'react';

export type Range = readonly [from: number, to: number];

/**
 * Lets a reader drag over an axis to choose a part of it.
 * @param valueAt the value of the axis at a place on the screen
 * @param onChoose called with the part when the pointer is released
 * @returns the part that is being dragged over, and the handlers of the element
 */
export function useDragRange(
  valueAt: (clientX: number) => number,
  onChoose: (range: Range) => void,
) {
  const [drag, setDrag] = useState<Range>();
  const range = drag && ordered(drag);
  return {
    range,
    handlers: {
      onPointerDown: (event: PointerEvent) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const value = valueAt(event.clientX);
        setDrag([value, value]);
      },
      onPointerMove: (event: PointerEvent) => {
        if (drag !== undefined) setDrag([drag[0], valueAt(event.clientX)]);
      },
      onPointerUp: () => {
        setDrag(undefined);
        if (range !== undefined) onChoose(range);
      },
      onPointerCancel: () => setDrag(undefined),
    },
  };
}

function ordered([a, b]: Range): Range {
  return a < b ? [a, b] : [b, a];
}
