import { useCallback, useRef } from 'react';

/** A function that stays the same and calls the latest one, so that parts which have it need not render again. */
export function useStable<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  const latest = useRef(fn);
  latest.current = fn;
  return useCallback((...args: A) => latest.current(...args), []);
}
