import { type MouseEvent, useRef } from 'react';

/**
 * A click on a row shows its trace beside the list, where the second one of a double click may hit any button. The returned
 * handler, which captures the clicks of both, calls `onSecond` in place of such a click.
 */
export function useSecondClick(onSecond: () => void): (event: MouseEvent) => void {
  const wasOnRow = useRef(false);
  return (event) => {
    const { target, detail } = event;
    const isOnRow =
      target instanceof Element && target.closest('[role="grid"] [role="row"]') !== null;
    if (detail === 2 && wasOnRow.current && !isOnRow) {
      event.stopPropagation();
      event.preventDefault();
      onSecond();
    }
    wasOnRow.current = isOnRow;
  };
}
