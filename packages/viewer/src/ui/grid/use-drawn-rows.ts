import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

/** Rows that are drawn above and below those that are seen. */
const OVERSCAN = 12;
/** The drawn rows change in steps of this many, so that few scroll events render. */
const STRIDE = 4;

/** The rows of a grid that have to be drawn: from `first`, up to but not including `last`. */
export function useDrawnRows(
  scroller: RefObject<HTMLDivElement | null>,
  count: number,
  rowHeight: number,
  onScroll: ((top: number) => void) | undefined,
): { readonly first: number; readonly last: number } {
  const [seen, setSeen] = useState({ first: 0, last: 60 });
  const report = useRef(onScroll);
  report.current = onScroll;
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const measure = () => {
      const top = Math.floor(box.scrollTop / rowHeight);
      const first = Math.max(0, Math.floor((top - OVERSCAN) / STRIDE) * STRIDE);
      const length = Math.ceil(box.clientHeight / rowHeight) + 2 * OVERSCAN + STRIDE;
      const last = first + length;
      setSeen((old) => (old.first === first && old.last === last ? old : { first, last }));
      report.current?.(box.scrollTop);
    };
    measure();
    box.addEventListener('scroll', measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => {
      box.removeEventListener('scroll', measure);
      observer.disconnect();
    };
  }, [scroller, rowHeight]);
  // If rows were removed, the browser corrects its scroll position only after the next rendering.
  return seen.first < count
    ? seen
    : { first: Math.max(0, count - (seen.last - seen.first)), last: count };
}
