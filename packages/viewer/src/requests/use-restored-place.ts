/** Restores the place of the reader in the list on return from a trace. */

import { type RefObject, useEffect, useRef } from 'react';
import { keptPlace } from '../state/kept-place.js';
import type { GridHandle } from '../ui/grid/grid.js';

/**
 * Scrolls to the place of the list that the page begins with, once it is loaded; not while the filter changes.
 * @param active the row of the trace that was read last; -1 if it is not loaded
 */
export function useRestoredPlace(
  key: string,
  {
    isLoaded,
    active,
    grid,
  }: {
    readonly isLoaded: boolean;
    readonly active: number;
    readonly grid: RefObject<GridHandle | null>;
  },
): void {
  const toRestore = useRef(keptPlace(key));
  const firstKey = useRef(key);
  useEffect(() => {
    const place = toRestore.current;
    if (key !== firstKey.current) toRestore.current = undefined;
    else if (isLoaded && place !== undefined) {
      toRestore.current = undefined;
      grid.current?.scrollTo(place.top);
      grid.current?.show(active);
      grid.current?.focus();
    }
  }, [key, isLoaded, active, grid]);
}
