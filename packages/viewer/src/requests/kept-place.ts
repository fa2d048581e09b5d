/** Where the reader was in each list, restored on return from a trace. */

import { type RefObject, useEffect, useRef } from 'react';
import type { GridHandle } from '../ui/grid/grid.js';

interface Place {
  /** Pixels above the first row that was seen. */
  readonly top: number;
  /** The number of the trace that was opened. */
  readonly number: number;
}

/** By the keys of the lists. */
const places = new Map<string, Place>();

export function keptPlace(key: string): Place | undefined {
  return places.get(key);
}

export function keepPlace(key: string, place: Place): void {
  places.set(key, place);
}

/** Scrolls to the place of the list that the page begins with, once it is loaded; not while the filter changes. */
export function useRestoredPlace(
  key: string,
  isLoaded: boolean,
  grid: RefObject<GridHandle | null>,
): void {
  const toRestore = useRef(places.get(key));
  const firstKey = useRef(key);
  useEffect(() => {
    const place = toRestore.current;
    if (key !== firstKey.current) toRestore.current = undefined;
    else if (isLoaded && place !== undefined) {
      toRestore.current = undefined;
      grid.current?.scrollTo(place.top);
      grid.current?.focus();
    }
  }, [key, isLoaded, grid]);
}
