/** Keeps what is read at its place on the screen when rows above it come, go or move. */

import { type RefObject, useLayoutEffect, useRef } from 'react';
import { movedIndex } from './moved-index.js';

interface Rows {
  readonly count: number;
  readonly keyAt: (index: number) => string | number;
  /** The row with the keyboard focus; -1 for none. */
  readonly active: number;
  readonly rowHeight: number;
}

/** A list that is scrolled less shows its beginning: what comes there may be seen. */
const MIN_SCROLLED = 8;

/** Scrolls by as much as the row moves that is read: the active one if it is seen, else the first one of a list that is scrolled. */
export function useKeptRows(
  scroller: RefObject<HTMLDivElement | null>,
  rows: Rows,
  isOn: boolean,
): void {
  const before = useRef<Rows>(undefined);
  // The browser moves a list that becomes shorter, so this is read before it does.
  const top = isOn ? (scroller.current?.scrollTop ?? 0) : 0;
  useLayoutEffect(() => {
    const old = before.current;
    before.current = rows;
    const box = scroller.current;
    const isOther = old?.rowHeight !== rows.rowHeight;
    if (!isOn || old === undefined || isOther || box === null) return;
    const read = readRow(old, [top, top + box.clientHeight], rows.active >= 0);
    if (read < 0 || read >= old.count) return;
    const moved = movedIndex(old, rows, read);
    if (moved !== undefined && moved !== 0) box.scrollTop = top + moved * rows.rowHeight;
  });
}

/** The row that is read; -1 if none is. */
function readRow(
  { active, rowHeight }: Rows,
  [from, to]: readonly [number, number],
  isActive: boolean,
): number {
  const top = active * rowHeight;
  if (isActive && active >= 0 && top > from - rowHeight && top < to) return active;
  return from < MIN_SCROLLED ? -1 : Math.ceil(from / rowHeight);
}
