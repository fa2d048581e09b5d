/** Loads what a reader of the list may open next, so that it is there at once. */

import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import type { TraceSummary } from '../../../local/src/page-api.js';
import { prefetchTrace } from '../server/queries.js';
import { useStable } from '../ui/use-stable.js';

/** How long the pointer or the keys stay at a row before its trace is loaded: a pointer that passes loads nothing. */
const REST_MS = 60;

/**
 * Loads the request that keys have led to, and with a trace beside the list those above and below it.
 * @param load loads the code that shows a trace
 * @returns what has to be called when the pointer comes to a row
 */
export function useOpenedNext(
  rows: readonly TraceSummary[],
  {
    active,
    isPaneOpen,
    load,
  }: {
    readonly active: number;
    readonly isPaneOpen: boolean;
    readonly load: () => Promise<unknown>;
  },
): (index: number) => void {
  const queries = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const loadSoon = useStable((indexes: readonly number[]) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      // Without the code nothing is lost: the request loads it when it is opened.
      load().catch(() => undefined);
      for (const index of indexes) prefetchTrace(queries, rows[index]);
    }, REST_MS);
  });
  useEffect(() => {
    if (active >= 0) loadSoon(isPaneOpen ? [active + 1, active - 1] : [active]);
  }, [active, isPaneOpen, loadSoon]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback((index: number) => loadSoon([index]), [loadSoon]);
}
