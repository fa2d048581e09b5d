import { useCallback, useRef } from 'react';

/** A function of constant identity that calls the latest one, so that components that get it do not render again. */
export function useStable<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  const latest = useRef(fn);
  latest.current = fn;
  return useCallback((...args: A) => latest.current(...args), []);
}
