import { useEffect } from 'react';
import type { ServerEvent } from '../../../local/src/page-api.js';
import { openLive } from '../server/live-stream.js';
import { listKey, type PageState } from '../state/page-state.js';
import { useStable } from './use-stable.js';

interface LiveChanges {
  /** The traces whose changes are read; undefined for none. */
  readonly listQuery: PageState | undefined;
  readonly onEvent: (event: ServerEvent) => void;
  /**
   * Called whenever events may have been missed: when the stream opens, since nothing was read before, and every few seconds
   * while too many pages are open for a further stream.
   */
  readonly onMissed: () => void;
}

/** Reads what happens to the traces of a query while the component is mounted. */
export function useLiveChanges({ listQuery, ...callbacks }: LiveChanges): void {
  const onEvent = useStable(callbacks.onEvent);
  const onMissed = useStable(callbacks.onMissed);
  const key = listQuery && listKey(listQuery);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says whether the query is another one.
  useEffect(() => {
    if (listQuery === undefined) return;
    const live = openLive({
      listQuery,
      onEvent,
      onState: (state) => {
        if (state === 'open' || state === 'refused') onMissed();
      },
    });
    return () => live.close();
  }, [key, onEvent, onMissed]);
}
