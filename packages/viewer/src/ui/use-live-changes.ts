import { useEffect } from 'react';
import type { ServerEvent } from '../../../local/src/page-api.js';
import { openLive } from '../server/live-stream.js';
import { listKey, type PageState } from '../state/page-state.js';
import { useStable } from './use-stable.js';

interface LiveChanges {
  /** The traces whose changes are read; undefined for none. */
  readonly listQuery: PageState | undefined;
  readonly onEvent: (event: ServerEvent) => void;
  /** Called whenever events may have been missed. */
  readonly onMissed: () => void;
  /** Called every few seconds while too many pages are open, so that there are no events. */
  readonly onRefused?: () => void;
}

/** Reads what happens to the traces of a query while the component is mounted. */
export function useLiveChanges({ listQuery, ...callbacks }: LiveChanges): void {
  const onEvent = useStable(callbacks.onEvent);
  const onMissed = useStable(callbacks.onMissed);
  const onRefused = useStable(() => callbacks.onRefused?.());
  const key = listQuery && listKey(listQuery);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says whether the query is another one.
  useEffect(() => {
    if (listQuery === undefined) return;
    let isFirst = true;
    const live = openLive({
      listQuery,
      onEvent,
      onState: (state) => {
        if (state === 'refused') onRefused();
        if (state !== 'open') return;
        if (!isFirst) onMissed();
        isFirst = false;
      },
    });
    return () => live.close();
  }, [key, onEvent, onMissed, onRefused]);
}
